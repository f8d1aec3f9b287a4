use std::collections::BTreeMap;

use model::{ArtifactKind, Labels, NewCapture, Project, RecordingId};

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

/// Ten thousand captures that are over, each with a recording, an artifact of each of two kinds and an endpoint; every hundredth is
/// another project's.
const HISTORY: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
    INSERT INTO capture (id, recording_id, app, meeting_uuid, stream_id, server_urls, notice, notice_unix_ms, config,
                         metadata, status, epoch, created_at_unix_ms, operator, recorded, project)
    SELECT randomblob(16), randomblob(16), 'default', 'old' || i, 's' || i, '', '{}', 0, '{}', '{}',
           iif(i % 1000, 'done', 'fatal'), 1, i, 'u', 1, iif(i % 100, 'default', 'theirs') FROM n;
    INSERT INTO recording (id, capture, created_at_unix_ms, state, updated_at_unix_ms, project)
    SELECT recording_id, id, created_at_unix_ms, iif(status = 'done', 'done', 'failed'), 1, project FROM capture;
    INSERT INTO artifact (id, recording, n, kind, state, files, created_at_unix_ms, updated_at_unix_ms, project)
    SELECT randomblob(16), id, 1, 'video_mixed', state, '[]', created_at_unix_ms, 1, project FROM recording
    UNION ALL
    SELECT randomblob(16), id, 2, 'transcript', state, '[]', created_at_unix_ms, 1, project FROM recording;
    INSERT INTO realtime_endpoint (id, capture, n, wish, metadata, state, created_at_unix_ms, updated_at_unix_ms, project)
    SELECT randomblob(16), id, 1, '{}', '{}', 'done', created_at_unix_ms, 1, project FROM capture;";

async fn run(catalog: &Catalog, script: &'static str) {
    let done = catalog.write(move |db| Box::pin(async move { Ok(sqlx::raw_sql(script).execute(db).await.map(drop)?) }));
    done.await.expect("a script");
}

async fn plan(catalog: &Catalog, query: &QueryBuilder<Sqlite>) -> String {
    let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", query.sql().as_str()));
    let mut db = catalog.read().await.expect("a read");
    // Without it, and if it were kept, it would show the plan from before ANALYZE.
    sqlx::query("SELECT 1 FROM capture LIMIT 1").persistent(false).execute(&mut *db).await.expect("a look");
    let rows = sqlx::query(explain).persistent(false).fetch_all(&mut *db).await.expect("a plan");
    let steps: Vec<String> = rows.iter().map(|row| row.try_get("detail").expect("a step")).collect();
    steps.join("\n")
}

#[tokio::test]
async fn every_page_of_ten_thousand_is_read_in_order_from_an_index_that_has_no_more_than_is_listed() {
    let (_dir, catalog) = fresh().await;
    run(&catalog, HISTORY).await;
    let theirs: Project = "theirs".parse().expect("a name");
    let lists = [Of::Captures, Of::Recordings, Of::Artifacts(ArtifactKind::VideoMixed), Of::Endpoints];
    let key = PageKey { toward: Toward::Older, created_at_unix_ms: 5_000, id: Uuid::nil() };
    let newer = PageKey { toward: Toward::Newer, ..key };
    for analysed in [false, true] {
        if analysed {
            run(&catalog, "ANALYZE").await;
        }
        for of in lists {
            let whole = Filter { project: Some(theirs.clone()), ..Filter::default() };
            let of_one = Filter { statuses: vec!["fatal".to_owned()], ..whole.clone() };
            let of_two = Filter { statuses: vec!["fatal".to_owned(), "done".to_owned()], ..whole.clone() };
            for (filter, place) in [(&whole, "_by_"), (&of_one, "_and_stat"), (&of_two, "_by_")] {
                for from in [None, Some(key), Some(newer)] {
                    let plan = plan(&catalog, &page(of, filter, from, 50)).await;
                    let first = plan.lines().next().unwrap_or_default();
                    assert!(first.contains(" USING INDEX ") && first.contains(place), "{of:?} {filter:?}\n{plan}");
                    assert!(first.contains("project=?"), "{of:?} {filter:?}\n{plan}");
                    assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "{of:?} {filter:?}\n{plan}");
                }
            }
            for filter in [
                Filter { recording: Some(RecordingId::new(1, [1; 10])), ..whole.clone() },
                Filter { capture: Some(new_capture(1).id), ..whole.clone() },
            ] {
                let plan = plan(&catalog, &page(of, &filter, None, 50)).await;
                assert!(!plan.contains("project=?") && !plan.contains("SCAN"), "{of:?} {filter:?}\n{plan}");
            }
        }
    }
    // The control: what is in no index in the order of a list is recognised.
    let mut unordered = Filter::default().query(Of::Captures, "*");
    unordered.push(" ORDER BY capture.config LIMIT 50");
    assert!(plan(&catalog, &unordered).await.contains("TEMP B-TREE"));
}
