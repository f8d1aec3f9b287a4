//! A channel, two times and bytes as a record. The inverse of `encode`; what cannot be read is no record.

use std::collections::BTreeMap;

use bytes::Bytes;
use media::{Frame, SourceTime, Track, TrackKind};
use model::{CaptureId, Control, Entry, Epoch, Event, Record};

use crate::encode::{CAPTURE, CONTROL, EPOCH, SINCE, TEXT};

/// What a channel of a log means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Channel {
    pub(crate) content: Content,
    pub(crate) epoch: Epoch,
    /// The segment with which its writer began; `None` in logs whose segments each number their own messages.
    pub(crate) since: Option<u32>,
    /// Whose log it belongs to, where its writer said so.
    pub(crate) capture: Option<CaptureId>,
}

/// What the messages of a channel hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Media(Track),
    Control,
    Text,
    /// Something that this version does not know.
    Unknown,
}

impl Channel {
    /// Reads a channel's topic and metadata.
    pub(crate) fn parse(topic: &str, metadata: &BTreeMap<String, String>) -> Self {
        let number = |key: &str| metadata.get(key).and_then(|text| text.parse().ok());
        let content = match topic {
            CONTROL => Content::Control,
            TEXT => Content::Text,
            track => media(track).map_or(Content::Unknown, Content::Media),
        };
        let capture = metadata.get(CAPTURE).and_then(|text| text.parse().ok());
        Self { content, epoch: Epoch(number(EPOCH).unwrap_or(0)), since: number(SINCE), capture }
    }

    /// Reads one message; `None` if it is none that this version knows.
    pub(crate) fn record(self, arrived_unix_ns: u64, publish_unix_ns: u64, data: Bytes) -> Option<Record> {
        let entry = match self.content {
            Content::Media(track) => {
                let at = SourceTime::from_unix_ms(i64::try_from(publish_unix_ns / 1_000_000).ok()?);
                Entry::Media(Frame { track, at, payload: data })
            }
            Content::Text => Entry::Event(serde_json::from_slice(&data).ok()?),
            Content::Unknown => return None,
            Content::Control => match serde_json::from_slice::<Control>(&data) {
                Ok(control) => Entry::Control(control),
                Err(_) => Entry::Event(serde_json::from_slice::<Event>(&data).ok()?),
            },
        };
        Some(Record { arrived_unix_ns, epoch: self.epoch, entry })
    }
}

fn media(topic: &str) -> Option<Track> {
    let (kind, source) = topic.split_once('/')?;
    let kind = match kind {
        "audio" => TrackKind::Audio,
        "video" => TrackKind::Video,
        "share" => TrackKind::Share,
        _ => return None,
    };
    Some(Track { kind, source: source.parse().ok()? })
}
