use media::SourceTime;
use model::{
    ArtifactFile, ArtifactState, CaptureId, CaptureStatus, Cursor, NewCapture, PurgeScope, Purged, Recording,
    RecordingState, Retention,
};

use crate::{
    Catalog,
    fixture::{NOW, ended, event, failed, fresh, new_capture},
    reason::Reason,
};

const HOUR_MS: i64 = 3_600_000;

/// The start of stream `n` of one user in one meeting, whose content is kept for so many hours; 0 for ever.
fn stream(n: u32, hours: u32) -> NewCapture {
    let mut new = new_capture(n);
    new.stream.meeting_uuid = "meeting".to_owned();
    new.operator = Some("user".to_owned());
    new.config.retention = if hours == 0 { Retention::Forever } else { Retention::Timed { hours } };
    new
}

/// Starts a capture in which somebody is heard.
async fn begin(catalog: &Catalog, new: NewCapture) -> CaptureId {
    catalog.start_capture(new).await.expect("admitted");
    let id = catalog.claim_start(NOW + 1_000_000).await.expect("claimed").expect("a start waits").capture.id;
    catalog.append_events(id, vec![event(1, 1, "Ada")]).await.expect("appended");
    catalog.recording_started(id, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording");
    id
}

async fn end(catalog: &Catalog, id: CaptureId, at_unix_ms: i64) {
    catalog.capture_ended(id, None, ended("over"), at_unix_ms).await.expect("ended").expect("a change");
}

fn file() -> ArtifactFile {
    ArtifactFile { name: "a".to_owned(), media_type: "b".to_owned(), bytes: 1, sha256: String::new() }
}

/// Renders what waits; all but the first `failing` artifacts can be made.
async fn render(catalog: &Catalog, failing: usize, at_unix_ms: i64) {
    let job = catalog.claim_render(at_unix_ms).await.expect("claimed").expect("a render waits");
    for (n, artifact) in job.artifacts.iter().enumerate() {
        if n < failing {
            catalog.artifact_failed(artifact.id, "render_failed", at_unix_ms).await.expect("told");
        } else {
            catalog.artifact_done(artifact.id, vec![file()], at_unix_ms).await.expect("told");
        }
    }
    catalog.render_done(&job, at_unix_ms).await.expect("told");
}

async fn recording(catalog: &Catalog, id: CaptureId) -> Recording {
    catalog.capture(id).await.expect("read").expect("a capture").recording.expect("a recording")
}

async fn status(catalog: &Catalog, id: CaptureId) -> (CaptureStatus, Option<String>) {
    let capture = catalog.capture(id).await.expect("read").expect("a capture");
    (capture.latest().status, capture.latest().sub_code.clone())
}

async fn expire(catalog: &Catalog, at_unix_ms: i64) -> bool {
    catalog.expire(at_unix_ms).await.expect("asked")
}

async fn give_up(catalog: &Catalog, finished_by_unix_ms: i64) -> bool {
    catalog.give_up_logs(finished_by_unix_ms, NOW + 7).await.expect("asked")
}

#[tokio::test]
async fn a_recording_is_deleted_when_its_time_is_over_and_not_a_millisecond_before() {
    let (_dir, catalog) = fresh().await;
    let id = begin(&catalog, stream(1, 2)).await;
    assert_eq!(recording(&catalog, id).await.expires_at_unix_ms, None, "it still grows");
    end(&catalog, id, NOW + 5).await;
    render(&catalog, 0, NOW + 6).await;
    let over = NOW + 5 + 2 * HOUR_MS;
    assert_eq!(recording(&catalog, id).await.expires_at_unix_ms, Some(over));

    assert!(!expire(&catalog, over - 1).await);
    assert_eq!(recording(&catalog, id).await.state, RecordingState::Done);
    assert!(expire(&catalog, over).await);
    let gone = recording(&catalog, id).await;
    assert_eq!((gone.state, gone.expires_at_unix_ms), (RecordingState::Deleted, Some(over)));
    let is_gone = |artifact: &model::Artifact| {
        artifact.state == ArtifactState::Deleted
            && artifact.sub_code.as_deref() == Some(Reason::Expired.code())
            && artifact.files.is_empty()
    };
    assert!(gone.artifacts.iter().all(is_gone));
    let left = catalog.events_after(id, Cursor::START, 10).await.expect("read");
    assert!(left.iter().all(|left| matches!(left.event.body, model::EventBody::Status { .. })), "{left:?}");

    let purge = catalog.claim_purge(over).await.expect("claimed").expect("a purge waits");
    assert_eq!((purge.scope, purge.captures.as_slice()), (PurgeScope::Recording, &[id][..]));
    catalog.purge_done(&purge, Purged { files: 3, bytes: 9 }, over + 1).await.expect("done");
    assert_eq!(status(&catalog, id).await, (CaptureStatus::Done, None), "that it went well stays true");
    let deletion = catalog.deletion(id).await.expect("read").expect("an audit");
    assert_eq!((deletion.reason.as_str(), deletion.purged.files), (Reason::Expired.code(), 3));
    assert!(!expire(&catalog, i64::MAX).await, "once is enough");
    assert!(catalog.claim_purge(i64::MAX).await.expect("claimed").is_none());
}

#[tokio::test]
async fn what_is_kept_for_ever_never_expires() {
    let (_dir, catalog) = fresh().await;
    let id = begin(&catalog, stream(1, 0)).await;
    end(&catalog, id, NOW).await;
    render(&catalog, 0, NOW).await;
    assert!(!expire(&catalog, i64::MAX).await);
    assert_eq!(recording(&catalog, id).await.expires_at_unix_ms, None);
}

#[tokio::test]
async fn a_recording_of_several_captures_is_kept_until_the_last_of_them_may_go() {
    for (later_hours, expected) in [(3, Some(NOW + 4 * HOUR_MS)), (0, None)] {
        let (_dir, catalog) = fresh().await;
        let first = begin(&catalog, stream(1, 1)).await;
        end(&catalog, first, NOW).await;
        render(&catalog, 0, NOW).await;
        let second = begin(&catalog, stream(2, later_hours)).await;
        assert!(!expire(&catalog, NOW + 100 * HOUR_MS).await, "one of them runs");
        end(&catalog, second, NOW + HOUR_MS).await;
        render(&catalog, 0, NOW + HOUR_MS).await;
        assert_eq!(recording(&catalog, first).await.expires_at_unix_ms, expected);
        assert!(!expire(&catalog, NOW + 4 * HOUR_MS - 1).await);
        assert_eq!(expire(&catalog, NOW + 4 * HOUR_MS).await, expected.is_some());
        if expected.is_some() {
            let purge = catalog.claim_purge(NOW + 4 * HOUR_MS).await.expect("claimed").expect("a purge waits");
            assert_eq!(purge.captures, [first, second]);
        }
    }
}

#[tokio::test]
async fn what_is_not_rendered_when_its_time_is_over_is_never_rendered() {
    for claimed in [false, true] {
        let (_dir, catalog) = fresh().await;
        let id = begin(&catalog, stream(1, 1)).await;
        end(&catalog, id, NOW).await;
        let job = if claimed { catalog.claim_render(NOW).await.expect("claimed") } else { None };
        assert_eq!(job.is_some(), claimed);
        assert!(expire(&catalog, NOW + HOUR_MS).await);
        if let Some(job) = &job {
            assert!(!catalog.artifact_done(job.artifacts[0].id, vec![file()], NOW).await.expect("answered"));
            catalog.render_done(job, NOW).await.expect("answered");
        }
        assert!(catalog.claim_render(i64::MAX).await.expect("claimed").is_none());
        let purge = catalog.claim_purge(NOW + HOUR_MS).await.expect("claimed").expect("a purge waits");
        catalog.purge_done(&purge, Purged::default(), NOW + HOUR_MS).await.expect("done");
        assert_eq!(status(&catalog, id).await, (CaptureStatus::Done, Some(Reason::Expired.code().to_owned())));
    }
}

#[tokio::test]
async fn a_capture_without_media_is_forgotten_in_time_as_well() {
    let (_dir, catalog) = fresh().await;
    catalog.start_capture(stream(1, 1)).await.expect("admitted");
    let id = catalog.claim_start(NOW + 1_000_000).await.expect("claimed").expect("a start waits").capture.id;
    catalog.append_events(id, vec![event(1, 1, "Ada")]).await.expect("appended");
    catalog.capture_ended(id, None, failed("unreachable"), NOW).await.expect("ended");
    assert!(!expire(&catalog, NOW + HOUR_MS - 1).await);
    assert!(expire(&catalog, NOW + HOUR_MS).await);
    let purge = catalog.claim_purge(NOW + HOUR_MS).await.expect("claimed").expect("a purge waits");
    assert_eq!(purge.captures, [id]);
    catalog.purge_done(&purge, Purged::default(), NOW + HOUR_MS).await.expect("done");
    assert_eq!(status(&catalog, id).await.0, CaptureStatus::Fatal);
    assert_eq!(catalog.events_after(id, Cursor::START, 10).await.expect("read").len(), 1, "only its own status");
}

#[tokio::test]
async fn a_clock_that_is_set_back_and_a_restart_change_nothing_about_when_a_recording_goes() {
    let (dir, catalog) = fresh().await;
    let id = begin(&catalog, stream(1, 2)).await;
    end(&catalog, id, NOW).await;
    render(&catalog, 0, NOW).await;
    for at in [NOW + HOUR_MS, NOW - 1_000 * HOUR_MS, 0, NOW + 2 * HOUR_MS - 1] {
        assert!(!expire(&catalog, at).await, "{at}");
    }
    catalog.close().await;
    let catalog = Catalog::open(dir.path()).await.expect("the catalogue again");
    assert!(!expire(&catalog, NOW + 2 * HOUR_MS - 1).await);
    assert!(expire(&catalog, NOW + 2 * HOUR_MS).await);
    // The process dies with the purge claimed, and the clock is set back before the next one begins.
    catalog.claim_purge(NOW + 2 * HOUR_MS).await.expect("claimed").expect("a purge waits");
    catalog.close().await;
    let catalog = Catalog::open(dir.path()).await.expect("the catalogue again");
    catalog.release_claims(NOW).await.expect("released");
    assert!(!expire(&catalog, NOW).await);
    let purge = catalog.claim_purge(NOW + 2 * HOUR_MS).await.expect("claimed").expect("it is taken up again");
    catalog.purge_done(&purge, Purged::default(), NOW).await.expect("done");
    assert_eq!(recording(&catalog, id).await.state, RecordingState::Deleted);
}

#[tokio::test]
async fn consent_that_is_withdrawn_after_the_time_was_over_finds_nothing_left() {
    let (_dir, catalog) = fresh().await;
    let id = begin(&catalog, stream(1, 1)).await;
    end(&catalog, id, NOW).await;
    assert!(expire(&catalog, NOW + HOUR_MS).await);
    assert!(!catalog.revoke(id, NOW + HOUR_MS).await.expect("asked"));
    let other = begin(&catalog, stream(2, 1)).await;
    assert_ne!(recording(&catalog, other).await.id, recording(&catalog, id).await.id, "nothing joins what is gone");
    end(&catalog, other, NOW).await;
    assert!(catalog.revoke(other, NOW).await.expect("revoked"));
    assert_eq!(catalog.deletion(other).await.expect("read").expect("an audit").reason, Reason::Revoked.code());
    assert!(!expire(&catalog, i64::MAX).await, "nor is there anything left to expire");
}

#[tokio::test]
async fn logs_are_given_up_once_everything_is_made_and_the_recording_stays() {
    let (dir, catalog) = fresh().await;
    let id = begin(&catalog, stream(1, 0)).await;
    assert!(!give_up(&catalog, i64::MAX).await, "it runs");
    end(&catalog, id, NOW).await;
    assert!(!give_up(&catalog, i64::MAX).await, "its render waits");
    let job = catalog.claim_render(NOW).await.expect("claimed").expect("a render waits");
    for artifact in &job.artifacts {
        catalog.artifact_done(artifact.id, vec![file()], NOW).await.expect("told");
    }
    assert!(!give_up(&catalog, i64::MAX).await, "its render runs");
    catalog.render_done(&job, NOW + 6).await.expect("told");
    assert!(!give_up(&catalog, NOW + 5).await, "it was finished later");
    assert_eq!(recording(&catalog, id).await.log_removed_at_unix_ms, None);
    assert!(give_up(&catalog, NOW + 6).await);
    assert!(!give_up(&catalog, i64::MAX).await, "once is enough");

    // What a process that dies leaves is found by the next one.
    let purge = catalog.claim_purge(NOW + 7).await.expect("claimed").expect("a purge waits");
    catalog.close().await;
    let catalog = Catalog::open(dir.path()).await.expect("the catalogue again");
    catalog.release_claims(NOW).await.expect("released");
    let again = catalog.claim_purge(NOW + 7).await.expect("claimed").expect("it is taken up again");
    assert_eq!((again.scope, &again.captures), (PurgeScope::Logs, &vec![id]));
    assert_eq!(purge, again);
    assert!(catalog.purge_done(&again, Purged::default(), NOW + 8).await.expect("done").is_empty());
    assert!(catalog.claim_purge(i64::MAX).await.expect("claimed").is_none());
    let kept = recording(&catalog, id).await;
    assert_eq!((kept.state, kept.log_removed_at_unix_ms), (RecordingState::Done, Some(NOW + 7)));
    assert!(kept.artifacts.iter().all(|artifact| artifact.state == ArtifactState::Done && artifact.files.len() == 1));
    assert!(catalog.deletion(id).await.expect("read").is_none(), "no content was deleted");
    assert!(catalog.events_after(id, Cursor::START, 10).await.expect("read").len() > 1, "nor any event");
}

#[tokio::test]
async fn the_log_of_what_could_not_be_made_is_kept_even_if_an_earlier_file_is_there() {
    let (_dir, catalog) = fresh().await;
    let first = begin(&catalog, stream(1, 0)).await;
    end(&catalog, first, NOW).await;
    render(&catalog, 1, NOW).await;
    assert_eq!(recording(&catalog, first).await.state, RecordingState::Failed);
    assert!(!give_up(&catalog, i64::MAX).await);

    // The second time it can be made, the third time no more: the file of the second time is what is there.
    let second = begin(&catalog, stream(2, 0)).await;
    end(&catalog, second, NOW).await;
    render(&catalog, 0, NOW).await;
    let third = begin(&catalog, stream(3, 0)).await;
    assert!(!give_up(&catalog, i64::MAX).await, "one of them runs");
    end(&catalog, third, NOW).await;
    render(&catalog, 1, NOW).await;
    assert_eq!(recording(&catalog, first).await.state, RecordingState::Done);
    assert!(!give_up(&catalog, i64::MAX).await);
}

#[tokio::test]
async fn nothing_joins_a_recording_whose_log_is_gone() {
    for given_up in [false, true] {
        let (_dir, catalog) = fresh().await;
        let first = begin(&catalog, stream(1, 0)).await;
        catalog.capture_ended(first, None, failed("broken"), NOW).await.expect("ended");
        render(&catalog, 0, NOW).await;
        assert_eq!(give_up(&catalog, if given_up { NOW } else { NOW - 1 }).await, given_up);

        let mut again = stream(1, 0);
        (again.id, again.recording_id) = (stream(8, 0).id, stream(8, 0).recording_id);
        again.notice_unix_ms = NOW + 5;
        let again = begin(&catalog, again).await;
        assert_ne!(again, first, "the stream that broke off was announced once more");
        let joins = |other: &Recording, own: &Recording| other.id == own.id;
        let of_first = recording(&catalog, first).await;
        assert_eq!(joins(&recording(&catalog, again).await, &of_first), !given_up);
        let next = begin(&catalog, stream(2, 0)).await;
        assert_eq!(joins(&recording(&catalog, next).await, &of_first), !given_up);
        // The files of the first are not made anew from half of what they hold.
        for id in [again, next] {
            end(&catalog, id, NOW).await;
        }
        let job = catalog.claim_render(NOW).await.expect("claimed").expect("a render waits");
        assert_eq!(job.captures.contains(&first), !given_up);
    }
}

#[tokio::test]
async fn a_recording_without_its_log_expires_like_any_other() {
    let (_dir, catalog) = fresh().await;
    let id = begin(&catalog, stream(1, 1)).await;
    end(&catalog, id, NOW).await;
    render(&catalog, 0, NOW).await;
    assert!(give_up(&catalog, NOW).await);
    let logs = catalog.claim_purge(NOW + 7).await.expect("claimed").expect("a purge waits");
    catalog.purge_done(&logs, Purged::default(), NOW + 8).await.expect("done");
    assert!(expire(&catalog, NOW + HOUR_MS).await);
    let purge = catalog.claim_purge(NOW + HOUR_MS).await.expect("claimed").expect("a purge waits");
    assert_eq!(purge.scope, PurgeScope::Recording);
    assert!(!give_up(&catalog, i64::MAX).await, "what is deleted has no log to give up");
}
