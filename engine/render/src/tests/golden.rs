//! One scripted meeting, and the whole text of each of its documents in `fixtures/golden/documents`; in `layouts`, what the mixed video
//! looks like. `scripts/golden` writes all of it anew.

#[cfg(feature = "ffmpeg")]
mod layouts;
mod script;
mod subtitles;

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use model::ArtifactKind;

use super::meeting::Meeting;
use crate::{Document, documents};

/// Set to `write` by `scripts/golden`.
const SWITCH: &str = "HANSARD_GOLDEN";

/// Whether what is made is written and not compared.
fn writes() -> bool {
    env::var_os(SWITCH).is_some_and(|value| value == "write")
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden/documents")
}

fn all_documents(meeting: &Meeting) -> Vec<Document> {
    let about = crate::Meeting {
        meeting_uuid: "4444AAAiAAAAAiAiAiiAii==".to_owned(),
        title: Some("Engine review, *weekly*".to_owned()),
        ..crate::Meeting::default()
    };
    let kinds = [ArtifactKind::Transcript, ArtifactKind::ParticipantEvents, ArtifactKind::MeetingMetadata];
    let timeline = meeting.timeline();
    kinds.into_iter().flat_map(|kind| documents(&timeline, &about, kind)).collect()
}

fn document(name: &str) -> String {
    let found = all_documents(&script::meeting()).into_iter().find(|document| document.name == name);
    String::from_utf8(found.unwrap().bytes.to_vec()).unwrap()
}

#[test]
fn each_document_of_the_golden_meeting_is_what_was_approved() {
    let documents = all_documents(&script::meeting());
    if writes() {
        for document in &documents {
            fs::write(folder().join(document.name), &document.bytes).unwrap();
        }
    }
    for document in &documents {
        let approved = fs::read_to_string(folder().join(document.name)).unwrap();
        assert_eq!(String::from_utf8_lossy(&document.bytes), approved, "{}", document.name);
    }
    let made: BTreeSet<String> = documents.iter().map(|document| document.name.to_owned()).collect();
    let approved = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(made, approved.collect());
}

#[test]
fn the_golden_log_gives_the_same_bytes_twice_in_whatever_order_it_is_read() {
    let meeting = script::meeting();
    let mut backwards = script::meeting();
    backwards.records.reverse();
    assert_eq!(all_documents(&meeting), all_documents(&script::meeting()));
    assert_eq!(all_documents(&meeting), all_documents(&backwards));
}
