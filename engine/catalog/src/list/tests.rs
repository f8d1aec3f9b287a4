use std::collections::BTreeMap;

use model::{ArtifactKind, Labels, NewCapture, Project};

use super::*;
use crate::fixture::{NOW, fresh, new_capture, recorded};

#[tokio::test]
async fn pages_are_newest_first_and_stay_put_when_captures_are_added() {
    let (_dir, catalog) = fresh().await;
    for n in 1..=7 {
        catalog.start_capture(new_capture(n)).await.expect("admitted");
    }
    let ids = |page: &Page<Capture>| page.items.iter().map(|capture| capture.id).collect::<Vec<_>>();
    let expected = |ns: &[u32]| ns.iter().map(|n| new_capture(*n).id).collect::<Vec<_>>();

    let first = catalog.captures(&Filter::default(), None, 3).await.expect("read");
    assert_eq!(ids(&first), expected(&[7, 6, 5]));
    assert_eq!(first.previous, None);
    catalog.start_capture(new_capture(8)).await.expect("admitted");

    let second = catalog.captures(&Filter::default(), first.next, 3).await.expect("read");
    assert_eq!(ids(&second), expected(&[4, 3, 2]));
    let third = catalog.captures(&Filter::default(), second.next, 3).await.expect("read");
    assert_eq!((ids(&third), third.next), (expected(&[1]), None));

    let back = catalog.captures(&Filter::default(), third.previous, 3).await.expect("read");
    assert_eq!(ids(&back), expected(&[4, 3, 2]));
    let front = catalog.captures(&Filter::default(), back.previous, 3).await.expect("read");
    assert_eq!(ids(&front), expected(&[7, 6, 5]));
    assert_eq!(ids(&catalog.captures(&Filter::default(), front.next, 3).await.expect("read")), expected(&[4, 3, 2]));
    let newest = catalog.captures(&Filter::default(), front.previous, 3).await.expect("read");
    assert_eq!((ids(&newest), newest.previous), (expected(&[8]), None));
}

#[tokio::test]
async fn captures_of_the_same_millisecond_are_each_on_one_page() {
    let (_dir, catalog) = fresh().await;
    for n in 1..=5 {
        catalog.start_capture(model::NewCapture { now_unix_ms: NOW, ..new_capture(n) }).await.expect("admitted");
    }
    let (mut seen, mut from) = (Vec::new(), None);
    loop {
        let page = catalog.captures(&Filter::default(), from, 2).await.expect("read");
        seen.extend(page.items.iter().map(|capture| capture.id));
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    let expected: Vec<_> = (1..=5).rev().map(|n| new_capture(n).id).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn an_empty_catalogue_has_an_empty_page() {
    let (_dir, catalog) = fresh().await;
    let page = catalog.captures(&Filter::default(), None, 10).await.expect("read");
    assert_eq!(page, Page { items: Vec::new(), next: None, previous: None });
}

/// Labels with one key.
fn labelled(key: &str, value: &str) -> Labels {
    BTreeMap::from([(key.to_owned(), Some(value.to_owned()))])
}

async fn listed(catalog: &Catalog, filter: &Filter) -> Vec<CaptureId> {
    catalog.captures(filter, None, 10).await.expect("read").items.iter().map(|capture| capture.id).collect()
}

#[tokio::test]
async fn a_filter_narrows_a_list_by_every_one_of_its_conditions() {
    let (_dir, catalog) = fresh().await;
    let theirs: Project = "theirs".parse().expect("a name");
    for n in 1..=3 {
        let project = if n == 2 { theirs.clone() } else { Project::default() };
        let metadata = labelled("tenant", &format!("t{n}"));
        catalog.start_capture(NewCapture { project, metadata, ..new_capture(n) }).await.expect("admitted");
    }
    let id = |n| new_capture(n).id;
    let of = |narrow: &dyn Fn(&mut Filter)| {
        let mut filter = Filter::default();
        narrow(&mut filter);
        filter
    };
    let cases = [
        (of(&|_| {}), vec![id(3), id(2), id(1)]),
        (of(&|filter| filter.project = Some(theirs.clone())), vec![id(2)]),
        (of(&|filter| filter.project = Some(Project::default())), vec![id(3), id(1)]),
        (of(&|filter| filter.created_after_unix_ms = Some(NOW + 2)), vec![id(3), id(2)]),
        (of(&|filter| filter.created_before_unix_ms = Some(NOW + 2)), vec![id(2), id(1)]),
        (of(&|filter| filter.statuses = vec!["done".to_owned()]), vec![]),
        (of(&|filter| filter.statuses = vec!["done".to_owned(), "joining_call".to_owned()]), vec![id(3), id(2), id(1)]),
        (of(&|filter| filter.capture = Some(id(3))), vec![id(3)]),
        (of(&|filter| filter.metadata = vec![("tenant".to_owned(), "t1".to_owned())]), vec![id(1)]),
        (of(&|filter| filter.metadata = vec![("tenant".to_owned(), "' OR 1 --".to_owned())]), vec![]),
        (of(&|filter| filter.metadata = vec![("$.\"tenant".to_owned(), "t1".to_owned())]), vec![]),
    ];
    for (filter, expected) in cases {
        assert_eq!(listed(&catalog, &filter).await, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn recordings_and_artifacts_are_listed_with_the_capture_that_they_began_with() {
    let (_dir, catalog) = fresh().await;
    for n in 1..=2 {
        recorded(&catalog, n).await;
    }
    catalog.start_capture(new_capture(3)).await.expect("admitted");
    let page = catalog.recordings(&Filter::default(), None, 10).await.expect("read");
    let ids: Vec<CaptureId> = page.items.iter().map(|capture| capture.id).collect();
    assert_eq!(ids, [new_capture(2).id, new_capture(1).id], "one without media has no recording");

    let recording = page.items[1].recording.as_ref().expect("a recording").id;
    let of_one = Filter { recording: Some(recording), ..Filter::default() };
    let kinds = [(ArtifactKind::VideoMixed, 1), (ArtifactKind::Transcript, 1), (ArtifactKind::AudioSeparate, 0)];
    for (kind, expected) in kinds {
        let page = catalog.artifacts(kind, &of_one, None, 10).await.expect("read");
        assert_eq!(page.items.len(), expected, "{kind:?}");
        assert!(page.items.iter().all(|(artifact, of)| artifact.kind == kind && of.id == new_capture(1).id));
    }
    let foreign = Filter { project: Some("theirs".parse().expect("a name")), ..Filter::default() };
    assert!(catalog.recordings(&foreign, None, 10).await.expect("read").items.is_empty());
    assert!(catalog.artifacts(ArtifactKind::VideoMixed, &foreign, None, 10).await.expect("read").items.is_empty());
}

#[tokio::test]
async fn labels_that_were_changed_are_found_and_those_of_the_request_where_they_were_not() {
    let (_dir, catalog) = fresh().await;
    let mut new = new_capture(1);
    new.config.requested = Some(
        r#"{"metadata": {"r": "1"}, "video_mixed_mp4": {"metadata": {"v": "2"}}, "transcript": {"metadata": {"t": "3"}}}"#.to_owned(),
    );
    catalog.start_capture(new).await.expect("admitted");
    recorded(&catalog, 1).await;
    let found = async |key: &str, value: &str, kind: Option<ArtifactKind>| {
        let filter = Filter { metadata: vec![(key.to_owned(), value.to_owned())], ..Filter::default() };
        match kind {
            None => catalog.recordings(&filter, None, 9).await.expect("read").items.len(),
            Some(kind) => catalog.artifacts(kind, &filter, None, 9).await.expect("read").items.len(),
        }
    };
    assert_eq!(found("r", "1", None).await, 1);
    assert_eq!(found("v", "2", Some(ArtifactKind::VideoMixed)).await, 1);
    assert_eq!(found("t", "3", Some(ArtifactKind::Transcript)).await, 1);
    assert_eq!(found("v", "2", Some(ArtifactKind::Transcript)).await, 0);

    let page = catalog.recordings(&Filter::default(), None, 9).await.expect("read");
    let recording = page.items[0].recording.clone().expect("a recording");
    assert!(catalog.label_recording(recording.id, labelled("r", "9")).await.expect("labelled"));
    let video = recording.artifacts.iter().find(|artifact| artifact.kind == ArtifactKind::VideoMixed).expect("a video");
    assert!(catalog.label_artifact(video.id, labelled("v", "9")).await.expect("labelled"));
    assert_eq!((found("r", "1", None).await, found("r", "9", None).await), (0, 1));
    assert_eq!(found("v", "9", Some(ArtifactKind::VideoMixed)).await, 1);
    assert!(catalog.label_capture(new_capture(1).id, labelled("c", "9")).await.expect("labelled"));
    assert_eq!(catalog.capture(new_capture(1).id).await.expect("read").expect("it").metadata, labelled("c", "9"));
    assert!(!catalog.label_capture(new_capture(2).id, labelled("c", "9")).await.expect("answered"));
}
