//! Fetches a render's payloads from the capture log.

use bytes::Bytes;
use journal::PayloadReader;
use model::Locator;
use render::{PayloadError, Payloads};

/// Fetches a render's payloads from the capture log.
pub(crate) struct LogPayloads(pub(crate) PayloadReader);

impl Payloads for LogPayloads {
    fn read(&mut self, at: Locator) -> Result<Bytes, PayloadError> {
        let payload = self.0.read(at).map_err(|error| PayloadError { at, reason: error.to_string() })?;
        // The step that asked decodes it next, on this stack.
        fail::fail_point!("studio::decoding");
        Ok(payload)
    }
}
