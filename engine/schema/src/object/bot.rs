//! A capture in the shape of a bot (recording-api §12), for clients that fetch a bot when they are told of one.

use model::Capture;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    artifact::Moment,
    capture::{CaptureObject, Change, capture},
    recording::RecordingObject,
    status::Status,
};

/// A capture with the keys of a bot; it has the capture's id. Nothing joins as a guest, so there is neither a name nor an
/// address.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Bot)]
pub struct BotObject {
    /// The capture's id.
    #[schema(format = "uuid")]
    pub id: String,
    /// Always null.
    #[schema(value_type = Option<String>)]
    pub meeting_url: (),
    /// Always null.
    #[schema(value_type = Option<String>)]
    pub bot_name: (),
    /// When the capture was accepted.
    #[schema(format = DateTime)]
    pub join_at: String,
    /// Always `zoom_rtms`.
    pub platform: &'static str,
    /// What was asked for, with the defaults; null where nothing was.
    #[schema(value_type = Option<Object>)]
    pub recording_config: Value,
    /// Where it stands.
    pub status: Status,
    /// Every status so far, oldest first.
    pub status_changes: Vec<Change>,
    /// Its recording; empty until media was received.
    pub recordings: Vec<RecordingObject>,
    /// Its labels.
    #[schema(value_type = Object)]
    pub metadata: Value,
}

/// The bot-shaped view of one capture.
pub fn bot(of: &Capture, moment: Moment<'_>) -> BotObject {
    let CaptureObject { id, created_at, recording_config, status, status_changes, recordings, metadata, .. } =
        capture(of, moment);
    BotObject {
        id,
        meeting_url: (),
        bot_name: (),
        join_at: created_at,
        platform: "zoom_rtms",
        recording_config,
        status,
        status_changes,
        recordings,
        metadata,
    }
}
