use super::*;
use crate::{
    Admission,
    fixture::{NOW, announced, claimed, damaged, delivered, ended, fresh, new_capture},
};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

#[tokio::test]
async fn a_running_capture_is_told_once_that_its_stream_is_over() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    for _ in 0..3 {
        let stopped = catalog.stop_stream("default", "stream1", Some(6), NOW + 5, NOW).await.expect("stopped");
        assert_eq!(stopped, Stopped::Running(id));
    }
    let commands = catalog.take_commands(id).await.expect("taken");
    assert_eq!(commands, [Command::Stopped { reason: Some(6) }]);
    assert_eq!(
        catalog.stop_stream("default", "stream1", Some(6), NOW + 5, NOW).await.expect("stopped"),
        Stopped::Running(id)
    );
    assert!(catalog.take_commands(id).await.expect("taken").is_empty());
    catalog.capture_ended(id, None, ended("over"), NOW).await.expect("ended");
    assert_eq!(
        catalog.stop_stream("default", "stream1", Some(6), NOW + 5, NOW).await.expect("stopped"),
        Stopped::Over(id)
    );
}

#[tokio::test]
async fn one_apps_word_does_not_stop_the_stream_of_another() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    let told = catalog.stop_stream("another", "stream1", Some(6), NOW + 5, NOW).await.expect("stopped");
    assert_eq!(told, Stopped::Nobody);
    assert!(catalog.take_commands(id).await.expect("taken").is_empty());
    catalog.stop_stream("another", "stream2", Some(6), NOW + 5, NOW).await.expect("stopped");
    assert!(matches!(catalog.start_capture(new_capture(2)).await.expect("admitted"), Admission::New(_)));

    let mut foreign = new_capture(3);
    foreign.stream.app = model::FOREIGN_APP.to_owned();
    catalog.start_capture(foreign.clone()).await.expect("admitted");
    let told = catalog.stop_stream("another", "stream3", Some(6), NOW + 5, NOW).await.expect("stopped");
    assert_eq!(told, Stopped::Running(foreign.id), "nobody else speaks for a stream of the customer's own app");
}

#[tokio::test]
async fn an_interruption_waits_once_and_a_new_address_moves() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    for _ in 0..3 {
        let told = catalog.interrupt_stream("default", "stream1", None, delivered(NOW + 5)).await.expect("told");
        assert_eq!(told, Interruption::Told(id));
    }
    let same = Some("wss://one.zoom.us");
    catalog.interrupt_stream("default", "stream1", same, delivered(NOW + 5)).await.expect("told");
    assert_eq!(catalog.take_commands(id).await.expect("taken"), [Command::Interrupted]);
    catalog.interrupt_stream("default", "stream1", None, delivered(NOW + 6)).await.expect("told");
    catalog.interrupt_stream("default", "stream1", Some("wss://two.zoom.us"), delivered(NOW + 7)).await.expect("told");
    let moved = Command::Moved { server_urls: "wss://two.zoom.us".to_owned() };
    assert_eq!(catalog.take_commands(id).await.expect("taken"), [Command::Interrupted, moved]);
    let capture = catalog.capture(id).await.expect("read").expect("a capture");
    assert_eq!(capture.server_urls, "wss://two.zoom.us", "the next owner dials the new address");

    for (app, stream) in [("default", "stream9"), ("another", "stream1")] {
        assert_eq!(
            catalog.interrupt_stream(app, stream, None, delivered(NOW + 8)).await.expect("told"),
            Interruption::Nobody
        );
    }
    catalog.capture_ended(id, None, ended("over"), NOW).await.expect("ended");
    assert_eq!(
        catalog.interrupt_stream("default", "stream1", None, delivered(NOW + 9)).await.expect("told"),
        Interruption::Nobody
    );
}

/// Whatever goes wrong after a delivery was remembered takes that back as well.
#[tokio::test]
async fn an_interruption_that_fails_is_taken_when_it_comes_again() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    let delivery = delivered(NOW + 5);
    let deliver = async || catalog.interrupt_stream("default", "stream1", None, delivery.clone()).await;
    damaged(&catalog, async || assert!(deliver().await.is_err())).await;
    assert_eq!(deliver().await.expect("told"), Interruption::Told(id));
    assert_eq!(deliver().await.expect("told"), Interruption::Repeated);
    assert_eq!(catalog.take_commands(id).await.expect("taken"), [Command::Interrupted]);
}

#[tokio::test]
async fn consent_that_is_withdrawn_counts_whatever_the_time_of_its_notice() {
    let (_dir, catalog) = fresh().await;
    let stop =
        async |reason| catalog.stop_stream("default", "stream1", Some(reason), NOW - 1, NOW).await.expect("told");
    let id = claimed(&catalog, 1).await.capture.id;
    assert_eq!(stop(6).await, Stopped::Nobody, "the control: it is older than the start");
    assert_eq!(stop(8).await, Stopped::Running(id));
    assert_eq!(catalog.take_commands(id).await.expect("taken"), [Command::Stopped { reason: Some(8) }]);
    catalog.capture_ended(id, None, ended("over"), NOW).await.expect("ended");
    assert_eq!(stop(8).await, Stopped::Over(id));
}

#[tokio::test]
async fn a_stream_whose_consent_was_withdrawn_does_not_start_whatever_other_stops_there_were() {
    for reasons in [&[8][..], &[8, 6], &[6, 8]] {
        let (_dir, catalog) = fresh().await;
        for (at_ms, reason) in (-5_i64..).zip(reasons) {
            catalog.stop_stream("default", "stream1", Some(*reason), NOW + at_ms, NOW).await.expect("told");
        }
        let admission = catalog.start_capture(new_capture(1)).await.expect("admitted");
        assert!(matches!(admission, Admission::Finished(_)), "{reasons:?}");
    }
}

#[tokio::test]
async fn stops_are_remembered_for_a_week_and_then_forgotten() {
    for (days, is_remembered) in [(7, true), (9, false)] {
        let (_dir, catalog) = fresh().await;
        catalog.stop_stream("default", "stream1", Some(6), NOW, NOW).await.expect("told");
        // What is too old goes when the next stop comes.
        let later_unix_ms = NOW + days * DAY_MS;
        catalog.stop_stream("default", "stream2", Some(6), later_unix_ms, later_unix_ms).await.expect("told");
        let admission = catalog.start_capture(new_capture(1)).await.expect("admitted");
        assert_eq!(matches!(admission, Admission::Finished(_)), is_remembered, "{days} days");
    }
}

/// The platform said at 0 that a stream is at `one`, and at 20 that it is at `two`.
#[tokio::test]
async fn nothing_older_than_an_interruption_that_moved_a_capture_leads_it_back() {
    #[derive(Clone, Copy, Debug)]
    enum Old {
        FirstStartAgain,
        LateStart,
        LateInterruption,
        Customer,
    }
    for old in [Old::FirstStartAgain, Old::LateStart, Old::LateInterruption, Old::Customer] {
        let (_dir, catalog) = fresh().await;
        let first = model::NewCapture { signature: None, ..new_capture(1) };
        announced(&catalog, first.clone()).await;
        let id = catalog.claim_start(NOW + 1_000).await.expect("claimed").expect("a start waits").capture.id;
        let two = "wss://two.zoom.us";
        catalog.interrupt_stream("default", "stream1", Some(two), delivered(NOW + 20)).await.expect("told");
        assert_eq!(
            catalog.take_commands(id).await.expect("taken"),
            [Command::Moved { server_urls: two.to_owned() }],
            "{old:?}"
        );
        let late = model::NewCapture { notice_unix_ms: NOW + 10, ..first.clone() };
        match old {
            Old::FirstStartAgain => assert_eq!(announced(&catalog, first).await, Admission::Known(id)),
            Old::LateStart => assert_eq!(announced(&catalog, late).await, Admission::Known(id)),
            Old::LateInterruption => {
                let told =
                    catalog.interrupt_stream("default", "stream1", Some(&first.server_urls), delivered(NOW + 10));
                assert_eq!(told.await.expect("told"), Interruption::Nobody);
            }
            Old::Customer => {
                assert_eq!(catalog.start_capture(late).await.expect("admitted"), Admission::Known(id));
            }
        }
        assert_eq!(catalog.take_commands(id).await.expect("taken"), [], "{old:?}");
        assert_eq!(catalog.capture(id).await.expect("read").expect("a capture").server_urls, two, "{old:?}");
    }
}
