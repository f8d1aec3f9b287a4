//! Real-time endpoints: whom the events of a capture are sent to while it lives (recording-api §4). What they can subscribe to is
//! in `topic`, how they are reached in `transport`, how they are told is in `schema` and `deliver`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{CaptureId, Cursor, EndpointId, RecordingId, Secret, Topic, Transport};

/// An endpoint that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointWish {
    /// How it is reached.
    pub transport: Transport,
    /// Where it is reached; its query may hold the customer's token.
    pub url: Secret<String>,
    /// What it is sent, each once.
    pub topics: Vec<Topic>,
    /// The customer's own labels.
    #[serde(default)]
    pub metadata: BTreeMap<String, Option<String>>,
    /// Whether what happened while it could not be reached is sent to a WebSocket once it can; without, that is lost.
    #[serde(default)]
    pub replay: bool,
    /// How much sound is sent at once, in milliseconds.
    #[serde(default = "EndpointWish::default_chunk_ms")]
    pub chunk_ms: u32,
}

impl EndpointWish {
    /// How much sound is sent at once unless the customer says so, in milliseconds.
    pub const CHUNK_MS: u32 = 100;

    const fn default_chunk_ms() -> u32 {
        Self::CHUNK_MS
    }
}

/// Where an endpoint stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndpointState {
    /// Its capture lives, or there is something left to be sent.
    Running,
    /// Its capture is over, and what there was to be sent was sent.
    Done,
    /// It was given up.
    Failed,
    /// The recording was deleted.
    Deleted,
}

impl EndpointState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Running, Self::Done, Self::Failed, Self::Deleted];

    /// The stable snake_case code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Deleted => "deleted",
        }
    }
}

/// How far an endpoint has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointPlace {
    /// The last event of the capture of which something was sent.
    pub cursor: Cursor,
    /// Up to which of the parts that it is told in, from 1.
    pub part: u32,
    /// The number up to which the endpoint's own numbers are used up.
    pub seq: u64,
}

impl EndpointPlace {
    /// Before everything.
    pub const START: Self = Self { cursor: Cursor::START, part: 0, seq: 0 };
}

/// One endpoint of one capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// Whose events it is sent.
    pub capture: CaptureId,
    /// The recording of that capture, which may not have begun.
    pub recording: RecordingId,
    /// When it was made, in milliseconds of this machine's wall clock since the Unix epoch.
    pub created_at_unix_ms: i64,
    /// What was asked for, with the labels that it has by now.
    pub wish: EndpointWish,
    /// Where it stands.
    pub state: EndpointState,
    /// Why, as a stable code.
    pub sub_code: Option<String>,
    /// When it entered that state, in milliseconds of this machine's wall clock since the Unix epoch.
    pub updated_at_unix_ms: i64,
    /// How far it has come.
    pub place: EndpointPlace,
}
