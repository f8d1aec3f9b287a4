//! Holds what was found in a finished file against the script, and beeps against flashes. How it is found is in `onsets`.

use std::{fmt, path::Path};

use super::{
    meeting::{Meeting, Moment, Shows},
    onsets,
};

/// What may lie between a beep and its flash, and between either and the script: for 99 of a hundred.
const OFFSET_MS: f64 = 40.0;
/// By how much that may change over the whole file.
const DRIFT_MS: f64 = 20.0;
/// How many pairs it takes to tell a drift.
const FEWEST: usize = 20;
/// How near to where it belongs something has to be to be taken for it.
const NEAR_MS: f64 = 250.0;
/// How near to an end of a file nothing is judged.
const MARGIN_MS: i64 = 400;

/// When something should have been and when it was found, or when two things were found that belong together; in milliseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Pairs(Vec<(f64, f64)>);

impl Pairs {
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The distance that so many of a hundred do not exceed.
    fn percentile_ms(&self, of_hundred: usize) -> f64 {
        let mut sizes: Vec<f64> = self.0.iter().map(|(one, other)| (other - one).abs()).collect();
        sizes.sort_by(f64::total_cmp);
        sizes.get((sizes.len() * of_hundred / 100).min(sizes.len().max(1) - 1)).copied().unwrap_or(0.0)
    }

    /// By how much distances change over the whole: the slope of all, times how far the first and the last are apart.
    fn drift_ms(&self) -> f64 {
        let count = self.0.len().max(1) as f64;
        let mean = |of: &dyn Fn(&(f64, f64)) -> f64| self.0.iter().map(of).sum::<f64>() / count;
        let (at, offset) = (mean(&|pair| pair.0), mean(&|pair| pair.1 - pair.0));
        let spread = mean(&|pair| (pair.0 - at).powi(2)).max(f64::MIN_POSITIVE);
        let slope = mean(&|pair| (pair.0 - at) * (pair.1 - pair.0 - offset)) / spread;
        let length_ms = self.0.last().map_or(0.0, |last| last.0) - self.0.first().map_or(0.0, |first| first.0);
        slope * length_ms
    }

    fn hold(&self, what: &str) -> Result<(), String> {
        // Few that lie on a grid of 40 ms have a slope by chance.
        let drifts = self.count() >= FEWEST && self.drift_ms().abs() > DRIFT_MS;
        if drifts || self.percentile_ms(99) > OFFSET_MS { Err(format!("{what}: {self}")) } else { Ok(()) }
    }

    fn join(&mut self, other: &Self, by_ms: f64) {
        self.0.extend(other.0.iter().map(|(one, other)| (one + by_ms, other + by_ms)));
        self.0.sort_by(|one, other| one.0.total_cmp(&other.0));
    }
}

impl fmt::Display for Pairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50_ms, p99_ms, worst_ms] = [50, 99, 100].map(|of_hundred| self.percentile_ms(of_hundred));
        let (pairs, drift_ms) = (self.count(), self.drift_ms());
        write!(f, "{pairs} pairs, p50 {p50_ms:.1} p99 {p99_ms:.1} max {worst_ms:.1} drift {drift_ms:.1} ms")
    }
}

/// What a file should show and sound, in milliseconds from its own second 0.
#[derive(Clone, Debug, Default)]
pub(super) struct Expected {
    pub(super) length_ms: i64,
    /// When it beeps.
    beeps_ms: Vec<i64>,
    /// When it flashes.
    flashes_ms: Vec<i64>,
    /// When it may.
    perhaps_ms: Vec<i64>,
    /// When a sentence is said, in which anything may sound like a beep.
    speech_ms: Vec<(i64, i64)>,
}

impl Expected {
    /// The file of a stretch of the meeting, of which a moment is seen as `is_seen` says, or perhaps where that says `None`, and
    /// whoever `is_heard` is heard.
    pub(super) fn of(
        meeting: &Meeting,
        (from_ms, to_ms): (i64, i64),
        is_seen: impl Fn(&Moment) -> Option<bool>,
        is_heard: impl Fn(usize) -> bool,
    ) -> Self {
        let inside = |at_ms: i64| (from_ms + MARGIN_MS..to_ms - MARGIN_MS).contains(&at_ms);
        let within = |at_ms: &i64| inside(*at_ms);
        let beeps = meeting.moments().filter(|moment| moment.is_heard && is_heard(moment.seat));
        let flashes = |seen: Option<bool>| {
            let shown = meeting.moments().filter(|moment| moment.shows != Shows::Nothing);
            let of = shown.filter(|moment| is_seen(moment) == seen).map(|moment| moment.at_ms).filter(within);
            of.map(|at_ms| at_ms - from_ms).collect()
        };
        let said = meeting.sentences().filter(|(_, seat, _)| is_heard(*seat));
        let moved = |at_ms: i64| at_ms - from_ms;
        Self {
            length_ms: to_ms - from_ms,
            beeps_ms: beeps.map(|moment| moment.at_ms).filter(within).map(moved).collect(),
            flashes_ms: flashes(Some(true)),
            perhaps_ms: flashes(None),
            speech_ms: said
                .map(|(at_ms, _, sentence)| (moved(at_ms), moved(at_ms) + sentence.sound.duration_ms))
                .collect(),
        }
    }
}

impl Expected {
    fn outside_of_speech(&self, found_ms: &[f64]) -> Vec<f64> {
        let is_in = |at_ms: &f64| {
            self.speech_ms.iter().any(|(from, to)| (*from as f64 - 100.0..*to as f64 + 100.0).contains(at_ms))
        };
        found_ms.iter().copied().filter(|at_ms| !is_in(at_ms)).collect()
    }
}

/// What was measured of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Measured {
    /// Beeps and flashes of the same moment.
    pub(super) between: Pairs,
    /// The script and beeps.
    pub(super) sound: Pairs,
    /// The script and flashes.
    pub(super) pictures: Pairs,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "beep to flash: {}\n  sound: {}\n  pictures: {}", self.between, self.sound, self.pictures)
    }
}

impl Measured {
    /// Pairs everything; an error if something is missing, or was not sent.
    fn of(expected: &Expected, beeps_ms: &[f64], flashes_ms: &[f64]) -> Result<Self, String> {
        let beeps = paired("beep", expected, &expected.beeps_ms, &expected.outside_of_speech(beeps_ms))?;
        let may_be = |at_ms: &f64| expected.perhaps_ms.iter().any(|perhaps| (at_ms - *perhaps as f64).abs() <= NEAR_MS);
        let sure_ms: Vec<f64> = flashes_ms.iter().copied().filter(|at_ms| !may_be(at_ms)).collect();
        let flashes = paired("flash", expected, &expected.flashes_ms, &sure_ms)?;
        let mut between = Vec::with_capacity(flashes.len());
        for (at, beep) in &beeps {
            let flash = flashes.binary_search_by(|(other, _)| other.total_cmp(at));
            between.extend(flash.map(|flash| (*beep, flashes[flash].1)));
        }
        Ok(Self { between: Pairs(between), sound: Pairs(beeps), pictures: Pairs(flashes) })
    }

    /// Takes in what was measured of another file, which begins at that millisecond.
    pub(super) fn join(&mut self, other: &Self, from_ms: i64) {
        self.between.join(&other.between, from_ms as f64);
        self.sound.join(&other.sound, from_ms as f64);
        self.pictures.join(&other.pictures, from_ms as f64);
    }

    /// An error if something is out of its place.
    pub(super) fn hold(&self) -> Result<(), String> {
        self.between.hold("beep to flash")?;
        self.sound.hold("sound")?;
        self.pictures.hold("pictures")
    }
}

/// Each expected moment with the one that was found for it, in milliseconds.
fn paired(what: &str, of: &Expected, expected_ms: &[i64], found_ms: &[f64]) -> Result<Vec<(f64, f64)>, String> {
    let mut pairs = Vec::with_capacity(expected_ms.len());
    let mut is_taken = vec![false; found_ms.len()];
    for at_ms in expected_ms.iter().map(|at_ms| *at_ms as f64) {
        let next = found_ms.partition_point(|found| *found < at_ms - NEAR_MS);
        match found_ms.get(next).filter(|found| (*found - at_ms).abs() <= NEAR_MS) {
            Some(found) => pairs.push((at_ms, *found)),
            None => return Err(format!("no {what} at {:.3} s", at_ms / 1_000.0)),
        }
        is_taken[next] = true;
    }
    let inside = MARGIN_MS as f64..(of.length_ms - MARGIN_MS) as f64;
    let mut stray = found_ms.iter().zip(is_taken).filter(|(at_ms, taken)| !taken && inside.contains(*at_ms));
    match stray.next() {
        Some((at_ms, _)) => Err(format!("a {what} at {:.3} s that was not sent", at_ms / 1_000.0)),
        None => Ok(pairs),
    }
}

/// Measures a file with pictures and sound, and holds it to the limits. Symphonia has to read the same; of a file that `is_short` it
/// decodes the sound as well.
pub(super) fn video(file: &Path, expected: &Expected, is_short: bool) -> Result<Measured, String> {
    let (beeps_ms, flashes_ms) = (onsets::beeps_ms(file), onsets::flashes_ms(file));
    let measured = Measured::of(expected, &beeps_ms, &flashes_ms)?;
    measured.hold()?;
    let read = onsets::read_by_symphonia(file, is_short);
    let times_ms = onsets::packet_times_ms(file, "v:0");
    // A track that begins late does so by an edit, which symphonia does not read.
    let edit_ms = times_ms.first().unwrap_or(&0.0) - read.pictures_ms.first().unwrap_or(&0.0);
    let is_same = |one: &[f64], other: &[f64], by_ms: f64, within_ms: f64| {
        one.len() == other.len() && one.iter().zip(other).all(|(a, b)| (a - b - by_ms).abs() <= within_ms)
    };
    if !is_same(&times_ms, &read.pictures_ms, edit_ms, 1.0) {
        return Err("symphonia reads other times of pictures".to_owned());
    }
    let [beeps_ms, theirs_ms] = [&beeps_ms, &read.beeps_ms].map(|beeps| expected.outside_of_speech(beeps));
    if is_short && !is_same(&beeps_ms, &theirs_ms, 0.0, 1.0) {
        return Err(format!("symphonia hears beeps at {theirs_ms:?}, not {beeps_ms:?}"));
    }
    let hidden_ms = read.sound_ms - expected.length_ms as f64;
    if !(0.0..70.0).contains(&hidden_ms) {
        return Err(format!("symphonia reads {:.3} s of sound", read.sound_ms / 1_000.0));
    }
    Ok(measured)
}

/// Measures a file of sound alone.
pub(super) fn sound(file: &Path, expected: &Expected) -> Result<Measured, String> {
    let silent = Expected { flashes_ms: Vec::new(), ..expected.clone() };
    let measured = Measured::of(&silent, &onsets::beeps_ms(file), &[])?;
    measured.hold()?;
    Ok(measured)
}

#[test]
fn offsets_and_drifts_are_told_from_pairs() {
    let told =
        |of: &dyn Fn(f64) -> f64| Pairs((0..=100).map(|n| f64::from(n) * 1_000.0).map(|at| (at, of(at))).collect());
    assert!(told(&|at| at + 39.0).hold("x").is_ok() && told(&|at| at + 41.0).hold("x").is_err());
    assert!(told(&|at| at * 1.000_19).hold("x").is_ok() && told(&|at| at * 1.000_21).hold("x").is_err());
    assert!((told(&|at| at - at * 0.000_5).drift_ms() + 50.0).abs() < 0.1);
    // One of a hundred may be further off, two may not.
    let late = |few: f64| told(&move |at| if at < few * 1_000.0 { at + 60.0 } else { at }).percentile_ms(99);
    assert!(late(1.0) < 1.0 && late(2.0) > 59.0);
}
