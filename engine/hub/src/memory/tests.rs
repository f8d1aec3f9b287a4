use media::SourceTime;
use model::{Event, Participant, Pii, Utterance};

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

/// Somebody of this name.
fn person(id: i64, name: String) -> Participant {
    Participant { id: ParticipantId(id), name: Some(Pii::new(name)) }
}

fn joined(seq: u64, id: i64) -> Arc<SequencedEvent> {
    event(at(1, seq), EventBody::Joined { participant: person(id, format!("name {id}")) })
}

/// A memory of everybody who came and was forgotten since: the names of so many people, of so many letters each.
fn crowded(people: u64, letters: usize) -> Memory {
    let memory = begun(1);
    for seq in 1..=people {
        let participant = person(seq as i64, "x".repeat(letters));
        assert!(memory.keep(&event(at(1, seq), EventBody::Joined { participant })));
    }
    assert!(memory.keep(&said(people + 1, 2 * MEMORY_BYTES)), "which is kept alone");
    memory
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

#[test]
fn people_who_are_known_by_name_are_counted_and_bounded() {
    let events = said(1, 2 * MEMORY_BYTES).event.memory_bytes();
    let small = crowded(1_000, 10);
    let people: usize = small.people().iter().map(|coming| coming.event.memory_bytes()).sum();
    assert_eq!((small.people().len(), small.bytes()), (1_000, events + people));
    // As many as a meeting lists are known, if their names have no more than 1 MiB together.
    assert_eq!(crowded(10_500, 100).people().len(), KNOWN_PEOPLE);
    let large = crowded(10_500, 1_000);
    assert!((2_000..KNOWN_PEOPLE).contains(&large.people().len()));
    assert!(large.bytes() - events <= KNOWN_PEOPLE_BYTES, "{} bytes", large.bytes());
}

#[test]
fn whoever_left_or_has_a_name_for_which_there_is_no_room_takes_none() {
    let memory = begun(1);
    assert!(memory.keep(&joined(1, 7)) && memory.keep(&joined(2, 8)));
    let renamed = EventBody::Renamed { participant: person(7, "x".repeat(KNOWN_PEOPLE_BYTES)) };
    assert!(memory.keep(&event(at(1, 3), renamed)));
    assert!(memory.keep(&event(at(1, 4), EventBody::Left { id: ParticipantId(8) })));
    let last = said(5, 2 * MEMORY_BYTES);
    assert!(memory.keep(&last));
    assert_eq!((memory.people(), memory.bytes()), (vec![], last.event.memory_bytes()));
}
