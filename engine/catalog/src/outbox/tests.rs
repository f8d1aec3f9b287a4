//! What is told of a capture from its beginning to its deletion, and that nothing else is.

use std::collections::BTreeMap;

use media::SourceTime;
use model::{
    ArtifactKind, ArtifactState, CaptureStatus, Edition, EndpointState, EndpointWish, Purged, RecordingId,
    RecordingState, Retention, Secret, Transport,
};

use super::*;
use crate::{
    Ordered,
    fixture::{NOW, claimed, ended, fresh, new_capture, recorded, registered, taken_up},
};

/// What is in the outbox, each as `subject.code`, with its sub-code if it has one.
async fn told(catalog: &Catalog) -> Vec<String> {
    let notices = catalog.notices(1_000).await.expect("notices");
    notices.iter().map(said).collect()
}

fn said(notice: &Notice) -> String {
    let kind = match notice.subject {
        Subject::Capture => "capture",
        Subject::Recording => "recording",
        Subject::Endpoint(id) => {
            assert_eq!(notice.endpoint.as_ref().map(|endpoint| endpoint.id), Some(id));
            "realtime_endpoint"
        }
        Subject::Artifact(id) => {
            let recording = notice.capture.recording.as_ref().expect("it has a recording");
            recording.artifacts.iter().find(|artifact| artifact.id == id).expect("its artifact").kind.name()
        }
    };
    let why = notice.sub_code.as_deref().map(|code| format!(" ({code})")).unwrap_or_default();
    format!("{kind}.{}{why}", notice.code)
}

/// Empties the outbox.
async fn all_told(catalog: &Catalog) {
    let all = catalog.notices(1_000).await.expect("notices").into_iter().map(|notice| (notice, Vec::new()));
    catalog.expand_notices(all.collect(), NOW).await.expect("expanded");
    assert!(told(catalog).await.is_empty());
}

/// Makes everything of the render that waits.
async fn rendered(catalog: &Catalog, at_unix_ms: i64) {
    let job = catalog.claim_render(at_unix_ms).await.expect("claimed").expect("a render waits");
    for artifact in &job.artifacts {
        catalog.artifact_done(artifact.id, Vec::new(), at_unix_ms).await.expect("done");
    }
    catalog.render_done(&job, at_unix_ms).await.expect("done");
}

const MADE: [&str; 4] = ["video_mixed.done", "transcript.done", "participant_events.done", "meeting_metadata.done"];

#[tokio::test]
async fn every_change_is_told_once_in_the_order_in_which_it_happened() {
    let (_dir, catalog) = fresh().await;
    registered(&catalog, 1).await;
    let id = recorded(&catalog, 1).await.capture.id;
    rendered(&catalog, NOW + 1_000).await;
    let begun = [
        "capture.joining_call",
        "recording.processing",
        "video_mixed.processing",
        "transcript.processing",
        "participant_events.processing",
        "meeting_metadata.processing",
        "capture.call_ended (over)",
    ];
    let expected: Vec<&str> = begun.into_iter().chain(MADE).chain(["recording.done", "capture.done"]).collect();
    assert_eq!(told(&catalog).await, expected);
    let notices = catalog.notices(3).await.expect("notices");
    assert_eq!(notices.len(), 3);
    assert!(notices.iter().all(|notice| notice.capture.id == id));
    assert_eq!(notices[1].at_unix_ms, NOW);
    all_told(&catalog).await;
}

#[tokio::test]
async fn where_nobody_wants_to_hear_nothing_is_written_down() {
    let (_dir, catalog) = fresh().await;
    recorded(&catalog, 1).await;
    rendered(&catalog, NOW + 1_000).await;
    assert!(told(&catalog).await.is_empty());
    // The control: the same with somebody who does.
    registered(&catalog, 1).await;
    recorded(&catalog, 2).await;
    assert_eq!(told(&catalog).await.len(), 7);
}

#[tokio::test]
async fn what_fails_is_told_with_its_reason_and_a_change_that_does_not_happen_is_not_told() {
    let (_dir, catalog) = fresh().await;
    registered(&catalog, 1).await;
    let id = recorded(&catalog, 1).await.capture.id;
    let job = catalog.claim_render(NOW).await.expect("claimed").expect("a render waits");
    all_told(&catalog).await;
    assert!(!catalog.set_status(id, CaptureStatus::InCallRecording, None, None, NOW).await.expect("refused"));
    catalog.artifact_failed(RecordingId::from(id.uuid()).uuid().into(), "no", NOW).await.expect_err("unknown");
    assert!(told(&catalog).await.is_empty());
    catalog.artifact_failed(job.artifacts[0].id, "render_crashed", NOW).await.expect("failed");
    catalog.render_failed(&job, "disk_full", NOW, false).await.expect("given up");
    assert_eq!(
        told(&catalog).await,
        [
            "video_mixed.failed (render_crashed)",
            "transcript.failed (disk_full)",
            "participant_events.failed (disk_full)",
            "meeting_metadata.failed (disk_full)",
            "recording.failed (render_crashed)",
            "capture.done",
        ]
    );
}

#[tokio::test]
async fn a_recording_that_is_made_once_more_is_told_as_processing_and_each_new_file_as_done_before_it_is_done() {
    let (_dir, catalog) = fresh().await;
    registered(&catalog, 1).await;
    let mut first = new_capture(1);
    first.operator = Some("host".to_owned());
    catalog.start_capture(first.clone()).await.expect("admitted");
    let started = catalog.claim_start(NOW + 1_000).await.expect("claimed").expect("a start waits");
    catalog.recording_started(started.capture.id, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording");
    catalog.capture_ended(started.capture.id, None, ended("over"), NOW).await.expect("ended");
    rendered(&catalog, NOW + 1_000).await;
    all_told(&catalog).await;

    let mut second = new_capture(2);
    second.stream.meeting_uuid.clone_from(&first.stream.meeting_uuid);
    second.operator = Some("host".to_owned());
    catalog.start_capture(second).await.expect("admitted");
    let again = catalog.claim_start(NOW + 1_000).await.expect("claimed").expect("a start waits");
    catalog.recording_started(again.capture.id, SourceTime::from_unix_ms(NOW), NOW).await.expect("the same");
    catalog.capture_ended(again.capture.id, None, ended("over"), NOW).await.expect("ended");
    rendered(&catalog, NOW + 2_000).await;
    let begun = ["capture.joining_call", "capture.call_ended (over)", "recording.processing"];
    let expected: Vec<&str> = begun.into_iter().chain(MADE).chain(["recording.done", "capture.done"]).collect();
    assert_eq!(told(&catalog).await, expected);
    let notices = catalog.notices(1_000).await.expect("notices");
    let shared = started.recording_id;
    assert!(notices.iter().all(|notice| notice.recording == shared), "all of it is told in one order");
}

#[tokio::test]
async fn an_edition_is_told_for_itself_and_changes_nothing_else() {
    let (_dir, catalog) = fresh().await;
    registered(&catalog, 1).await;
    let job = recorded(&catalog, 1).await;
    rendered(&catalog, NOW + 1_000).await;
    all_told(&catalog).await;
    let edition: Edition = job.capture.config.edition();
    let ordered = catalog.order_edition(job.recording_id, edition, NOW).await.expect("ordered");
    let Ordered::Queued(id) = ordered else { panic!("{ordered:?}") };
    let render = catalog.claim_edition(NOW).await.expect("claimed").expect("it waits");
    catalog.artifact_done(id, Vec::new(), NOW).await.expect("done");
    catalog.render_done(&render, NOW).await.expect("done");
    catalog.give_up_edition(id, NOW).await.expect("given up");
    assert_eq!(
        told(&catalog).await,
        ["video_mixed.processing", "video_mixed.done", "video_mixed.deleted (called_off)"]
    );
}

#[tokio::test]
async fn a_deletion_is_told_of_each_artifact_and_of_the_recording_once() {
    let (_dir, catalog) = fresh().await;
    registered(&catalog, 1).await;
    let id = recorded(&catalog, 1).await.capture.id;
    rendered(&catalog, NOW + 1_000).await;
    all_told(&catalog).await;
    assert!(catalog.revoke(id, NOW).await.expect("revoked"));
    let purge = catalog.claim_purge(NOW).await.expect("claimed").expect("a purge waits");
    catalog.purge_done(&purge, Purged::default(), NOW).await.expect("purged");
    assert!(!catalog.revoke(id, NOW).await.expect("before"));
    let gone = |what: &str| format!("{what}.deleted (zoom_rtms_stream_revoked)");
    let expected = ["video_mixed", "transcript", "participant_events", "meeting_metadata", "recording"].map(gone);
    assert_eq!(told(&catalog).await, expected);
    let told = catalog.notices(1).await.expect("notices");
    let recording = told[0].capture.recording.as_ref().expect("its rows stay");
    assert_eq!(recording.state, RecordingState::Deleted, "what is told can be seen");
}

#[tokio::test]
async fn where_nothing_is_stored_the_end_is_told_at_once_and_artifacts_are_not() {
    let (_dir, catalog) = fresh().await;
    registered(&catalog, 1).await;
    let mut new = new_capture(1);
    new.config.retention = Retention::Nothing;
    catalog.start_capture(new).await.expect("admitted");
    let id = catalog.claim_start(NOW + 1_000).await.expect("claimed").expect("a start waits").capture.id;
    catalog.recording_started(id, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording");
    catalog.capture_ended(id, None, ended("over"), NOW).await.expect("ended");
    assert_eq!(
        told(&catalog).await,
        ["capture.joining_call", "recording.processing", "capture.call_ended (over)", "recording.done", "capture.done",]
    );
}

#[tokio::test]
async fn what_a_customer_deletes_is_told_once_whether_its_capture_runs_or_not() {
    let (_dir, catalog) = fresh().await;
    registered(&catalog, 1).await;
    let gone = |what: &str| format!("{what}.deleted (media_deleted)");
    let everything =
        ["video_mixed", "transcript", "participant_events", "meeting_metadata", "recording"].map(gone).to_vec();

    let over = recorded(&catalog, 1).await;
    rendered(&catalog, NOW + 1_000).await;
    all_told(&catalog).await;
    let one = catalog.capture(over.capture.id).await.expect("read").expect("it is there");
    let transcript = one.recording.expect("it was made").artifacts[1].id;
    assert!(catalog.discard_artifact(transcript, NOW).await.expect("discarded"));
    assert_eq!(told(&catalog).await, [gone("transcript")], "by itself");
    catalog.discard(over.capture.id, NOW).await.expect("discarded");
    let others: Vec<String> = everything.iter().filter(|told| !told.starts_with("transcript")).cloned().collect();
    assert_eq!(told(&catalog).await[1..], others, "and not a second time");
    all_told(&catalog).await;

    let running = claimed(&catalog, 2).await.capture.id;
    catalog.recording_started(running, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording");
    all_told(&catalog).await;
    catalog.discard(running, NOW).await.expect("discarded");
    assert_eq!(told(&catalog).await, everything);
    catalog.capture_ended(running, None, ended("over"), NOW).await.expect("ended");
    let told = told(&catalog).await;
    assert_eq!(told[everything.len()..], ["capture.call_ended (over)"], "its end deletes no second time");
}

#[tokio::test]
async fn what_is_told_of_can_be_seen_by_then_and_stays_until_it_is_taken_out() {
    let (_dir, catalog) = fresh().await;
    let endpoint = registered(&catalog, 1).await;
    let job = claimed(&catalog, 1).await;
    catalog.recording_started(job.capture.id, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording");
    for notice in catalog.notices(1_000).await.expect("notices") {
        let seen = catalog.capture(notice.capture.id).await.expect("read").expect("it is there");
        match notice.subject {
            Subject::Capture => assert_eq!(seen.latest().status.code(), notice.code),
            Subject::Endpoint(id) => {
                let endpoint = catalog.endpoint(id).await.expect("read").expect("it is there");
                assert_eq!(endpoint.state.code(), notice.code);
            }
            Subject::Recording => assert_eq!(seen.recording.expect("it began").state.code(), notice.code),
            Subject::Artifact(_) => {
                let artifacts = seen.recording.expect("it began").artifacts;
                assert!(artifacts.iter().all(|artifact| artifact.state == ArtifactState::Processing));
                assert!(artifacts.iter().any(|artifact| artifact.kind == ArtifactKind::VideoMixed));
            }
        }
    }
    let before = told(&catalog).await;
    assert_eq!(told(&catalog).await, before);
    let first = catalog.notices(1).await.expect("notices").remove(0);
    let message = WebhookMessage { endpoints: vec![endpoint], event: "a.b".to_owned(), body: "{}".to_owned() };
    for _ in 0..2 {
        let again = vec![(first.clone(), vec![message.clone()])];
        catalog.expand_notices(again, NOW).await.expect("expanded, and then without effect");
    }
    assert_eq!(catalog.delivery_backlog().await.expect("read").waiting, 1, "what is told once is delivered once");
    assert_eq!(told(&catalog).await, before[1..]);
    catalog.hand_back_claims().await.expect("handed back");
    taken_up(&catalog, job.capture.id).await;
    assert_eq!(told(&catalog).await, before[1..], "a new owner is no change of state");
}

#[tokio::test]
async fn a_real_time_endpoint_is_told_from_its_beginning_to_its_end() {
    let (_dir, catalog) = fresh().await;
    registered(&catalog, 1).await;
    let mut new = new_capture(1);
    new.config.endpoints = [Transport::Websocket, Transport::Webhook, Transport::Rtmp].map(wish).to_vec();
    let capture = new.id;
    catalog.start_capture(new).await.expect("admitted");
    let begun =
        ["realtime_endpoint.running", "realtime_endpoint.running", "realtime_endpoint.failed (rtmp_not_available)"];
    let of_endpoints =
        |told: Vec<String>| told.into_iter().filter(|said| said.starts_with("realtime_")).collect::<Vec<_>>();
    assert_eq!(of_endpoints(told(&catalog).await), begun);
    all_told(&catalog).await;
    let endpoints = catalog.endpoints_of(capture).await.expect("read");
    let lost = EndpointState::Failed;
    catalog.endpoint_ended(endpoints[1].id, lost, Some("receiver_unreachable"), NOW + 1).await.expect("ended");
    assert_eq!(of_endpoints(told(&catalog).await), ["realtime_endpoint.failed (receiver_unreachable)"]);
    all_told(&catalog).await;
    assert!(!catalog.endpoint_ended(endpoints[1].id, EndpointState::Done, None, NOW + 2).await.expect("read"));
    assert!(told(&catalog).await.is_empty(), "what did not change is not told");
}

#[tokio::test]
async fn of_endpoints_nothing_is_written_down_where_nobody_wants_to_hear() {
    let (_dir, catalog) = fresh().await;
    let mut new = new_capture(1);
    new.config.endpoints = vec![wish(Transport::Webhook)];
    catalog.start_capture(new).await.expect("admitted");
    assert!(told(&catalog).await.is_empty());
}

fn wish(transport: Transport) -> EndpointWish {
    EndpointWish {
        transport,
        url: Secret::new("https://example.com/".to_owned()),
        topics: Vec::new(),
        metadata: BTreeMap::new(),
        replay: false,
        chunk_ms: 100,
    }
}
