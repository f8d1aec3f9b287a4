//! By how much each clock is shifted, so that it goes on where the one before it had come to. Which frames a clock stamped is
//! in `follow`.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

use media::{SourceTime, Track};
use model::platform::Leg;

use super::{
    course::{Course, Extent, Stamp},
    follow::{Follower, Lane, Stretch},
};
use crate::{
    arrivals::Arrived,
    clock::{Admission, Clock},
    kind::{frame_ms, leg_of},
    place::Place,
    strays::Strays,
};

/// A hole as short as this is none: arrivals are not kept more exactly, and the network is no clock.
const BLUR_MS: i64 = 250;

/// A jump as short as this is none of the platform's: this machine's clock may have been set.
const LEAST_JUMP_MS: i64 = 1_000;

/// The place and the time of each frame of a track, in the order of the log.
pub(crate) type Frames<'a> = Box<dyn Iterator<Item = (Place, i64)> + 'a>;

/// The jumps of a recording.
#[derive(Debug, Default)]
pub(crate) struct Jumps {
    /// In the order in which they began.
    clocks: Vec<Shifted>,
    lanes: BTreeMap<Track, Vec<Stretch>>,
    strays: Strays,
}

/// A clock that is shifted.
#[derive(Clone, Copy, Debug)]
struct Shifted {
    begins: Place,
    extent: Extent,
    by_ms: i64,
    /// Up to where the clock before it had come, and where this one goes on.
    seam_ms: (i64, i64),
    /// By how much it had jumped.
    jump_ms: i64,
}

/// One jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seam {
    /// Up to where the platform's clock told the time.
    pub(crate) from: SourceTime,
    /// Where it goes on; not later if nothing lies between.
    pub(crate) to: SourceTime,
    /// By how much it had jumped, in milliseconds.
    pub(crate) jump_ms: i64,
}

impl Jumps {
    /// Finds them in the frames of each track. The clock that knows `named`, the platform's second 0, is right; else the first.
    pub(crate) fn find(tracks: Vec<(Track, Frames<'_>)>, arrived: &Arrived, named: Option<SourceTime>) -> Self {
        let (names, mut frames): (Vec<Track>, Vec<_>) = tracks.into_iter().unzip();
        let mut next: BinaryHeap<Reverse<(Place, usize, i64)>> = BinaryHeap::with_capacity(names.len());
        for (lane, frames) in frames.iter_mut().enumerate() {
            next.extend(frames.next().map(|(place, at_ms)| Reverse((place, lane, at_ms))));
        }
        let mut follower = Follower::new(names.len());
        let mut grains = arrived.in_order().peekable();
        let mut latest = None;
        while let Some(Reverse((place, lane, at_ms))) = next.pop() {
            if let Some((place, at_ms)) = frames.get_mut(lane).and_then(Iterator::next) {
                next.push(Reverse((place, lane, at_ms)));
            }
            while let Some((_, epoch, arrived_ms)) = grains.next_if(|(first, ..)| *first <= place) {
                latest = Some((epoch, arrived_ms));
            }
            if let Some((epoch, arrived_ms)) = latest {
                follower.take(lane, &Stamp { place, epoch, arrived_ms, at_ms });
            }
        }
        follower.end_epoch();
        let strays = follower.take_strays();
        if follower.courses.len() < 2 {
            return Self { strays, ..Self::default() };
        }
        let mut clocks = Vec::with_capacity(follower.courses.len());
        for (index, course) in follower.courses.iter().enumerate() {
            clocks.push(shifted(index, course, &clocks, &names, &follower.lanes));
        }
        set_right(&mut clocks, named);
        let lanes = names.into_iter().zip(follower.lanes.into_iter().map(|lane| lane.stretches)).collect();
        Self { clocks, lanes, strays }
    }

    /// The frames that no clock stamped.
    pub(crate) fn strays(&self) -> &Strays {
        &self.strays
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.clocks.is_empty()
    }

    /// When a frame was made, as if no clock had jumped.
    pub(crate) fn of_frame(&self, track: Track, place: Place, at_ms: i64) -> i64 {
        let stretches = self.lanes.get(&track).map_or(&[][..], Vec::as_slice);
        let before = stretches.partition_point(|stretch| stretch.from <= place);
        let stretch = before.checked_sub(1).and_then(|last| stretches.get(last));
        let clock =
            stretch.filter(|stretch| stretch.extent.contains(at_ms)).and_then(|own| self.clocks.get(own.course));
        at_ms.saturating_add(clock.map_or(0, |clock| clock.by_ms))
    }

    /// The same of an event, a text or a control that was written at `place`: the latest clock that may have stamped it did.
    pub(crate) fn of_text(&self, place: Place, at: SourceTime) -> SourceTime {
        let may = |clock: &&Shifted| clock.begins <= place && clock.extent.is_near(at.unix_ms());
        at.plus_ms(self.clocks.iter().rev().find(may).map_or(0, |clock| clock.by_ms))
    }

    /// Every jump, in the order of the log.
    pub(crate) fn seams(&self) -> impl Iterator<Item = Seam> {
        let jumped = self.clocks.iter().filter(|clock| clock.jump_ms.unsigned_abs() > LEAST_JUMP_MS.unsigned_abs());
        jumped.map(|clock| Seam {
            from: SourceTime::from_unix_ms(clock.seam_ms.0),
            to: SourceTime::from_unix_ms(clock.seam_ms.1),
            jump_ms: clock.jump_ms,
        })
    }
}

/// Moves all clocks together so that the first one that knows second 0 is not shifted.
fn set_right(clocks: &mut [Shifted], named: Option<SourceTime>) {
    let Some(clock) = named.map(|origin| Clock { origin }) else { return };
    let knows =
        |shifted: &&Shifted| clock.admit(SourceTime::from_unix_ms(shifted.extent.first_ms)) != Admission::Absurd;
    let Some(off_ms) = clocks.iter().find(knows).map(|right| right.by_ms) else { return };
    for shifted in clocks {
        shifted.by_ms = shifted.by_ms.saturating_sub(off_ms);
        let (from_ms, to_ms) = shifted.seam_ms;
        shifted.seam_ms = (from_ms.saturating_sub(off_ms), to_ms.saturating_sub(off_ms));
    }
}

/// Shifts a clock so that it goes on where the one before it would be by the time that passed here, but never into what a
/// track has already.
fn shifted(index: usize, course: &Course, earlier: &[Shifted], names: &[Track], lanes: &[Lane]) -> Shifted {
    let Course { begins, extent, .. } = *course;
    let before = course.after.and_then(|(before, extent)| Some((earlier.get(before)?.by_ms, extent)));
    let Some((before_by_ms, before)) = before else {
        return Shifted { begins, extent, by_ms: 0, seam_ms: (0, 0), jump_ms: 0 };
    };
    let came_ms = before.last_ms.saturating_add(before_by_ms);
    let passed_ms = course.first_lag_ms.saturating_sub(before.last_arrived_ms);
    let mut by_ms = came_ms.saturating_add(passed_ms);
    let from_ms = came_ms.saturating_add(frame_ms(Leg::Audio));
    let hole_ms = extent.first_ms.saturating_add(by_ms).saturating_sub(from_ms);
    if (0..=BLUR_MS).contains(&hole_ms) {
        by_ms = by_ms.saturating_sub(hole_ms);
    }
    for (track, lane) in names.iter().zip(lanes) {
        let pair = lane.stretches.windows(2).find(|pair| pair.last().is_some_and(|next| next.course == index));
        let Some([last, next]) = pair else { continue };
        let Some(last_by_ms) = earlier.get(last.course).map(|clock| clock.by_ms) else { continue };
        let end_ms = last.extent.last_ms.saturating_add(last_by_ms).saturating_add(frame_ms(leg_of(track.kind)));
        by_ms = by_ms.max(end_ms.saturating_sub(next.extent.first_ms));
    }
    let to_ms = extent.first_ms.saturating_add(by_ms);
    let jump_ms = before_by_ms.saturating_sub(by_ms);
    Shifted { begins, extent, by_ms, seam_ms: (from_ms, to_ms), jump_ms }
}
