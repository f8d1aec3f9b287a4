use std::collections::HashMap;

use bytes::Bytes;
use model::Event;
use proptest::prelude::*;

use super::*;

const ROOM: usize = 10_000;

const KEY: &[u8] = b"\0\0\0\x01\x67\x42\0\x1F\0\0\0\x01\x68\xCE\0\0\0\x01\x65\x80";
const DELTA: &[u8] = b"\0\0\0\x01\x41\x80";
const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0";

/// What is asked of it where time does not matter.
impl Shedding {
    fn keeps(&mut self, entry: &Entry, after_bytes: usize) -> bool {
        self.admits(entry, after_bytes, ROOM, Instant::now())
    }

    fn declare_all(&mut self) -> Vec<Control> {
        self.declare(Instant::now(), false)
    }
}

fn frame(kind: TrackKind, source: i64, at_ms: i64, payload: &[u8]) -> Frame {
    let at = SourceTime::from_unix_ms(at_ms);
    Frame { track: Track { kind, source }, at, payload: Bytes::copy_from_slice(payload) }
}

fn picture(at_ms: i64, payload: &[u8]) -> Entry {
    Entry::Media(frame(TrackKind::Video, 1, at_ms, payload))
}

fn left() -> Entry {
    Entry::Event(Event { at: SourceTime::from_unix_ms(1), body: EventBody::Left { id: model::ParticipantId(7) } })
}

fn dropped(kind: TrackKind, frames: u64, from: i64, to: i64) -> Control {
    dropped_for(DropReason::Buffer, kind, frames, from, to)
}

fn dropped_for(reason: DropReason, kind: TrackKind, frames: u64, from: i64, to: i64) -> Control {
    let (from, to) = (SourceTime::from_unix_ms(from), SourceTime::from_unix_ms(to));
    Control::Dropped { kind, frames, from, to, cause: LossCause::Ours, reason }
}

fn exhausted() -> Shedding {
    Shedding { space: Space::Exhausted, ..Shedding::default() }
}

#[test]
fn a_picture_that_is_dropped_takes_the_rest_of_its_group_with_it() {
    let mut shed = Shedding::default();
    assert!(shed.keeps(&picture(1, KEY), 0));
    assert!(!shed.keeps(&picture(2, DELTA), ROOM + 1));
    assert!(!shed.keeps(&picture(3, DELTA), 0), "there is room, and nothing to refer to");
    assert!(!shed.keeps(&picture(4, b"\0\0\0\x01\x65\x40"), 0), "the rest of a key picture is none");
    assert!(!shed.keeps(&picture(5, b"\x88\x84"), 0), "nor is the rest of a slice");
    assert!(shed.keeps(&picture(6, KEY), 0));
    assert!(shed.keeps(&picture(7, DELTA), 0));
    assert_eq!(shed.declare_all(), [dropped(TrackKind::Video, 4, 2, 5)]);
    assert!(!shed.is_undeclared());
}

#[test]
fn every_track_has_groups_of_its_own_and_a_still_is_one() {
    let mut shed = Shedding::default();
    let of = |kind, source, payload| Entry::Media(frame(kind, source, 1, payload));
    assert!(!shed.keeps(&of(TrackKind::Video, 1, DELTA), ROOM + 1));
    assert!(!shed.keeps(&of(TrackKind::Share, 1, JPEG), ROOM + 1));
    assert!(shed.keeps(&of(TrackKind::Video, 2, DELTA), 0));
    assert!(shed.keeps(&of(TrackKind::Share, 1, JPEG), 0));
    assert!(!shed.keeps(&of(TrackKind::Video, 1, DELTA), 0));
}

#[test]
fn pictures_give_way_first_then_sound_then_words_and_what_is_said_of_the_capture_never() {
    let mut shed = Shedding::default();
    let sound = Entry::Media(frame(TrackKind::Audio, 1, 5, &[1; 100]));
    let fact = Entry::Control(Control::ClockStepped { by_ms: 1 });
    let mut kept = |after_bytes| [&picture(1, KEY), &sound, &left(), &fact].map(|entry| shed.keeps(entry, after_bytes));
    assert_eq!(kept(ROOM), [true; 4]);
    assert_eq!(kept(ROOM + 1), [false, true, true, true]);
    assert_eq!(kept(ROOM / 4 * 5 + 1), [false, false, true, true]);
    assert_eq!(kept(ROOM / 8 * 11 + 1), [false, false, false, true]);
    assert_eq!(kept(ROOM / 2 + 1), [false, true, true, true], "half of the room must be free again");
    assert_eq!(kept(0), [true; 4]);
    let words = Control::Skipped { leg: Leg::Signaling, code: "storage_behind".to_owned(), count: 1 };
    assert_eq!(shed.declare_all(), [dropped(TrackKind::Video, 4, 1, 1), dropped(TrackKind::Audio, 2, 5, 5), words]);
}

#[test]
fn pictures_are_kept_until_the_volume_is_exhausted_and_sound_and_words_always() {
    let sound = Entry::Media(frame(TrackKind::Audio, 1, 5, &[1; 100]));
    for space in Space::ALL {
        let mut shed = Shedding { space, ..Shedding::default() };
        let kept = [&picture(1, KEY), &sound, &left()].map(|entry| shed.keeps(entry, 0));
        assert_eq!(kept, [space < Space::Exhausted, true, true], "{space:?}");
    }
}

#[test]
fn pictures_go_on_where_decoding_may_begin_once_the_volume_has_room_again() {
    let mut shed = exhausted();
    assert!(!shed.keeps(&picture(1_000, KEY), 0));
    assert!(!shed.keeps(&picture(1_040, DELTA), 0));
    shed.space = Space::Critical;
    assert!(!shed.keeps(&picture(1_080, DELTA), 0), "there is room, and nothing to refer to");
    assert!(shed.keeps(&picture(1_120, KEY), 0));
    assert!(shed.keeps(&picture(1_160, DELTA), 0));
    let now = shed.due().expect("it is over");
    assert_eq!(shed.declare(now, true), [dropped_for(DropReason::Storage, TrackKind::Video, 3, 1_000, 1_080)]);
    assert_eq!((shed.due(), shed.is_undeclared()), (None, false));
}

#[test]
fn a_full_volume_takes_a_declaration_every_five_seconds_and_there_is_no_hole_between_them() {
    let (mut shed, start) = (exhausted(), Instant::now());
    let mut declared = Vec::new();
    for tenths in 0..120 {
        let now = start + Duration::from_millis(tenths * 100);
        declared.extend(shed.declare(now, true));
        let at_ms = i64::try_from(tenths * 100).unwrap();
        assert!(!shed.admits(&Entry::Media(frame(TrackKind::Share, 1, at_ms, JPEG)), 0, ROOM, now));
        assert!(shed.due().is_some_and(|due| due <= now + DECLARE_EVERY), "it must not be forgotten");
    }
    declared.extend(shed.declare(start, false));
    let pieces = [(50, 0, 4_900), (50, 4_900, 9_900), (20, 9_900, 11_900)];
    let pieces = pieces.map(|(frames, from, to)| dropped_for(DropReason::Storage, TrackKind::Share, frames, from, to));
    assert_eq!(declared, pieces);
}

#[test]
fn what_finds_no_room_in_memory_is_declared_with_the_next_batch_and_each_reason_by_itself() {
    let (mut shed, now) = (exhausted(), Instant::now());
    assert!(!shed.admits(&picture(1, KEY), ROOM + 1, ROOM, now));
    shed.space = Space::Ample;
    assert!(!shed.admits(&picture(2, KEY), ROOM + 1, ROOM, now));
    assert_eq!(shed.due(), Some(now));
    assert_eq!(shed.declare(now, true), [dropped(TrackKind::Video, 1, 2, 2)]);
    assert_eq!(shed.due(), Some(now + DECLARE_EVERY));
    assert_eq!(shed.declare_all(), [dropped_for(DropReason::Storage, TrackKind::Video, 1, 1, 1)]);
}

proptest! {
    #[test]
    fn what_is_kept_decodes_and_what_is_not_is_declared(
        script in proptest::collection::vec((0_i64..3, 0_u8..6, 0..ROOM * 2), 1..300),
    ) {
        let mut shed = Shedding::default();
        let mut is_whole: HashMap<i64, bool> = HashMap::new();
        let (mut lost, mut declared) = (0, 0);
        for (at_ms, (source, what, after_bytes)) in script.into_iter().enumerate() {
            let payload = if what == 0 { KEY } else { DELTA };
            let entry = Entry::Media(frame(TrackKind::Video, source, at_ms as i64, payload));
            let whole = is_whole.entry(source).or_insert(true);
            if shed.keeps(&entry, after_bytes) {
                prop_assert!(*whole || what == 0, "a picture refers to one that was dropped");
                prop_assert!(after_bytes <= ROOM);
                *whole = true;
            } else {
                *whole = false;
                lost += 1;
            }
            if what == 5 {
                for control in shed.declare_all() {
                    let Control::Dropped { frames, .. } = control else { panic!("{control:?}") };
                    declared += frames;
                }
            }
        }
        for control in shed.declare_all() {
            let Control::Dropped { frames, .. } = control else { panic!("{control:?}") };
            declared += frames;
        }
        prop_assert_eq!(lost, declared);
    }
}
