//! When what carries the platform's time arrived here, roughly: by how much the platform's clock went on while nothing came
//! can only be told by ours.

use std::collections::BTreeMap;

use model::Epoch;

use crate::place::Place;

/// How finely moments are told apart, in nanoseconds. One entry each is kept, so that a log of a day stays small.
const GRAIN_NS: u64 = 100_000_000;

/// The first place of each grain of time in which something arrived.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arrivals {
    first: BTreeMap<(Epoch, u64), Place>,
    /// The grain of the latest record, which the next one mostly shares.
    latest: Option<((Epoch, u64), Place)>,
}

impl Arrivals {
    /// Takes note of one record; records may come in any order.
    pub(crate) fn note(&mut self, epoch: Epoch, arrived_unix_ns: u64, place: Place) {
        let grain = (epoch, arrived_unix_ns / GRAIN_NS);
        match &mut self.latest {
            Some((latest, first)) if *latest == grain => *first = (*first).min(place),
            _ => {
                self.put_latest();
                self.latest = Some((grain, place));
            }
        }
    }

    /// Puts the latest grain to the others.
    fn put_latest(&mut self) {
        if let Some((grain, place)) = self.latest.take() {
            self.first.entry(grain).and_modify(|first| *first = (*first).min(place)).or_insert(place);
        }
    }

    /// Everything in the order of the log, after the last record.
    pub(crate) fn settled(mut self) -> Arrived {
        self.put_latest();
        let mut grains: Vec<_> = self.first.into_iter().map(|((epoch, grain), place)| (place, epoch, grain)).collect();
        grains.sort_unstable();
        Arrived { grains }
    }
}

/// The first place of each grain of time in which something arrived, in the order of the log.
#[derive(Debug)]
pub(crate) struct Arrived {
    grains: Vec<(Place, Epoch, u64)>,
}

impl Arrived {
    /// Each place with its epoch and when it arrived, at most 100 ms too early, in milliseconds since the Unix epoch.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = (Place, Epoch, i64)> {
        let arrived_ms = |grain: u64| i64::try_from(grain.saturating_mul(GRAIN_NS / 1_000_000)).unwrap_or(i64::MAX);
        self.grains.iter().map(move |(place, epoch, grain)| (*place, *epoch, arrived_ms(*grain)))
    }

    /// When the record at `place` arrived, at most 100 ms too early, in nanoseconds since the Unix epoch.
    pub(crate) fn at(&self, place: Place) -> Option<u64> {
        let last = self.grains.partition_point(|(first, ..)| *first <= place).checked_sub(1)?;
        self.grains.get(last).map(|(_, _, grain)| grain.saturating_mul(GRAIN_NS))
    }

    /// When the last record before `place` arrived, at most 100 ms too early, in nanoseconds since the Unix epoch.
    pub(crate) fn before(&self, place: Place) -> Option<u64> {
        let last = self.grains.partition_point(|(first, ..)| *first < place).checked_sub(1)?;
        self.grains.get(last).map(|(_, _, grain)| grain.saturating_mul(GRAIN_NS))
    }
}

#[cfg(test)]
mod tests {
    use model::Locator;

    use super::*;

    fn place(segment: u32, offset: u64) -> Place {
        Locator { segment, offset, len: 0 }.into()
    }

    #[test]
    fn the_last_arrival_before_a_place_is_told_whatever_the_order() {
        let seconds = |s: u64| s * 1_000_000_000;
        let mut records: Vec<_> = (0..50).map(|n| (Epoch(1), seconds(n) / 20, place(1, n))).collect();
        records.extend((0..10).map(|n| (Epoch(2), seconds(100 + n), place(2, n))));
        for backwards in [false, true] {
            let mut arrivals = Arrivals::default();
            if backwards {
                records.reverse();
            }
            records.iter().for_each(|(epoch, at, place)| arrivals.note(*epoch, *at, *place));
            let arrivals = arrivals.settled();
            assert_eq!(arrivals.before(place(1, 0)), None);
            assert_eq!(arrivals.before(place(1, 41)), Some(seconds(2)));
            // Every 50 ms one: two in a grain.
            assert_eq!(arrivals.before(place(1, 42)), Some(seconds(2)));
            assert_eq!(arrivals.before(place(2, 0)), Some(2_400_000_000));
            assert_eq!(arrivals.before(place(9, 0)), Some(seconds(109)));
        }
    }
}
