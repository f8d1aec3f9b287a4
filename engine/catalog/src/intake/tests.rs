use model::{Secret, StreamRef};
use tokio::task::JoinSet;

use super::*;
use crate::fixture::{NOW, claimed, ended, fresh, new_capture, recorded};

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
        copies.spawn(async move { catalog.start_capture(copy).await.expect("admitted") });
    }
    let admissions = copies.join_all().await;
    let new: Vec<_> = admissions.iter().filter(|admission| matches!(admission, Admission::New(_))).collect();
    assert_eq!(new.len(), 1);
    let id = new[0].capture();
    assert_eq!(admissions.iter().filter(|admission| **admission == Admission::Known(id)).count(), 99);
    assert_eq!(catalog.captures(None, 10).await.expect("read").captures.len(), 1);
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
    assert_eq!(catalog.stop_stream("default", "stream1", Some(6), NOW + 5).await.expect("stopped"), None);
    assert_eq!(catalog.start_capture(new.clone()).await.expect("admitted"), Admission::Finished(new.id));
    let capture = catalog.capture(new.id).await.expect("read").expect("a capture");
    assert_eq!(capture.latest().status, CaptureStatus::Fatal);
    assert_eq!(capture.latest().sub_code.as_deref(), Some("stream_already_ended"));
    assert!(catalog.claim_start(NOW + 1_000).await.expect("claimed").is_none());
}

#[tokio::test]
async fn a_start_that_is_newer_than_a_stop_runs() {
    let (_dir, catalog) = fresh().await;
    catalog.stop_stream("default", "stream1", None, NOW - 1).await.expect("stopped");
    assert!(matches!(catalog.start_capture(new_capture(1)).await.expect("admitted"), Admission::New(_)));
}

#[tokio::test]
async fn a_late_copy_of_an_older_stop_does_not_touch_a_newer_start() {
    let (_dir, catalog) = fresh().await;
    catalog.start_capture(new_capture(1)).await.expect("admitted");
    assert_eq!(catalog.stop_stream("default", "stream1", None, NOW - 1).await.expect("stopped"), None);
}

#[tokio::test]
async fn a_running_capture_is_told_once_that_its_stream_is_over() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    for _ in 0..3 {
        let stopped = catalog.stop_stream("default", "stream1", Some(6), NOW + 5).await.expect("stopped");
        assert_eq!(stopped, Some(id));
    }
    let commands = catalog.take_commands(id).await.expect("taken");
    assert_eq!(commands, [Command::Stopped { reason: Some(6) }]);
    assert_eq!(catalog.stop_stream("default", "stream1", Some(6), NOW + 5).await.expect("stopped"), Some(id));
    assert!(catalog.take_commands(id).await.expect("taken").is_empty());
    catalog.capture_ended(id, None, ended("over"), NOW).await.expect("ended");
    assert_eq!(catalog.stop_stream("default", "stream1", Some(6), NOW + 5).await.expect("stopped"), None);
}

#[tokio::test]
async fn starts_and_stops_mean_the_same_in_every_order() {
    #[derive(Clone, Copy)]
    enum Delivery {
        Start,
        Stop,
    }
    use Delivery::{Start, Stop};
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
        for delivery in order {
            match delivery {
                Start => {
                    catalog.start_capture(new_capture(n)).await.expect("admitted");
                }
                Stop => {
                    catalog.stop_stream("default", &format!("stream{n}"), Some(6), NOW + 5).await.expect("stopped");
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
    assert_eq!(catalog.start_capture(moved.clone()).await.expect("admitted"), Admission::Moved(id));
    assert_eq!(catalog.start_capture(moved).await.expect("admitted"), Admission::Known(id));
    // The first notice, delivered once more, does not move it back.
    assert_eq!(catalog.start_capture(new_capture(1)).await.expect("admitted"), Admission::Known(id));
    assert_eq!(catalog.take_commands(id).await.expect("taken"), [Command::Moved { server_urls: two.clone() }]);
    // The next owner goes to the new place at once, and is not told again.
    catalog.release_claims().await.expect("released");
    let job = catalog.claim_start(NOW + 1_000).await.expect("claimed").expect("a start waits");
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
