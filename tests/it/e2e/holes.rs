//! What is missing from a capture log, found by its timestamps alone, held against what the quality report declares.
//!
//! Only for meetings in which sound and pictures never pause, such as `copyable`: there every hole is a loss.

use std::{collections::BTreeMap, path::Path};

use fixtures::MeetingReport;
use journal::{LogDir, LogReader};
use model::{Entry, Epoch};

use super::stage::Played;

/// How much a declared gap may differ from the hole, in milliseconds: a picture.
pub(crate) const TOLERANCE_MS: i64 = 40;
/// How much may be missing at the very end of a meeting without a word: its connections close as much apart anyway, and whoever
/// comes back to a meeting that is over cannot know that anything was still due.
const CLOSING_MS: i64 = 200;

/// A stretch in which nothing is there, in milliseconds from second 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hole {
    pub(crate) track: String,
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
}

impl Hole {
    pub(crate) fn ms(&self) -> i64 {
        self.end_ms - self.start_ms
    }
}

/// The holes in the log of a meeting, in the order of their time; those at both ends of the meeting count.
pub(crate) fn in_log(played: &Played) -> Vec<Hole> {
    let (meeting, second_0_ms) = (played.meeting(), played.second_0_ms());
    let mut reader = LogReader::open(LogDir::at(played.daemon.log_dir(&played.capture))).unwrap();
    let mut times: BTreeMap<&str, Vec<i64>> = BTreeMap::from([("audio", Vec::new()), ("video", Vec::new())]);
    while let Some(stored) = reader.next_record().unwrap() {
        if let Entry::Media(frame) = stored.record.entry
            && let Some(times) = times.get_mut(frame.track.kind.name())
        {
            times.push(frame.at.unix_ms() - second_0_ms);
        }
    }
    let end_ms = meeting.end_ms - second_0_ms;
    let mut found = Vec::new();
    for (track, mut times) in times {
        let step_ms = if track == "audio" { 20 } else { 40 };
        times.push(-step_ms);
        times.push(end_ms);
        times.sort_unstable();
        // Simulated media lies on an exact grid.
        let holes = times.windows(2).filter(|pair| pair[1] - pair[0] > step_ms);
        found.extend(holes.map(|pair| Hole { track: track.to_owned(), start_ms: pair[0] + step_ms, end_ms: pair[1] }));
    }
    found.sort_by_key(|hole| (hole.start_ms, hole.track.clone()));
    found
}

/// The gaps in sound and pictures that the quality report declares, pauses and muted voices left out.
pub(crate) fn declared(played: &Played) -> Vec<Hole> {
    let quality = played.json("quality.json");
    let gaps = quality["gaps"].as_array().unwrap().iter().filter(|gap| gap["cause"] != "pause");
    let gaps = gaps.filter(|gap| matches!(gap["track"].as_str(), Some("audio" | "video")));
    let ms = |seconds: &serde_json::Value| (seconds.as_f64().unwrap() * 1000.0).round() as i64;
    let mut gaps: Vec<Hole> = gaps
        .map(|gap| Hole {
            track: gap["track"].as_str().unwrap().to_owned(),
            start_ms: ms(&gap["start"]),
            end_ms: ms(&gap["end"]),
        })
        .collect();
    gaps.sort_by_key(|hole| (hole.track.clone(), hole.start_ms));
    // A hole may have two causes, one after the other.
    gaps.dedup_by(|next, last| {
        let goes_on = next.track == last.track && next.start_ms == last.end_ms;
        if goes_on {
            last.end_ms = next.end_ms;
        }
        goes_on
    });
    gaps.sort_by_key(|hole| (hole.start_ms, hole.track.clone()));
    gaps
}

/// What is wrong between the holes in a meeting that ends at `end_ms` and its declared gaps, each a sentence.
fn disagreements(end_ms: i64, holes: &[Hole], gaps: &[Hole]) -> Vec<String> {
    let near = |left: i64, right: i64| (left - right).abs() <= TOLERANCE_MS;
    let same = |a: &Hole, b: &Hole| a.track == b.track && near(a.start_ms, b.start_ms) && near(a.end_ms, b.end_ms);
    let is_closing = |hole: &Hole| hole.end_ms == end_ms && hole.ms() < CLOSING_MS;
    let undeclared = holes.iter().filter(|hole| !is_closing(hole) && !gaps.iter().any(|gap| same(hole, gap)));
    let invented = gaps.iter().filter(|gap| !holes.iter().any(|hole| same(hole, gap)));
    let undeclared = undeclared.map(|hole| format!("not declared: {hole:?}"));
    undeclared.chain(invented.map(|gap| format!("nothing is missing: {gap:?}"))).collect()
}

/// Asserts that the recording begins with the first packet and that exactly what is missing is declared, and answers it.
pub(crate) fn assert_declared(played: &Played) -> Vec<Hole> {
    assert_eq!(played.second_0_ms(), played.meeting().first_packet_ms, "second 0");
    assert_declared_since_second_0(played)
}

/// The same of a recording whose beginning nobody can know of any more.
pub(crate) fn assert_declared_since_second_0(played: &Played) -> Vec<Hole> {
    let (holes, gaps) = (in_log(played), declared(played));
    let end_ms = played.meeting().end_ms - played.second_0_ms();
    let wrong = disagreements(end_ms, &holes, &gaps);
    assert!(wrong.is_empty(), "{}\nholes {holes:?}\ngaps {gaps:?}\n{}", wrong.join("\n"), connections(played));
    let quality = played.json("quality.json");
    // Text may have been lost while its connection was down.
    let is_complete = quality["gaps"].as_array().unwrap().iter().all(|gap| gap["cause"] == "muted");
    assert_eq!(quality["grade"], if is_complete { "complete" } else { "partial" });
    holes
}

/// The epochs in a log, in order.
pub(crate) fn epochs(dir: &Path) -> Vec<Epoch> {
    let mut reader = LogReader::open(LogDir::at(dir)).unwrap();
    let mut epochs = Vec::new();
    while let Some(stored) = reader.next_record().unwrap() {
        epochs.push(stored.record.epoch);
    }
    epochs.dedup();
    epochs
}

/// What the log says of connections, a line each with its time of arrival.
pub(crate) fn connections(played: &Played) -> String {
    connections_in(&played.daemon.log_dir(&played.capture), played.meeting())
}

/// What the log at `dir` says of them.
pub(crate) fn connections_in(dir: &Path, meeting: &MeetingReport) -> String {
    let mut reader = LogReader::open(LogDir::at(dir)).unwrap();
    let mut lines = String::new();
    while let Some(stored) = reader.next_record().unwrap() {
        if let Entry::Control(control) = &stored.record.entry {
            let arrived_ms = (stored.record.arrived_unix_ns / 1_000_000) as i64 - meeting.first_packet_ms;
            lines.push_str(&format!("{arrived_ms} ms: {control:?}\n"));
        }
    }
    lines
}

#[test]
fn a_hole_that_is_not_declared_and_a_gap_that_is_none_are_found() {
    let hole = |track: &str, start_ms, end_ms| Hole { track: track.to_owned(), start_ms, end_ms };
    let disagree = |holes: &[Hole], gaps: &[Hole]| disagreements(9_000, holes, gaps).len();
    let holes = [hole("audio", 1_000, 3_000), hole("video", 1_000, 3_500)];
    assert_eq!(disagree(&holes, &holes), 0);
    assert_eq!(disagree(&holes, &holes[..1]), 1);
    assert_eq!(disagree(&holes[..1], &holes), 1);
    // One of another track, or of another length, is not the same.
    assert_eq!(disagree(&holes[..1], &[hole("video", 1_000, 3_000)]), 2);
    assert_eq!(disagree(&holes[..1], &[hole("audio", 1_000, 3_100)]), 2);
    // A moment at the very end may be missing without a word; more, or one elsewhere, may not.
    assert_eq!(disagree(&[hole("audio", 8_960, 9_000)], &[]), 0);
    assert_eq!(disagree(&[hole("audio", 8_800, 9_000)], &[]), 1);
    assert_eq!(disagree(&[hole("audio", 8_900, 8_940)], &[]), 1);
}
