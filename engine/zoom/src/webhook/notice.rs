//! What a webhook announces. Reading it from JSON is in `parse`.

use crate::Product;

/// A webhook, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Zoom checks that this address is ours; see [`super::answer_challenge`].
    UrlValidation {
        /// What is to be signed, unchecked.
        plain_token: String,
    },
    /// A stream can be joined, or has moved.
    Started(StartNotice),
    /// A stream is over.
    Stopped(StopNotice),
    /// Zoom lost our signaling connection.
    Interrupted(InterruptNotice),
    /// The account has, or nearly has, as many streams as it may.
    Concurrency(ConcurrencyNotice),
    /// How a request to start or stop a stream went; Zoom has not published its form.
    RequestStatus {
        /// The payload as compact JSON, where it is not longer than 4 KiB.
        payload: Option<String>,
    },
    /// Anything else.
    Other {
        /// The event's name, at most 64 characters of it.
        event: String,
    },
}

/// A stream can be joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartNotice {
    /// What kind of meeting it is.
    pub product: Product,
    /// The meeting's opaque id, whatever the product calls it; 1 to 512 bytes.
    pub meeting_uuid: String,
    /// What the product calls it: the key of the id in the handshakes.
    pub id_field: &'static str,
    /// The stream's opaque id; 1 to 512 bytes.
    pub stream_id: String,
    /// Where to connect: one or several addresses with commas between; 1 to 2048 bytes, unchecked.
    pub server_urls: String,
    /// The Zoom user who triggered the stream.
    pub operator_id: Option<String>,
    /// The Zoom account.
    pub account_id: Option<String>,
    /// The number by which people know the meeting.
    pub meeting_number: Option<String>,
    /// Whether that user is the scheduling host.
    pub is_original_host: Option<bool>,
    /// When Zoom sent it, in milliseconds of Zoom's clock; 0 if unknown.
    pub event_unix_ms: i64,
    /// The whole notice as compact JSON without a signature, for the log and for a restart.
    pub json: String,
}

/// A stream is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StopNotice {
    /// What kind of meeting it is.
    pub product: Product,
    /// The meeting's opaque id, where it is said.
    pub meeting_uuid: Option<String>,
    /// The stream's opaque id.
    pub stream_id: String,
    /// Zoom's number for why; see [`crate::codes::stop_reason`].
    pub stop_reason: Option<i64>,
    /// When Zoom sent it, in milliseconds of Zoom's clock; 0 if unknown.
    pub event_unix_ms: i64,
}

/// Zoom lost our signaling connection; what is missing here is in the stream's [`StartNotice`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterruptNotice {
    /// What kind of meeting it is.
    pub product: Product,
    /// The meeting's opaque id, where it is said.
    pub meeting_uuid: Option<String>,
    /// The stream's opaque id.
    pub stream_id: String,
    /// Where to connect, where it is said.
    pub server_urls: Option<String>,
    /// When Zoom sent it, in milliseconds of Zoom's clock; 0 if unknown.
    pub event_unix_ms: i64,
}

/// The account has, or nearly has, as many streams as it may. Any of the numbers may be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConcurrencyNotice {
    /// How bad it is.
    pub pressure: Pressure,
    /// How many streams there are.
    pub streams: Option<i64>,
    /// How many there may be.
    pub limit: Option<i64>,
    /// How much of that is used, in percent.
    pub percent: Option<i64>,
    /// The Zoom account.
    pub account_id: Option<String>,
    /// The Zoom user whose stream was refused.
    pub operator_id: Option<String>,
    /// The opaque id of the meeting whose stream was refused.
    pub meeting_uuid: Option<String>,
    /// When Zoom sent it, in milliseconds of Zoom's clock; 0 if unknown.
    pub event_unix_ms: i64,
}

/// How near an account is to its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressure {
    /// Zoom warns, and still starts streams.
    NearLimit,
    /// Zoom refused to start a stream.
    Refused,
}

impl Pressure {
    /// The stable snake_case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NearLimit => "near_limit",
            Self::Refused => "refused",
        }
    }
}
