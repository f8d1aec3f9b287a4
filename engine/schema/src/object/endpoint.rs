//! One real-time endpoint (recording-api §4.6).

use model::{Capture, Endpoint};
use serde_json::{Value, json};

use super::config::recording_metadata_of;
use crate::time::iso_of_unix_ms;

/// The object of one endpoint of a capture.
pub fn endpoint(capture: &Capture, endpoint: &Endpoint) -> Value {
    json!({
        "id": endpoint.id,
        "created_at": iso_of_unix_ms(endpoint.created_at_unix_ms),
        "recording": { "id": endpoint.recording, "metadata": recording_metadata_of(capture) },
        "meeting_direct_connect": { "id": capture.id, "metadata": capture.metadata },
        "metadata": endpoint.wish.metadata,
        "type": endpoint.wish.transport.name(),
        "status": {
            "code": endpoint.state.code(),
            "sub_code": endpoint.sub_code,
            "updated_at": iso_of_unix_ms(endpoint.updated_at_unix_ms),
        },
        "url": endpoint.wish.url.expose(),
        "events": endpoint.wish.topics,
    })
}
