//! How this machine's clock stands to the platform's: for the report only, nothing is placed by it.
//!
//! What is stamped by the platform arrives here some time later, mostly little; the shortest such time of each minute tells how
//! far the clocks are apart, and how that changes over the minutes tells whose runs faster.

use std::collections::BTreeMap;

use media::{SourceTime, TrackKind};
use model::Epoch;

/// Minutes that differ by more than this are no drift but a clock that was set, in microseconds.
const STEP_MICROS: i64 = 60_000_000;

/// How many minutes it takes until a drift can be told from the network's moods.
const FEWEST_MINUTES: usize = 10;

/// How the two clocks stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skew {
    /// By how much this machine's clock is ahead of the platform's, in milliseconds; what the shortest way takes is in it.
    pub ahead_ms: i64,
    /// By how much the platform's clock runs faster than this machine's, in millionths; negative if it is slower, `None` if less
    /// than ten minutes tell.
    pub drift_ppm: Option<i32>,
}

/// The shortest time from stamp to arrival, in microseconds, of each minute of an owner.
type Minutes = BTreeMap<(Epoch, u64), i64>;

/// Collects what tells of the clocks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arrived {
    sound: Minutes,
    pictures: Minutes,
}

impl Arrived {
    /// Takes note of one frame; in any order, and any number of times.
    pub(crate) fn note(&mut self, kind: TrackKind, epoch: Epoch, arrived_unix_ns: u64, at: SourceTime) {
        let minutes = match kind {
            TrackKind::Audio => &mut self.sound,
            TrackKind::Video => &mut self.pictures,
            TrackKind::Share => return,
        };
        let arrived_micros = i64::try_from(arrived_unix_ns / 1_000).unwrap_or(i64::MAX);
        let way_micros = arrived_micros.saturating_sub(at.unix_ms().saturating_mul(1_000));
        let minute = arrived_unix_ns / 60_000_000_000;
        minutes.entry((epoch, minute)).and_modify(|least| *least = (*least).min(way_micros)).or_insert(way_micros);
    }

    /// What the longest stretch without a step tells, of sound where there is any; `None` without media.
    pub(crate) fn skew(&self) -> Option<Skew> {
        let minutes = if self.sound.is_empty() { &self.pictures } else { &self.sound };
        let stretch = longest(minutes);
        let ways = stretch.iter().map(|(_, way_micros)| *way_micros).collect();
        Some(Skew { ahead_ms: median(ways)? / 1_000, drift_ppm: drift_ppm(&stretch) })
    }
}

/// The longest stretch of minutes of one owner in which no clock was set: minute and way.
fn longest(minutes: &Minutes) -> Vec<(u64, i64)> {
    let (mut best, mut stretch) = (Vec::new(), Vec::new());
    let mut last: Option<(Epoch, i64)> = None;
    for ((epoch, minute), way_micros) in minutes {
        let goes_on = last.is_some_and(|(of, before)| {
            of == *epoch && way_micros.saturating_sub(before).saturating_abs() <= STEP_MICROS
        });
        if !goes_on {
            best = longer(best, std::mem::take(&mut stretch));
        }
        stretch.push((*minute, *way_micros));
        last = Some((*epoch, *way_micros));
    }
    longer(best, stretch)
}

fn longer<T>(one: Vec<T>, other: Vec<T>) -> Vec<T> {
    if other.len() > one.len() { other } else { one }
}

/// The middle slope between minutes that lie half the stretch apart, which single bad minutes do not move.
fn drift_ppm(stretch: &[(u64, i64)]) -> Option<i32> {
    if stretch.len() < FEWEST_MINUTES {
        return None;
    }
    let pairs = stretch.iter().zip(stretch.iter().skip(stretch.len() / 2));
    // Microseconds a minute, in thousandths; a longer way from minute to minute is a slower clock of the platform.
    let slopes = pairs.filter_map(|((from, before), (to, after))| {
        let minutes = i64::try_from(to.saturating_sub(*from)).ok()?;
        after.saturating_sub(*before).saturating_mul(1_000).checked_div(minutes)
    });
    let slope = median(slopes.collect())?;
    i32::try_from(-(slope as f64 / 60_000.0).round() as i64).ok()
}

fn median(mut values: Vec<i64>) -> Option<i64> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}
