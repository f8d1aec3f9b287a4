//! What was withheld on purpose: pauses, and when each is over. What is missing for other reasons is in `missing`.

use std::collections::HashSet;

use media::{Position, SourceTime};
use model::{Control, Event, EventBody, LossCause, platform::Leg};

use crate::{
    Gap,
    clock::Admission,
    marks::Moment,
    missing::Seen,
    place::{Place, Placed},
};

/// How long after a pause began media may still have been made: other servers hear of it later.
const IN_FLIGHT_MS: i64 = 5_000;
/// How far frames that are still on their way lie apart.
const FLOWING_MS: i64 = 1_000;

/// What the log says of pauses, in its order.
#[derive(Debug)]
pub(crate) struct Pauses {
    turns: Vec<(Place, Turn)>,
}

#[derive(Clone, Copy, Debug)]
enum Turn {
    Paused(SourceTime),
    Resumed(SourceTime),
    /// A stream ended, and its pause with it; on the platform's clock, where it says so. Another owner of the same stream
    /// ends no pause: the platform does not go on because of that.
    Over(Moment, Option<SourceTime>),
}

impl Pauses {
    /// Collects what matters; `controls` are in order, `events` need not be.
    pub(crate) fn of(events: &[Placed<Event>], controls: &[Placed<Control>]) -> Self {
        let mut told: Vec<(Place, Turn)> = Vec::new();
        let mut notices: Vec<&Placed<Event>> =
            events.iter().filter(|event| matches!(event.what.body, EventBody::Paused | EventBody::Resumed)).collect();
        notices.sort_by_key(|event| event.order());
        // After a power cut the newest events are written a second time.
        let mut known = HashSet::new();
        for event in notices {
            let (at, is_pause) = (event.what.at, event.what.body == EventBody::Paused);
            if known.insert((at, is_pause)) {
                told.push((event.place, if is_pause { Turn::Paused(at) } else { Turn::Resumed(at) }));
            }
        }
        for control in controls {
            if let Control::Ended { at, .. } = control.what {
                told.push((control.place, Turn::Over(Moment::of(control), at)));
            }
        }
        // What is at one place is in the order above.
        told.sort_by_key(|(place, _)| *place);
        Self { turns: told }
    }

    /// The gaps that the pauses are.
    pub(crate) fn gaps(&self, seen: &Seen<'_>) -> Vec<Gap> {
        let mut gaps = Vec::new();
        let mut paused: Option<Position> = None;
        let mut withheld = |start: Position, end: Position| {
            let gap = |kind| Gap { kind, start, end, cause: LossCause::Pause };
            gaps.extend([gap(Leg::Audio), gap(Leg::Video)]);
        };
        for (_, turn) in &self.turns {
            match turn {
                Turn::Paused(at) => {
                    let at = seen.clock.position(*at);
                    // Whoever was not there when a pause was over hears only of the next one.
                    if let Some((start, again)) = paused.and_then(|start| over_before(seen, start, at)) {
                        withheld(start, again);
                        paused = None;
                    }
                    paused = paused.or(Some(at));
                }
                Turn::Resumed(at) => {
                    if let Some(start) = paused.take() {
                        let at = seen.clock.position(*at);
                        withheld(start, over_before(seen, start, at).map_or(at, |(_, again)| again));
                    }
                }
                Turn::Over(moment, named) => {
                    if let Some(start) = paused.take() {
                        let named = named.filter(|at| seen.clock.admit(*at) == Admission::Inside);
                        let over = named.map_or_else(|| seen.position(*moment), |at| seen.clock.position(at));
                        withheld(start, flowing_again(seen, start).map_or(over, |again| again.min(over)));
                    }
                }
            }
        }
        if let Some(start) = paused {
            withheld(start, flowing_again(seen, start).unwrap_or(seen.end));
        }
        gaps
    }
}

/// Where a pause began and was over, if that was long before `at`.
fn over_before(seen: &Seen<'_>, start: Position, at: Position) -> Option<(Position, Position)> {
    let again = flowing_again(seen, start)?;
    (at.micros_since(again) > IN_FLIGHT_MS * 1000).then_some((start, again))
}

/// Where the first media lies that was made after a pause which began at `start`: the first after a hole. If there is no
/// hole, nothing was withheld.
fn flowing_again(seen: &Seen<'_>, start: Position) -> Option<Position> {
    let next = |at: Position| {
        let kinds = [Leg::Audio, Leg::Video, Leg::Share];
        kinds.into_iter().filter_map(|kind| seen.first_after(kind, at)).min()
    };
    let mut last = start;
    loop {
        let frame = next(last)?;
        if frame.micros_since(last) > FLOWING_MS * 1000 {
            return Some(frame);
        }
        if frame.micros_since(start) > IN_FLIGHT_MS * 1000 {
            return Some(start);
        }
        last = frame;
    }
}
