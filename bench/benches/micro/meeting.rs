//! The meeting that the subjects are given, out of the media pack: three open microphones in Opus, and one camera of 1280x720 at
//! 1.5 Mbit/s. Single records are in `records`.

use bytes::Bytes;
use fixtures::{Camera, pack};
use media::TrackKind;
use model::Record;

use crate::records::{FIRST_USER, PICTURE_MS, SLOT_MS, media};

/// How many microphones are open.
const SPEAKERS: usize = 3;

/// The camera that has the bit rate of a real meeting.
pub(crate) fn camera() -> &'static Camera {
    pack().camera("load").expect("the pack has the camera that loads are made of")
}

/// The media of so many seconds, each message with its millisecond since the beginning.
pub(crate) fn media_of(seconds: i64) -> Vec<(i64, Record)> {
    let (pack, pictures) = (pack(), &camera().frames);
    let mut records = Vec::new();
    for at_ms in (0..seconds * 1_000).step_by(SLOT_MS as usize) {
        for (source, sentence) in (FIRST_USER..).zip(&pack.sentences).take(SPEAKERS) {
            let packets = &sentence.sound.opus;
            let packet = packets[(at_ms / SLOT_MS) as usize % packets.len()];
            records.push((at_ms, media(TrackKind::Audio, source, at_ms, Bytes::from_static(packet))));
        }
        if at_ms % PICTURE_MS == 0 {
            let picture = pictures[(at_ms / PICTURE_MS) as usize % pictures.len()];
            records.push((at_ms, media(TrackKind::Video, FIRST_USER, at_ms, Bytes::from_static(picture))));
        }
    }
    records
}

/// How many bytes of media a record carries.
pub(crate) fn payload_bytes(record: &Record) -> usize {
    match &record.entry {
        model::Entry::Media(frame) => frame.payload.len(),
        _ => 0,
    }
}
