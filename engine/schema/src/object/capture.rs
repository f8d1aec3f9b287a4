//! The Meeting Direct Connect object (recording-api §2.4).

use model::{Capture, StatusChange};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    artifact::Moment,
    config::effective_config,
    recording::{RecordingObject, recording},
    status::Status,
};
use crate::time::iso_of_unix_ms;

/// One capture.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = MeetingDirectConnect)]
pub struct CaptureObject {
    /// Its id.
    #[schema(format = "uuid")]
    pub id: String,
    /// When it was accepted.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// The stream that it captures.
    pub zoom_rtms: ZoomRtms,
    /// Always null.
    #[schema(value_type = Option<Object>)]
    pub google_meet_media_api: (),
    /// What was asked for, with the defaults; null where nothing was.
    #[schema(value_type = Option<Object>)]
    pub recording_config: Value,
    /// Whether a crash can lose what was received.
    pub durability: Durability,
    /// Where it stands.
    pub status: Status,
    /// Every status so far, oldest first.
    pub status_changes: Vec<Change>,
    /// Its recording; empty until media was received.
    pub recordings: Vec<RecordingObject>,
    /// Where it can be watched.
    pub live: Live,
    /// Its labels.
    #[schema(value_type = Object)]
    pub metadata: Value,
}

/// Zoom's stream.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ZoomRtms {
    /// Zoom's id of the meeting.
    pub meeting_uuid: String,
    /// Zoom's id of the stream.
    pub rtms_stream_id: String,
    /// Where Zoom offers it.
    pub server_urls: String,
}

/// Where a meeting can be watched, while it goes on and as long as its capture log is kept.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Live {
    /// The signed address of an HLS playlist; null before media was received, and where nothing is stored.
    pub hls_url: Option<String>,
}

/// Whether a crash can lose what was received.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Durability {
    /// `durable`, or `none` where nothing is stored.
    pub code: &'static str,
}

/// One change of status.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Change {
    /// An open set: new codes may appear.
    pub code: &'static str,
    /// Why; every one is explained in the documentation of codes.
    pub sub_code: Option<String>,
    /// Why, as a sentence.
    pub message: Option<String>,
    /// When.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// The object of one capture; `recordings` is empty until media was received. The signature is never in it.
pub fn capture(capture: &Capture, moment: Moment<'_>) -> CaptureObject {
    let latest = capture.latest();
    CaptureObject {
        id: capture.id.to_string(),
        created_at: iso_of_unix_ms(capture.created_at_unix_ms),
        zoom_rtms: ZoomRtms {
            meeting_uuid: capture.stream.meeting_uuid.clone(),
            rtms_stream_id: capture.stream.stream_id.clone(),
            server_urls: capture.server_urls.clone(),
        },
        google_meet_media_api: (),
        recording_config: effective_config(&capture.config),
        durability: Durability { code: if capture.config.retention.stores() { "durable" } else { "none" } },
        status: Status {
            code: latest.status.code(),
            sub_code: latest.sub_code.clone(),
            updated_at: iso_of_unix_ms(latest.at_unix_ms),
        },
        status_changes: capture.changes.iter().map(change).collect(),
        recordings: capture.recording.iter().map(|of| recording(capture, of, moment)).collect(),
        live: Live { hls_url: (moment.live)() },
        metadata: json!(capture.metadata),
    }
}

fn change(change: &StatusChange) -> Change {
    Change {
        code: change.status.code(),
        sub_code: change.sub_code.clone(),
        message: change.message.clone(),
        created_at: iso_of_unix_ms(change.at_unix_ms),
    }
}
