//! A capture log held against what the simulated Zoom sent, payload by payload.

use std::{collections::BTreeMap, path::Path, process::Command};

use fixtures::MeetingReport;
use journal::{LogDir, LogReader};
use model::{Entry, EventBody};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::stage;

/// Frames, bytes and a hash over timestamps and payloads, by kind and sender.
type Sums = BTreeMap<(String, i64), (u64, u64, String)>;

/// Asserts that the log at `dir` holds every frame that was sent, once, in order and to the byte.
pub(super) fn assert_equal(dir: &Path, sent: &MeetingReport) {
    let (kept, words, lines) = read(dir);
    let expected: Sums = sent
        .tracks
        .iter()
        .filter(|track| matches!(track.kind.as_str(), "audio" | "video" | "share"))
        .map(|track| ((track.kind.clone(), track.user_id), (track.frames, track.bytes, track.sha256.clone())))
        .collect();
    assert!(!expected.is_empty(), "the ledger holds no media");
    assert_eq!(kept, expected);
    assert_eq!(words, sent.transcript.len(), "pieces of transcript");
    assert_eq!(lines, sent.chat.len(), "chat messages");
    assert_inspected(dir, sent);
}

/// Asserts that `hansard inspect` counts what was sent.
fn assert_inspected(dir: &Path, sent: &MeetingReport) {
    let output = Command::new(stage::binary()).args(["inspect", "--json"]).arg(dir).output().unwrap();
    let contents: Value = serde_json::from_slice(&output.stdout).unwrap();
    for track in sent.tracks.iter().filter(|track| matches!(track.kind.as_str(), "audio" | "video" | "share")) {
        let channel = &contents["channels"][format!("{}/{}", track.kind, track.user_id)];
        assert_eq!((&channel["messages"], &channel["bytes"]), (&json!(track.frames), &json!(track.bytes)), "{track:?}");
    }
    assert_eq!(contents["channels"]["text/transcript"]["messages"], json!(sent.transcript.len()));
}

fn read(dir: &Path) -> (Sums, usize, usize) {
    let mut reader = LogReader::open(LogDir::at(dir)).unwrap();
    let mut tracks: BTreeMap<(String, i64), (u64, u64, Sha256)> = BTreeMap::new();
    let (mut words, mut lines) = (0, 0);
    while let Some(stored) = reader.next_record().unwrap() {
        match stored.record.entry {
            Entry::Media(frame) => {
                let key = (frame.track.kind.name().to_owned(), frame.track.source);
                let sums = tracks.entry(key).or_insert_with(|| (0, 0, Sha256::new()));
                sums.0 += 1;
                sums.1 += frame.payload.len() as u64;
                sums.2.update(frame.at.unix_ms().to_le_bytes());
                sums.2.update(&frame.payload);
            }
            Entry::Event(event) => match event.body {
                EventBody::Transcript(_) => words += 1,
                EventBody::Chat(_) => lines += 1,
                _ => {}
            },
            Entry::Control(_) => {}
        }
    }
    assert_eq!(reader.damaged_chunks(), 0);
    let sums =
        tracks.into_iter().map(|(key, (frames, bytes, hash))| (key, (frames, bytes, hex::encode(hash.finalize()))));
    (sums.collect(), words, lines)
}
