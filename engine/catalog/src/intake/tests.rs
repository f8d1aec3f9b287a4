use std::collections::BTreeMap;

use media::SourceTime;
use model::{Epoch, Secret, StreamRef};
use tokio::task::JoinSet;

use super::*;
use crate::{
    Outcome, Stopped,
    fixture::{NOW, announced, claimed, damaged, delivered, ended, failed, fresh, new_capture, recorded, taken_up},
};

mod streaming;

#[tokio::test]
async fn a_start_becomes_a_capture_that_waits_for_its_owner() {
    let (_dir, catalog) = fresh().await;
    let new = new_capture(1);
    assert_eq!(catalog.start_capture(new.clone()).await.expect("admitted"), Admission::New(new.id));
    let capture = catalog.capture(new.id).await.expect("read").expect("a capture");
    assert_eq!((&capture.stream, &capture.server_urls), (&new.stream, &new.server_urls));
    assert_eq!((&capture.config, &capture.metadata), (&new.config, &new.metadata));
    assert_eq!(capture.created_at_unix_ms, new.now_unix_ms);
    assert_eq!(capture.latest().status, CaptureStatus::JoiningCall);
    assert_eq!(capture.recording, None);
    let job = catalog.claim_start(new.now_unix_ms).await.expect("claimed").expect("a start waits");
    assert_eq!((job.capture, job.recording_id, job.notice), (capture, new.recording_id, new.notice));
    assert_eq!(job.signature, new.signature);
}

#[tokio::test]
async fn a_hundred_concurrent_copies_of_a_start_are_one_capture() {
    let (_dir, catalog) = fresh().await;
    let mut copies = JoinSet::new();
    for n in 0..100 {
        let catalog = catalog.clone();
        // Each copy comes with ids of its own, and from either of two apps.
        let mut copy = NewCapture { stream: new_capture(1).stream, ..new_capture(n) };
        copy.stream.app = format!("app{}", n % 2);
        copies.spawn(async move { announced(&catalog, copy).await });
    }
    let admissions = copies.join_all().await;
    let new: Vec<_> = admissions.iter().filter(|admission| matches!(admission, Admission::New(_))).collect();
    assert_eq!(new.len(), 1);
    let id = new[0].capture();
    assert_eq!(admissions.iter().filter(|admission| **admission == Admission::Known(id)).count(), 99);
    assert_eq!(catalog.captures(&crate::Filter::default(), None, 10).await.expect("read").items.len(), 1);
    assert!(catalog.claim_start(NOW + 1_000).await.expect("claimed").is_some());
    assert!(catalog.claim_start(NOW + 1_000).await.expect("claimed").is_none());
}

#[tokio::test]
async fn streams_of_one_meeting_are_captured_each() {
    let (_dir, catalog) = fresh().await;
    let one = new_capture(1);
    let stream = StreamRef { stream_id: "another".to_owned(), ..one.stream.clone() };
    let two = NewCapture { stream, ..new_capture(2) };
    assert_eq!(catalog.start_capture(one.clone()).await.expect("admitted"), Admission::New(one.id));
    assert_eq!(catalog.start_capture(two.clone()).await.expect("admitted"), Admission::New(two.id));
    let found = catalog.capture_by_stream(&two.stream.meeting_uuid, "another").await.expect("read");
    assert_eq!(found.expect("a capture").id, two.id);
    assert_eq!(catalog.capture_by_stream(&two.stream.meeting_uuid, "no such").await.expect("read"), None);
}

#[tokio::test]
async fn a_start_of_a_capture_that_ended_is_finished() {
    let (_dir, catalog) = fresh().await;
    let job = recorded(&catalog, 1).await;
    let again = NewCapture { notice_unix_ms: NOW + 50, ..new_capture(1) };
    assert_eq!(catalog.start_capture(again).await.expect("admitted"), Admission::Finished(job.capture.id));
}

#[tokio::test]
async fn a_start_that_is_older_than_its_stop_is_written_down_and_not_run() {
    let (_dir, catalog) = fresh().await;
    let new = new_capture(1);
    assert_eq!(
        catalog.stop_stream("default", "stream1", Some(6), NOW + 5, NOW).await.expect("stopped"),
        Stopped::Nobody
    );
    assert_eq!(catalog.start_capture(new.clone()).await.expect("admitted"), Admission::Finished(new.id));
    let capture = catalog.capture(new.id).await.expect("read").expect("a capture");
    assert_eq!(capture.latest().status, CaptureStatus::Fatal);
    assert_eq!(capture.latest().sub_code.as_deref(), Some("stream_already_ended"));
    assert!(catalog.claim_start(NOW + 1_000).await.expect("claimed").is_none());
}

#[tokio::test]
async fn a_start_that_is_newer_than_a_stop_runs() {
    let (_dir, catalog) = fresh().await;
    catalog.stop_stream("default", "stream1", None, NOW - 1, NOW).await.expect("stopped");
    assert!(matches!(catalog.start_capture(new_capture(1)).await.expect("admitted"), Admission::New(_)));
}

#[tokio::test]
async fn a_late_copy_of_an_older_stop_does_not_touch_a_newer_start() {
    let (_dir, catalog) = fresh().await;
    catalog.start_capture(new_capture(1)).await.expect("admitted");
    assert_eq!(catalog.stop_stream("default", "stream1", None, NOW - 1, NOW).await.expect("stopped"), Stopped::Nobody);
}

#[tokio::test]
async fn starts_and_stops_mean_the_same_in_every_order() {
    #[derive(Clone, Copy)]
    enum Told {
        Start,
        Stop,
    }
    use Told::{Start, Stop};
    let (_dir, catalog) = fresh().await;
    let orders = [
        [Start, Start, Stop, Stop],
        [Start, Stop, Start, Stop],
        [Start, Stop, Stop, Start],
        [Stop, Start, Start, Stop],
        [Stop, Start, Stop, Start],
        [Stop, Stop, Start, Start],
    ];
    for (n, order) in (1..).zip(orders) {
        for told in order {
            match told {
                Start => {
                    catalog.start_capture(new_capture(n)).await.expect("admitted");
                }
                Stop => {
                    catalog
                        .stop_stream("default", &format!("stream{n}"), Some(6), NOW + 5, NOW)
                        .await
                        .expect("stopped");
                }
            }
        }
        let stream = new_capture(n).stream;
        let found = catalog.capture_by_stream(&stream.meeting_uuid, &stream.stream_id).await.expect("read");
        let capture = found.expect("one capture whatever the order");
        let job = catalog.claim_start(NOW + 1_000).await.expect("claimed");
        let commands = catalog.take_commands(capture.id).await.expect("taken");
        match order[0] {
            Start => {
                assert_eq!(job.expect("it runs").capture.id, capture.id);
                assert_eq!(commands, [Command::Stopped { reason: Some(6) }]);
            }
            Stop => {
                assert!(job.is_none() && commands.is_empty());
                assert_eq!(capture.latest().status, CaptureStatus::Fatal);
            }
        }
    }
}

#[tokio::test]
async fn a_start_with_another_address_moves_the_running_capture() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    let two = "wss://two.zoom.us".to_owned();
    let moved = NewCapture {
        server_urls: two.clone(),
        notice: "{}".to_owned(),
        notice_unix_ms: NOW + 9,
        signature: Some(Secret::new("fresh".to_owned())),
        ..new_capture(1)
    };
    assert_eq!(announced(&catalog, moved.clone()).await, Admission::Moved(id));
    assert_eq!(announced(&catalog, moved).await, Admission::Known(id));
    // The first notice, delivered once more, does not move it back.
    assert_eq!(announced(&catalog, new_capture(1)).await, Admission::Known(id));
    assert_eq!(catalog.take_commands(id).await.expect("taken"), [Command::Moved { server_urls: two.clone() }]);
    // The next owner goes to the new place at once, and is not told again.
    catalog.release_claims(NOW).await.expect("released");
    let job = taken_up(&catalog, id).await;
    assert_eq!((job.capture.server_urls, job.notice), (two, "{}".to_owned()));
    assert_eq!(job.signature, Some(Secret::new("fresh".to_owned())));
    assert!(catalog.take_commands(id).await.expect("taken").is_empty());
}

#[tokio::test]
async fn commands_are_taken_once_and_in_order() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    let moved = Command::Moved { server_urls: "wss://two.zoom.us".to_owned() };
    assert!(catalog.enqueue(id, moved.clone()).await.expect("queued"));
    assert!(catalog.enqueue(id, Command::Stop).await.expect("queued"));
    assert_eq!(catalog.take_commands(id).await.expect("taken"), [moved, Command::Stop]);
    assert!(catalog.take_commands(id).await.expect("taken").is_empty());
}

#[tokio::test]
async fn a_capture_that_is_over_takes_no_commands() {
    let (_dir, catalog) = fresh().await;
    let id = recorded(&catalog, 1).await.capture.id;
    assert!(!catalog.enqueue(id, Command::Stop).await.expect("answered"));
    let nobody = new_capture(2).id;
    assert!(
        matches!(catalog.enqueue(nobody, Command::Stop).await, Err(CatalogError::UnknownCapture(id)) if id == nobody)
    );
}

/// A capture of stream 1 that recorded and then broke off.
async fn broken_off(catalog: &Catalog) -> model::StartJob {
    let job = claimed(catalog, 1).await;
    catalog.recording_started(job.capture.id, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording");
    catalog.capture_ended(job.capture.id, None, failed("zoom_rtms_silent"), NOW).await.expect("ended");
    job
}

/// Stream 1, announced once more `at_ms` later at another address, with ids of its own.
fn announced_anew(at_ms: i64) -> NewCapture {
    NewCapture {
        stream: new_capture(1).stream,
        server_urls: "wss://two.zoom.us".to_owned(),
        notice_unix_ms: NOW + at_ms,
        metadata: BTreeMap::new(),
        ..new_capture(2)
    }
}

#[tokio::test]
async fn a_stream_that_broke_off_and_is_announced_anew_goes_on_with_its_recording() {
    let (_dir, catalog) = fresh().await;
    let first = broken_off(&catalog).await;
    for (notice_unix_ms, what) in
        [(NOW, "the first notice once more"), (NOW - 1, "an older one"), (0, "one of no time")]
    {
        let again = NewCapture { notice_unix_ms, ..announced_anew(0) };
        assert_eq!(announced(&catalog, again).await, Admission::Finished(first.capture.id), "{what}");
    }
    let again = announced_anew(1_000);
    assert_eq!(announced(&catalog, again.clone()).await, Admission::New(again.id));
    for n in 3..6 {
        let copy = NewCapture { id: new_capture(n).id, recording_id: new_capture(n).recording_id, ..again.clone() };
        assert_eq!(announced(&catalog, copy).await, Admission::Known(again.id), "its copies are copies");
    }
    let job = catalog.claim_start(NOW + 1_000).await.expect("claimed").expect("a start waits");
    assert_eq!((job.capture.id, job.capture.server_urls.as_str()), (again.id, "wss://two.zoom.us"));
    assert_eq!((&job.capture.config, &job.capture.metadata), (&first.capture.config, &first.capture.metadata));
    assert!(catalog.claim_start(NOW + 1_000).await.expect("claimed").is_none());
    let recording = catalog.recording_started(again.id, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording");
    assert_eq!(recording, first.recording_id);

    // The stop of the first does not concern the second, its own does.
    let stop = async |at_ms| catalog.stop_stream("default", "stream1", Some(6), NOW + at_ms, NOW).await.expect("told");
    assert_eq!(stop(500).await, Stopped::Over(first.capture.id));
    assert_eq!(stop(2_000).await, Stopped::Running(again.id));
    catalog.capture_ended(again.id, None, ended("over"), NOW).await.expect("ended");
    let render = catalog.claim_render(NOW + 1_000).await.expect("claimed").expect("a render waits");
    assert_eq!(render.captures, [first.capture.id, again.id]);
    let found = catalog.capture_by_stream(&again.stream.meeting_uuid, "stream1").await.expect("read");
    assert_eq!(found.expect("a capture").id, again.id);
}

#[tokio::test]
async fn a_stream_that_is_known_to_be_over_is_not_captured_again() {
    #[derive(Debug)]
    enum End {
        Outcome(Outcome),
        StoppedLater,
        Withdrawn(i64),
        Repeated,
    }
    let revoked = Outcome::Revoked { code: "zoom_rtms_stream_revoked".to_owned(), message: None };
    for end in [
        End::Outcome(ended("over")),
        End::Outcome(revoked),
        End::StoppedLater,
        // Before the new notice: there is no time after which consent is there again.
        End::Withdrawn(500),
        End::Repeated,
    ] {
        let (_dir, catalog) = fresh().await;
        let mut delivery = delivered(NOW + 1_000);
        let id = match &end {
            End::Outcome(outcome) => {
                let id = claimed(&catalog, 1).await.capture.id;
                catalog.capture_ended(id, None, outcome.clone(), NOW).await.expect("ended");
                id
            }
            End::StoppedLater | End::Withdrawn(_) => {
                let id = broken_off(&catalog).await.capture.id;
                let (reason, at_ms) = if let End::Withdrawn(at_ms) = end { (8, at_ms) } else { (6, 2_000) };
                catalog.stop_stream("default", "stream1", Some(reason), NOW + at_ms, NOW).await.expect("told");
                id
            }
            End::Repeated => {
                // Heard while the capture ran, and delivered once more after it broke off.
                let id = claimed(&catalog, 1).await.capture.id;
                let again = NewCapture { server_urls: new_capture(1).server_urls, ..announced_anew(1_000) };
                delivery = delivered(NOW + 1_000);
                let heard = catalog.announce_start(again, delivery.clone(), true).await.expect("announced");
                assert_eq!(heard, Some(Admission::Known(id)));
                catalog.capture_ended(id, None, failed("zoom_rtms_silent"), NOW).await.expect("ended");
                id
            }
        };
        let heard = catalog.announce_start(announced_anew(1_000), delivery, true).await.expect("announced");
        assert_eq!(heard, Some(Admission::Finished(id)), "{end:?}");
        assert!(catalog.claim_start(NOW + 9_000).await.expect("claimed").is_none(), "{end:?}");
    }
}

#[tokio::test]
async fn a_customer_moves_a_running_capture_only_with_a_notice_that_is_newer_and_keeps_the_platforms_own() {
    let (_dir, catalog) = fresh().await;
    let first = new_capture(1);
    announced(&catalog, first.clone()).await;
    let id = catalog.claim_start(NOW + 1_000).await.expect("claimed").expect("a start waits").capture.id;
    let passed_on = |notice_unix_ms| NewCapture { notice_unix_ms, notice: "{}".to_owned(), ..announced_anew(0) };
    for notice_unix_ms in [0, NOW - 1, NOW] {
        let admission = catalog.start_capture(passed_on(notice_unix_ms)).await.expect("admitted");
        assert_eq!(admission, Admission::Known(id), "{notice_unix_ms}");
        assert!(catalog.take_commands(id).await.expect("taken").is_empty());
        assert_eq!(catalog.capture(id).await.expect("read").expect("a capture").server_urls, first.server_urls);
    }
    assert_eq!(catalog.start_capture(passed_on(NOW + 1)).await.expect("admitted"), Admission::Moved(id));
    let moved = Command::Moved { server_urls: "wss://two.zoom.us".to_owned() };
    assert_eq!(catalog.take_commands(id).await.expect("taken"), [moved]);
    catalog.release_claims(NOW).await.expect("released");
    let job = taken_up(&catalog, id).await;
    assert_eq!((job.notice, job.capture.server_urls.as_str()), (first.notice.clone(), "wss://two.zoom.us"));

    // Likewise once it broke off.
    catalog.capture_ended(id, None, failed("zoom_rtms_silent"), NOW).await.expect("ended");
    let again = passed_on(NOW + 2);
    assert_eq!(catalog.start_capture(again.clone()).await.expect("admitted"), Admission::New(again.id));
    let job = catalog.claim_start(NOW + 1_000).await.expect("claimed").expect("a start waits");
    assert_eq!((job.capture.id, job.notice), (again.id, first.notice));
}

#[tokio::test]
async fn a_start_that_comes_late_and_for_the_second_time_has_no_effect() {
    let (_dir, catalog) = fresh().await;
    let delivery = delivered(NOW);
    let deliver = async |is_fresh| catalog.announce_start(new_capture(1), delivery.clone(), is_fresh).await;
    let id = new_capture(1).id;
    assert_eq!(deliver(false).await.expect("announced"), Some(Admission::New(id)));
    assert_eq!(deliver(false).await.expect("announced"), None);
    assert_eq!(deliver(true).await.expect("announced"), Some(Admission::Known(id)));
    catalog.claim_start(NOW + 1_000).await.expect("claimed").expect("a start waits");
    assert!(catalog.take_commands(id).await.expect("taken").is_empty(), "only its first delivery says something new");
}

/// Whatever goes wrong after a delivery was remembered takes that back as well.
#[tokio::test]
async fn a_late_start_that_moves_a_stream_and_fails_is_taken_when_it_comes_again() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    let delivery = delivered(NOW + 1_000);
    let deliver = async || catalog.announce_start(announced_anew(1_000), delivery.clone(), false).await;
    damaged(&catalog, async || assert!(deliver().await.is_err())).await;
    assert_eq!(deliver().await.expect("announced"), Some(Admission::Moved(id)));
    assert_eq!(deliver().await.expect("announced"), None);
}

#[tokio::test]
async fn two_captures_of_one_stream_never_run_at_once_whatever_asks_for_it() {
    let (_dir, catalog) = fresh().await;
    claimed(&catalog, 1).await;
    let second = catalog.write(|db| {
        Box::pin(async move {
            sqlx::query(
                "INSERT INTO capture SELECT randomblob(16), randomblob(16), app, meeting_uuid, stream_id, server_urls, notice,
                     notice_unix_ms + 1, signature, config, metadata, status, epoch, created_at_unix_ms, operator, joins,
                     recorded, cut_short FROM capture",
            )
            .execute(db)
            .await?;
            Ok(())
        })
    });
    assert!(second.await.is_err());
}

/// Two notices of one moment, or of none that is known: only the first delivery of each says something new.
#[tokio::test]
async fn a_start_as_old_as_the_latest_moves_a_running_capture_once_and_not_when_it_is_delivered_again() {
    for at_ms in [0, -NOW] {
        let (_dir, catalog) = fresh().await;
        let first = NewCapture { notice_unix_ms: NOW + at_ms, ..new_capture(1) };
        let second = announced_anew(at_ms);
        let deliveries = [delivered(NOW), delivered(NOW)];
        let id = first.id;
        let deliver = async |new: &NewCapture, n: usize| {
            catalog.announce_start(new.clone(), deliveries[n].clone(), true).await.expect("announced")
        };
        assert_eq!(deliver(&first, 0).await, Some(Admission::New(id)));
        assert_eq!(deliver(&second, 1).await, Some(Admission::Moved(id)), "{at_ms}");
        assert_eq!(deliver(&first, 0).await, Some(Admission::Known(id)), "{at_ms}");
        let capture = catalog.capture(id).await.expect("read").expect("a capture");
        assert_eq!(capture.server_urls, second.server_urls, "{at_ms}");
    }
}

#[tokio::test]
async fn nothing_is_opened_beyond_the_room_however_many_ask_at_once() {
    let (_dir, catalog) = fresh().await;
    catalog.allow_open_captures(3);
    let mut asked = JoinSet::new();
    for n in 0..20 {
        let catalog = catalog.clone();
        let mut new = new_capture(n);
        new.stream.stream_id = format!("stream {n}");
        asked.spawn(async move {
            match n % 2 {
                0 => catalog.start_capture(new).await.map(Some),
                _ => catalog.announce_start(new, delivered(NOW), true).await,
            }
        });
    }
    let answers = asked.join_all().await;
    let is_new = |answer: &&Result<Option<Admission>, _>| matches!(answer, Ok(Some(Admission::New(_))));
    assert_eq!(answers.iter().filter(is_new).count(), 3);
    let is_full = |answer: &&Result<_, CatalogError>| matches!(answer, Err(CatalogError::Full { open: 3, room: 3 }));
    assert_eq!(answers.iter().filter(is_full).count(), 17);
    assert_eq!(catalog.captures(&crate::Filter::default(), None, 50).await.expect("read").items.len(), 3);
    assert!(!catalog.has_room_for_capture().await.expect("read"));
}

/// Zoom delivers again what was refused, up to 85 minutes later: that must not be taken for a replay.
#[tokio::test]
async fn a_start_that_found_no_room_is_taken_when_it_is_delivered_again() {
    let (_dir, catalog) = fresh().await;
    let running = claimed(&catalog, 1).await.capture.id;
    catalog.allow_open_captures(1);
    let mut new = new_capture(2);
    new.stream.stream_id = "another".to_owned();
    let delivery = delivered(NOW);
    let deliver = async || catalog.announce_start(new.clone(), delivery.clone(), false).await;
    assert!(matches!(deliver().await, Err(CatalogError::Full { .. })));
    assert_eq!(catalog.capture(new.id).await.expect("read"), None);
    catalog.capture_ended(running, None, ended("over"), NOW).await.expect("ended");
    assert!(catalog.has_room_for_capture().await.expect("read"));
    assert_eq!(deliver().await.expect("announced"), Some(Admission::New(new.id)));
}

#[tokio::test]
async fn captures_that_are_open_go_on_however_little_room_there_is() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    catalog.allow_open_captures(0);
    assert_eq!(catalog.start_capture(new_capture(1)).await.expect("admitted"), Admission::Known(id));
    assert_eq!(announced(&catalog, announced_anew(1_000)).await, Admission::Moved(id));
    assert_eq!(catalog.hand_back_claims().await.expect("handed back"), 1);
    let again = catalog.take_up(id, Epoch(1)).await.expect("claimed").expect("it is taken up again");
    assert_eq!(again.capture.id, id);
}

#[tokio::test]
async fn a_stream_of_one_project_is_neither_shown_to_another_nor_moved_by_it_nor_joined() {
    let (_dir, catalog) = fresh().await;
    let theirs: Project = "theirs".parse().expect("a name");
    let mine = NewCapture { operator: Some("user".to_owned()), ..new_capture(1) };
    catalog.start_capture(mine.clone()).await.expect("admitted");
    let intruder = NewCapture {
        id: new_capture(2).id,
        project: theirs.clone(),
        server_urls: "wss://elsewhere.zoom.us".to_owned(),
        notice_unix_ms: NOW + 1_000,
        ..mine.clone()
    };
    let answer = catalog.start_capture(intruder).await.expect("answered");
    assert_eq!(answer, Admission::Foreign(new_capture(1).id));
    let held = catalog.capture(new_capture(1).id).await.expect("read").expect("it");
    assert_eq!((held.project, held.server_urls), (Project::default(), mine.server_urls.clone()));
    assert!(catalog.take_commands(new_capture(1).id).await.expect("taken").is_empty());

    let beside = |n, project: Project| {
        let mut stream = mine.stream.clone();
        stream.stream_id = format!("again{n}");
        NewCapture { project, stream, operator: mine.operator.clone(), ..new_capture(n) }
    };
    for (n, project, joins) in [(3, theirs, false), (4, Project::default(), true)] {
        catalog.start_capture(beside(n, project)).await.expect("admitted");
        let mut db = catalog.read().await.expect("a read");
        let recording = linked::recording(&mut db, new_capture(n).id).await.expect("read");
        assert_eq!(recording == mine.recording_id, joins, "stream {n}");
    }
}
