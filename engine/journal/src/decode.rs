//! A channel, two times and bytes as a record. The inverse of `encode`; what cannot be read is no record.

use bytes::Bytes;
use media::{Frame, SourceTime, Track, TrackKind};
use model::{Control, Entry, Epoch, Event, Record};

use crate::encode::{CONTROL, TEXT};

/// What a channel of a log means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Channel {
    pub(crate) content: Content,
    pub(crate) epoch: Epoch,
}

/// What the messages of a channel hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Media(Track),
    Control,
    Text,
}

impl Channel {
    /// Reads a channel's topic and epoch; `None` if this version of Hansard does not know the topic.
    pub(crate) fn parse(topic: &str, epoch: Option<&str>) -> Option<Self> {
        let content = match topic {
            CONTROL => Content::Control,
            TEXT => Content::Text,
            track => {
                let (kind, source) = track.split_once('/')?;
                let kind = match kind {
                    "audio" => TrackKind::Audio,
                    "video" => TrackKind::Video,
                    "share" => TrackKind::Share,
                    _ => return None,
                };
                Content::Media(Track { kind, source: source.parse().ok()? })
            }
        };
        Some(Self { content, epoch: Epoch(epoch.and_then(|text| text.parse().ok()).unwrap_or(0)) })
    }

    /// Reads one message; `None` if its JSON is not one that this version knows.
    pub(crate) fn record(self, arrived_unix_ns: u64, publish_unix_ns: u64, data: Bytes) -> Option<Record> {
        let entry = match self.content {
            Content::Media(track) => {
                let at = SourceTime::from_unix_ms(i64::try_from(publish_unix_ns / 1_000_000).ok()?);
                Entry::Media(Frame { track, at, payload: data })
            }
            Content::Text => Entry::Event(serde_json::from_slice(&data).ok()?),
            Content::Control => match serde_json::from_slice::<Control>(&data) {
                Ok(control) => Entry::Control(control),
                Err(_) => Entry::Event(serde_json::from_slice::<Event>(&data).ok()?),
            },
        };
        Some(Record { arrived_unix_ns, epoch: self.epoch, entry })
    }
}
