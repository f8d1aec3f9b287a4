use model::CaptureStatus::{CallEnded, Done, Fatal, InCallNotRecording, InCallRecording, JoiningCall};

use super::*;
use crate::fixture::{NOW, claimed, ended, fresh, new_capture, recorded};

#[tokio::test]
async fn a_status_only_moves_forward() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    let steps = [
        (JoiningCall, false),
        (InCallNotRecording, true),
        (InCallRecording, true),
        (JoiningCall, false),
        (InCallNotRecording, true),
        (InCallRecording, true),
        (InCallRecording, false),
        (CallEnded, true),
        (InCallRecording, false),
        (Done, true),
        (Fatal, false),
        (Done, false),
    ];
    for (n, (status, accepted)) in (1..).zip(steps) {
        let answer = catalog.set_status(id, status, Some("code"), Some("Why."), NOW + n).await.expect("answered");
        assert_eq!(answer, accepted, "step {n} to {status:?}");
    }
    let capture = catalog.capture(id).await.expect("read").expect("a capture");
    let statuses: Vec<_> = capture.changes.iter().map(|change| change.status).collect();
    assert_eq!(
        statuses,
        [JoiningCall, InCallNotRecording, InCallRecording, InCallNotRecording, InCallRecording, CallEnded, Done]
    );
    let first = StatusChange {
        status: InCallNotRecording,
        sub_code: Some("code".to_owned()),
        message: Some("Why.".to_owned()),
        at_unix_ms: NOW + 2,
    };
    assert_eq!(capture.changes[1], first);
}

#[tokio::test]
async fn an_unknown_capture_has_no_status() {
    let (_dir, catalog) = fresh().await;
    let id = new_capture(1).id;
    assert_eq!(catalog.capture(id).await.expect("read"), None);
    let answer = catalog.set_status(id, InCallRecording, None, None, NOW).await;
    assert!(matches!(answer, Err(CatalogError::UnknownCapture(unknown)) if unknown == id));
}

#[tokio::test]
async fn every_status_is_counted() {
    let (_dir, catalog) = fresh().await;
    recorded(&catalog, 1).await;
    let id = claimed(&catalog, 2).await.capture.id;
    catalog.set_status(id, InCallRecording, None, None, NOW).await.expect("answered");
    catalog.start_capture(new_capture(3)).await.expect("admitted");
    catalog.start_capture(new_capture(4)).await.expect("admitted");
    let counts = catalog.counts().await.expect("read");
    assert_eq!(
        counts,
        [(JoiningCall, 2), (InCallNotRecording, 0), (InCallRecording, 1), (CallEnded, 1), (Done, 0), (Fatal, 0)]
    );
    let unfinished: Vec<_> = [2, 3, 4].map(|n| new_capture(n).id).to_vec();
    assert_eq!(catalog.unfinished_captures().await.expect("read"), unfinished);
}

#[tokio::test]
async fn a_recording_is_begun_once_with_what_was_asked_for() {
    let (_dir, catalog) = fresh().await;
    let mut new = new_capture(1);
    new.config.participant_events = false;
    catalog.start_capture(new.clone()).await.expect("admitted");
    let start = SourceTime::from_unix_ms(NOW + 3);
    let id = catalog.recording_started(new.id, start, NOW + 9).await.expect("a recording");
    assert_eq!(id, new.recording_id);
    // A later owner finds the first media of its own time later; second 0 stays.
    assert_eq!(catalog.recording_started(new.id, start.plus_ms(500), NOW + 600).await.expect("the same"), id);
    let recording = catalog.capture(new.id).await.expect("read").expect("a capture").recording.expect("a recording");
    assert_eq!((recording.started_at, recording.created_at_unix_ms), (Some(start), NOW + 9));
    assert_eq!(recording.state, model::RecordingState::Processing);
    let kinds: Vec<_> = recording.artifacts.iter().map(|artifact| artifact.kind.name()).collect();
    assert_eq!(kinds, ["video_mixed", "transcript", "meeting_metadata"]);
    assert!(recording.artifacts.iter().all(|artifact| artifact.state == model::ArtifactState::Processing));
}

#[tokio::test]
async fn nothing_is_recorded_for_a_capture_that_is_over() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    catalog.capture_ended(id, None, ended("over"), NOW).await.expect("ended");
    let late = catalog.recording_started(id, SourceTime::from_unix_ms(NOW), NOW).await;
    assert!(matches!(late, Err(CatalogError::CaptureOver(over)) if over == id));
}
