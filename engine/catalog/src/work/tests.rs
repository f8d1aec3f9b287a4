use model::{ArtifactState, Command, Cursor, EventBody, JobId, NewCapture, Recording, RecordingState, Retention};

use super::*;
use crate::fixture::{NOW, claimed, ended, event, fresh, new_capture, recorded, taken_up};

async fn recording(catalog: &Catalog, id: CaptureId) -> Recording {
    catalog.capture(id).await.expect("read").expect("a capture").recording.expect("a recording")
}

async fn status(catalog: &Catalog, id: CaptureId) -> CaptureStatus {
    catalog.capture(id).await.expect("read").expect("a capture").latest().status
}

#[tokio::test]
async fn starts_are_claimed_oldest_first_and_once() {
    let (_dir, catalog) = fresh().await;
    for n in [2, 1, 3] {
        catalog.start_capture(new_capture(n)).await.expect("admitted");
    }
    for n in 1..=3 {
        let job = catalog.claim_start(NOW + 1_000).await.expect("claimed").expect("a start waits");
        assert_eq!((job.capture.id, job.epoch), (new_capture(n).id, Epoch(1)));
    }
    assert!(catalog.claim_start(NOW + 1_000).await.expect("claimed").is_none());
}

#[tokio::test]
async fn each_owner_has_an_epoch_of_its_own_and_gets_the_commands_of_the_one_before() {
    let (dir, catalog) = fresh().await;
    let job = claimed(&catalog, 1).await;
    let id = job.capture.id;
    assert!(catalog.enqueue(id, Command::Stop).await.expect("queued"));
    assert_eq!(catalog.take_commands(id).await.expect("taken"), [Command::Stop]);
    catalog.close().await;

    let catalog = Catalog::open(dir.path()).await.expect("the catalogue again");
    assert!(catalog.claim_start(NOW + 1_000).await.expect("claimed").is_none());
    assert_eq!(catalog.release_claims(NOW).await.expect("released"), 1);
    let again = taken_up(&catalog, id).await;
    assert_eq!((again.capture.id, again.epoch), (id, Epoch(2)));
    assert_eq!((again.recording_id, again.signature), (job.recording_id, job.signature));
    assert_eq!(catalog.take_commands(id).await.expect("taken"), [Command::Stop]);

    assert!(catalog.take_up(id, Epoch(0)).await.expect("answered").is_none(), "it has an owner");
    catalog.note_crash(id, Epoch(2), NOW).await.expect("noted");
    assert!(catalog.claim_start(NOW + 1_000).await.expect("claimed").is_none(), "it is no new one");
    assert_eq!(taken_up(&catalog, id).await.epoch, Epoch(3));
}

#[tokio::test]
async fn a_capture_that_recorded_ends_with_its_render_queued() {
    let (_dir, catalog) = fresh().await;
    let job = claimed(&catalog, 1).await;
    let id = job.capture.id;
    catalog.recording_started(id, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording");
    let end = SourceTime::from_unix_ms(NOW + 60_000);
    let outcome = Outcome::Failed { code: "zoom_rtms_lost".to_owned(), message: Some("Lost.".to_owned()) };
    catalog.capture_ended(id, Some(end), outcome, NOW + 5).await.expect("ended");
    let capture = catalog.capture(id).await.expect("read").expect("a capture");
    assert_eq!(capture.latest().status, CaptureStatus::CallEnded);
    assert_eq!(capture.latest().sub_code.as_deref(), Some("zoom_rtms_lost"));
    assert_eq!(recording(&catalog, id).await.completed_at, Some(end));
    // Told again, it is not rendered twice; nor is it started again by the next process.
    catalog.capture_ended(id, None, ended("again"), NOW + 6).await.expect("ended");
    assert_eq!(catalog.release_claims(NOW).await.expect("released"), 0);
    assert!(catalog.claim_start(NOW + 1_000).await.expect("claimed").is_none());
    let render = catalog.claim_render(NOW + 1_000).await.expect("claimed").expect("a render waits");
    assert_eq!((render.capture.id, render.attempts), (id, 0));
    assert!(catalog.claim_render(NOW + 1_000).await.expect("claimed").is_none());
}

#[tokio::test]
async fn each_end_is_answered_once_as_the_last_event_of_the_log() {
    let (_dir, catalog) = fresh().await;
    let status_of = |event: &SequencedEvent| match &event.event.body {
        EventBody::Status { status, sub_code } => (*status, sub_code.clone()),
        other => panic!("{other:?} is no status"),
    };
    let id = claimed(&catalog, 1).await.capture.id;
    catalog.append_events(id, vec![event(1, 1, "Ada")]).await.expect("appended");
    catalog.recording_started(id, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording");
    let over = catalog.capture_ended(id, None, ended("over"), NOW).await.expect("ended").expect("a change");
    assert_eq!(status_of(&over), (CaptureStatus::CallEnded, Some("over".to_owned())));
    assert_eq!(over.cursor, Cursor { epoch: Epoch(1), seq: 2 });
    assert_eq!(catalog.capture_ended(id, None, ended("again"), NOW).await.expect("ended"), None);

    let render = catalog.claim_render(NOW).await.expect("claimed").expect("a render waits");
    assert_eq!(catalog.render_failed(&render, "disk_full", NOW, true).await.expect("taken back"), []);
    let [(of, done)] = catalog.render_done(&render, NOW).await.expect("done").try_into().expect("one change");
    assert_eq!(of, id);
    assert_eq!(status_of(&done), (CaptureStatus::Done, None));
    assert_eq!(catalog.render_done(&render, NOW).await.expect("done"), []);
    let log = catalog.events_after(id, Cursor::START, 10).await.expect("read");
    assert_eq!(log, [event(1, 1, "Ada"), over, done]);

    recorded(&catalog, 2).await;
    let render = catalog.claim_render(NOW).await.expect("claimed").expect("a render waits");
    let [(_, failed)] =
        catalog.render_failed(&render, "x", NOW, false).await.expect("taken back").try_into().expect("one change");
    assert_eq!(status_of(&failed), (CaptureStatus::Done, None));
}

#[tokio::test]
async fn a_capture_that_yielded_nothing_is_fatal_and_not_rendered() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    let outcome = Outcome::Failed { code: "host_not_allowed".to_owned(), message: Some("No.".to_owned()) };
    catalog.capture_ended(id, None, outcome, NOW + 5).await.expect("ended");
    let capture = catalog.capture(id).await.expect("read").expect("a capture");
    let last = capture.latest();
    assert_eq!((last.status, last.sub_code.as_deref()), (CaptureStatus::Fatal, Some("host_not_allowed")));
    assert_eq!((last.message.as_deref(), last.at_unix_ms), (Some("No."), NOW + 5));
    assert!(catalog.claim_render(NOW + 1_000).await.expect("claimed").is_none());
    assert_eq!(catalog.release_claims(NOW).await.expect("released"), 0);
}

#[tokio::test]
async fn a_secret_is_sealed_at_rest_and_gone_when_the_capture_ends() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    let stored = |id: CaptureId| {
        let catalog = catalog.clone();
        async move {
            let mut db = catalog.read().await.expect("a read");
            let row = sqlx::query("SELECT signature FROM capture WHERE id = ?").bind(id_bytes(id.uuid()));
            let row = row.fetch_one(&mut *db).await.expect("the capture");
            row.try_get::<Option<Vec<u8>>, _>(0).expect("a column")
        }
    };
    let sealed = stored(id).await.expect("a sealed signature");
    assert!(!sealed.windows(9).any(|window| window == b"signature"));
    catalog.capture_ended(id, None, ended("over"), NOW).await.expect("ended");
    assert_eq!(stored(id).await, None);
}

#[tokio::test]
async fn a_rendered_recording_is_done_when_all_its_artifacts_are() {
    let (_dir, catalog) = fresh().await;
    let id = recorded(&catalog, 1).await.capture.id;
    let render = catalog.claim_render(NOW).await.expect("claimed").expect("a render waits");
    for artifact in &render.capture.recording.clone().expect("a recording").artifacts {
        catalog.artifact_done(artifact.id, Vec::new(), NOW).await.expect("done");
    }
    catalog.render_done(&render, NOW + 8).await.expect("done");
    let recording = recording(&catalog, id).await;
    assert_eq!((recording.state, recording.updated_at_unix_ms), (RecordingState::Done, NOW + 8));
    assert_eq!(status(&catalog, id).await, CaptureStatus::Done);
    assert_eq!(catalog.release_claims(NOW).await.expect("released"), 0);
}

#[tokio::test]
async fn a_recording_is_failed_when_one_artifact_is_or_was_forgotten() {
    let (_dir, catalog) = fresh().await;
    let id = recorded(&catalog, 1).await.capture.id;
    let render = catalog.claim_render(NOW).await.expect("claimed").expect("a render waits");
    let artifacts = render.capture.recording.clone().expect("a recording").artifacts;
    let (forgotten, made) = artifacts.split_first().expect("artifacts");
    for artifact in made {
        catalog.artifact_done(artifact.id, Vec::new(), NOW).await.expect("done");
    }
    catalog.render_done(&render, NOW).await.expect("done");
    let (forgotten, ..) = catalog.artifact(forgotten.id).await.expect("read").expect("an artifact");
    assert_eq!((forgotten.state, forgotten.sub_code.as_deref()), (ArtifactState::Failed, Some(NOT_RENDERED)));
    assert_eq!(recording(&catalog, id).await.state, RecordingState::Failed);
    assert_eq!(status(&catalog, id).await, CaptureStatus::Done);
}

#[tokio::test]
async fn a_failed_render_is_tried_again_after_a_growing_pause() {
    let (_dir, catalog) = fresh().await;
    recorded(&catalog, 1).await;
    let mut now = NOW;
    for (attempts, pause) in (0..).zip([5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]) {
        let render = catalog.claim_render(now).await.expect("claimed").expect("a render waits");
        assert_eq!(render.attempts, attempts);
        catalog.render_failed(&render, "disk_full", now, true).await.expect("taken back");
        assert!(catalog.claim_render(now + pause - 1).await.expect("claimed").is_none(), "{attempts}");
        now += pause;
    }
}

#[tokio::test]
async fn a_render_that_failed_for_good_fails_what_it_did_not_make() {
    let (_dir, catalog) = fresh().await;
    let id = recorded(&catalog, 1).await.capture.id;
    let render = catalog.claim_render(NOW).await.expect("claimed").expect("a render waits");
    let made = render.capture.recording.clone().expect("a recording").artifacts[0].id;
    catalog.artifact_done(made, Vec::new(), NOW).await.expect("done");
    catalog.render_failed(&render, "log_unreadable", NOW, false).await.expect("taken back");
    let recording = recording(&catalog, id).await;
    assert_eq!(recording.state, RecordingState::Failed);
    for artifact in recording.artifacts {
        if artifact.id == made {
            assert_eq!(artifact.state, ArtifactState::Done);
        } else {
            assert_eq!(artifact.sub_code.as_deref(), Some("log_unreadable"));
        }
    }
    assert_eq!(status(&catalog, id).await, CaptureStatus::Done);
    assert!(catalog.claim_render(NOW + 10_000_000).await.expect("claimed").is_none());
    let nobody = RenderJob { id: JobId::new(1, [1; 10]), ..render };
    let answer = catalog.render_failed(&nobody, "x", NOW, true).await;
    assert!(matches!(answer, Err(CatalogError::UnknownJob(job)) if job == nobody.id));
}

#[tokio::test]
async fn a_render_that_died_with_its_process_is_claimed_again_and_later_each_time() {
    let (dir, catalog) = fresh().await;
    recorded(&catalog, 1).await;
    let render = catalog.claim_render(NOW).await.expect("claimed").expect("a render waits");
    catalog.close().await;
    let catalog = Catalog::open(dir.path()).await.expect("the catalogue again");
    assert_eq!(catalog.release_claims(NOW).await.expect("released"), 1);
    let again = catalog.claim_render(NOW).await.expect("claimed").expect("a render waits");
    assert_eq!((again.id, again.attempts, again.deaths), (render.id, 1, 1));

    let mut now = NOW;
    for (deaths, pause_ms) in (2..).zip([5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]) {
        assert_eq!(catalog.release_claims(now).await.expect("released"), 1);
        assert!(catalog.claim_render(now + pause_ms - 1).await.expect("claimed").is_none(), "{deaths}");
        now += pause_ms;
        let again = catalog.claim_render(now).await.expect("claimed").expect("a render waits");
        assert_eq!(again.deaths, deaths);
    }
    // A process that ends in order leaves nothing that died.
    assert_eq!(catalog.hand_back_claims().await.expect("handed back"), 1);
    let again = catalog.claim_render(now).await.expect("claimed").expect("a render waits");
    assert_eq!(again.deaths, 9);
}

#[tokio::test]
async fn a_recording_of_which_nothing_was_asked_is_done() {
    let (_dir, catalog) = fresh().await;
    let mut new: NewCapture = new_capture(1);
    new.config.video_mixed = false;
    new.config.transcript = None;
    new.config.participant_events = false;
    new.config.meeting_metadata = false;
    let id = new.id;
    catalog.start_capture(new).await.expect("admitted");
    catalog.recording_started(id, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording");
    catalog.capture_ended(id, None, ended("over"), NOW).await.expect("ended");
    let render = catalog.claim_render(NOW).await.expect("claimed").expect("a render waits");
    catalog.render_done(&render, NOW).await.expect("done");
    assert_eq!(recording(&catalog, id).await.state, RecordingState::Done);
}

/// A capture that is claimed and of which nothing is stored.
async fn streaming(catalog: &Catalog, n: u32) -> StartJob {
    let mut new = new_capture(n);
    new.config.retention = Retention::Nothing;
    catalog.start_capture(new).await.expect("admitted");
    catalog.claim_start(NOW + 1_000_000).await.expect("claimed").expect("a start waits")
}

/// What joining the stream took, as it stands in the rows.
async fn notice_and_signature(catalog: &Catalog, id: CaptureId) -> (String, bool) {
    let row = sqlx::query("SELECT notice, signature IS NOT NULL AS signed FROM capture WHERE id = ?")
        .bind(id_bytes(id.uuid()))
        .fetch_one(&mut *catalog.read().await.expect("a read"))
        .await
        .expect("a capture");
    (row.try_get("notice").expect("a text"), row.try_get("signed").expect("a number"))
}

#[tokio::test]
async fn a_capture_of_which_nothing_is_stored_is_done_when_its_stream_is_over() {
    let (_dir, catalog) = fresh().await;
    let id = streaming(&catalog, 1).await.capture.id;
    catalog.recording_started(id, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording");
    assert_eq!(notice_and_signature(&catalog, id).await, (r#"{"n":1}"#.to_owned(), true));
    assert_eq!(catalog.capture_ended(id, None, ended("over"), NOW + 5).await.expect("ended"), None, "no event log");

    let capture = catalog.capture(id).await.expect("read").expect("a capture");
    let statuses: Vec<_> = capture.changes.iter().map(|change| (change.status, change.sub_code.as_deref())).collect();
    let expected =
        [(CaptureStatus::JoiningCall, None), (CaptureStatus::CallEnded, Some("over")), (CaptureStatus::Done, None)];
    assert_eq!(statuses, expected);
    let recording = capture.recording.expect("a recording");
    assert_eq!((recording.state, recording.artifacts.len()), (RecordingState::Done, 0));
    assert_eq!((recording.expires_at_unix_ms, recording.log_removed_at_unix_ms), (None, None));
    assert_eq!(notice_and_signature(&catalog, id).await, ("{}".to_owned(), false));
    assert_eq!(catalog.claim_render(NOW + 1_000_000).await.expect("claimed"), None);
    assert_eq!(catalog.claim_purge(NOW + 1_000_000).await.expect("claimed"), None);
    assert!(
        !catalog.give_up_logs(NOW + 1_000_000, NOW + 1_000_000).await.expect("looked"),
        "there is no log to give up"
    );
    assert_eq!(catalog.events_after(id, Cursor::START, 10).await.expect("read"), []);
}

#[tokio::test]
async fn the_catalogue_takes_no_event_of_a_capture_of_which_nothing_is_stored() {
    let (_dir, catalog) = fresh().await;
    let id = streaming(&catalog, 1).await.capture.id;
    let refused = catalog.append_events(id, vec![event(1, 1, "Ada")]).await;
    assert!(matches!(refused, Err(CatalogError::NothingStored(of)) if of == id), "{refused:?}");
    let stored = claimed(&catalog, 2).await.capture.id;
    catalog.append_events(stored, vec![event(1, 1, "Ada")]).await.expect("the control");
}

#[tokio::test]
async fn consent_that_is_withdrawn_where_nothing_is_stored_is_proven_like_any_other() {
    let (_dir, catalog) = fresh().await;
    let id = streaming(&catalog, 1).await.capture.id;
    catalog.recording_started(id, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording");
    let revoked = Outcome::Revoked { code: "zoom_rtms_stream_revoked".to_owned(), message: None };
    assert_eq!(catalog.capture_ended(id, None, revoked, NOW + 5).await.expect("ended"), None);
    let purge = catalog.claim_purge(NOW + 10).await.expect("claimed").expect("a purge waits");
    let done = catalog.purge_done(&purge, model::Purged::default(), NOW + 11).await.expect("done");
    assert_eq!(done, [], "nobody is told through an event log");
    assert_eq!(status(&catalog, id).await, CaptureStatus::Done);
    assert_eq!(recording(&catalog, id).await.state, RecordingState::Deleted);
    assert!(catalog.deletion(id).await.expect("read").expect("an audit").finished_at_unix_ms.is_some());
}

#[tokio::test]
async fn whoever_takes_up_what_is_not_stored_knows_how_to_join_and_that_there_is_no_log() {
    let (_dir, catalog) = fresh().await;
    let id = streaming(&catalog, 1).await.capture.id;
    claimed(&catalog, 2).await;
    catalog.release_claims(NOW).await.expect("released");
    let left = catalog.left_behind(NOW).await.expect("read");
    assert_eq!(left.iter().map(|one| one.stored).collect::<Vec<_>>(), [false, true]);
    let job = catalog.take_up(id, Epoch(1)).await.expect("claimed").expect("it has no owner");
    assert_eq!((job.epoch, job.capture.config.retention), (Epoch(2), Retention::Nothing));
    assert_eq!((job.notice.as_str(), job.signature.is_some()), (r#"{"n":1}"#, true));
}
