//! The Meeting Direct Connect object (recording-api §2.4).

use model::{Capture, StatusChange};
use serde_json::{Value, json};

use super::{artifact::Moment, config::effective_config, recording::recording};
use crate::time::iso_of_unix_ms;

/// The object of one capture; `recordings` is empty until media was received. The signature is never in it.
pub fn capture(capture: &Capture, moment: Moment<'_>) -> Value {
    let latest = capture.latest();
    json!({
        "id": capture.id,
        "created_at": iso_of_unix_ms(capture.created_at_unix_ms),
        "zoom_rtms": {
            "meeting_uuid": capture.stream.meeting_uuid,
            "rtms_stream_id": capture.stream.stream_id,
            "server_urls": capture.server_urls,
        },
        "google_meet_media_api": null,
        "recording_config": effective_config(&capture.config),
        "durability": { "code": if capture.config.retention.stores() { "durable" } else { "none" } },
        "status": {
            "code": latest.status.code(),
            "sub_code": latest.sub_code,
            "updated_at": iso_of_unix_ms(latest.at_unix_ms),
        },
        "status_changes": capture.changes.iter().map(change).collect::<Vec<Value>>(),
        "recordings": capture.recording.iter().map(|of| recording(capture, of, moment)).collect::<Vec<Value>>(),
        "metadata": capture.metadata,
    })
}

fn change(change: &StatusChange) -> Value {
    json!({
        "code": change.status.code(),
        "sub_code": change.sub_code,
        "message": change.message,
        "created_at": iso_of_unix_ms(change.at_unix_ms),
    })
}
