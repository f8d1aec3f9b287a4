use media::SourceTime;
use model::{ArtifactKind, CaptureId, CaptureStatus, NewCapture, Retention};

use crate::{
    Catalog, Outcome,
    fixture::{NOW, claimed, ended, fresh, new_capture},
};

async fn growing(catalog: &Catalog, limit: usize) -> Vec<Vec<CaptureId>> {
    let all = catalog.growing(ArtifactKind::VideoMixed, limit).await.expect("read");
    all.into_iter().map(|growing| growing.captures).collect()
}

async fn begin(catalog: &Catalog, new: NewCapture) -> CaptureId {
    let id = new.id;
    catalog.start_capture(new).await.expect("admitted");
    catalog.claim_start(NOW + 1_000_000).await.expect("claimed").expect("a start waits");
    record(catalog, id).await;
    id
}

async fn record(catalog: &Catalog, id: CaptureId) {
    catalog.recording_started(id, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording");
    catalog.set_status(id, CaptureStatus::InCallRecording, None, None, NOW).await.expect("moved");
}

fn of_one_user(n: u32) -> NewCapture {
    let mut new = new_capture(n);
    new.stream.meeting_uuid = "meeting==".to_owned();
    new.operator = Some("user".to_owned());
    new
}

#[tokio::test]
async fn a_recording_grows_from_its_first_media_to_the_end_of_its_stream() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    assert!(growing(&catalog, 9).await.is_empty());
    record(&catalog, id).await;
    assert_eq!(growing(&catalog, 9).await, [vec![id]]);
    catalog.capture_ended(id, None, ended("over"), NOW).await.expect("ended");
    assert!(growing(&catalog, 9).await.is_empty());
}

#[tokio::test]
async fn no_more_than_were_asked_for_are_named_and_the_oldest_first() {
    let (_dir, catalog) = fresh().await;
    let mut ids = Vec::new();
    for n in 1..=4 {
        ids.push(vec![begin(&catalog, new_capture(n)).await]);
    }
    assert_eq!(growing(&catalog, 3).await, ids[..3]);
    assert!(growing(&catalog, 0).await.is_empty());
}

#[tokio::test]
async fn what_is_not_stored_and_what_nobody_asked_for_is_not_named() {
    let (_dir, catalog) = fresh().await;
    let mut unstored = new_capture(1);
    unstored.config.retention = Retention::Nothing;
    begin(&catalog, unstored).await;
    let mut unwanted = new_capture(2);
    unwanted.config.video_mixed = false;
    begin(&catalog, unwanted).await;
    let wanted = begin(&catalog, new_capture(3)).await;
    assert_eq!(growing(&catalog, 1).await, [vec![wanted]], "and takes no place");
    assert!(catalog.growing(ArtifactKind::AudioSeparate, 9).await.expect("read").is_empty());
}

#[tokio::test]
async fn a_recording_that_goes_on_names_its_earlier_captures_and_none_while_two_run_at_once() {
    let (_dir, catalog) = fresh().await;
    let first = begin(&catalog, of_one_user(1)).await;
    let second = begin(&catalog, of_one_user(2)).await;
    assert!(growing(&catalog, 9).await.is_empty());
    catalog
        .capture_ended(first, None, Outcome::Ended { code: "over".to_owned(), message: None }, NOW)
        .await
        .expect("ended");
    assert_eq!(growing(&catalog, 9).await, [vec![first, second]]);
}

#[tokio::test]
async fn what_was_deleted_is_not_named() {
    let (_dir, catalog) = fresh().await;
    let id = begin(&catalog, new_capture(1)).await;
    catalog.revoke(id, NOW).await.expect("revoked");
    assert!(growing(&catalog, 9).await.is_empty());
}
