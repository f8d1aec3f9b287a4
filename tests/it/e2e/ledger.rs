//! A capture log held against what the simulated Zoom sent: payload by payload in the codec that was agreed, word by word with
//! whoever said it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    path::{Path, PathBuf},
    process::Command,
};

use ::media::{AudioCodec, Format, VideoCodec};
use fixtures::{ChatLine, MeetingReport, TrackLedger, TranscriptLine};
use journal::{LogDir, LogReader};
use model::{Control, Entry, Event, EventBody, Participant};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::stage;

/// The kinds of media whose payload is in the log.
const MEDIA: [&str; 3] = ["audio", "video", "share"];

/// Asserts that the log at `dir` holds everything that was sent, once, media in order and to the byte.
pub(crate) fn assert_equal(dir: &Path, sent: &MeetingReport) {
    assert_equal_in(&[dir.to_owned()], sent);
    assert_inspected(dir, sent);
}

/// Asserts the same of logs that follow each other, of one meeting that was streamed more than once.
pub(crate) fn assert_equal_in(dirs: &[PathBuf], sent: &MeetingReport) {
    let sent = Account::of_sent(&sent.tracks, &sent.transcript, &sent.chat);
    assert!(!sent.tracks.is_empty(), "the ledger holds no media");
    let mut kept = Kept::default();
    for dir in dirs {
        let mut reader = LogReader::open(LogDir::at(dir)).unwrap();
        kept.begin();
        while let Some(stored) = reader.next_record().unwrap() {
            kept.take(stored.record.entry);
        }
        assert_eq!(reader.damaged_chunks(), 0);
    }
    let different = differences(&sent, &kept.account());
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// Asserts that `hansard inspect` counts what was sent.
fn assert_inspected(dir: &Path, sent: &MeetingReport) {
    let output = Command::new(stage::binary()).args(["inspect", "--json"]).arg(dir).output().unwrap();
    let contents: Value = serde_json::from_slice(&output.stdout).unwrap();
    for track in sent.tracks.iter().filter(|track| MEDIA.contains(&&*track.kind)) {
        let channel = &contents["channels"][format!("{}/{}", track.kind, track.user_id)];
        assert_eq!((&channel["messages"], &channel["bytes"]), (&json!(track.frames), &json!(track.bytes)), "{track:?}");
    }
    // The newest events are written again by an owner that takes the capture over.
    let words = contents["channels"]["text/transcript"]["messages"].as_u64().unwrap_or_default();
    assert!(words >= sent.transcript.len() as u64, "{words} of {} pieces of transcript", sent.transcript.len());
}

/// Of what kind, from whom, and in which codec.
type Track = (String, i64, String);

/// What was said or written: by whom, from when to when, in which words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    kind: &'static str,
    /// By id and name.
    by: Option<(i64, Option<String>)>,
    start_ms: i64,
    end_ms: i64,
    text: String,
}

/// Everything of a meeting that can be compared.
#[derive(Debug, Default)]
struct Account {
    /// Frames, bytes and a hash over timestamps and payloads.
    tracks: BTreeMap<Track, (u64, u64, String)>,
    /// How often each line is there.
    lines: BTreeMap<Line, usize>,
}

impl Account {
    /// By the books of the simulated Zoom.
    fn of_sent(tracks: &[TrackLedger], transcript: &[TranscriptLine], chat: &[ChatLine]) -> Self {
        let mut account = Self::default();
        for track in tracks.iter().filter(|track| MEDIA.contains(&&*track.kind)) {
            let key = (track.kind.clone(), track.user_id, track.codec.clone());
            account.tracks.insert(key, (track.frames, track.bytes, track.sha256.clone()));
        }
        for TranscriptLine { user_id, user_name, start_ms, end_ms, text, .. } in transcript {
            let by = Some((*user_id, Some(user_name.clone())));
            let said = Line { kind: "transcript", by, start_ms: *start_ms, end_ms: *end_ms, text: text.clone() };
            *account.lines.entry(said).or_default() += 1;
        }
        for ChatLine { user_id, user_name, at_ms, text, .. } in chat {
            let by = Some((*user_id, Some(user_name.clone())));
            let written = Line { kind: "chat", by, start_ms: *at_ms, end_ms: *at_ms, text: text.clone() };
            *account.lines.entry(written).or_default() += 1;
        }
        account
    }
}

/// What logs hold, one after the other.
#[derive(Default)]
struct Kept {
    sums: BTreeMap<Track, (u64, u64, Sha256)>,
    lines: BTreeMap<Line, usize>,
    /// What was agreed on last for each kind of media.
    codecs: BTreeMap<&'static str, &'static str>,
    /// Whether an owner of this log has begun.
    is_begun: bool,
    /// What an owner who takes the log over writes first: the newest events once more, also those that the log lacks.
    again: Option<BTreeMap<Line, usize>>,
}

impl Kept {
    /// Begins with another log.
    fn begin(&mut self) {
        self.settle();
        self.codecs.clear();
        self.is_begun = false;
    }

    /// Ends the repetition of the newest events: as often as it has each of them it was told, unless the log has it more often.
    fn settle(&mut self) {
        for (line, count) in self.again.take().into_iter().flatten() {
            let known = self.lines.entry(line).or_default();
            *known = count.max(*known);
        }
    }

    fn take(&mut self, entry: Entry) {
        if let Entry::Event(event) = entry {
            if let Some(line) = line(event) {
                *self.again.as_mut().unwrap_or(&mut self.lines).entry(line).or_default() += 1;
            }
            return;
        }
        // Second 0 is written again before the events are.
        if !matches!(entry, Entry::Control(Control::FirstPacket { .. })) {
            self.settle();
        }
        match entry {
            Entry::Media(frame) => {
                let kind = frame.track.kind.name();
                let codec = self.codecs.get(kind).copied().unwrap_or("none");
                let sums = self.sums.entry((kind.to_owned(), frame.track.source, codec.to_owned())).or_default();
                sums.0 += 1;
                sums.1 += frame.payload.len() as u64;
                sums.2.update(frame.at.unix_ms().to_le_bytes());
                sums.2.update(&frame.payload);
            }
            Entry::Control(Control::Started { .. }) if self.is_begun => self.again = Some(BTreeMap::new()),
            Entry::Control(Control::Started { .. }) => self.is_begun = true,
            Entry::Control(Control::LegReady { leg, format: Some(format) }) => {
                self.codecs.insert(leg.name(), codec(format));
            }
            Entry::Control(Control::Contradicted { leg, found, .. }) => {
                self.codecs.insert(leg.name(), codec(Format::Video(found)));
            }
            Entry::Control(_) | Entry::Event(_) => {}
        }
    }

    fn account(mut self) -> Account {
        self.settle();
        let sums = self.sums.into_iter();
        let tracks = sums.map(|(track, (frames, bytes, hash))| (track, (frames, bytes, hex::encode(hash.finalize()))));
        Account { tracks: tracks.collect(), lines: self.lines }
    }
}

/// What was said or written, if that is what happened.
fn line(event: Event) -> Option<Line> {
    let by = |who: Option<Participant>| who.map(|who| (who.id.0, who.name.map(|name| name.expose().clone())));
    let at_ms = event.at.unix_ms();
    match event.body {
        EventBody::Transcript(said) => Some(Line {
            kind: "transcript",
            by: by(said.speaker),
            start_ms: said.start.unix_ms(),
            end_ms: said.end.unix_ms(),
            text: said.text.expose().clone(),
        }),
        EventBody::Chat(wrote) => Some(Line {
            kind: "chat",
            by: by(wrote.sender),
            start_ms: at_ms,
            end_ms: at_ms,
            text: wrote.text.expose().clone(),
        }),
        _ => None,
    }
}

/// A codec as the ledger names it.
const fn codec(format: Format) -> &'static str {
    match format {
        Format::Audio(audio) => match audio.codec {
            AudioCodec::L16 => "l16",
            AudioCodec::G711Alaw => "g711",
            AudioCodec::G722 => "g722",
            AudioCodec::Opus => "opus",
        },
        Format::Video(VideoCodec::H264) => "h264",
        Format::Video(VideoCodec::Jpeg) => "jpeg",
        Format::Video(VideoCodec::Png) => "png",
    }
}

/// Where two accounts differ, each a sentence.
fn differences(sent: &Account, kept: &Account) -> Vec<String> {
    let tracks = unequal(&sent.tracks, &kept.tracks);
    tracks.into_iter().chain(unequal(&sent.lines, &kept.lines)).collect()
}

fn unequal<K: Ord + Debug, V: PartialEq + Debug>(sent: &BTreeMap<K, V>, kept: &BTreeMap<K, V>) -> Vec<String> {
    let keys: BTreeSet<&K> = sent.keys().chain(kept.keys()).collect();
    let differing = keys.into_iter().filter(|key| sent.get(key) != kept.get(key));
    differing.map(|key| format!("{key:?}: sent {:?}, kept {:?}", sent.get(key), kept.get(key))).collect()
}

#[cfg(test)]
mod tests;
