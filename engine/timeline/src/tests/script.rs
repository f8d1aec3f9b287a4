//! A log written line by line: each line takes the next place, and arrives a millisecond after the line before.

use bytes::Bytes;
use media::{AudioCodec, AudioFormat, Channels, Format, Frame, SampleRate, SourceTime, Track, TrackKind, VideoCodec};
use model::{
    Control, Entry, Epoch, Event, EventBody, Locator, LossCause, Participant, ParticipantId, Pii, Record, platform::Leg,
};

use crate::{Builder, Timeline};

/// Second 0 of every script.
pub(super) const ZERO: i64 = 1_767_225_600_000;

/// Opus 48 kHz mono, 20 ms.
pub(super) const OPUS: AudioFormat =
    AudioFormat { codec: AudioCodec::Opus, rate: SampleRate::HZ_48000, channels: Channels::Mono, packet_ms: 20 };

/// A sequence parameter set of 640x360 baseline as x264 writes it, and its picture parameter set.
pub(super) const SPS: &[u8] = &[
    0x67, 0x42, 0xC0, 0x1E, 0xD9, 0x00, 0xA0, 0x2F, 0xF9, 0x70, 0x11, 0, 0, 3, 0, 1, 0, 0, 3, 0, 0x32, 0x0F, 0x16,
    0x2E, 0x48,
];
pub(super) const PPS: &[u8] = &[0x68, 0xCB, 0x83, 0xCB, 0x20];

#[derive(Clone, Default)]
pub(super) struct Script {
    pub(super) lines: Vec<(Record, Locator)>,
    pub(super) epoch: u32,
    pub(super) arrived_ms: u64,
}

impl Script {
    pub(super) fn new() -> Self {
        Self { lines: Vec::new(), epoch: 1, arrived_ms: ZERO as u64 + 50 }
    }

    /// A script whose second 0 is named and whose audio leg is ready.
    pub(super) fn ready() -> Self {
        let mut script = Self::new();
        script.control(Control::FirstPacket { at: SourceTime::from_unix_ms(ZERO) });
        script.leg(Leg::Audio, Some(Format::Audio(OPUS)));
        script.leg(Leg::Video, Some(Format::Video(VideoCodec::H264)));
        script
    }

    pub(super) fn line(&mut self, entry: Entry) {
        self.arrived_ms += 1;
        let len = match &entry {
            Entry::Media(frame) => frame.payload.len() as u32,
            _ => 0,
        };
        let locator = Locator { segment: self.epoch, offset: 1_000 * (self.lines.len() as u64 + 1), len };
        let record = Record { arrived_unix_ns: self.arrived_ms * 1_000_000, epoch: Epoch(self.epoch), entry };
        self.lines.push((record, locator));
    }

    pub(super) fn control(&mut self, control: Control) {
        self.line(Entry::Control(control));
    }

    pub(super) fn leg(&mut self, leg: Leg, format: Option<Format>) {
        self.control(Control::LegReady { leg, format });
    }

    pub(super) fn lost(&mut self, leg: Leg) {
        self.control(Control::LegLost { leg, cause: "broken".to_owned(), ago_ms: 0 });
    }

    pub(super) fn lost_by(&mut self, leg: Leg, cause: &str) {
        self.control(Control::LegLost { leg, cause: cause.to_owned(), ago_ms: 0 });
    }

    pub(super) fn refused(&mut self, leg: Leg, status: Option<i64>, reason: &str) {
        let code = match status {
            Some(9) => "zoom_rtms_audio_not_allowed",
            Some(10) => "zoom_rtms_video_not_allowed",
            Some(11) => "zoom_rtms_share_not_allowed",
            Some(12) => "zoom_rtms_transcript_not_allowed",
            Some(13) => "zoom_rtms_chat_not_allowed",
            Some(_) => "zoom_rtms_refused",
            None if reason.contains("offer") => "zoom_rtms_not_offered",
            None => "zoom_rtms_media_timeout",
        };
        self.refused_by(leg, status, Some(code), reason);
    }

    pub(super) fn refused_by(&mut self, leg: Leg, status: Option<i64>, code: Option<&str>, reason: &str) {
        let (code, reason) = (code.map(str::to_owned), reason.to_owned());
        self.control(Control::LegRefused { leg, status, code, reason });
    }

    pub(super) fn ended(&mut self, at_ms: Option<i64>) {
        let at = at_ms.map(|ms| SourceTime::from_unix_ms(ZERO + ms));
        self.control(Control::Ended { code: "meeting_ended".to_owned(), cut_short: false, stop_reason: Some(6), at });
    }

    pub(super) fn media(&mut self, kind: TrackKind, source: i64, at_ms: i64, payload: impl Into<Bytes>) {
        let track = Track { kind, source };
        self.line(Entry::Media(Frame {
            track,
            at: SourceTime::from_unix_ms(ZERO.saturating_add(at_ms)),
            payload: payload.into(),
        }));
    }

    pub(super) fn packet(&mut self, source: i64, at_ms: i64) {
        self.media(TrackKind::Audio, source, at_ms, at_ms.to_le_bytes().to_vec());
    }

    /// Packets of 20 ms from `from_ms` to `to_ms`.
    pub(super) fn talk(&mut self, source: i64, from_ms: i64, to_ms: i64) {
        for at_ms in (from_ms..to_ms).step_by(20) {
            self.packet(source, at_ms);
        }
    }

    /// Sound and pictures that are made from `from_ms` to `to_ms` and arrive at once, stamped `off_ms` too late.
    pub(super) fn live(&mut self, from_ms: i64, to_ms: i64, off_ms: i64) {
        for at_ms in (from_ms..to_ms).step_by(20) {
            self.wait_until(at_ms);
            self.packet(7, at_ms + off_ms);
            match at_ms % 1_000 {
                0 => self.idr(1, at_ms + off_ms),
                part if part % 40 == 0 => self.delta(1, at_ms + off_ms),
                _ => {}
            }
        }
    }

    /// Lets time pass until what is made now arrives.
    pub(super) fn wait_until(&mut self, ms: i64) {
        self.arrived_ms = self.arrived_ms.max((ZERO + ms) as u64 + 50);
    }

    pub(super) fn idr(&mut self, source: i64, at_ms: i64) {
        self.media(TrackKind::Video, source, at_ms, annexb(&[SPS, PPS, &[0x65, 0x88, at_ms as u8]]));
    }

    pub(super) fn delta(&mut self, source: i64, at_ms: i64) {
        self.media(TrackKind::Video, source, at_ms, annexb(&[&[0x41, 0x9A, (at_ms >> 8) as u8, at_ms as u8 | 1]]));
    }

    pub(super) fn event(&mut self, at_ms: i64, body: EventBody) {
        self.line(Entry::Event(Event { at: SourceTime::from_unix_ms(ZERO + at_ms), body }));
    }

    /// What is missing: kind, start and end in milliseconds, cause.
    pub(super) fn gaps(&self) -> Vec<(Leg, i64, i64, LossCause)> {
        self.build().gaps.iter().map(|gap| (gap.kind, gap.start.ms(), gap.end.ms(), gap.cause)).collect()
    }

    pub(super) fn build(&self) -> Timeline {
        build(self.lines.iter())
    }
}

pub(super) fn build<'a>(lines: impl Iterator<Item = &'a (Record, Locator)>) -> Timeline {
    let mut builder = Builder::new();
    for (record, locator) in lines {
        builder.push(record, *locator);
    }
    builder.build()
}

pub(super) fn annexb(nals: &[&[u8]]) -> Vec<u8> {
    nals.iter().flat_map(|nal| [&[0, 0, 0, 1], *nal].concat()).collect()
}

pub(super) fn somebody(id: i64, name: &str) -> Participant {
    Participant { id: ParticipantId(id), name: (!name.is_empty()).then(|| Pii::new(name.to_owned())) }
}
