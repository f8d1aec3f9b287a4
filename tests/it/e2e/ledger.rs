//! A capture log held against what the simulated Zoom sent, payload by payload.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use fixtures::MeetingReport;
use journal::{LogDir, LogReader};
use model::{Entry, EventBody};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::stage;

/// Frames, bytes and a hash over timestamps and payloads, by kind and sender.
type Sums = BTreeMap<(String, i64), (u64, u64, String)>;

/// Asserts that the log at `dir` holds every frame that was sent, once, in order and to the byte.
pub(crate) fn assert_equal(dir: &Path, sent: &MeetingReport) {
    assert_equal_in(&[dir.to_owned()], sent);
    assert_inspected(dir, sent);
}

/// Asserts the same of logs that follow each other, of one meeting that was streamed more than once.
pub(crate) fn assert_equal_in(dirs: &[PathBuf], sent: &MeetingReport) {
    let (kept, (words, lines)) = read(dirs);
    let expected: Sums = sent
        .tracks
        .iter()
        .filter(|track| matches!(track.kind.as_str(), "audio" | "video" | "share"))
        .map(|track| ((track.kind.clone(), track.user_id), (track.frames, track.bytes, track.sha256.clone())))
        .collect();
    assert!(!expected.is_empty(), "the ledger holds no media");
    assert_eq!(kept, expected);
    let spoken = |line: &fixtures::TranscriptLine| (line.start_ms, line.end_ms, line.text.clone());
    assert_eq!(words, sent.transcript.iter().map(spoken).collect(), "pieces of transcript");
    let written = |line: &fixtures::ChatLine| (line.at_ms, line.text.clone());
    assert_eq!(lines, sent.chat.iter().map(written).collect(), "chat messages");
}

/// Asserts that `hansard inspect` counts what was sent.
fn assert_inspected(dir: &Path, sent: &MeetingReport) {
    let output = Command::new(stage::binary()).args(["inspect", "--json"]).arg(dir).output().unwrap();
    let contents: Value = serde_json::from_slice(&output.stdout).unwrap();
    for track in sent.tracks.iter().filter(|track| matches!(track.kind.as_str(), "audio" | "video" | "share")) {
        let channel = &contents["channels"][format!("{}/{}", track.kind, track.user_id)];
        assert_eq!((&channel["messages"], &channel["bytes"]), (&json!(track.frames), &json!(track.bytes)), "{track:?}");
    }
    // The newest events are written again by an owner that takes the capture over.
    let words = contents["channels"]["text/transcript"]["messages"].as_u64().unwrap_or_default();
    assert!(words >= sent.transcript.len() as u64, "{words} of {} pieces of transcript", sent.transcript.len());
}

/// What was said, from when to when, and what was written when.
type Words = (BTreeSet<(i64, i64, String)>, BTreeSet<(i64, String)>);

fn read(dirs: &[PathBuf]) -> (Sums, Words) {
    let mut tracks = BTreeMap::new();
    let (mut words, mut lines) = (BTreeSet::new(), BTreeSet::new());
    for dir in dirs {
        let mut reader = LogReader::open(LogDir::at(dir)).unwrap();
        while let Some(stored) = reader.next_record().unwrap() {
            take(stored.record.entry, &mut tracks, &mut words, &mut lines);
        }
        assert_eq!(reader.damaged_chunks(), 0);
    }
    let sums =
        tracks.into_iter().map(|(key, (frames, bytes, hash))| (key, (frames, bytes, hex::encode(hash.finalize()))));
    (sums.collect(), (words, lines))
}

fn take(
    entry: Entry,
    tracks: &mut BTreeMap<(String, i64), (u64, u64, Sha256)>,
    words: &mut BTreeSet<(i64, i64, String)>,
    lines: &mut BTreeSet<(i64, String)>,
) {
    match entry {
        Entry::Media(frame) => {
            let key = (frame.track.kind.name().to_owned(), frame.track.source);
            let sums = tracks.entry(key).or_insert_with(|| (0, 0, Sha256::new()));
            sums.0 += 1;
            sums.1 += frame.payload.len() as u64;
            sums.2.update(frame.at.unix_ms().to_le_bytes());
            sums.2.update(&frame.payload);
        }
        Entry::Event(event) => match event.body {
            EventBody::Transcript(said) => {
                words.insert((said.start.unix_ms(), said.end.unix_ms(), said.text.expose().clone()));
            }
            EventBody::Chat(wrote) => {
                lines.insert((event.at.unix_ms(), wrote.text.expose().clone()));
            }
            _ => {}
        },
        Entry::Control(_) => {}
    }
}
