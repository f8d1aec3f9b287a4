//! Follows the frames of a log in its order and tells which clock stamped each. By how much each clock is off is in `shift`.

use model::Epoch;

use super::course::{Course, Extent, FAR_MS, Run, Stamp, follows, is_near};
use crate::{place::Place, strays::Strays};

/// How many clocks a recording may have; what another one stamps is taken as it is.
const MOST_COURSES: usize = 64;
/// How many runs of a lane are followed at once, so that a stray in a run does not end it.
const MOST_RUNS: usize = 3;

/// From a place on, the frames of a lane that lie in this extent belong to this course.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) from: Place,
    pub(super) course: usize,
    pub(super) extent: Extent,
}

/// Frames that come in the order in which they were made: those of a speaker, of all cameras, of all screens.
#[derive(Debug, Default)]
pub(super) struct Lane {
    pub(super) stretches: Vec<Stretch>,
    /// Frames since the latest one that belongs to a known course.
    runs: Vec<Pending>,
    /// Frames of this epoch that were in a run of which nothing came.
    given_up: Vec<Place>,
}

/// A run that may be a few strays, and where its frames are. They are few: of many it would be known what they are.
#[derive(Debug)]
struct Pending {
    run: Run,
    places: Vec<Place>,
}

impl Lane {
    fn give_up(&mut self) {
        self.given_up.extend(self.runs.drain(..).flat_map(|pending| pending.places));
    }

    /// Ends an epoch; answers its strays, which are told from the rest only if a clock of it is known.
    fn end_epoch(&mut self, has_clock: bool) -> Vec<Place> {
        self.give_up();
        let strays = std::mem::take(&mut self.given_up);
        if has_clock { strays } else { Vec::new() }
    }

    fn join(&mut self, course: usize, from: Place, extent: Extent) {
        self.give_up();
        match self.stretches.last_mut() {
            Some(last) if last.course == course => last.extent.join(extent),
            _ => self.stretches.push(Stretch { from, course, extent }),
        }
    }

    /// Takes a frame that belongs to no known course; answers the run that it is in.
    fn run_on(&mut self, stamp: &Stamp) -> Run {
        if let Some(pending) = self.runs.iter_mut().find_map(|pending| pending.run.take(stamp).then_some(pending)) {
            pending.places.push(stamp.place);
            return pending.run;
        }
        if self.runs.len() == MOST_RUNS {
            let oldest = self.runs.remove(0);
            self.given_up.extend(oldest.places);
        }
        let run = Run::of(stamp);
        self.runs.push(Pending { run, places: vec![stamp.place] });
        run
    }
}

/// All lanes and clocks so far.
#[derive(Debug)]
pub(super) struct Follower {
    pub(super) lanes: Vec<Lane>,
    pub(super) courses: Vec<Course>,
    epoch: Option<Epoch>,
    /// The course of the latest frame.
    latest: Option<usize>,
    /// The frames of the epochs that are over that belong to no course.
    strays: Vec<Place>,
}

impl Follower {
    pub(super) fn new(lanes: usize) -> Self {
        let lanes = std::iter::repeat_with(Lane::default).take(lanes).collect();
        Self { lanes, courses: Vec::new(), epoch: None, latest: None, strays: Vec::new() }
    }

    /// Ends the epoch at hand.
    pub(super) fn end_epoch(&mut self) {
        let has_clock = self.courses.iter().any(|course| course.least_lag_ms.is_some());
        for lane in &mut self.lanes {
            self.strays.extend(lane.end_epoch(has_clock));
        }
        self.courses.iter_mut().for_each(Course::begin_epoch);
    }

    /// The frames that no course stamped; every epoch must be ended.
    pub(super) fn take_strays(&mut self) -> Strays {
        Strays::new(std::mem::take(&mut self.strays))
    }

    /// Takes the next frame of the log, which is of this lane.
    pub(super) fn take(&mut self, lane: usize, stamp: &Stamp) {
        if self.epoch.replace(stamp.epoch) != Some(stamp.epoch) {
            self.end_epoch();
        }
        let belongs = self.lanes.get(lane).and_then(|lane| self.course_of(lane, stamp));
        let Some(of_lane) = self.lanes.get_mut(lane) else { return };
        if let Some(index) = belongs {
            let extent = Extent::of(stamp);
            of_lane.join(index, stamp.place, extent);
            self.latest = Some(index);
            if let Some(course) = self.courses.get_mut(index) {
                course.take(extent, stamp.lag_ms(), stamp.arrived_ms);
            }
            return;
        }
        let run = of_lane.run_on(stamp);
        if run.is_solid(stamp.arrived_ms) {
            self.settle(lane, &run, stamp.arrived_ms);
        }
    }

    /// The course that a frame of a lane belongs to, if it is one that is known.
    fn course_of(&self, lane: &Lane, stamp: &Stamp) -> Option<usize> {
        let own = lane.stretches.last().and_then(|own| Some((own, self.courses.get(own.course)?)));
        if let Some((own, _)) = own.filter(|(_, course)| course.stamped(stamp)) {
            return Some(own.course);
        }
        if let Some(index) = self.courses.iter().rposition(|course| course.stamped_again(stamp)) {
            return Some(index);
        }
        match own {
            Some((own, course)) => {
                let least_ms = course.least_lag_ms?;
                follows(stamp, own.extent.last_ms, least_ms).then_some(own.course)
            }
            // Somebody who was not heard before may be late.
            None => self.courses.iter().rposition(|course| {
                let from_ms = course.extent.first_ms.saturating_sub(FAR_MS);
                stamp.at_ms >= from_ms
                    && course.least_lag_ms.is_some_and(|least_ms| stamp.lag_ms() >= least_ms.saturating_sub(FAR_MS))
            }),
        }
    }

    /// A run turned out to be no strays: a course goes on under another owner, or a new one begins.
    fn settle(&mut self, lane: usize, run: &Run, now_ms: i64) {
        let courses = &self.courses;
        let same = courses.iter().rposition(|course| course.has_lag_of(run));
        let known = same.or_else(|| courses.iter().rposition(|course| course.leads_to(run)));
        let index = known.unwrap_or(courses.len());
        match self.courses.get_mut(index) {
            Some(course) => course.take(run.extent, run.least_lag_ms, now_ms),
            None if index < MOST_COURSES => {
                let after = self.latest.and_then(|latest| Some((latest, self.courses.get(latest)?.extent)));
                self.courses.push(Course::of(run, after));
            }
            None => {
                if let Some(lane) = self.lanes.get_mut(lane) {
                    lane.give_up();
                }
                return;
            }
        }
        self.latest = Some(index);
        // What others have sent meanwhile is mostly of the same clock.
        for (other, of_lane) in self.lanes.iter_mut().enumerate() {
            let is_own = other == lane;
            let joins =
                |theirs: &Run| is_near(theirs.least_lag_ms, run.least_lag_ms) && (!is_own || theirs.from == run.from);
            let Some(position) = of_lane.runs.iter().position(|pending| joins(&pending.run)) else { continue };
            let theirs = of_lane.runs.remove(position).run;
            of_lane.join(index, theirs.from, theirs.extent);
            if let Some(course) = self.courses.get_mut(index) {
                course.take(theirs.extent, theirs.least_lag_ms, now_ms);
            }
        }
    }
}
