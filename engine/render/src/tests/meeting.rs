//! A meeting in memory: records for the timeline, payloads for the render.

use bytes::Bytes;
use media::{AudioCodec, AudioFormat, Channels, Format, Frame, SampleRate, SourceTime, Track, TrackKind, VideoCodec};
use model::{Control, Entry, Epoch, Event, EventBody, Locator, Participant, ParticipantId, Pii, Record, platform::Leg};
use timeline::{Builder, Timeline};

use crate::{PayloadError, Payloads};

/// Second 0 of every meeting.
pub(super) const ZERO: i64 = 1_767_225_600_000;

#[derive(Default)]
pub(super) struct Meeting {
    pub(super) records: Vec<(Record, Locator)>,
    pub(super) payloads: Vec<Bytes>,
}

impl Meeting {
    pub(super) fn new() -> Self {
        let mut meeting = Self::default();
        meeting.control(Control::FirstPacket { at: SourceTime::from_unix_ms(ZERO) });
        meeting.control(Control::LegReady { leg: Leg::Video, format: Some(Format::Video(VideoCodec::H264)) });
        meeting
    }

    pub(super) fn audio(&mut self, codec: AudioCodec, rate: SampleRate) {
        let format = AudioFormat { codec, rate, channels: Channels::Mono, packet_ms: 20 };
        self.control(Control::LegReady { leg: Leg::Audio, format: Some(Format::Audio(format)) });
    }

    pub(super) fn control(&mut self, control: Control) {
        self.line(Entry::Control(control));
    }

    pub(super) fn event(&mut self, at_ms: i64, body: EventBody) {
        self.line(Entry::Event(Event { at: SourceTime::from_unix_ms(ZERO + at_ms), body }));
    }

    pub(super) fn media(&mut self, kind: TrackKind, source: i64, at_ms: i64, payload: impl Into<Bytes>) {
        let at = SourceTime::from_unix_ms(ZERO + at_ms);
        self.line(Entry::Media(Frame { track: Track { kind, source }, at, payload: payload.into() }));
    }

    pub(super) fn end(&mut self, at_ms: i64) {
        let at = Some(SourceTime::from_unix_ms(ZERO + at_ms));
        self.control(Control::Ended { code: "meeting_ended".to_owned(), cut_short: false, stop_reason: Some(6), at });
    }

    fn line(&mut self, entry: Entry) {
        let payload = match &entry {
            Entry::Media(frame) => frame.payload.clone(),
            _ => Bytes::new(),
        };
        let locator = Locator { segment: 1, offset: self.payloads.len() as u64, len: payload.len() as u32 };
        self.payloads.push(payload);
        self.records.push((Record { arrived_unix_ns: ZERO as u64 * 1_000_000, epoch: Epoch(1), entry }, locator));
    }

    pub(super) fn timeline(&self) -> Timeline {
        self.builder(self.records.len()).build()
    }

    /// With the first `count` records.
    pub(super) fn builder(&self, count: usize) -> Builder {
        let mut builder = Builder::new();
        for (record, locator) in &self.records[..count] {
            builder.push(record, *locator);
        }
        builder
    }
}

impl Payloads for Meeting {
    fn read(&mut self, at: Locator) -> Result<Bytes, PayloadError> {
        let unreadable = || PayloadError { at, reason: "the test lost it".to_owned() };
        let payload = self.payloads.get(at.offset as usize).ok_or_else(unreadable)?;
        (payload.len() == at.len as usize).then(|| payload.clone()).ok_or_else(unreadable)
    }
}

pub(super) fn somebody(id: i64, name: &str) -> Participant {
    Participant { id: ParticipantId(id), name: Some(Pii::new(name.to_owned())) }
}
