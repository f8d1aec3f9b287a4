//! One entry of the capture log: everything that was received and everything that we decided. How it becomes bytes is in
//! `journal`.

use media::{Format, Frame, SourceTime, TrackKind, VideoCodec};
use serde::{Deserialize, Serialize};

use crate::{Epoch, Event, LossCause, leg::Leg};

/// One record of the capture log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When it reached this machine, in nanoseconds of its wall clock since the Unix epoch; never used as media time. A clock
    /// that is set while an epoch lasts does not show in it: see [`Control::ClockStepped`].
    pub arrived_unix_ns: u64,
    /// The epoch in which it was written.
    pub epoch: Epoch,
    /// What it holds.
    pub entry: Entry,
}

/// What a record holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Sound or pictures.
    Media(Frame),
    /// A happening of the meeting.
    Event(Event),
    /// A fact about the capture itself.
    Control(Control),
}

/// A fact about the capture itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "control", rename_all = "snake_case")]
pub enum Control {
    /// The capture began or was taken up again. `notice` is the platform's start notice without its signature.
    Started {
        /// The platform's own words, as JSON text.
        notice: String,
    },
    /// The platform named the moment of its first packet: second 0 of the recording.
    FirstPacket {
        /// That moment.
        at: SourceTime,
    },
    /// A connection is ready; for media with the parameters that the platform echoed.
    LegReady {
        /// Which connection.
        leg: Leg,
        /// What flows on it.
        format: Option<Format>,
    },
    /// The platform refused a connection for good; its kind of media will be missing.
    LegRefused {
        /// Which connection.
        leg: Leg,
        /// The platform's status number, where there was one.
        status: Option<i64>,
        /// Why, as a stable code; `None` in logs of versions that had none. `zoom_rtms_not_offered` and
        /// `zoom_rtms_<kind>_not_allowed` say that the platform has nothing of the kind for the app.
        #[serde(default)]
        code: Option<String>,
        /// The platform's words.
        reason: String,
    },
    /// A connection was lost and is being opened again.
    LegLost {
        /// Which connection.
        leg: Leg,
        /// Why, as a stable code.
        cause: String,
        /// How long before this record it was lost, in milliseconds; 0 in logs of versions that did not tell.
        #[serde(default)]
        ago_ms: u64,
    },
    /// Media that was received and could not be kept.
    Dropped {
        /// Of which kind.
        kind: TrackKind,
        /// How many frames.
        frames: u64,
        /// The first of them.
        from: SourceTime,
        /// The last of them.
        to: SourceTime,
        /// Whose fault it is.
        cause: LossCause,
        /// What there was no place in.
        #[serde(default)]
        reason: DropReason,
    },
    /// A message that could not be read was skipped.
    Skipped {
        /// On which connection.
        leg: Leg,
        /// Why, as a stable code.
        code: String,
        /// How many since the last such record.
        count: u64,
    },
    /// Pictures are coded otherwise than the platform agreed to; they are read as what they are.
    Contradicted {
        /// On which connection.
        leg: Leg,
        /// What was agreed.
        agreed: VideoCodec,
        /// What was found.
        found: VideoCodec,
    },
    /// The platform agreed to a parameter otherwise than was asked; what comes is taken as what was agreed.
    Substituted {
        /// On which connection.
        leg: Leg,
        /// The platform's name for the parameter.
        parameter: String,
        /// The platform's number for what was asked.
        asked: i64,
        /// The platform's number for what was agreed.
        agreed: i64,
    },
    /// The wall clock of this machine was set. Records of the same epoch go on to be dated as if it had not been.
    ClockStepped {
        /// By how much, in milliseconds; negative if it was set back.
        by_ms: i64,
    },
    /// The platform's words that we keep but do not interpret, as JSON text.
    Note {
        /// On which connection.
        leg: Leg,
        /// The message.
        message: String,
    },
    /// The capture ended for good.
    Ended {
        /// Why, as a stable code.
        code: String,
        /// Whether it was cut short: media could no longer be received while the meeting may have gone on.
        #[serde(default)]
        cut_short: bool,
        /// The platform's stop reason, where there was one.
        stop_reason: Option<i64>,
        /// When, on the platform's clock, where it says so.
        at: Option<SourceTime>,
    },
}

/// What there was no place in for media that was received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// The memory in which it waits for the disk. Logs of versions that knew no other reason name none.
    #[default]
    Buffer,
    /// The data volume, which is nearly full: what is left of it is for sound, words and events.
    Storage,
}

/// Where the payload of a record lies in a capture log, or in the logs that make one recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Locator {
    /// The number of the segment, from 1; of several logs those of the later ones go on where the earlier ones end.
    pub segment: u32,
    /// The offset of the payload's first byte in the segment's file.
    pub offset: u64,
    /// The payload's length in bytes.
    pub len: u32,
}
