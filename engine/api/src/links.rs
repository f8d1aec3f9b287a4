//! Absolute addresses in our answers: signed links to files, and pages of lists.

use model::{
    Artifact, ArtifactId, Capture, DeliveryId, DeliveryState, Endpoint, RecordingId, RecordingState, WebhookEndpointId,
};
use schema::object::Moment;
use serde::Serialize;
use serde_json::Value;
use store::ObjectKey;

use crate::front::Front;

/// The path of the list of captures, in its canonical spelling.
pub(crate) const CAPTURES: &str = "/api/v1/meeting_direct_connect/";
/// The path before the id of a recording.
pub(crate) const RECORDINGS: &str = "/api/v1/recording/";
/// The path before the id of a bot.
pub(crate) const BOTS: &str = "/api/v1/bot/";
/// The path of the list of receivers of status webhooks.
pub(crate) const WEBHOOK_ENDPOINTS: &str = "/api/v1/webhook_endpoint/";
/// The path of the list of real-time endpoints.
pub(crate) const REALTIME_ENDPOINTS: &str = "/api/v1/realtime_endpoint/";
/// The path before the token of a download.
pub(crate) const DOWNLOAD: &str = "/api/v1/download/";

/// The path before the id of a capture that is watched.
pub(crate) const LIVE: &str = "/live/";
/// What a playlist is called.
pub(crate) const PLAYLIST: &str = "index.m3u8";

/// A capture as customers see it, with fresh links.
pub(crate) fn object(front: &Front, capture: &Capture) -> Value {
    with_moment(front, capture, |moment| schema::object::capture(capture, moment))
}

/// A capture in the shape of a bot, with fresh links.
pub(crate) fn bot(front: &Front, capture: &Capture) -> Value {
    with_moment(front, capture, |moment| schema::object::bot(capture, moment))
}

/// The recording of a capture by itself, with fresh links; null if it has none.
pub(crate) fn recording(front: &Front, capture: &Capture, endpoints: &[Endpoint]) -> Value {
    capture.recording.as_ref().map_or(Value::Null, |recording| {
        let of = |moment: Moment<'_>| schema::object::whole_recording(capture, recording, endpoints, moment);
        with_moment(front, capture, of)
    })
}

/// One artifact by itself, with fresh links; null if the capture has no recording.
pub(crate) fn whole_artifact(front: &Front, capture: &Capture, artifact: &Artifact) -> Value {
    capture.recording.as_ref().map_or(Value::Null, |recording| {
        with_moment(front, capture, |moment| schema::object::whole_artifact(capture, artifact, recording, moment))
    })
}

/// One artifact of a capture as customers see it, with fresh links; null if the capture has none of that id.
pub(crate) fn artifact(front: &Front, capture: &Capture, id: ArtifactId) -> Value {
    let mut held = capture.recording.iter().flat_map(|recording| &recording.artifacts);
    held.find(|artifact| artifact.id == id).map_or(Value::Null, |artifact| {
        with_moment(front, capture, |moment| schema::object::artifact(capture, artifact, moment))
    })
}

fn with_moment<T: Serialize>(front: &Front, capture: &Capture, tell: impl FnOnce(Moment<'_>) -> T) -> Value {
    let link = |artifact: ArtifactId, name: &str| file(front, capture.recording.as_ref()?.id, artifact, name);
    let progress = |artifact: ArtifactId| front.api.hub.progress().of(artifact);
    let moment = Moment { link: &link, progress: &progress, live: &|| live(front, capture) };
    serde_json::to_value(tell(moment)).expect("objects have string keys")
}

/// A fresh link to one file; `None` for a name that no file has.
pub(crate) fn file(front: &Front, recording: RecordingId, artifact: ArtifactId, name: &str) -> Option<String> {
    // A name that cannot be a key is not a file that could be fetched.
    let key = ObjectKey::new(recording, artifact, name).ok()?;
    let expires_unix_s = unix_s(front).saturating_add(front.api.config.link_ttl.as_secs());
    let token = front.api.signer.sign(&key, expires_unix_s);
    Some(format!("{}{DOWNLOAD}{token}", base(front)))
}

/// A fresh link to the live stream of a capture; `None` where nothing of it is stored, or it is gone.
fn live(front: &Front, capture: &Capture) -> Option<String> {
    let is_there = capture.recording.as_ref().is_some_and(|recording| recording.state != RecordingState::Deleted);
    if !is_there || !capture.config.retention.stores() {
        return None;
    }
    let expires_unix_s = unix_s(front).saturating_add(front.api.config.link_ttl.as_secs());
    let token = front.api.signer.sign_live(capture.id, expires_unix_s);
    Some(format!("{}{LIVE}{}/{token}/{PLAYLIST}", base(front), capture.id))
}

/// A page of a list: its path and the query of that page.
pub(crate) fn page(front: &Front, path: &str, query: &str) -> String {
    format!("{}{path}?{query}", base(front))
}

/// The page of a receiver's log that is older than a place in it.
pub(crate) fn deliveries_page(
    front: &Front,
    endpoint: WebhookEndpointId,
    state: Option<DeliveryState>,
    before: DeliveryId,
) -> String {
    let narrowed = state.map(|state| format!("&status_code={}", state.name())).unwrap_or_default();
    page(front, &format!("{WEBHOOK_ENDPOINTS}{endpoint}/deliveries/"), &format!("cursor={before}{narrowed}"))
}

/// Now, in seconds since the Unix epoch as links count them.
pub(crate) fn unix_s(front: &Front) -> u64 {
    u64::try_from(front.now_unix_s()).unwrap_or_default()
}

fn base(front: &Front) -> &str {
    front.api.config.public_url.trim_end_matches('/')
}
