use media::SourceTime;
use model::{NewCapture, RecordingConfig, RecordingState};

use super::*;
use crate::{
    Admission,
    fixture::{NOW, claimed, ended, failed, fresh, new_capture, taken_up},
};

async fn state(catalog: &Catalog, id: CaptureId) -> RecordingState {
    catalog.capture(id).await.expect("read").expect("a capture").recording.expect("a recording").state
}

#[tokio::test]
async fn a_pause_lasts_until_it_is_taken_back_whoever_owns_the_capture() {
    let (_dir, catalog) = fresh().await;
    let job = claimed(&catalog, 1).await;
    let id = job.capture.id;
    assert!(!job.is_withheld);
    assert!(catalog.withhold(id, true).await.expect("withheld"));
    assert_eq!(catalog.take_commands(id).await.expect("taken"), [Command::Pause]);
    catalog.hand_back_claims().await.expect("handed back");
    assert!(taken_up(&catalog, id).await.is_withheld);
    assert!(catalog.withhold(id, false).await.expect("no more"));
    assert_eq!(catalog.take_commands(id).await.expect("taken"), [Command::Resume], "only what was said last counts");
    catalog.hand_back_claims().await.expect("handed back");
    assert!(!taken_up(&catalog, id).await.is_withheld);
    catalog.capture_ended(id, None, ended("over"), NOW).await.expect("ended");
    assert!(!catalog.withhold(id, true).await.expect("too late"));
}

#[tokio::test]
async fn a_recording_says_that_it_is_paused() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    catalog.recording_started(id, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording");
    let set = async |status| catalog.set_status(id, status, None, None, NOW).await.expect("set");
    for (status, expected) in [
        (CaptureStatus::InCallRecording, RecordingState::Processing),
        (CaptureStatus::InCallNotRecording, RecordingState::Paused),
        (CaptureStatus::InCallRecording, RecordingState::Processing),
        (CaptureStatus::InCallNotRecording, RecordingState::Paused),
    ] {
        assert!(set(status).await, "{status:?}");
        assert_eq!(state(&catalog, id).await, expected, "{status:?}");
    }
    catalog.capture_ended(id, None, ended("over"), NOW).await.expect("ended");
    assert_eq!(state(&catalog, id).await, RecordingState::Processing, "it is being made");
}

#[tokio::test]
async fn whoever_goes_on_with_a_stream_that_broke_off_in_a_pause_records_nothing() {
    for is_withheld in [true, false] {
        let (_dir, catalog) = fresh().await;
        let id = claimed(&catalog, 1).await.capture.id;
        catalog.withhold(id, is_withheld).await.expect("withheld");
        catalog.capture_ended(id, None, failed("zoom_rtms_network"), NOW).await.expect("broke off");
        let stream = new_capture(1).stream;
        let again = NewCapture { stream, notice_unix_ms: NOW + 60_000, ..new_capture(2) };
        let admission = catalog.start_capture(again).await.expect("admitted");
        assert!(matches!(admission, Admission::New(_)), "{admission:?}");
        let job = catalog.claim_start(NOW + 100_000).await.expect("claimed").expect("a start");
        assert_eq!(job.is_withheld, is_withheld);
    }
}

#[tokio::test]
async fn a_capture_that_nobody_had_begin_is_done_and_did_not_fail() {
    let (_dir, catalog) = fresh().await;
    let config = RecordingConfig { starts_by_hand: true, ..RecordingConfig::default() };
    catalog.start_capture(NewCapture { config, ..new_capture(1) }).await.expect("admitted");
    let job = catalog.claim_start(NOW + 1_000).await.expect("claimed").expect("a start");
    assert!(job.is_withheld);
    let id = job.capture.id;
    catalog.capture_ended(id, None, ended("over"), NOW).await.expect("ended");
    let capture = catalog.capture(id).await.expect("read").expect("a capture");
    let codes: Vec<&str> = capture.changes.iter().map(|change| change.status.code()).collect();
    assert_eq!((codes, capture.recording), (vec!["joining_call", "call_ended", "done"], None));
}

#[tokio::test]
async fn one_that_failed_before_anybody_had_it_begin_failed() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    catalog.withhold(id, true).await.expect("withheld");
    catalog.capture_ended(id, None, failed("zoom_rtms_no_permission"), NOW).await.expect("ended");
    let capture = catalog.capture(id).await.expect("read").expect("a capture");
    assert_eq!(capture.latest().status, CaptureStatus::Fatal);
}
