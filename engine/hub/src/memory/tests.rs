use media::SourceTime;
use model::{Event, Pii, Utterance};

use super::*;

/// The memory of the owner of an epoch.
fn begun(epoch: u32) -> Memory {
    let memory = Memory::default();
    assert!(memory.reaches(Cursor::START) && !memory.has_begun(), "everything is to come");
    memory.begin(Epoch(epoch));
    memory
}

fn at(epoch: u32, seq: u64) -> Cursor {
    Cursor { epoch: Epoch(epoch), seq }
}

fn event(cursor: Cursor, body: EventBody) -> Arc<SequencedEvent> {
    Arc::new(SequencedEvent { cursor, event: Event { at: SourceTime::from_unix_ms(0), body } })
}

/// Something of `bytes` bytes that was said.
fn said(seq: u64, bytes: usize) -> Arc<SequencedEvent> {
    let (start, text) = (SourceTime::from_unix_ms(0), Pii::new("x".repeat(bytes)));
    event(at(1, seq), EventBody::Transcript(Utterance { speaker: None, text, start, end: start, language: None }))
}

fn joined(seq: u64, id: i64) -> Arc<SequencedEvent> {
    let participant = Participant { id: ParticipantId(id), name: Some(Pii::new(format!("name {id}"))) };
    event(at(1, seq), EventBody::Joined { participant })
}

fn numbers(events: &[Arc<SequencedEvent>]) -> Vec<u64> {
    events.iter().map(|event| event.cursor.seq).collect()
}

#[test]
fn what_was_kept_is_read_in_order_from_any_place_that_is_still_here() {
    let memory = begun(1);
    for seq in 1..=5 {
        assert!(memory.keep(&said(seq, 1)));
    }
    let from = |place, limit| memory.after(place, limit).map(|events| numbers(&events));
    assert_eq!(from(Cursor::START, 10), Some(vec![1, 2, 3, 4, 5]));
    assert_eq!(from(at(1, 2), 2), Some(vec![3, 4]));
    assert_eq!(from(at(1, 5), 10), Some(vec![]));
    for elsewhere in [at(1, 6), at(2, 1), at(0, 3)] {
        assert_eq!(from(elsewhere, 10), None, "{elsewhere} was never told");
    }
}

#[test]
fn events_beyond_the_bound_are_forgotten_from_the_oldest_on_and_that_is_known() {
    let memory = begun(1);
    let (size, count) = (64 << 10, 40);
    for seq in 1..=count {
        assert!(memory.keep(&said(seq, size)));
        assert!(memory.bytes() <= MEMORY_BYTES);
    }
    let left = memory.after(Cursor::START, 1_000).expect("whoever comes from nowhere gets what there is");
    let oldest = left[0].cursor.seq;
    assert!(oldest > 1 && left.len() >= MEMORY_BYTES / (size + 1_024), "{oldest} {}", left.len());
    assert!(!memory.reaches(Cursor::START) && !memory.reaches(at(1, oldest - 2)));
    assert!(memory.reaches(at(1, oldest - 1)));
    assert_eq!(memory.after(at(1, oldest - 2), 1), None);
    assert_eq!(memory.after(at(1, oldest - 1), 1).map(|events| numbers(&events)), Some(vec![oldest]));
    // One that is larger than the bound is kept alone.
    assert!(memory.keep(&said(count + 1, 2 * MEMORY_BYTES)));
    assert_eq!(memory.after(Cursor::START, 10).map(|events| numbers(&events)), Some(vec![count + 1]));
}

#[test]
fn only_what_comes_next_is_kept() {
    let memory = begun(1);
    assert!(memory.keep(&said(1, 1)));
    for other in [said(1, 1), said(3, 1), event(at(2, 2), EventBody::Paused)] {
        assert!(!memory.keep(&other), "{}", other.cursor);
    }
    assert!(memory.keep(&said(2, 1)));
    assert!(!begun(2).reaches(Cursor::START), "an owner before told something");
}

#[test]
fn who_is_there_is_known_by_name_although_the_coming_was_forgotten() {
    let memory = begun(1);
    let begin = [joined(1, 7), joined(2, 8), event(at(1, 3), EventBody::Left { id: ParticipantId(7) }), joined(4, 9)];
    assert!(begin.iter().all(|event| memory.keep(event)));
    assert_eq!(memory.people(), [], "nothing was forgotten");
    assert!(memory.keep(&said(5, 2 * MEMORY_BYTES)));
    assert_eq!(memory.people(), [joined(2, 8), joined(4, 9)]);
}
