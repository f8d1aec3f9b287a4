//! A meeting whose picture can be copied, as the records that a capture of it would hold: three open microphones with
//! people who take turns, and one 1280x720 camera at 1.5 Mbit/s.

use bytes::Bytes;
use fixtures::{Camera, Pack, pack};
use media::{AudioCodec, AudioFormat, Channels, Format, Frame, SampleRate, SourceTime, Track, TrackKind, VideoCodec};
use model::{Control, Entry, Epoch, Record, platform::Leg};

/// How much time a packet of sound covers.
const SLOT_MS: i64 = 20;
/// How much time a picture covers.
const PICTURE_MS: i64 = 40;
/// The slots between two sentences.
const PAUSE_SLOTS: usize = 20;
/// Second 0 on the platform's clock.
const ORIGIN_MS: i64 = 1_767_225_600_000;
/// The numbers of the participants, by seat.
const FIRST_USER: i64 = 16_778_240;
/// The clip of the pack that has the bit rate of a real meeting.
const CLIP: &str = "load";

/// The records of a meeting of so many minutes, each with its millisecond since the beginning.
pub(super) fn records(minutes: u32) -> impl Iterator<Item = (i64, Record)> {
    let pack = pack();
    let slots = usize::try_from(minutes).unwrap_or(0) * 60 * 1000 / SLOT_MS as usize;
    let voices = voices(pack, slots);
    let camera = pack.camera(CLIP);
    let end_ms = slots as i64 * SLOT_MS;
    let frames = (0..slots).flat_map(move |slot| of_slot(slot, &voices, camera));
    opening().map(|record| (0, record)).chain(frames).chain([(end_ms, ending(end_ms))])
}

/// What each seat sends in each slot: the packets of its sentences, and of silence between them.
fn voices(pack: &'static Pack, slots: usize) -> Vec<Vec<&'static [u8]>> {
    let quiet = &pack.quiet.opus;
    let silence = |slot: usize| quiet[slot % quiet.len()];
    let mut voices: Vec<Vec<&[u8]>> = vec![(0..slots).map(silence).collect(); pack.speakers.len()];
    let mut begin = PAUSE_SLOTS;
    for sentence in pack.sentences.iter().cycle() {
        let packets = &sentence.sound.opus;
        let end = begin + packets.len();
        if end > slots || packets.is_empty() {
            break;
        }
        let seat = pack.speakers.iter().position(|speaker| speaker.key == sentence.speaker);
        if let Some(voice) = seat.and_then(|seat| voices.get_mut(seat)) {
            voice[begin..end].copy_from_slice(packets);
        }
        begin = end + PAUSE_SLOTS;
    }
    voices
}

fn of_slot(slot: usize, voices: &[Vec<&'static [u8]>], camera: Option<&'static Camera>) -> Vec<(i64, Record)> {
    let at_ms = slot as i64 * SLOT_MS;
    let mut records = Vec::with_capacity(voices.len() + 1);
    for (source, voice) in (FIRST_USER..).zip(voices) {
        records.push((at_ms, frame(TrackKind::Audio, source, at_ms, voice[slot])));
    }
    if let Some(camera) = camera.filter(|_| at_ms % PICTURE_MS == 0) {
        let picture = camera.frames[(at_ms / PICTURE_MS) as usize % camera.frames.len()];
        records.push((at_ms, frame(TrackKind::Video, FIRST_USER, at_ms, picture)));
    }
    records
}

fn frame(kind: TrackKind, source: i64, at_ms: i64, payload: &'static [u8]) -> Record {
    let frame = Frame {
        track: Track { kind, source },
        at: SourceTime::from_unix_ms(ORIGIN_MS + at_ms),
        payload: Bytes::from_static(payload),
    };
    record(at_ms, Entry::Media(frame))
}

fn opening() -> impl Iterator<Item = Record> {
    let sound = AudioFormat {
        codec: AudioCodec::Opus,
        rate: SampleRate::HZ_48000,
        channels: Channels::Mono,
        packet_ms: SLOT_MS as u16,
    };
    let controls = [
        Control::Started { notice: "{}".to_owned() },
        Control::LegReady { leg: Leg::Signaling, format: None },
        Control::FirstPacket { at: SourceTime::from_unix_ms(ORIGIN_MS) },
        Control::LegReady { leg: Leg::Audio, format: Some(Format::Audio(sound)) },
        Control::LegReady { leg: Leg::Video, format: Some(Format::Video(VideoCodec::H264)) },
    ];
    controls.into_iter().map(|control| record(0, Entry::Control(control)))
}

fn ending(end_ms: i64) -> Record {
    let at = Some(SourceTime::from_unix_ms(ORIGIN_MS + end_ms));
    record(
        end_ms,
        Entry::Control(Control::Ended { code: "meeting_ended".to_owned(), cut_short: false, stop_reason: Some(6), at }),
    )
}

fn record(at_ms: i64, entry: Entry) -> Record {
    Record { arrived_unix_ns: (ORIGIN_MS + at_ms) as u64 * 1_000_000, epoch: Epoch(1), entry }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_holds_every_packet_of_three_people_and_every_picture() {
        let (mut sound, mut pictures, mut last_ms) = (0, 0, 0);
        for (at_ms, record) in records(1) {
            assert!(at_ms >= last_ms);
            last_ms = at_ms;
            match record.entry {
                Entry::Media(frame) if frame.track.kind == TrackKind::Audio => sound += 1,
                Entry::Media(frame) => {
                    assert_eq!(frame.at.unix_ms() - ORIGIN_MS, pictures * PICTURE_MS);
                    pictures += 1;
                }
                _ => {}
            }
        }
        assert_eq!((sound, pictures, last_ms), (9_000, 1_500, 60_000));
    }

    #[test]
    fn somebody_speaks_most_of_the_time_and_never_two_at_once() {
        let pack = pack();
        let quiet: Vec<&[u8]> = pack.quiet.opus.clone();
        let voices = voices(pack, 3_000);
        let speaking = |slot: usize| voices.iter().filter(|voice| !quiet.contains(&voice[slot])).count();
        let spoken = (0..3_000).filter(|slot| speaking(*slot) > 0).count();
        assert!((0..3_000).all(|slot| speaking(slot) <= 1) && spoken > 1_500, "{spoken} of 3000 slots");
    }
}
