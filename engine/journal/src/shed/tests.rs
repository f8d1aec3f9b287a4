use std::collections::HashMap;

use bytes::Bytes;
use model::Event;
use proptest::prelude::*;

use super::*;

const ROOM: usize = 10_000;

const KEY: &[u8] = b"\0\0\0\x01\x67\x42\0\x1F\0\0\0\x01\x68\xCE\0\0\0\x01\x65\x80";
const DELTA: &[u8] = b"\0\0\0\x01\x41\x80";
const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0";

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
    let (from, to) = (SourceTime::from_unix_ms(from), SourceTime::from_unix_ms(to));
    Control::Dropped { kind, frames, from, to, cause: LossCause::Ours, reason: DropReason::Buffer }
}

#[test]
fn a_picture_that_is_dropped_takes_the_rest_of_its_group_with_it() {
    let mut shed = Shedding::default();
    assert!(shed.admits(&picture(1, KEY), 0, ROOM));
    assert!(!shed.admits(&picture(2, DELTA), ROOM, ROOM));
    assert!(!shed.admits(&picture(3, DELTA), 0, ROOM), "there is room, and nothing to refer to");
    assert!(!shed.admits(&picture(4, b"\0\0\0\x01\x65\x40"), 0, ROOM), "the rest of a key picture is none");
    assert!(!shed.admits(&picture(5, b"\x88\x84"), 0, ROOM), "nor is the rest of a slice");
    assert!(shed.admits(&picture(6, KEY), 0, ROOM));
    assert!(shed.admits(&picture(7, DELTA), 0, ROOM));
    assert_eq!(shed.declare(), [dropped(TrackKind::Video, 4, 2, 5)]);
    assert!(!shed.is_undeclared());
}

#[test]
fn every_track_has_groups_of_its_own_and_a_still_is_one() {
    let mut shed = Shedding::default();
    let of = |kind, source, payload| Entry::Media(frame(kind, source, 1, payload));
    assert!(!shed.admits(&of(TrackKind::Video, 1, DELTA), ROOM, ROOM));
    assert!(!shed.admits(&of(TrackKind::Share, 1, JPEG), ROOM, ROOM));
    assert!(shed.admits(&of(TrackKind::Video, 2, DELTA), 0, ROOM));
    assert!(shed.admits(&of(TrackKind::Share, 1, JPEG), 0, ROOM));
    assert!(!shed.admits(&of(TrackKind::Video, 1, DELTA), 0, ROOM));
}

#[test]
fn pictures_give_way_first_then_sound_then_words_and_what_is_said_of_the_capture_never() {
    let mut shed = Shedding::default();
    let sound = Entry::Media(frame(TrackKind::Audio, 1, 5, &[1; 100]));
    let fact = Entry::Control(Control::ClockStepped { by_ms: 1 });
    let mut kept =
        |waiting_bytes| [&picture(1, KEY), &sound, &left(), &fact].map(|entry| shed.admits(entry, waiting_bytes, ROOM));
    assert_eq!(kept(ROOM - 200), [true; 4]);
    assert_eq!(kept(ROOM), [false, true, true, true]);
    assert_eq!(kept(ROOM / 2 * 3), [false, false, true, true]);
    assert_eq!(kept(ROOM * 2), [false, false, false, true]);
    assert_eq!(kept(ROOM / 2), [false, true, true, true], "half of the room must be free again");
    assert_eq!(kept(0), [true; 4]);
    let words = Control::Skipped { leg: Leg::Signaling, code: "storage_behind".to_owned(), count: 1 };
    assert_eq!(shed.declare(), [dropped(TrackKind::Video, 4, 1, 1), dropped(TrackKind::Audio, 2, 5, 5), words]);
}

proptest! {
    #[test]
    fn what_is_kept_decodes_and_what_is_not_is_declared(
        script in proptest::collection::vec((0_i64..3, 0_u8..6, 0..ROOM * 2), 1..300),
    ) {
        let mut shed = Shedding::default();
        let mut is_whole: HashMap<i64, bool> = HashMap::new();
        let (mut lost, mut declared) = (0, 0);
        for (at_ms, (source, what, waiting_bytes)) in script.into_iter().enumerate() {
            let payload = if what == 0 { KEY } else { DELTA };
            let entry = Entry::Media(frame(TrackKind::Video, source, at_ms as i64, payload));
            let whole = is_whole.entry(source).or_insert(true);
            if shed.admits(&entry, waiting_bytes, ROOM) {
                prop_assert!(*whole || what == 0, "a picture refers to one that was dropped");
                prop_assert!(waiting_bytes < ROOM);
                *whole = true;
            } else {
                *whole = false;
                lost += 1;
            }
            if what == 5 {
                for control in shed.declare() {
                    let Control::Dropped { frames, .. } = control else { panic!("{control:?}") };
                    declared += frames;
                }
            }
        }
        for control in shed.declare() {
            let Control::Dropped { frames, .. } = control else { panic!("{control:?}") };
            declared += frames;
        }
        prop_assert_eq!(lost, declared);
    }
}
