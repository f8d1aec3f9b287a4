//! Every message that Zoom sends, told apart by its number, in any form that is tolerated.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    content::{self, ChatContent, TranscriptContent},
    event::{self, EventUpdate},
    field::{Loose, Whole},
    media::{self, MediaMessage},
    reply::{self, MediaReply, SignalingReply, VideoReply},
    shape::{self, Excess},
    slow,
};
use crate::WireError;

/// A message, understood as far as it concerns a capture.
#[derive(Clone, Debug)]
pub enum Incoming<'a> {
    /// Type 2: the answer to the signaling handshake.
    SignalingReply(SignalingReply<'a>),
    /// Type 4: the answer to a media handshake.
    MediaReply(MediaReply<'a>),
    /// Type 6: something happened in the meeting.
    Event(EventUpdate<'a>),
    /// Types 8 and 20: where the stream stands (protocol §14.4).
    StreamState(StateUpdate),
    /// Types 9 and 11: where the session stands (protocol §14.3).
    SessionState(StateUpdate),
    /// Type 12: are you there.
    KeepAlive(KeepAlive<'a>),
    /// Types 14 to 16: sound or a picture.
    Media(MediaMessage<'a>),
    /// Type 17: somebody said something.
    Transcript(TranscriptContent<'a>),
    /// Type 18: somebody wrote something.
    Chat(ChatContent<'a>),
    /// Type 22: our wish to end was heard.
    CloseReply {
        /// 0 is yes.
        status: i64,
    },
    /// Types 23 to 27: kept as they are.
    Note,
    /// Type 29: the answer to the subscription of one participant's video.
    VideoReply(VideoReply<'a>),
    /// Any other number.
    Unknown {
        /// That number.
        msg_type: i64,
    },
}

/// Where a stream or a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateUpdate {
    /// The state's number; -1 if missing.
    pub state: i64,
    /// Why it stopped (protocol §14.5), where that is said.
    pub stop_reason: Option<i64>,
    /// When, in whatever unit it came.
    pub timestamp: Option<i64>,
}

/// What a keep-alive wants back, exactly as it came.
#[derive(Clone, Copy, Debug)]
pub struct KeepAlive<'a> {
    /// Its time, of any JSON type.
    pub timestamp: Option<&'a RawValue>,
    /// Its number, of any JSON type.
    pub sequence: Option<&'a RawValue>,
}

/// The longest message that is read if it carries no media, in bytes: 10,000 people in one event, with names of
/// 60 letters.
const CONTROL_LIMIT_BYTES: usize = 1 << 20;
/// The longest message of transcript or chat that is read, in bytes: twice what the longest chat message takes with every letter
/// escaped. What is said in it is kept several times over until it is durable.
const WORDS_LIMIT_BYTES: usize = 64 << 10;
/// How many values a message may have: three for each of 33,000 participants.
const VALUES_LIMIT: u32 = 100_000;
/// The longest value that a keep-alive gets back, in bytes.
const ECHO_LIMIT_BYTES: usize = 256;

#[derive(Deserialize)]
struct Head {
    #[serde(alias = "msgType")]
    msg_type: Option<Whole>,
}

#[derive(Deserialize)]
struct StateForm {
    #[serde(default)]
    state: Loose<Whole>,
    // Some deployments put words here, which tell nothing to a program.
    #[serde(default)]
    reason: Loose<Whole>,
    #[serde(default, alias = "stopReason")]
    stop_reason: Loose<Whole>,
    #[serde(default)]
    timestamp: Loose<Whole>,
}

#[derive(Deserialize)]
struct KeepAliveForm<'a> {
    #[serde(borrow)]
    timestamp: Option<&'a RawValue>,
    #[serde(borrow)]
    sequence: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct CloseForm {
    #[serde(default)]
    status_code: Loose<Whole>,
}

/// Reads any message.
///
/// # Errors
/// A [`WireError`] if it nests too deep, has too many values or bytes, is not JSON, has no type, or lacks what its type
/// needs.
pub fn read(message: &[u8]) -> Result<Incoming<'_>, WireError> {
    let length_bytes = message.len();
    let malformed = |error: serde_json::Error| WireError::malformed(length_bytes, &error);
    shape::check(message, VALUES_LIMIT).map_err(|excess| match excess {
        Excess::Depth => WireError::TooDeep { length_bytes, limit: shape::DEPTH_LIMIT },
        Excess::Values => WireError::TooWide { length_bytes, limit: VALUES_LIMIT },
        Excess::Escaped => WireError::TooLarge { length_bytes, limit_bytes: shape::ESCAPED_LIMIT_BYTES },
    })?;
    let head: Head = serde_json::from_slice(message).map_err(malformed)?;
    let msg_type = head.msg_type.ok_or(WireError::MissingField { msg_type: -1, field: "msg_type" })?.0;
    if let Some(kind) = media::kind(msg_type) {
        return slow::read(message, kind).map(Incoming::Media);
    }
    let limit_bytes = if matches!(msg_type, 17 | 18) { WORDS_LIMIT_BYTES } else { CONTROL_LIMIT_BYTES };
    if length_bytes > limit_bytes {
        return Err(WireError::TooLarge { length_bytes, limit_bytes });
    }
    match msg_type {
        2 => reply::signaling(message).map(Incoming::SignalingReply),
        4 => reply::media(message).map(Incoming::MediaReply),
        6 => event::read(message).map(Incoming::Event),
        8 | 20 => state(message).map(Incoming::StreamState),
        9 | 11 => state(message).map(Incoming::SessionState),
        12 => keep_alive(message).map(Incoming::KeepAlive),
        17 => content::transcript(message).map(Incoming::Transcript),
        18 => content::chat(message).map(Incoming::Chat),
        22 => serde_json::from_slice::<CloseForm>(message)
            .map(|form| Incoming::CloseReply { status: form.status_code.number().unwrap_or(0) }),
        23..=27 => Ok(Incoming::Note),
        29 => reply::video(message).map(Incoming::VideoReply),
        _ => Ok(Incoming::Unknown { msg_type }),
    }
    .map_err(malformed)
}

fn state(message: &[u8]) -> serde_json::Result<StateUpdate> {
    let form: StateForm = serde_json::from_slice(message)?;
    Ok(StateUpdate {
        state: form.state.number().unwrap_or(-1),
        stop_reason: form.reason.number().or(form.stop_reason.number()),
        timestamp: form.timestamp.number(),
    })
}

fn keep_alive(message: &[u8]) -> serde_json::Result<KeepAlive<'_>> {
    let KeepAliveForm { timestamp, sequence } = serde_json::from_slice(message)?;
    let echoed = |value: &&RawValue| value.get().len() <= ECHO_LIMIT_BYTES;
    Ok(KeepAlive { timestamp: timestamp.filter(echoed), sequence: sequence.filter(echoed) })
}
