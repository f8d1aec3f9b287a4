//! Media messages, types 14 to 16: sound and pictures (protocol §8.1-8.3).

use std::borrow::Cow;

use bytes::Bytes;
use media::{Pool, TrackKind};

use super::base64;
use crate::WireError;

/// The latest time that a message may carry, in milliseconds since the Unix epoch: the end of the year 9999.
pub(super) const TIME_LIMIT_MS: i64 = 253_402_300_799_999;

/// One media message, borrowed from its bytes as far as they allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaMessage<'a> {
    /// What it carries.
    pub kind: TrackKind,
    /// Who sends it; 0 in a mix of all, -1 for nobody.
    pub user_id: i64,
    /// The sender's display name, where it is said; stale at times on pictures.
    pub user_name: Option<Cow<'a, str>>,
    /// When Zoom made it, in milliseconds of Zoom's clock since the Unix epoch, from 0 to the year 9999.
    pub timestamp_ms: i64,
    /// The payload as it came.
    pub data_base64: Cow<'a, [u8]>,
    /// How many bytes the payload shall have, where it is said.
    pub length: Option<u64>,
}

impl MediaMessage<'_> {
    /// Whether the payload has another length than the message says; it is kept nevertheless.
    pub fn contradicts(&self, payload: &[u8]) -> bool {
        self.length.is_some_and(|length| length != payload.len() as u64)
    }
}

/// The type number of a media message that carries `kind`.
pub(super) const fn msg_type(kind: TrackKind) -> i64 {
    match kind {
        TrackKind::Audio => 14,
        TrackKind::Video => 15,
        TrackKind::Share => 16,
    }
}

/// What a message of type `msg_type` carries, if it is a media message.
pub(super) const fn kind(msg_type: i64) -> Option<TrackKind> {
    match msg_type {
        14 => Some(TrackKind::Audio),
        15 => Some(TrackKind::Video),
        16 => Some(TrackKind::Share),
        _ => None,
    }
}

/// Decodes the payload into a buffer of `pool`. What it allocates is bound by the message's own length.
///
/// # Errors
/// [`WireError::BadBase64`].
pub fn decode(pool: &mut Pool, message: &MediaMessage<'_>) -> Result<Bytes, WireError> {
    let encoded = &message.data_base64;
    pool.fill(base64::room(encoded.len()), |space| base64::decode(encoded, space))
        .map_err(|_| WireError::BadBase64 { length_bytes: encoded.len() })
}
