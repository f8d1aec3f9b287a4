//! A meeting whose picture can be copied, as the records that a capture of it would hold: three open microphones with
//! people who take turns, and one 1280x720 camera at 1.5 Mbit/s.

use bytes::Bytes;
use fixtures::{Camera, pack};
use media::TrackKind;
use model::Record;

use super::{
    records::{FIRST_USER, PICTURE_MS, SLOT_MS, ending, media, opening},
    voices::voices,
};

/// The clip of the pack that has the bit rate of a real meeting.
const CLIP: &str = "load";

/// The records of a meeting of so many minutes, each with its millisecond since the beginning.
pub(super) fn records(minutes: u32) -> impl Iterator<Item = (i64, Record)> {
    let pack = pack();
    let slots = usize::try_from(minutes).unwrap_or(0) * 60 * 1000 / SLOT_MS as usize;
    let voices = voices(pack, pack.speakers.len(), slots);
    let camera = pack.camera(CLIP);
    let end_ms = slots as i64 * SLOT_MS;
    let frames = (0..slots).flat_map(move |slot| of_slot(slot, &voices, camera));
    opening().map(|record| (0, record)).chain(frames).chain([(end_ms, ending(end_ms))])
}

fn of_slot(slot: usize, voices: &[Vec<&'static [u8]>], camera: Option<&'static Camera>) -> Vec<(i64, Record)> {
    let at_ms = slot as i64 * SLOT_MS;
    let mut records = Vec::with_capacity(voices.len() + 1);
    for (source, voice) in (FIRST_USER..).zip(voices) {
        records.push((at_ms, media(TrackKind::Audio, source, at_ms, Bytes::from_static(voice[slot]))));
    }
    if let Some(camera) = camera.filter(|_| at_ms % PICTURE_MS == 0) {
        let picture = camera.frames[(at_ms / PICTURE_MS) as usize % camera.frames.len()];
        records.push((at_ms, media(TrackKind::Video, FIRST_USER, at_ms, Bytes::from_static(picture))));
    }
    records
}

#[cfg(test)]
mod tests {
    use model::Entry;

    use super::*;

    #[test]
    fn a_minute_holds_every_packet_of_three_people_and_every_picture() {
        let (mut sound, mut pictures, mut last_ms) = (0, 0, 0);
        let mut origin_ms = None;
        for (at_ms, record) in records(1) {
            assert!(at_ms >= last_ms);
            last_ms = at_ms;
            match record.entry {
                Entry::Media(frame) if frame.track.kind == TrackKind::Audio => sound += 1,
                Entry::Media(frame) => {
                    let origin_ms = *origin_ms.get_or_insert(frame.at.unix_ms());
                    assert_eq!(frame.at.unix_ms() - origin_ms, pictures * PICTURE_MS);
                    pictures += 1;
                }
                _ => {}
            }
        }
        assert_eq!((sound, pictures, last_ms), (9_000, 1_500, 60_000));
    }
}
