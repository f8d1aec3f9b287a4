use std::time::Duration;

use futures::{Poll, poll_once};
use media::SourceTime;
use model::{Cursor, Epoch, Event, EventBody};

use super::*;
use crate::{Heard, ring::RING_EVENTS};

mod futures {
    //! Looks at a future once, without waiting.
    pub(super) use std::task::Poll;
    use std::{
        pin::Pin,
        task::{Context, Waker},
    };

    pub(super) fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }
}

fn capture(n: u8) -> CaptureId {
    CaptureId::new(1, [n; 10])
}

fn event(seq: u64) -> Arc<SequencedEvent> {
    let event = Event { at: SourceTime::from_unix_ms(0), body: EventBody::Paused };
    Arc::new(SequencedEvent { cursor: Cursor { epoch: Epoch(1), seq }, event })
}

#[tokio::test]
async fn every_subscriber_hears_every_event_of_its_capture_in_order() {
    let hub = Hub::new();
    let (mut one, mut two, mut other) =
        (hub.subscribe(capture(1)), hub.subscribe(capture(1)), hub.subscribe(capture(2)));
    hub.publish(capture(1), event(1));
    hub.publish(capture(1), event(2));
    for subscription in [&mut one, &mut two] {
        assert_eq!(subscription.next().await, Heard::Event(event(1)));
        assert_eq!(subscription.next().await, Heard::Event(event(2)));
    }
    assert!(poll_once(std::pin::pin!(other.next())).is_pending());
}

#[tokio::test]
async fn a_slow_subscriber_hears_how_many_it_lost_and_goes_on_with_the_rest() {
    let hub = Hub::new();
    let mut slow = hub.subscribe(capture(1));
    for seq in 1..=RING_EVENTS as u64 + 5 {
        hub.publish(capture(1), event(seq));
    }
    assert_eq!(slow.next().await, Heard::Lagged(5));
    assert_eq!(slow.next().await, Heard::Event(event(6)));
}

#[tokio::test]
async fn closing_a_capture_ends_its_subscriptions_after_what_they_have_not_heard() {
    let hub = Hub::new();
    hub.open(capture(1));
    let mut subscription = hub.subscribe(capture(1));
    hub.publish(capture(1), event(1));
    hub.close(capture(1));
    assert_eq!(subscription.next().await, Heard::Event(event(1)));
    assert_eq!(subscription.next().await, Heard::Closed);
    assert!(!hub.live(capture(1)));
}

#[test]
fn a_capture_is_live_from_open_to_close_whoever_subscribes() {
    let hub = Hub::new();
    let _early = hub.subscribe(capture(1));
    assert!(!hub.live(capture(1)));
    hub.open(capture(1));
    hub.open(capture(2));
    assert!(hub.live(capture(1)));
    assert_eq!(hub.live_captures(), 2);
    hub.close(capture(1));
    assert!(!hub.live(capture(1)));
}

#[tokio::test]
async fn a_subscriber_that_came_before_the_owner_hears_it() {
    let hub = Hub::new();
    let mut early = hub.subscribe(capture(1));
    hub.open(capture(1));
    hub.publish(capture(1), event(1));
    assert_eq!(early.next().await, Heard::Event(event(1)));
}

#[test]
fn subscribers_are_counted_until_they_are_dropped() {
    let hub = Hub::new();
    let one = hub.subscribe(capture(1));
    let two = hub.subscribe(capture(1));
    let three = hub.subscribe(capture(2));
    assert_eq!((hub.subscribers(capture(1)), hub.all_subscribers()), (2, 3));
    drop((one, three));
    assert_eq!((hub.subscribers(capture(1)), hub.all_subscribers()), (1, 1));
    drop(two);
    assert_eq!(hub.subscribers(capture(1)), 0);
}

#[test]
fn nothing_is_kept_for_captures_that_nobody_has_or_hears() {
    let hub = Hub::new();
    for n in 0..100 {
        hub.publish(capture(n), event(1));
        drop(hub.subscribe(capture(n)));
    }
    assert!(hub.read().len() <= 1, "{} rooms", hub.read().len());
}

#[test]
fn a_wake_up_without_a_waiter_is_remembered_once() {
    let hub = Hub::new();
    for what in [Wake::Starts, Wake::Renders, Wake::Commands(capture(1))] {
        assert!(poll_once(std::pin::pin!(hub.woken(what))).is_pending(), "{what:?}");
        hub.wake(what);
        hub.wake(what);
        assert_eq!(poll_once(std::pin::pin!(hub.woken(what))), Poll::Ready(()), "{what:?}");
        assert!(poll_once(std::pin::pin!(hub.woken(what))).is_pending(), "{what:?}");
    }
}

#[test]
fn a_command_wakes_only_the_owner_of_its_capture() {
    let hub = Hub::new();
    hub.wake(Wake::Commands(capture(1)));
    assert!(poll_once(std::pin::pin!(hub.woken(Wake::Commands(capture(2))))).is_pending());
    assert!(poll_once(std::pin::pin!(hub.woken(Wake::Starts))).is_pending());
    assert!(poll_once(std::pin::pin!(hub.woken(Wake::Commands(capture(1))))).is_ready());
}

#[test]
fn a_wake_up_is_not_lost_with_a_waiter_that_gives_up() {
    let hub = Hub::new();
    {
        let mut waiter = std::pin::pin!(hub.woken(Wake::Starts));
        assert!(poll_once(waiter.as_mut()).is_pending());
        hub.wake(Wake::Starts);
    }
    assert!(poll_once(std::pin::pin!(hub.woken(Wake::Starts))).is_ready());
}

#[tokio::test]
async fn a_waiter_on_another_task_is_woken() {
    let hub = Hub::new();
    let waiter = tokio::spawn({
        let hub = hub.clone();
        async move { hub.woken(Wake::Renders).await }
    });
    hub.wake(Wake::Renders);
    tokio::time::timeout(Duration::from_secs(10), waiter).await.expect("it was woken").expect("it ended well");
}

#[test]
fn a_refused_log_counts_until_it_is_written_or_its_capture_is_over() {
    let hub = Hub::new();
    hub.note_refused(capture(1), true);
    assert_eq!(hub.refused_logs(), 0, "nobody has it open");
    hub.open(capture(1));
    hub.open(capture(2));
    hub.note_refused(capture(1), true);
    hub.note_refused(capture(2), true);
    assert_eq!(hub.refused_logs(), 2);
    hub.note_refused(capture(1), false);
    assert_eq!(hub.refused_logs(), 1);
    hub.close(capture(2));
    assert_eq!(hub.refused_logs(), 0);
}

#[tokio::test]
async fn only_what_is_to_be_remembered_is_and_only_of_its_latest_owner() {
    let hub = Hub::new();
    for id in [capture(1), capture(2)] {
        hub.open(id);
    }
    hub.remember(capture(1), Epoch(1));
    let mut heard = hub.subscribe(capture(1));
    for id in [capture(1), capture(2)] {
        hub.publish(id, event(1));
    }
    let memory = hub.memory(capture(1));
    assert_eq!(memory.after(Cursor::START, 10), Some(vec![event(1)]));
    assert!(!hub.memory(capture(2)).has_begun(), "its events are in the catalogue");
    assert!(hub.remembered_bytes() > 0);
    assert_eq!(heard.next().await, Heard::Event(event(1)));

    // The next owner begins anew, and one that lives on beside it is not heard.
    hub.remember(capture(1), Epoch(2));
    hub.publish(capture(1), event(2));
    assert!(poll_once(std::pin::pin!(heard.next())).is_pending());
    assert_eq!(memory.after(Cursor::START, 10), Some(Vec::new()));
    let next = SequencedEvent { cursor: Cursor { epoch: Epoch(2), seq: 1 }, event: event(1).event.clone() };
    hub.publish(capture(1), Arc::new(next.clone()));
    hub.close(capture(1));
    assert_eq!(hub.remembered_bytes(), 0);
    assert_eq!(memory.after(Cursor::START, 10), Some(vec![Arc::new(next)]), "whoever reads in it reads on");
    assert!(!hub.memory(capture(1)).has_begun());
}

#[tokio::test]
async fn who_waits_for_an_owner_hears_of_it_from_the_moment_of_asking() {
    let hub = Hub::new();
    hub.open(capture(1));
    let mut opened = std::pin::pin!(hub.opened());
    let asked = hub.opened();
    assert!(poll_once(opened.as_mut()).is_pending(), "what was is not told");
    hub.open(capture(2));
    assert!(poll_once(opened).is_ready());
    assert!(poll_once(std::pin::pin!(asked)).is_ready());
}

#[tokio::test]
async fn still_pictures_are_wanted_for_as_long_as_somebody_taps_them() {
    let hub = Hub::new();
    assert!(hub.tap_stills(capture(1)).is_none(), "nobody makes any of a capture without an owner");
    [capture(2), capture(1)].into_iter().for_each(|id| hub.open(id));
    assert!(hub.wanted_stills().is_empty());
    let taps = [capture(2), capture(1), capture(1)].map(|id| hub.tap_stills(id).expect("it has an owner"));
    assert!(poll_once(std::pin::pin!(hub.woken(Wake::Stills))).is_ready());
    assert_eq!(hub.wanted_stills(), [capture(1), capture(2)]);
    let track = media::Track { kind: media::TrackKind::Video, source: 7 };
    let still = Still { track, at: media::SourceTime::from_unix_ms(1), png: bytes::Bytes::from_static(b"png") };
    hub.show_still(capture(1), still.clone());
    let [mut other, mut one, mut two] = taps;
    for tap in [&mut one, &mut two] {
        assert_eq!(tap.next().await, crate::Shown::Still(Arc::new(still.clone())));
    }
    assert!(other.next_now().is_none());
    drop(one);
    assert!(hub.wants_stills(capture(1)));
    hub.close(capture(1));
    assert_eq!(two.next().await, crate::Shown::Closed);
    drop(other);
    assert!(hub.wanted_stills().is_empty());
}
