//! The events that a change of state is told as, with their text.

use std::collections::BTreeMap;

use model::{EndpointState, Notice, RecordingState, Subject};
use serde::Serialize;

use super::belonging::Belonging;
use crate::{
    json::text_of,
    object::{FileObject, deleted_file},
    time::iso_of_unix_ms,
};

/// What is said of a real-time endpoint that has failed; its code says why.
const LOST: &str = "nothing more is sent to it; the recording goes on";
/// What a real-time endpoint is called.
const ENDPOINT: &str = "realtime_endpoint";

/// One event as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Its name, such as `recording.done`.
    pub event: String,
    /// The text that is sent.
    pub body: String,
}

#[derive(Serialize)]
struct Envelope<'a> {
    event: &'a str,
    data: Inner<'a>,
}

#[derive(Serialize)]
struct Inner<'a> {
    data: Status<'a>,
    /// The artifact or real-time endpoint that it is about, under the name of its kind.
    #[serde(flatten)]
    about: &'a BTreeMap<&'static str, Belonging>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recording: Option<&'a Belonging>,
    bot: &'a Belonging,
    meeting_direct_connect: &'a Belonging,
}

#[derive(Serialize)]
struct Status<'a> {
    code: &'a str,
    sub_code: Option<&'a str>,
    updated_at: String,
    /// The files that went with an artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<Vec<FileObject>>,
    /// How many went with a recording, and how large they were.
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<Sum>,
    /// Of a real-time endpoint that has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Error<'a>>,
}

/// Files as a whole.
#[derive(Serialize)]
struct Sum {
    files: usize,
    bytes: u64,
}

#[derive(Serialize)]
struct Error<'a> {
    code: &'a str,
    message: &'static str,
}

/// What a change of state is told as, in this order: one event, and of a capture's own status the same under its older name.
/// Of an artifact or an endpoint that is not there any more nothing is told.
pub fn announcements(notice: &Notice) -> Vec<Announcement> {
    let capture = Belonging::capture(&notice.capture);
    let recording = Belonging::recording(&notice.capture);
    let mut about = BTreeMap::new();
    let families: &[&str] = match notice.subject {
        Subject::Capture => &["meeting_direct_connect", "bot"],
        Subject::Recording => &["recording"],
        Subject::Artifact(id) => {
            let mut all = notice.capture.recording.iter().flat_map(|recording| &recording.artifacts);
            let Some(of) = all.find(|artifact| artifact.id == id) else { return Vec::new() };
            about.insert(of.kind.name(), Belonging::artifact(&notice.capture, of));
            &[of.kind.name()]
        }
        Subject::Endpoint(_) => {
            let Some(endpoint) = &notice.endpoint else { return Vec::new() };
            about.insert(ENDPOINT, Belonging::endpoint(endpoint));
            &[ENDPOINT]
        }
    };
    let is_lost = matches!(notice.subject, Subject::Endpoint(_)) && notice.code == EndpointState::Failed.code();
    let told = |family: &&str| {
        let event = format!("{family}.{}", notice.code);
        let body = text_of(&Envelope {
            event: &event,
            data: Inner {
                data: Status {
                    code: &notice.code,
                    sub_code: notice.sub_code.as_deref(),
                    updated_at: iso_of_unix_ms(notice.at_unix_ms),
                    files: is_artifacts_deletion(notice).then(|| notice.deleted.iter().map(deleted_file).collect()),
                    deleted: is_recordings_deletion(notice).then(|| Sum {
                        files: notice.deleted.len(),
                        bytes: notice.deleted.iter().map(|file| file.bytes).sum(),
                    }),
                    error: notice.sub_code.as_deref().filter(|_| is_lost).map(|code| Error { code, message: LOST }),
                },
                about: &about,
                recording: recording.as_ref(),
                bot: &capture,
                meeting_direct_connect: &capture,
            },
        });
        Announcement { event, body }
    };
    families.iter().map(told).collect()
}

fn is_artifacts_deletion(notice: &Notice) -> bool {
    matches!(notice.subject, Subject::Artifact(_)) && notice.code == RecordingState::Deleted.code()
}

fn is_recordings_deletion(notice: &Notice) -> bool {
    notice.subject == Subject::Recording && notice.code == RecordingState::Deleted.code()
}

#[cfg(test)]
mod tests;
