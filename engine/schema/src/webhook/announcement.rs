//! The events that a change of state is told as, with their text.

use std::collections::BTreeMap;

use model::{Notice, Subject};
use serde::Serialize;

use super::belonging::Belonging;
use crate::{json::text_of, time::iso_of_unix_ms};

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
    /// The artifact that it is about, under the name of its kind.
    #[serde(flatten)]
    artifact: &'a BTreeMap<&'static str, Belonging>,
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
}

/// What a change of state is told as, in this order: one event, and of a capture's own status the same under its older name.
/// Of an artifact that is not there any more nothing is told.
pub fn announcements(notice: &Notice) -> Vec<Announcement> {
    let capture = Belonging::capture(&notice.capture);
    let recording = Belonging::recording(&notice.capture);
    let mut artifact = BTreeMap::new();
    let families: &[&str] = match notice.subject {
        Subject::Capture => &["meeting_direct_connect", "bot"],
        Subject::Recording => &["recording"],
        Subject::Artifact(id) => {
            let mut all = notice.capture.recording.iter().flat_map(|recording| &recording.artifacts);
            let Some(of) = all.find(|artifact| artifact.id == id) else { return Vec::new() };
            artifact.insert(of.kind.name(), Belonging::artifact(&notice.capture, of));
            &[of.kind.name()]
        }
    };
    let told = |family: &&str| {
        let event = format!("{family}.{}", notice.code);
        let body = text_of(&Envelope {
            event: &event,
            data: Inner {
                data: Status {
                    code: &notice.code,
                    sub_code: notice.sub_code.as_deref(),
                    updated_at: iso_of_unix_ms(notice.at_unix_ms),
                },
                artifact: &artifact,
                recording: recording.as_ref(),
                bot: &capture,
                meeting_direct_connect: &capture,
            },
        });
        Announcement { event, body }
    };
    families.iter().map(told).collect()
}

#[cfg(test)]
mod tests;
