use media::SourceTime;
use model::{Cursor, Epoch, Event, EventBody, Pii, Utterance};

use super::*;
use crate::{Heard, ring::RING_BYTES};

/// Something of `bytes` bytes that was said.
fn said(seq: u64, bytes: usize) -> Arc<SequencedEvent> {
    let (start, text) = (SourceTime::from_unix_ms(0), Pii::new("x".repeat(bytes)));
    let body = EventBody::Transcript(Utterance { speaker: None, text, start, end: start, language: None });
    Arc::new(SequencedEvent { cursor: Cursor { epoch: Epoch(1), seq }, event: Event { at: start, body } })
}

#[tokio::test]
async fn who_takes_nothing_costs_no_more_however_much_is_said_and_hears_how_much_was_lost() {
    let publisher = Publisher::new();
    let (mut stalled, mut reads) = (publisher.subscribe(), publisher.subscribe());
    for seq in 1..=1_000 {
        publisher.publish(said(seq, 2_000));
        assert_eq!(reads.next().await, Heard::Event(said(seq, 2_000)), "who takes everything loses nothing");
        assert!(publisher.ring.bytes() <= RING_BYTES);
    }
    let kept = publisher.ring.len() as u64;
    assert!((100..=RING_BYTES as u64 / 2_000).contains(&kept), "{kept}");
    assert_eq!(stalled.next().await, Heard::Lagged(1_000 - kept));
    for seq in 1_001 - kept..=1_000 {
        assert_eq!(stalled.next().await, Heard::Event(said(seq, 2_000)));
    }
}

#[tokio::test]
async fn an_event_that_is_larger_than_all_room_is_heard() {
    let publisher = Publisher::new();
    let mut subscription = publisher.subscribe();
    publisher.publish(said(1, 10));
    publisher.publish(said(2, 2 * RING_BYTES));
    assert_eq!(subscription.next().await, Heard::Lagged(1));
    assert_eq!(subscription.next().await, Heard::Event(said(2, 2 * RING_BYTES)));
    publisher.publish(said(3, 10));
    assert!(publisher.ring.bytes() < 1_000);
}

#[tokio::test]
async fn what_all_have_heard_is_kept_no_longer_nor_what_is_left_to_somebody_who_is_gone() {
    let publisher = Publisher::new();
    let (mut one, mut other) = (publisher.subscribe(), publisher.subscribe());
    (1..=3).for_each(|seq| publisher.publish(said(seq, 10)));
    let all = publisher.ring.bytes();
    for seq in 1..=3 {
        assert_eq!(one.next().await, Heard::Event(said(seq, 10)));
    }
    assert_eq!(publisher.ring.bytes(), all, "the other has heard nothing");
    assert_eq!(other.next().await, Heard::Event(said(1, 10)));
    assert_eq!(publisher.ring.bytes(), all / 3 * 2);
    drop(other);
    assert_eq!((publisher.subscribers(), publisher.ring.bytes()), (1, 0));
    // One that lost some, and one that has some to hear yet, leave nothing behind either.
    (4..=6).for_each(|seq| publisher.publish(said(seq, RING_BYTES / 2)));
    assert_eq!(one.next().await, Heard::Lagged(2));
    drop(one);
    assert_eq!((publisher.subscribers(), publisher.ring.bytes()), (0, 0));
}

#[tokio::test]
async fn nothing_is_kept_for_nobody_and_numbers_go_on() {
    let publisher = Publisher::new();
    drop(publisher.subscribe());
    publisher.publish(said(1, 10));
    assert_eq!(publisher.ring.bytes(), 0);
    let lagged = publisher.subscribe();
    (2..=4).for_each(|seq| publisher.publish(said(seq, RING_BYTES)));
    drop(lagged);
    assert_eq!(publisher.ring.bytes(), 0);
    let mut subscription = publisher.subscribe();
    publisher.publish(said(3, 10));
    assert_eq!(subscription.next().await, Heard::Event(said(3, 10)), "and nothing from before");
    drop(publisher);
    assert_eq!(subscription.next().await, Heard::Closed);
}

#[tokio::test]
async fn what_is_said_from_other_threads_is_heard_once_and_in_order_by_all() {
    let publisher = Publisher::new();
    let hear = |mut subscription: Subscription| {
        tokio::spawn(async move {
            let (mut heard, mut lost) = (Vec::new(), 0);
            loop {
                match subscription.next().await {
                    Heard::Event(event) => heard.push(event.cursor.seq),
                    Heard::Lagged(number) => lost += number,
                    Heard::Closed => return (heard, lost),
                }
            }
        })
    };
    let listening: Vec<_> = (0..8).map(|_| hear(publisher.subscribe())).collect();
    let speaks = tokio::task::spawn_blocking(move || (1..=20_000).for_each(|seq| publisher.publish(said(seq, 1))));
    speaks.await.unwrap();
    for one in listening {
        let (heard, lost) = one.await.unwrap();
        assert!(heard.is_sorted_by(|one, next| one < next));
        assert_eq!(heard.len() as u64 + lost, 20_000);
        assert_eq!(heard.last(), Some(&20_000));
    }
}
