//! What happens to those who may be seen: they come and leave, cameras go on and off, pictures come, somebody speaks. As one list of
//! changes in order; what is shown by them is decided in `scene`.

use std::collections::BTreeMap;

use model::{EventBody, platform::Leg};
use timeline::Timeline;

use super::{
    camera::runs,
    strand::{Strand, track},
};
use crate::{
    presence::presence,
    stretch::{LONGEST_PICTURE_MICROS, Stretch, joined},
};

/// What happens to somebody. Of one moment the earlier variants come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Change {
    Leaves,
    /// Comes, as that one of all who ever came.
    Comes(usize),
    CameraOff,
    CameraOn,
    /// The last picture is 2 s old.
    PictureIsOld,
    PicturesCome,
    /// The last picture of a run came.
    PicturesEnd,
    FallsSilent,
    Speaks,
}

/// Every change, with its place and whom it happens to, in order.
pub(super) fn changes(timeline: &Timeline, cameras: &BTreeMap<i64, Strand>) -> Vec<(i64, Change, i64)> {
    let mut changes = Vec::new();
    let mut runs_of: BTreeMap<i64, Vec<Stretch>> = BTreeMap::new();
    for (source, strand) in cameras {
        let runs = runs(track(timeline, Leg::Video), strand);
        for (index, (from, to)) in runs.iter().enumerate() {
            changes.push((*from, Change::PicturesCome, *source));
            changes.push((*to, Change::PicturesEnd, *source));
            let old = to.saturating_add(LONGEST_PICTURE_MICROS);
            if runs.get(index + 1).is_none_or(|(next, _)| *next > old) {
                changes.push((old, Change::PictureIsOld, *source));
            }
        }
        runs_of.insert(*source, runs);
    }
    for (order, ((from, to), who)) in stays(timeline, &runs_of).into_iter().enumerate() {
        changes.push((from, Change::Comes(order), who));
        changes.push((to, Change::Leaves, who));
    }
    for event in &timeline.events {
        let at = timeline.position(event.at).micros();
        match event.body {
            EventBody::VideoOn { id } => changes.push((at, Change::CameraOn, id.0)),
            EventBody::VideoOff { id } => changes.push((at, Change::CameraOff, id.0)),
            // Stays begin at second 0 at the earliest.
            EventBody::Left { id } if at < 0 => changes.push((at, Change::Leaves, id.0)),
            _ => {}
        }
    }
    for turn in &timeline.speech {
        changes.push((turn.start.micros(), Change::Speaks, turn.who.0));
        changes.push((turn.end.micros(), Change::FallsSilent, turn.who.0));
    }
    changes.sort();
    // What happened before second 0 is in its own order, and tells how things stand then.
    changes.iter_mut().for_each(|(at, ..)| *at = (*at).max(0));
    changes
}

/// When everybody was there, in the order in which they came. Who was never announced, or only later, was there from his first
/// picture or sound on, and without any announcement until his last.
fn stays(timeline: &Timeline, runs: &BTreeMap<i64, Vec<Stretch>>) -> Vec<(Stretch, i64)> {
    let mut there: BTreeMap<i64, Vec<Stretch>> =
        presence(timeline).into_iter().map(|(who, stays)| (who.0, stays)).collect();
    let mut media: BTreeMap<i64, Stretch> = BTreeMap::new();
    let seen = runs.iter().flat_map(|(who, runs)| runs.iter().map(|run| (*who, *run)));
    let heard = timeline.speech.iter().map(|turn| (turn.who.0, (turn.start.micros(), turn.end.micros())));
    for (who, (from, to)) in seen.chain(heard) {
        let whole = media.entry(who).or_insert((from, to));
        *whole = (whole.0.min(from), whole.1.max(to));
    }
    for (who, (from, to)) in media {
        let stays = there.entry(who).or_default();
        match stays.first() {
            None => stays.push((from, to.saturating_add(LONGEST_PICTURE_MICROS))),
            Some((announced, _)) if from < *announced => stays.push((from, *announced)),
            Some(_) => {}
        }
    }
    let mut announced: BTreeMap<i64, usize> = BTreeMap::new();
    for (order, event) in timeline.events.iter().enumerate() {
        if let EventBody::Joined { participant } = &event.body {
            announced.entry(participant.id.0).or_insert(order);
        }
    }
    let each = there.into_iter().flat_map(|(who, stays)| {
        joined(stays, timeline.end).into_iter().map(move |stay| (stay, who)).collect::<Vec<_>>()
    });
    let mut stays: Vec<(Stretch, i64)> = each.collect();
    stays.sort_by_key(|((from, _), who)| (*from, announced.get(who).copied().unwrap_or(usize::MAX), *who));
    stays
}
