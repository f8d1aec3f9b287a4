//! What the simulated Zoom says it could not send, held against what the quality report declares.
//!
//! The report has gaps of each kind and not of each voice, so kinds are compared.
//!
//! For every meeting: who is muted or has no camera has no gap. What is found in a log alone is in `holes`.

use fixtures::{MeetingReport, Unsent};
use serde_json::Value;

use super::{
    holes::{Hole, TOLERANCE_MS, connections},
    stage::Played,
};

/// How long after its end an outage may still cost something: a hello, a handshake, a first picture.
const COMING_BACK_MS: i64 = 3_000;
/// How long sound and pictures are held back around a cut: where text was cut off is told by how far they had come.
const SILENCE_MS: i64 = 3_200;
/// How roughly the moment is known at which sound or pictures were cut off: connections are looked at ten times a second.
const LOOK_MS: i64 = 100;
/// A sentence is stamped with its beginning and sent after its end.
const LONGEST_SENTENCE_MS: i64 = 6_000;

/// What was not sent of each kind and sender, from second 0 at `first_ms`, and whether a pause withheld it.
fn listed(unsent: &[Unsent], first_ms: i64, is_pause: bool) -> Vec<(Hole, bool)> {
    let spans = unsent.iter().flat_map(|unsent| unsent.spans.iter().map(|span| (unsent.kind.clone(), *span)));
    let hole =
        |(track, (from_ms, to_ms))| (Hole { track, start_ms: from_ms - first_ms, end_ms: to_ms - first_ms }, is_pause);
    spans.map(hole).collect()
}

/// Second 0 of a recording: when the first of its streams began.
fn second_0(meeting: &MeetingReport) -> i64 {
    meeting.streams[0].from_ms
}

/// When connections of a kind were down by the account of the simulated Zoom, from second 0.
fn outages(meeting: &MeetingReport, track: &str) -> Vec<(i64, i64)> {
    let path = if track == "share" { "deskshare" } else { track };
    let is_of = |label: &str| label == "signaling" || label == "media all" || label == format!("media {path}");
    let lost = meeting.outages.iter().filter(|outage| is_of(&outage.connection));
    let first_ms = second_0(meeting);
    let mut spans: Vec<_> = lost
        .map(|outage| {
            let from_ms = outage.lost_at_ms - first_ms;
            let to_ms = outage.back_after_ms.map_or(meeting.end_ms - first_ms, |ms| from_ms + ms);
            (from_ms, to_ms)
        })
        .collect();
    spans.extend(meeting.streams.iter().skip(1).map(|stream| {
        let from_ms = stream.from_ms - first_ms;
        (from_ms, from_ms + COMING_BACK_MS)
    }));
    spans
}

/// What is wrong between what was not sent and what is declared, each a sentence: everything that was not sent must lie in a
/// gap of its kind, and every gap must hold something that was not sent, unless it is excused.
fn disagreements(
    missing: &[(Hole, bool)],
    gaps: &[(Hole, bool)],
    excused: impl Fn(&Hole, bool) -> bool,
) -> Vec<String> {
    let covers = |gap: &Hole, hole: &Hole| {
        let before_ms = if hole.track == "transcript" { LONGEST_SENTENCE_MS } else { TOLERANCE_MS };
        gap.start_ms <= hole.start_ms + before_ms && hole.end_ms <= gap.end_ms + TOLERANCE_MS
    };
    let undeclared = missing.iter().filter(|(hole, is_pause)| {
        let fits = |gap: &Hole, of_pause: bool| if *is_pause { of_pause } else { gap.track == hole.track };
        !gaps.iter().any(|(gap, of_pause)| covers(gap, hole) && fits(gap, *of_pause))
    });
    let invented = gaps.iter().filter(|(gap, of_pause)| {
        let holds = |hole: &Hole| gap.track == hole.track && touches(gap, hole.start_ms, hole.end_ms);
        !missing.iter().any(|(hole, _)| holds(hole)) && !excused(gap, *of_pause)
    });
    let undeclared = undeclared.map(|(hole, _)| format!("not declared: {hole:?}"));
    undeclared.chain(invented.map(|(gap, _)| format!("nothing is missing: {gap:?}"))).collect()
}

/// Whether a gap and a span touch, as exactly as moments are known.
const fn touches(gap: &Hole, from_ms: i64, to_ms: i64) -> bool {
    gap.start_ms <= to_ms + TOLERANCE_MS && from_ms <= gap.end_ms + TOLERANCE_MS
}

/// Whether nothing had to be missing for that gap to be declared: its connection was down, or a pause held it back.
fn is_excused(meeting: &MeetingReport, gap: &Hole, is_pause: bool) -> bool {
    let late_ms = if matches!(gap.track.as_str(), "transcript" | "chat") { SILENCE_MS } else { LOOK_MS };
    let is_down = outages(meeting, &gap.track).iter().any(|(from_ms, to_ms)| {
        touches(gap, *from_ms - late_ms, *to_ms) && gap.ms() <= to_ms - from_ms + late_ms + COMING_BACK_MS
    });
    let first_ms = second_0(meeting);
    is_down
        || (is_pause
            && meeting.pauses.iter().any(|(from_ms, to_ms)| touches(gap, from_ms - first_ms, to_ms - first_ms)))
}

/// Every declared gap but those of muted voices, and whether it is one of a pause.
fn all_declared(quality: &Value) -> Vec<(Hole, bool)> {
    let ms = |seconds: &Value| (seconds.as_f64().unwrap() * 1000.0).round() as i64;
    let gap = |gap: &Value| {
        let track = gap["track"].as_str().unwrap().to_owned();
        let hole = Hole { track, start_ms: ms(&gap["start"]), end_ms: ms(&gap["end"]) };
        (hole, gap["cause"] == "pause")
    };
    quality["gaps"].as_array().unwrap().iter().filter(|gap| gap["cause"] != "muted").map(gap).collect()
}

/// Asserts that everything that was not sent is declared, and nothing where all was sent; kinds that were refused have no
/// gaps.
pub(crate) fn assert_accounted(played: &Played, refused: &[&str]) {
    assert_accounted_in(&played.json("quality.json"), played.meeting(), refused, || connections(played));
}

/// Asserts the same of the quality report of a recording, of one stream or of several that follow each other; `log` tells what
/// else is worth knowing if it is wrong.
pub(crate) fn assert_accounted_in(
    quality: &Value,
    meeting: &MeetingReport,
    refused: &[&str],
    log: impl FnOnce() -> String,
) {
    let (gaps, first_ms) = (all_declared(quality), second_0(meeting));
    let missing = [listed(&meeting.unsent, first_ms, false), listed(&meeting.withheld, first_ms, true)].concat();
    let missing: Vec<_> = missing.into_iter().filter(|(hole, _)| !refused.contains(&hole.track.as_str())).collect();
    let wrong = disagreements(&missing, &gaps, |gap, is_pause| is_excused(meeting, gap, is_pause));
    assert!(
        wrong.is_empty(),
        "{wrong:#?}\ndeclared {gaps:#?}\nunsent {:#?}\noutages {:#?}\n{quality:#}\n{}",
        meeting.unsent,
        meeting.outages,
        log()
    );
}

#[test]
fn what_is_not_declared_and_what_is_declared_for_nothing_are_found() {
    let hole = |track: &str, start_ms, end_ms| Hole { track: track.to_owned(), start_ms, end_ms };
    let unsent = |kind: &str, spans: &[(i64, i64)]| Unsent {
        kind: kind.to_owned(),
        user_id: 7,
        frames: 1,
        bytes: 1,
        spans: spans.to_vec(),
    };
    let missing = listed(&[unsent("video", &[(1_000, 2_000)])], 0, false);
    let withheld = listed(&[unsent("audio", &[(5_000, 6_000)])], 0, true);
    let missing = [missing, withheld].concat();
    let right = [(hole("video", 980, 2_000), false), (hole("audio", 5_000, 6_000), true)];
    assert_eq!(disagreements(&missing, &right, |_, _| false), Vec::<String>::new());
    assert_eq!(disagreements(&missing, &right[..1], |_, _| false).len(), 1);
    // Too short, of another kind, a pause that is told as a loss, and one for nothing.
    assert_eq!(disagreements(&missing[..1], &[(hole("video", 1_000, 1_500), false)], |_, _| false).len(), 1);
    assert_eq!(disagreements(&missing[..1], &[(hole("audio", 1_000, 2_000), false)], |_, _| false).len(), 2);
    assert_eq!(disagreements(&missing[1..], &[(hole("audio", 5_000, 6_000), false)], |_, _| false).len(), 1);
    let for_nothing = [right[0].clone(), right[1].clone(), (hole("video", 8_000, 9_000), false)];
    assert_eq!(disagreements(&missing, &for_nothing, |_, _| false).len(), 1);
    assert_eq!(disagreements(&missing, &for_nothing, |gap, _| gap.start_ms == 8_000), Vec::<String>::new());
}
