//! How real-time endpoints are reached. Who they are is in `endpoint`.

use serde::{Deserialize, Serialize};

/// How an endpoint is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// A connection that stays, with a text frame for each event.
    Websocket,
    /// A POST for each event.
    Webhook,
    /// A stream of FLV.
    Rtmp,
}

impl Transport {
    /// Every transport.
    pub const ALL: [Self; 3] = [Self::Websocket, Self::Webhook, Self::Rtmp];

    /// The stable snake_case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Websocket => "websocket",
            Self::Webhook => "webhook",
            Self::Rtmp => "rtmp",
        }
    }

    /// How its addresses begin.
    pub const fn schemes(self) -> [&'static str; 2] {
        match self {
            Self::Websocket => ["ws://", "wss://"],
            Self::Webhook => ["http://", "https://"],
            Self::Rtmp => ["rtmp://", "rtmps://"],
        }
    }
}
