use media::SourceTime;
use model::{
    ArtifactFile, ArtifactState, CaptureId, CaptureStatus, NewCapture, RecordingId, RecordingState, Retention,
};

use crate::{
    Admission, Catalog, Outcome,
    fixture::{NOW, ended, failed, fresh, new_capture},
};

/// Stream `n` of one meeting, on behalf of a user.
fn stream(n: u32, operator: Option<&str>) -> NewCapture {
    let mut new = new_capture(n);
    new.stream.meeting_uuid = "meeting==".to_owned();
    new.operator = operator.map(str::to_owned);
    new
}

async fn begin(catalog: &Catalog, new: NewCapture) -> CaptureId {
    let id = new.id;
    assert_eq!(catalog.start_capture(new).await.expect("admitted"), Admission::New(id));
    catalog.claim_start(NOW + 1_000_000).await.expect("claimed").expect("a start waits");
    id
}

async fn record(catalog: &Catalog, id: CaptureId) -> RecordingId {
    catalog.recording_started(id, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording")
}

async fn end(catalog: &Catalog, id: CaptureId) {
    catalog.capture_ended(id, None, ended("over"), NOW).await.expect("ended");
}

/// Claims the render that waits and finishes everything it asks for with a file of this name.
async fn render(catalog: &Catalog, name: &str) -> Vec<CaptureId> {
    let job = catalog.claim_render(NOW + 1_000).await.expect("claimed").expect("a render waits");
    for artifact in &job.artifacts {
        let file = ArtifactFile { name: name.to_owned(), media_type: "b".to_owned(), bytes: 1, sha256: String::new() };
        catalog.artifact_done(artifact.id, vec![file], NOW + 1).await.expect("done");
    }
    catalog.render_done(&job, NOW + 2).await.expect("done");
    job.captures
}

async fn file_names(catalog: &Catalog, id: CaptureId) -> Vec<String> {
    let recording = catalog.capture(id).await.expect("read").expect("a capture").recording.expect("a recording");
    recording.artifacts.iter().flat_map(|artifact| &artifact.files).map(|file| file.name.clone()).collect()
}

async fn status(catalog: &Catalog, id: CaptureId) -> CaptureStatus {
    catalog.capture(id).await.expect("read").expect("a capture").latest().status
}

#[tokio::test]
async fn a_stream_that_was_stopped_and_started_again_goes_on_with_its_recording() {
    let (_dir, catalog) = fresh().await;
    let first = begin(&catalog, stream(1, Some("user"))).await;
    let recording = record(&catalog, first).await;
    end(&catalog, first).await;
    assert_eq!(render(&catalog, "one").await, [first]);

    let second = begin(&catalog, stream(2, Some("user"))).await;
    assert_eq!(record(&catalog, second).await, recording);
    assert!(catalog.claim_render(NOW + 1_000).await.expect("claimed").is_none(), "the second stream runs");
    end(&catalog, second).await;
    assert!(file_names(&catalog, first).await.iter().all(|name| name == "one"), "usable until the new file is there");
    assert_eq!(render(&catalog, "both").await, [first, second]);
    for id in [first, second] {
        assert_eq!(status(&catalog, id).await, CaptureStatus::Done);
        assert!(file_names(&catalog, id).await.iter().all(|name| name == "both"));
    }
}

#[tokio::test]
async fn a_render_waits_until_every_stream_of_the_recording_is_over() {
    let (_dir, catalog) = fresh().await;
    let first = begin(&catalog, stream(1, Some("user"))).await;
    record(&catalog, first).await;
    let second = begin(&catalog, stream(2, Some("user"))).await;
    record(&catalog, second).await;
    end(&catalog, second).await;
    assert!(catalog.claim_render(NOW + 1_000).await.expect("claimed").is_none());
    end(&catalog, first).await;
    assert_eq!(render(&catalog, "both").await, [first, second]);
    assert!(catalog.claim_render(NOW + 9_000).await.expect("claimed").is_none());
}

#[tokio::test]
async fn a_stream_that_never_had_media_contributes_nothing() {
    let (_dir, catalog) = fresh().await;
    let first = begin(&catalog, stream(1, Some("user"))).await;
    record(&catalog, first).await;
    let second = begin(&catalog, stream(2, Some("user"))).await;
    end(&catalog, first).await;
    let outcome = Outcome::Failed { code: "unreachable".to_owned(), message: None };
    catalog.capture_ended(second, None, outcome, NOW).await.expect("ended");
    assert_eq!(status(&catalog, second).await, CaptureStatus::Fatal);
    assert!(catalog.capture(second).await.expect("read").expect("a capture").recording.is_none());
    assert_eq!(render(&catalog, "one").await, [first]);
}

#[tokio::test]
async fn another_user_another_app_and_nobody_have_recordings_of_their_own() {
    let (_dir, catalog) = fresh().await;
    let mut other_app = stream(3, Some("user"));
    other_app.stream.app = "other".to_owned();
    let mut recordings = Vec::new();
    for new in [stream(1, Some("user")), stream(2, Some("guest")), other_app, stream(4, None), stream(5, None)] {
        let id = begin(&catalog, new).await;
        recordings.push(record(&catalog, id).await);
    }
    recordings.sort();
    recordings.dedup();
    assert_eq!(recordings.len(), 5);
}

#[tokio::test]
async fn a_second_render_that_fails_leaves_the_files_of_the_first() {
    let (_dir, catalog) = fresh().await;
    let first = begin(&catalog, stream(1, Some("user"))).await;
    record(&catalog, first).await;
    end(&catalog, first).await;
    render(&catalog, "one").await;
    let second = begin(&catalog, stream(2, Some("user"))).await;
    record(&catalog, second).await;
    end(&catalog, second).await;
    let job = catalog.claim_render(NOW + 1_000).await.expect("claimed").expect("a render waits");
    catalog.render_failed(&job, "artifact_unsound", NOW + 3, false).await.expect("failed");
    let recording = catalog.capture(first).await.expect("read").expect("a capture").recording.expect("a recording");
    assert_eq!(recording.state, RecordingState::Done);
    for artifact in &recording.artifacts {
        assert_eq!((artifact.state, artifact.sub_code.as_deref()), (ArtifactState::Done, Some("artifact_unsound")));
        assert_eq!(artifact.files.len(), 1);
    }
    assert_eq!(status(&catalog, second).await, CaptureStatus::Done);
}

#[tokio::test]
async fn consent_withdrawn_in_one_stream_takes_the_whole_recording_and_nothing_joins_it_later() {
    let (_dir, catalog) = fresh().await;
    let first = begin(&catalog, stream(1, Some("user"))).await;
    let recording = record(&catalog, first).await;
    end(&catalog, first).await;
    render(&catalog, "one").await;
    let second = begin(&catalog, stream(2, Some("user"))).await;
    record(&catalog, second).await;
    let outcome = Outcome::Revoked { code: "zoom_rtms_stream_revoked".to_owned(), message: None };
    catalog.capture_ended(second, None, outcome, NOW).await.expect("ended");
    let purge = catalog.claim_purge(NOW).await.expect("claimed").expect("a purge waits");
    assert_eq!((purge.captures, purge.recording), (vec![first, second], recording));
    assert!(catalog.claim_render(NOW + 1_000).await.expect("claimed").is_none());
    let third = begin(&catalog, stream(3, Some("user"))).await;
    assert_ne!(record(&catalog, third).await, recording);
}

#[tokio::test]
async fn nothing_joins_a_stream_without_media_whose_consent_was_withdrawn_nor_one_that_is_about_to_hear_of_it() {
    for over in [true, false] {
        let (_dir, catalog) = fresh().await;
        let first = begin(&catalog, stream(1, Some("user"))).await;
        catalog.stop_stream("default", "stream1", Some(8), NOW + 1, NOW).await.expect("told");
        if over {
            let outcome = Outcome::Revoked { code: "zoom_rtms_stream_revoked".to_owned(), message: None };
            catalog.capture_ended(first, None, outcome, NOW).await.expect("ended");
        }
        let second = begin(&catalog, stream(2, Some("user"))).await;
        record(&catalog, second).await;
        end(&catalog, second).await;
        assert_eq!(render(&catalog, "two").await, [second]);
        if !over {
            end(&catalog, first).await;
        }
        let purge = catalog.claim_purge(NOW + 1_000).await.expect("claimed").expect("a purge waits");
        assert_eq!(purge.captures, [first]);
        let recording = catalog.capture(second).await.expect("read").expect("a capture").recording.expect("its own");
        assert_eq!(recording.state, RecordingState::Done);
        assert_ne!(recording.id, purge.recording);
    }
}

#[tokio::test]
async fn a_sibling_without_media_that_ends_after_the_withdrawal_keeps_no_events() {
    let (_dir, catalog) = fresh().await;
    let first = begin(&catalog, stream(1, Some("user"))).await;
    record(&catalog, first).await;
    let second = begin(&catalog, stream(2, Some("user"))).await;
    let outcome = Outcome::Revoked { code: "zoom_rtms_stream_revoked".to_owned(), message: None };
    catalog.capture_ended(first, None, outcome, NOW).await.expect("ended");
    catalog.append_events(second, vec![crate::fixture::event(1, 1, "Ada")]).await.expect("appended");
    let outcome = Outcome::Failed { code: "unreachable".to_owned(), message: None };
    catalog.capture_ended(second, None, outcome, NOW).await.expect("ended");
    let left = catalog.events_after(second, model::Cursor::START, 10).await.expect("read");
    assert!(left.iter().all(|left| matches!(left.event.body, model::EventBody::Status { .. })), "{left:?}");
    assert_eq!(catalog.deletion(second).await.expect("read").expect("an audit").events, 1);
}

#[tokio::test]
async fn restarts_of_a_meeting_are_counted_by_app_and_not_the_streams_with_which_it_began() {
    let (_dir, catalog) = fresh().await;
    let mut other_app = stream(2, Some("user"));
    other_app.stream.app = "other".to_owned();
    let first = begin(&catalog, stream(1, Some("user"))).await;
    begin(&catalog, other_app).await;
    begin(&catalog, stream(3, Some("guest"))).await;
    assert_eq!(catalog.restarts_since(first, NOW).await.expect("counted"), 0);
    let again = begin(&catalog, stream(4, Some("user"))).await;
    begin(&catalog, stream(5, Some("guest"))).await;
    for id in [first, again] {
        assert_eq!(catalog.restarts_since(id, NOW).await.expect("counted"), 2);
    }
    assert_eq!(catalog.restarts_since(again, NOW + 4).await.expect("counted"), 1, "the window moved on");
}

#[tokio::test]
async fn a_stream_that_broke_off_and_is_announced_anew_is_no_new_stream() {
    let (_dir, catalog) = fresh().await;
    let first = begin(&catalog, stream(1, Some("user"))).await;
    catalog.capture_ended(first, None, failed("zoom_rtms_silent"), NOW).await.expect("ended");
    let mut again = stream(2, Some("user"));
    again.stream.stream_id = "stream1".to_owned();
    again.notice_unix_ms = NOW + 1;
    let again = begin(&catalog, again).await;
    assert_eq!(catalog.restarts_since(again, NOW).await.expect("counted"), 0);
    begin(&catalog, stream(3, Some("user"))).await;
    assert_eq!(catalog.restarts_since(again, NOW).await.expect("counted"), 1, "the control");
}

#[tokio::test]
async fn a_stream_without_a_user_goes_on_with_its_own_recording_when_it_is_announced_anew() {
    let (_dir, catalog) = fresh().await;
    let first = begin(&catalog, stream(1, None)).await;
    let recording = record(&catalog, first).await;
    catalog.capture_ended(first, None, failed("zoom_rtms_silent"), NOW).await.expect("ended");
    let mut again = stream(2, None);
    again.stream.stream_id = "stream1".to_owned();
    again.notice_unix_ms = NOW + 1;
    let again = begin(&catalog, again).await;
    assert_eq!(record(&catalog, again).await, recording);
    end(&catalog, again).await;
    assert_eq!(render(&catalog, "both").await, [first, again]);
}

#[tokio::test]
async fn a_stream_that_broke_off_is_not_captured_again_once_consent_for_its_recording_was_withdrawn() {
    let (_dir, catalog) = fresh().await;
    let first = begin(&catalog, stream(1, Some("user"))).await;
    record(&catalog, first).await;
    catalog.capture_ended(first, None, failed("zoom_rtms_silent"), NOW).await.expect("ended");
    let second = begin(&catalog, stream(2, Some("user"))).await;
    let outcome = Outcome::Revoked { code: "zoom_rtms_stream_revoked".to_owned(), message: None };
    catalog.capture_ended(second, None, outcome, NOW).await.expect("ended");
    let mut again = stream(3, Some("user"));
    again.stream.stream_id = "stream1".to_owned();
    again.notice_unix_ms = NOW + 1;
    assert_eq!(catalog.start_capture(again).await.expect("admitted"), Admission::Finished(first));
}

async fn claims(catalog: &Catalog) -> Option<model::RenderJob> {
    catalog.claim_render(NOW + 1_000).await.expect("claimed")
}

async fn fails(catalog: &Catalog, id: CaptureId) {
    catalog.capture_ended(id, None, failed("connection_broken"), NOW).await.expect("ended");
}

/// Two captures of one user in one meeting, of which the first recorded and is over, and the second just began.
async fn one_over_and_one_running(catalog: &Catalog) -> (CaptureId, CaptureId) {
    let first = begin(catalog, stream(1, Some("user"))).await;
    record(catalog, first).await;
    end(catalog, first).await;
    (first, begin(catalog, stream(2, Some("user"))).await)
}

#[tokio::test]
async fn nothing_is_rendered_while_a_stream_of_the_recording_runs() {
    let (_dir, catalog) = fresh().await;
    let (first, second) = one_over_and_one_running(&catalog).await;
    assert!(claims(&catalog).await.is_none(), "its render waits, and another stream of it runs");
    let waits = async || {
        let mut db = catalog.read().await.expect("a read");
        crate::jobs::waits(&mut db, crate::jobs::Kind::Render, NOW + 1_000).await.expect("read")
    };
    assert!(!waits().await, "the writer is not asked for what cannot be claimed");
    fails(&catalog, second).await;
    assert!(waits().await);
    assert_eq!(render(&catalog, "one").await, [first]);
}

#[tokio::test]
async fn a_render_that_waits_is_the_only_one_whatever_ends_meanwhile() {
    for has_media in [false, true] {
        let (_dir, catalog) = fresh().await;
        let (first, second) = one_over_and_one_running(&catalog).await;
        if has_media {
            record(&catalog, second).await;
        }
        fails(&catalog, second).await;
        let expected = if has_media { vec![first, second] } else { vec![first] };
        assert_eq!(render(&catalog, "all").await, expected);
        assert!(claims(&catalog).await.is_none(), "{has_media}");
        assert_eq!(status(&catalog, first).await, CaptureStatus::Done);
    }
}

#[tokio::test]
async fn a_capture_without_media_that_ends_while_a_render_runs_has_nothing_rendered_again() {
    let (_dir, catalog) = fresh().await;
    let first = begin(&catalog, stream(1, Some("user"))).await;
    record(&catalog, first).await;
    end(&catalog, first).await;
    let job = claims(&catalog).await.expect("a render waits");
    let second = begin(&catalog, stream(2, Some("user"))).await;
    fails(&catalog, second).await;
    let done = catalog.render_done(&job, NOW + 2).await.expect("done");
    assert_eq!(done.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [first]);
    assert!(claims(&catalog).await.is_none());
    let recording = catalog.capture(first).await.expect("read").expect("a capture").recording.expect("a recording");
    assert_ne!(recording.state, RecordingState::Processing, "what is announced as done is done");
}

#[tokio::test]
async fn captures_are_done_only_with_the_render_that_makes_all_of_their_recording() {
    let (_dir, catalog) = fresh().await;
    let first = begin(&catalog, stream(1, Some("user"))).await;
    record(&catalog, first).await;
    end(&catalog, first).await;
    let job = claims(&catalog).await.expect("a render waits");
    let second = begin(&catalog, stream(2, Some("user"))).await;
    record(&catalog, second).await;
    end(&catalog, second).await;
    assert!(claims(&catalog).await.is_none(), "a render of it runs");
    assert_eq!(catalog.render_done(&job, NOW + 2).await.expect("done"), []);
    assert_eq!(status(&catalog, first).await, CaptureStatus::CallEnded);
    assert_eq!(render(&catalog, "both").await, [first, second]);
    for id in [first, second] {
        assert_eq!(status(&catalog, id).await, CaptureStatus::Done);
    }
    assert!(claims(&catalog).await.is_none());
}

#[tokio::test]
async fn what_was_recorded_while_a_render_ran_is_rendered_although_the_last_capture_had_no_media() {
    let (_dir, catalog) = fresh().await;
    let first = begin(&catalog, stream(1, Some("user"))).await;
    record(&catalog, first).await;
    end(&catalog, first).await;
    let job = claims(&catalog).await.expect("a render waits");
    let second = begin(&catalog, stream(2, Some("user"))).await;
    let third = begin(&catalog, stream(3, Some("user"))).await;
    record(&catalog, second).await;
    end(&catalog, second).await;
    fails(&catalog, third).await;
    assert_eq!(catalog.render_done(&job, NOW + 2).await.expect("done"), []);
    assert_eq!(render(&catalog, "both").await, [first, second]);
    assert_eq!(status(&catalog, second).await, CaptureStatus::Done);
    assert!(claims(&catalog).await.is_none());
}

#[tokio::test]
async fn a_render_that_is_tried_again_begins_from_scratch_when_there_is_more_to_render() {
    for has_third in [false, true] {
        let (_dir, catalog) = fresh().await;
        let first = begin(&catalog, stream(1, Some("user"))).await;
        record(&catalog, first).await;
        end(&catalog, first).await;
        let job = claims(&catalog).await.expect("a render waits");
        let made = job.artifacts.first().expect("an artifact").id;
        catalog.artifact_done(made, Vec::new(), NOW).await.expect("done");
        catalog.render_failed(&job, "storage_full", NOW, true).await.expect("taken back");
        let second = begin(&catalog, stream(2, Some("user"))).await;
        record(&catalog, second).await;
        // A third stream without media is the last that is over.
        if has_third {
            let third = begin(&catalog, stream(3, Some("user"))).await;
            end(&catalog, second).await;
            fails(&catalog, third).await;
        } else {
            end(&catalog, second).await;
        }
        let again = claims(&catalog).await.expect("without a pause");
        assert_eq!((again.attempts, &again.captures[..]), (0, &[first, second][..]), "{has_third}");
        assert!(again.artifacts.iter().any(|artifact| artifact.id == made), "it lacks the second capture");
        assert!(claims(&catalog).await.is_none());
    }
}

#[tokio::test]
async fn media_that_no_render_is_for_is_rendered_when_all_streams_are_over() {
    let (_dir, catalog) = fresh().await;
    let (first, second) = one_over_and_one_running(&catalog).await;
    let lost = catalog.write(|db| {
        Box::pin(async move { Ok(sqlx::query("DELETE FROM job WHERE kind = 'render'").execute(db).await.map(drop)?) })
    });
    lost.await.expect("a change");
    fails(&catalog, second).await;
    assert_eq!(render(&catalog, "one").await, [first]);
}

#[tokio::test]
async fn a_failed_render_is_not_tried_again_when_another_one_makes_everything() {
    let (_dir, catalog) = fresh().await;
    let first = begin(&catalog, stream(1, Some("user"))).await;
    record(&catalog, first).await;
    end(&catalog, first).await;
    let job = claims(&catalog).await.expect("a render waits");
    let second = begin(&catalog, stream(2, Some("user"))).await;
    record(&catalog, second).await;
    end(&catalog, second).await;
    assert_eq!(catalog.render_failed(&job, "storage_full", NOW, true).await.expect("taken back"), []);
    assert_eq!(render(&catalog, "both").await, [first, second]);
    assert!(catalog.claim_render(NOW + 1_000_000).await.expect("claimed").is_none());
    assert_eq!(status(&catalog, first).await, CaptureStatus::Done);
}

#[tokio::test]
async fn what_is_not_stored_shares_no_recording() {
    let (_dir, catalog) = fresh().await;
    let streaming = |n| {
        let mut new = stream(n, Some("user"));
        new.config.retention = Retention::Nothing;
        new
    };
    let first = begin(&catalog, streaming(1)).await;
    let own = record(&catalog, first).await;
    // One that is stored does not go on with it.
    let second = begin(&catalog, stream(2, Some("user"))).await;
    let stored = record(&catalog, second).await;
    assert_ne!(stored, own);
    let third = begin(&catalog, stream(3, Some("user"))).await;
    assert_eq!(record(&catalog, third).await, stored, "the control");
    // Nor does one that is not stored go on with one that is.
    let fourth = begin(&catalog, streaming(4)).await;
    assert!(![own, stored].contains(&record(&catalog, fourth).await));
}

#[tokio::test]
async fn a_stream_that_broke_off_and_is_not_stored_is_not_stored_the_second_time_either() {
    let (_dir, catalog) = fresh().await;
    let mut new = stream(1, None);
    new.config.retention = Retention::Nothing;
    let first = begin(&catalog, new).await;
    let own = record(&catalog, first).await;
    fails(&catalog, first).await;
    let mut again = stream(2, None);
    again.stream.stream_id = "stream1".to_owned();
    again.notice_unix_ms = NOW + 1;
    assert_eq!(catalog.start_capture(again.clone()).await.expect("admitted"), Admission::New(again.id));
    let job = catalog.claim_start(NOW + 1_000_000).await.expect("claimed").expect("a start waits");
    assert_eq!(job.capture.config.retention, Retention::Nothing);
    assert_eq!(job.notice, again.notice, "the platform's went with the first time");
    assert_ne!(record(&catalog, again.id).await, own);
}
