//! One real-time endpoint (recording-api §4.6).

use model::{Capture, Endpoint};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    config::recording_metadata_of,
    status::{Reference, Status},
};
use crate::time::iso_of_unix_ms;

/// Whom the events of a capture are sent to while it lives.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RealtimeEndpoint)]
pub struct EndpointObject {
    /// Its id.
    #[schema(format = "uuid")]
    pub id: String,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// The recording, which may not have begun.
    pub recording: Reference,
    /// The capture.
    pub meeting_direct_connect: Reference,
    /// Its labels.
    #[schema(value_type = Object)]
    pub metadata: Value,
    /// `websocket`, `webhook` or `rtmp`.
    #[serde(rename = "type")]
    pub transport: &'static str,
    /// Where it stands: `running`, `done`, `failed` or `deleted`.
    pub status: Status,
    /// Where it is.
    pub url: String,
    /// What it is sent.
    pub events: Vec<&'static str>,
}

/// The object of one endpoint of a capture.
pub fn endpoint(capture: &Capture, endpoint: &Endpoint) -> EndpointObject {
    EndpointObject {
        id: endpoint.id.to_string(),
        created_at: iso_of_unix_ms(endpoint.created_at_unix_ms),
        recording: Reference { id: endpoint.recording.to_string(), metadata: recording_metadata_of(capture) },
        meeting_direct_connect: Reference::to(capture.id, &capture.metadata),
        metadata: json!(endpoint.wish.metadata),
        transport: endpoint.wish.transport.name(),
        status: Status {
            code: endpoint.state.code(),
            sub_code: endpoint.sub_code.clone(),
            updated_at: iso_of_unix_ms(endpoint.updated_at_unix_ms),
        },
        url: endpoint.wish.url.expose().clone(),
        events: endpoint.wish.topics.iter().map(|topic| topic.name()).collect(),
    }
}
