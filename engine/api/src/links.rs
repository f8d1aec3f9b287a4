//! Absolute addresses in our answers: signed links to files, and pages of lists.

use model::{ArtifactId, Capture, RecordingId};
use schema::object::Moment;
use serde_json::Value;
use store::ObjectKey;

use crate::front::Front;

/// The path of the list of captures, in its canonical spelling.
pub(crate) const CAPTURES: &str = "/api/v1/meeting_direct_connect/";
/// The path before the id of a recording.
pub(crate) const RECORDINGS: &str = "/api/v1/recording/";
/// The path before the token of a download.
pub(crate) const DOWNLOAD: &str = "/api/v1/download/";

/// A capture as customers see it, with fresh links.
pub(crate) fn object(front: &Front, capture: &Capture) -> Value {
    with_moment(front, capture, |moment| schema::object::capture(capture, moment))
}

/// One artifact of a capture as customers see it, with fresh links; null if the capture has none of that id.
pub(crate) fn artifact(front: &Front, capture: &Capture, id: ArtifactId) -> Value {
    let mut held = capture.recording.iter().flat_map(|recording| &recording.artifacts);
    held.find(|artifact| artifact.id == id).map_or(Value::Null, |artifact| {
        with_moment(front, capture, |moment| schema::object::artifact(capture, artifact, moment))
    })
}

fn with_moment(front: &Front, capture: &Capture, tell: impl FnOnce(Moment<'_>) -> Value) -> Value {
    let link = |artifact: ArtifactId, name: &str| file(front, capture.recording.as_ref()?.id, artifact, name);
    let progress = |artifact: ArtifactId| front.api.hub.progress().of(artifact);
    tell(Moment { link: &link, progress: &progress })
}

/// A fresh link to one file; `None` for a name that no file has.
pub(crate) fn file(front: &Front, recording: RecordingId, artifact: ArtifactId, name: &str) -> Option<String> {
    // A name that cannot be a key is not a file that could be fetched.
    let key = ObjectKey::new(recording, artifact, name).ok()?;
    let expires_unix_s = unix_s(front).saturating_add(front.api.config.link_ttl.as_secs());
    let token = front.api.signer.sign(&key, expires_unix_s);
    Some(format!("{}{DOWNLOAD}{token}", base(front)))
}

/// The page of the list of captures at `cursor`, which is safe in an address.
pub(crate) fn list_page(front: &Front, cursor: &str) -> String {
    format!("{}{CAPTURES}?cursor={cursor}", base(front))
}

/// Now, in seconds since the Unix epoch as links count them.
pub(crate) fn unix_s(front: &Front) -> u64 {
    u64::try_from(front.now_unix_s()).unwrap_or_default()
}

fn base(front: &Front) -> &str {
    front.api.config.public_url.trim_end_matches('/')
}
