//! Single records of a meeting, each at its millisecond since second 0. Which of them make a meeting is in `meeting`.

use bytes::Bytes;
use media::{AudioCodec, AudioFormat, Channels, Format, Frame, SampleRate, SourceTime, Track, TrackKind, VideoCodec};
use model::{Control, Entry, Epoch, Event, EventBody, Record, platform::Leg};

/// How much time a packet of sound covers.
pub(crate) const SLOT_MS: i64 = 20;
/// How much time a camera's picture covers.
pub(crate) const PICTURE_MS: i64 = 40;
/// The numbers of the participants, by seat.
pub(crate) const FIRST_USER: i64 = 16_778_240;
/// Second 0 on the platform's clock.
const ORIGIN_MS: i64 = 1_767_225_600_000;

/// What a capture writes before any media: every kind is there, sound as Opus.
pub(crate) fn opening() -> impl Iterator<Item = Record> {
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

/// One message of media.
pub(crate) fn media(kind: TrackKind, source: i64, at_ms: i64, payload: Bytes) -> Record {
    let at = SourceTime::from_unix_ms(ORIGIN_MS + at_ms);
    record(at_ms, Entry::Media(Frame { track: Track { kind, source }, at, payload }))
}

/// Something that happened.
pub(crate) fn event(at_ms: i64, body: EventBody) -> Record {
    record(at_ms, Entry::Event(Event { at: SourceTime::from_unix_ms(ORIGIN_MS + at_ms), body }))
}

/// The meeting is over.
pub(crate) fn ending(end_ms: i64) -> Record {
    let at = Some(SourceTime::from_unix_ms(ORIGIN_MS + end_ms));
    let code = "meeting_ended".to_owned();
    record(end_ms, Entry::Control(Control::Ended { code, cut_short: false, stop_reason: Some(6), at }))
}

fn record(at_ms: i64, entry: Entry) -> Record {
    Record { arrived_unix_ns: (ORIGIN_MS + at_ms) as u64 * 1_000_000, epoch: Epoch(1), entry }
}
