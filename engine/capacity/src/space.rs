//! How much room there is, as a level that does not flap (fault-matrix B1). Pure: what was seen and time are arguments. What
//! is seen is found out in `volume`, how fast it goes in `pace`.

use std::time::{Duration, Instant};

use model::Space;

use crate::pace::Pace;

/// How much more than a threshold must be there before its level is left for a better one.
const MARGIN: f64 = 1.1;
/// How long it must be there.
const HOLD: Duration = Duration::from_secs(2);

/// When a level begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// Less than this part of the volume is free, in percent; of its files as well.
    pub percent: f64,
    /// However large the volume is, this much is enough, in bytes.
    pub most_bytes: u64,
    /// At the present rate of writing, it is full within this time.
    pub within: Duration,
}

/// When each level begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// When an operator should look after it.
    pub low: Threshold,
    /// When no new capture begins.
    pub scarce: Threshold,
    /// When nothing is rendered.
    pub critical: Threshold,
    /// When pictures are no longer kept.
    pub exhausted: Threshold,
}

/// What holds however small the volume is: so much must be free, unless that is more than a part of it.
struct Floor {
    bytes: u64,
    percent: f64,
    /// The same of files, where a part of a volume's millions would be absurd.
    most_inodes: u64,
}

const LOW: Floor = Floor { bytes: 1 << 30, percent: 25.0, most_inodes: 100_000 };
const SCARCE: Floor = Floor { bytes: 512 << 20, percent: 15.0, most_inodes: 50_000 };
const CRITICAL: Floor = Floor { bytes: 128 << 20, percent: 5.0, most_inodes: 20_000 };
const EXHAUSTED: Floor = Floor { bytes: 64 << 20, percent: 2.5, most_inodes: 10_000 };

/// A look at the volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// What an ordinary user may still write, in bytes.
    pub(crate) free_bytes: u64,
    pub(crate) total_bytes: u64,
    /// How many files may still be made.
    pub(crate) free_inodes: u64,
    /// 0 where the file system has no such number.
    pub(crate) total_inodes: u64,
}

impl Threshold {
    /// How much must be free on a volume, in bytes.
    fn bytes(&self, floor: &Floor, total_bytes: u64) -> u64 {
        let part = portion(total_bytes, self.percent).min(self.most_bytes);
        part.max(floor.bytes.min(portion(total_bytes, floor.percent)))
    }

    /// Whether there is less than that, or than `times` as much.
    fn is_reached(&self, floor: &Floor, seen: Seen, bytes_per_s: f64, times: f64) -> bool {
        let few = portion(seen.total_inodes, self.percent).min(floor.most_inodes);
        let lasts_s = self.within.as_secs_f64() * times;
        (seen.free_bytes as f64) < self.bytes(floor, seen.total_bytes) as f64 * times
            || seen.total_inodes > 0 && (seen.free_inodes as f64) < few as f64 * times
            || (seen.free_bytes as f64) < bytes_per_s * lasts_s
    }
}

impl Thresholds {
    /// Below how many free bytes nothing is rendered any more.
    pub(crate) fn critical_bytes(&self, total_bytes: u64) -> u64 {
        self.critical.bytes(&CRITICAL, total_bytes)
    }

    /// The level, if each began at `times` its threshold.
    fn level(&self, seen: Seen, bytes_per_s: f64, times: f64) -> Space {
        let steps = [
            (Space::Exhausted, &self.exhausted, &EXHAUSTED),
            (Space::Critical, &self.critical, &CRITICAL),
            (Space::Scarce, &self.scarce, &SCARCE),
            (Space::Low, &self.low, &LOW),
        ];
        let reached = steps.iter().find(|(_, begins, floor)| begins.is_reached(floor, seen, bytes_per_s, times));
        reached.map_or(Space::Ample, |(level, ..)| *level)
    }
}

fn portion(whole: u64, percent: f64) -> u64 {
    (whole as f64 * percent / 100.0) as u64
}

/// The level of a volume over time: worse at once, better only with a margin and after a while.
#[derive(Debug, Default)]
pub(crate) struct Level {
    level: Space,
    better_since: Option<Instant>,
    pace: Pace,
}

impl Level {
    /// The level after another look. `held_bytes` is what the reserve takes, so that letting go of it is no sign of anything.
    pub(crate) fn judge(&mut self, seen: Seen, held_bytes: u64, thresholds: &Thresholds, now: Instant) -> Space {
        self.pace.note(seen.free_bytes.saturating_add(held_bytes), now);
        let rate = self.pace.bytes_per_s();
        let worst = thresholds.level(seen, rate, 1.0);
        let careful = thresholds.level(seen, rate, MARGIN);
        if worst >= self.level {
            (self.level, self.better_since) = (worst, None);
        } else if careful >= self.level {
            self.better_since = None;
        } else {
            let since = *self.better_since.get_or_insert(now);
            if now.duration_since(since) >= HOLD {
                (self.level, self.better_since) = (careful, None);
            }
        }
        self.level
    }

    /// The present rate of writing, in bytes a second.
    pub(crate) const fn bytes_per_s(&self) -> f64 {
        self.pace.bytes_per_s()
    }
}

#[cfg(test)]
mod tests;
