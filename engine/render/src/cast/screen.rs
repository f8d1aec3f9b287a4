//! Which shared screen is on. A slide that does not change is no old picture: it stays for as long as it is shared.

use std::collections::{BTreeMap, BTreeSet};

use media::Position;
use model::{EventBody, platform::Leg};
use timeline::Timeline;

use super::{
    camera::runs,
    strand::{Strip, frame_of, hole_over, holes, strands},
};
use crate::stretch::{LONGEST_PICTURE_MICROS, Stretch, joined};

/// Pictures that are stamped up to this long after the end of their share belong to it, in microseconds: events and pictures come from
/// different machines.
const STRAGGLING_MICROS: i64 = 1_000_000;
/// How long the last picture stays of a share whose end nobody tells, in microseconds, where cameras go on.
const FORGOTTEN_MICROS: i64 = 10_000_000;

/// What happens to a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Off,
    On,
    Picture,
}

/// One share from its beginning to its end.
#[derive(Debug)]
struct Stint {
    start: i64,
    pictures: Vec<i64>,
    /// Where it ended; `None` if nobody tells.
    end: Option<i64>,
}

/// Which screen is on from where, and none from where on; ordered, and each another one than before. Of two the later one is on.
pub(crate) fn screens(timeline: &Timeline) -> Vec<(Position, Option<i64>)> {
    let holes = holes(timeline, Leg::Share);
    let cameras = cameras(timeline);
    let mut changes: Vec<(i64, bool, (i64, i64))> = Vec::new();
    for (source, turns) in turns(timeline) {
        for stint in stints(turns) {
            for (from, to) in visible(&stint, timeline.end.micros(), &holes, &cameras) {
                changes.push((from, true, (stint.start, source)));
                changes.push((to, false, (stint.start, source)));
            }
        }
    }
    changes.sort_unstable();
    let mut on: BTreeSet<(i64, i64)> = BTreeSet::new();
    let mut screens: Vec<(Position, Option<i64>)> = Vec::new();
    for here in changes.chunk_by(|a, b| a.0 == b.0) {
        for (_, begins, share) in here {
            if *begins {
                on.insert(*share);
            } else {
                on.remove(share);
            }
        }
        let Some((at, ..)) = here.first() else { continue };
        let now = on.last().map(|(_, source)| *source);
        if screens.last().and_then(|(_, before)| *before) != now {
            screens.push((Position::from_micros(*at), now));
        }
    }
    screens
}

/// When any camera is seen.
fn cameras(timeline: &Timeline) -> Vec<Stretch> {
    let seen = strands(timeline, Leg::Video).into_values().flat_map(|strand| runs(&timeline.video, &strand));
    joined(seen.map(|(from, to)| (from, to.saturating_add(1))).collect(), timeline.end)
}

/// What happens to the shares of each source that ever sent a picture, in order.
fn turns(timeline: &Timeline) -> BTreeMap<i64, Vec<(i64, Turn)>> {
    let pictures = |strand: &Vec<Strip>| {
        let shown = strand.iter().filter(|strip| strip.shows).filter_map(|strip| frame_of(&timeline.share, *strip));
        shown.map(|frame| (frame.at.micros(), Turn::Picture)).collect()
    };
    let mut turns: BTreeMap<i64, Vec<(i64, Turn)>> =
        strands(timeline, Leg::Share).iter().map(|(source, strand)| (*source, pictures(strand))).collect();
    for event in &timeline.events {
        let at = timeline.position(event.at).micros();
        let (who, turn) = match event.body {
            EventBody::ShareOn { id } => (Some(id), Turn::On),
            EventBody::ShareOff { id } => (id, Turn::Off),
            EventBody::Left { id } => (Some(id), Turn::Off),
            _ => continue,
        };
        match who {
            Some(id) => turns.get_mut(&id.0).into_iter().for_each(|turns| turns.push((at, turn))),
            None => turns.values_mut().for_each(|turns| turns.push((at, turn))),
        }
    }
    turns.values_mut().for_each(|turns| turns.sort());
    turns
}

fn stints(turns: Vec<(i64, Turn)>) -> Vec<Stint> {
    let mut stints: Vec<Stint> = Vec::new();
    let mut is_on = false;
    for (at, turn) in turns {
        let ended = stints.last().and_then(|stint| stint.end).filter(|_| !is_on);
        let straggles = ended.is_some_and(|end| at <= end.saturating_add(STRAGGLING_MICROS));
        match turn {
            Turn::Off if is_on => {
                is_on = false;
                stints.last_mut().into_iter().for_each(|stint| stint.end = Some(at));
            }
            Turn::Picture if !is_on && straggles => {}
            Turn::On | Turn::Picture => {
                if !is_on {
                    is_on = true;
                    stints.push(Stint { start: at, pictures: Vec::new(), end: None });
                }
                if turn == Turn::Picture {
                    stints.last_mut().into_iter().for_each(|stint| stint.pictures.push(at));
                }
            }
            Turn::Off => {}
        }
    }
    stints
}

/// When a share is seen: from its first picture to its end, but no more than 2 s of a hole without a new picture.
fn visible(stint: &Stint, end: i64, holes: &[Stretch], cameras: &[Stretch]) -> Vec<Stretch> {
    let Some(last) = stint.pictures.last() else { return Vec::new() };
    let until = stint.end.unwrap_or_else(|| forgotten(last.saturating_add(FORGOTTEN_MICROS), end, cameras));
    let next = stint.pictures.iter().skip(1).copied().chain([until]);
    let each = stint.pictures.iter().copied().zip(next).map(|(from, to)| {
        let patience = hole_over(holes, (from, to)).map(|(begins, ends)| {
            let over = begins.max(from).saturating_add(LONGEST_PICTURE_MICROS);
            if ends > over { over } else { to }
        });
        (from, patience.map_or(to, |over| over.min(to)))
    });
    joined(each.collect(), Position::from_micros(end))
}

/// Where a share ends whose end nobody tells: with the first picture of a camera from there on, or with the recording.
fn forgotten(from: i64, end: i64, cameras: &[Stretch]) -> i64 {
    let next = cameras.get(cameras.partition_point(|(_, to)| *to <= from));
    next.map_or(end, |(begins, _)| from.max(*begins)).min(end)
}
