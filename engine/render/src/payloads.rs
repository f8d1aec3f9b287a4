//! How a render gets the bytes of a frame. Over a capture log it is implemented by `studio`.

use bytes::Bytes;
use model::Locator;

/// Reads payloads of one capture log by their place.
pub trait Payloads {
    /// The payload at `at`, of exactly its length.
    ///
    /// # Errors
    /// [`PayloadError`] if it cannot be read; the render counts it and goes on.
    fn read(&mut self, at: Locator) -> Result<Bytes, PayloadError>;
}

/// A payload that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the payload of {len} bytes at offset {offset} of segment {segment} cannot be read: {reason}", len = at.len, offset = at.offset, segment = at.segment)]
pub struct PayloadError {
    /// Where it should lie.
    pub at: Locator,
    /// Why.
    pub reason: String,
}
