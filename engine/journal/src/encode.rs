//! A record as a channel, two times and bytes. The inverse is in `decode`; files are the business of `segment`.

use std::{borrow::Cow, collections::BTreeMap};

use media::Track;
use model::{CaptureId, Entry, Epoch, EventBody, Record};

use crate::JournalError;

/// The version of the encoding; readers accept this and every older one.
pub(crate) const PROFILE: &str = "hansard-1";
/// The topic of facts about the capture and of events that are not words.
pub(crate) const CONTROL: &str = "control";
/// The topic of transcript and chat.
pub(crate) const TEXT: &str = "text";

/// The metadata of a channel that says its epoch.
pub(crate) const EPOCH: &str = "epoch";
/// The metadata of a channel that says with which segment its writer began.
pub(crate) const SINCE: &str = "since";
/// The metadata of a channel that says whose log it belongs to.
pub(crate) const CAPTURE: &str = "capture";

/// Who writes a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Writer {
    /// The number of the segment with which it began.
    pub(crate) since: u32,
    /// Whose log it is, where that is known.
    pub(crate) capture: Option<CaptureId>,
}

/// Which channel a record goes to: its topic and the epoch that wrote it. Costs no memory of its own, because every record asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ChannelKey {
    topic: Topic,
    epoch: Epoch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Topic {
    Media(Track),
    Control,
    Text,
}

impl ChannelKey {
    pub(crate) fn of(record: &Record) -> Self {
        let topic = match &record.entry {
            Entry::Media(frame) => Topic::Media(frame.track),
            Entry::Event(event) => match event.body {
                EventBody::Transcript(_) | EventBody::Chat(_) => Topic::Text,
                _ => Topic::Control,
            },
            Entry::Control(_) => Topic::Control,
        };
        Self { topic, epoch: record.epoch }
    }

    /// The topic as the log has it.
    pub(crate) fn topic(&self) -> Cow<'static, str> {
        match self.topic {
            Topic::Media(track) => Cow::Owned(track.to_string()),
            Topic::Control => Cow::Borrowed(CONTROL),
            Topic::Text => Cow::Borrowed(TEXT),
        }
    }

    /// How the messages of the channel are to be read: the payload itself for media, JSON for the rest.
    pub(crate) const fn message_encoding(&self) -> &'static str {
        match self.topic {
            Topic::Media(_) => "payload",
            Topic::Control | Topic::Text => "json",
        }
    }

    /// What a channel says of itself: its epoch and its writer, whose records `sequence` counts.
    pub(crate) fn metadata(&self, writer: Writer) -> BTreeMap<String, String> {
        let capture = writer.capture.map(|capture| (CAPTURE.to_owned(), capture.to_string()));
        let numbers = [(EPOCH.to_owned(), self.epoch.0.to_string()), (SINCE.to_owned(), writer.since.to_string())];
        numbers.into_iter().chain(capture).collect()
    }
}

/// The time that the platform gives a record, in nanoseconds since the Unix epoch; arrival where it gives none.
pub(crate) fn publish_unix_ns(record: &Record) -> u64 {
    let at = match &record.entry {
        Entry::Media(frame) => Some(frame.at),
        Entry::Event(event) => Some(event.at),
        Entry::Control(_) => None,
    };
    at.and_then(|at| u64::try_from(at.unix_ms()).ok())
        .and_then(|ms| ms.checked_mul(1_000_000))
        .unwrap_or(record.arrived_unix_ns)
}

/// The bytes of a record: a media payload untouched, everything else as JSON.
pub(crate) fn data(record: &Record) -> Result<Cow<'_, [u8]>, JournalError> {
    let json = match &record.entry {
        Entry::Media(frame) => return Ok(Cow::Borrowed(&frame.payload)),
        Entry::Event(event) => serde_json::to_vec(event),
        Entry::Control(control) => serde_json::to_vec(control),
    };
    json.map(Cow::Owned).map_err(|error| JournalError::Encode {
        topic: ChannelKey::of(record).topic().into_owned(),
        reason: error.to_string(),
    })
}
