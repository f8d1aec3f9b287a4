//! Puts all pictures of cameras, or of shared screens, in order, joins those that came in several messages, and finds the parameter sets of each.
//!
//! The log keeps messages as they came. A platform may split a picture over two of them, or send parameter sets and other
//! small units in messages of their own: here they become one picture again, by what is in them and when they were stamped.

use bytes::Bytes;
use media::{Position, SourceTime, VideoCodec};
use model::{Locator, platform::Leg};
use video::h264::inspect;

use super::{
    assembly::{Assembly, JUMP_MS},
    sets::{InForce, NONE, OfSources, SetsSeen},
};
use crate::{VideoFrame, VideoTrack, clock::Admission, connection::Connections, place::Place};

/// How far before second 0 a picture may lie and still be shown at second 0: one picture of a 25 Hz camera.
const EARLY_MS: i64 = -40;
/// After a jump back, a picture is left out if another lies within this distance: the moment was already shown.
const COVERED_MS: i64 = 500;
/// The most messages that may precede a picture and belong to it; of more, the first are left out.
const MOST_LEADING: usize = 64;
/// The most messages that one picture may come in.
const MOST_MESSAGES: usize = 1024;

/// All pictures of one kind, of cameras or of shared screens, as they were collected.
#[derive(Clone, Debug)]
pub(crate) struct Pictures {
    kind: Leg,
    seen: Vec<Seen>,
    sets: SetsSeen,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    at: i64,
    source: i64,
    locator: Locator,
    print: u32,
    /// What parameter sets the message carries.
    sets: u16,
    shape: Shape,
    more_sets: bool,
}

/// What a message is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Idr,
    Key,
    Delta,
    /// The rest of an IDR picture, from a slice on.
    IdrRest,
    /// The rest of another picture, from a slice on.
    DeltaRest,
    /// The rest of a unit.
    UnitRest,
    /// Units that precede a picture, and no picture.
    Leading,
    /// A whole file.
    Still(VideoCodec),
    /// Nothing that shows.
    Damaged,
}

impl Seen {
    fn place(&self) -> Place {
        self.locator.into()
    }
}

/// A picture that later messages of its moment may go on with.
#[derive(Clone, Copy, Debug)]
struct Begun {
    source: i64,
    frame: usize,
}

impl Pictures {
    /// What one picture takes.
    #[cfg(test)]
    pub(crate) const BYTES_EACH: usize = size_of::<Seen>();

    /// None yet of the kind that this leg carries.
    pub(crate) fn of(kind: Leg) -> Self {
        Self { kind, seen: Vec::new(), sets: SetsSeen::default() }
    }

    pub(crate) fn push(&mut self, at: i64, source: i64, print: u32, locator: Locator, payload: &Bytes) {
        let still = VideoCodec::of_bytes(payload).filter(|codec| *codec != VideoCodec::H264);
        let unit = if still.is_some() { Default::default() } else { inspect(payload) };
        let sets = self.sets.intern(&unit);
        // Whatever comes with its own parameter sets begins a picture.
        let continues = unit.continues && unit.sets.is_none();
        let shape = match still {
            Some(codec) => Shape::Still(codec),
            None if unit.slices > 0 => match (unit.idr, unit.key, continues) {
                (true, _, true) => Shape::IdrRest,
                (true, _, false) => Shape::Idr,
                (false, true, _) => Shape::Key,
                (false, false, true) => Shape::DeltaRest,
                (false, false, false) => Shape::Delta,
            },
            None if unit.headless => Shape::UnitRest,
            None if unit.units > 0 => Shape::Leading,
            None => Shape::Damaged,
        };
        // The end of the sets before it may be in this message, where it cannot be seen.
        let cuts_sets = unit.headless && matches!(shape, Shape::Idr | Shape::Key | Shape::Delta);
        let more_sets = unit.more_sets || cuts_sets;
        self.seen.push(Seen { at, source, locator, print, sets, shape, more_sets });
    }

    /// Puts messages in the order of the log; two at one place are one.
    pub(crate) fn order(&mut self) {
        self.seen.sort_unstable_by_key(|picture| (picture.place(), picture.at));
        self.seen.dedup_by_key(|picture| picture.place());
    }

    /// Changes the time of every message to what `time` makes of its place and time.
    pub(crate) fn set_times(&mut self, time: impl Fn(Place, i64) -> i64) {
        self.seen.iter_mut().for_each(|picture| picture.at = time(picture.place(), picture.at));
    }

    pub(crate) fn times(&self) -> impl Iterator<Item = (Place, i64)> + Clone {
        self.seen.iter().map(|picture| (picture.place(), picture.at))
    }

    /// Makes the one stream; messages must be in order.
    pub(crate) fn assemble(mut self, legs: &Connections, assembly: &mut Assembly<'_>) -> VideoTrack {
        self.admit(legs, assembly);
        self.drop_duplicates(assembly);
        let mut track = VideoTrack::default();
        self.fill(&mut track, assembly);
        track
    }

    /// Leaves out what no clock can have stamped, and what a clock that jumped back stamps again; then orders by time.
    fn admit(&mut self, legs: &Connections, assembly: &mut Assembly<'_>) {
        let mut jumped: Vec<Seen> = Vec::new();
        let mut previous: Option<(i64, usize)> = None;
        let mut latest = i64::MIN;
        let mut back_until: Option<(i64, usize)> = None;
        let kind = self.kind;
        self.seen.retain(|picture| {
            let at = SourceTime::from_unix_ms(picture.at);
            if assembly.clock.admit(at) == Admission::Absurd {
                assembly.counts.absurd += 1;
                return false;
            }
            assembly.note(kind, at, picture.place());
            let connection = legs.at(picture.place());
            if previous.is_some_and(|(last, on)| on == connection && last.saturating_sub(picture.at) > JUMP_MS) {
                back_until = Some((latest, connection));
            }
            previous = Some((picture.at, connection));
            assembly.counts.late += u64::from(picture.at < latest);
            latest = latest.max(picture.at);
            let back = back_until.is_some_and(|(until, on)| on == connection && picture.at <= until);
            if back {
                jumped.push(*picture);
            }
            !back
        });
        let order = |picture: &Seen| (picture.at, picture.place());
        self.seen.sort_unstable_by_key(order);
        let before = jumped.len();
        jumped.retain(|picture| {
            let near = self.seen.partition_point(|other| other.at < picture.at.saturating_sub(COVERED_MS));
            self.seen.get(near).is_none_or(|other| other.at > picture.at.saturating_add(COVERED_MS))
        });
        assembly.counts.overlapping += (before - jumped.len()) as u64;
        if !jumped.is_empty() {
            self.seen.extend(jumped);
            self.seen.sort_unstable_by_key(order);
        }
    }

    /// Drops messages that say the same at the same time; everything is ordered by time.
    fn drop_duplicates(&mut self, assembly: &mut Assembly<'_>) {
        let before = self.seen.len();
        let mut of_moment: Vec<(i64, u32)> = Vec::new();
        let mut moment = None;
        self.seen.retain(|picture| {
            if moment != Some(picture.at) {
                moment = Some(picture.at);
                of_moment.clear();
            }
            let who = (picture.source, picture.print);
            let new = !of_moment.contains(&who);
            if new {
                of_moment.push(who);
            }
            new
        });
        assembly.counts.duplicates += (before - self.seen.len()) as u64;
    }

    /// Makes pictures of the messages, in the order of their time, and gives each its position and its parameter sets: the
    /// last of its source that came before it. A source that brought none yet has the last of the stream.
    fn fill(self, track: &mut VideoTrack, assembly: &mut Assembly<'_>) {
        let mut of_sources = OfSources::default();
        let mut leading: Vec<Seen> = Vec::new();
        let mut moment = i64::MIN;
        let mut begun: Vec<Begun> = Vec::new();
        let mut last: Option<Position> = None;
        track.frames.reserve_exact(self.seen.len());
        for message in &self.seen {
            if message.at != moment {
                moment = message.at;
                begun.clear();
            }
            let from_origin = message.at.saturating_sub(assembly.clock.origin.unix_ms());
            let in_force = of_sources.of(message.source);
            let goes_on = begun.iter().rev().find(|begun| begun.source == message.source).copied();
            let (idr, key) = match (message.shape, goes_on) {
                (Shape::Leading, _) => {
                    if leading.len() == MOST_LEADING {
                        leading.remove(0);
                    }
                    leading.push(*message);
                    in_force.take(&self.sets, message.sets);
                    continue;
                }
                (Shape::IdrRest | Shape::DeltaRest | Shape::UnitRest, Some(begun)) => {
                    in_force.take(&self.sets, message.sets);
                    let own = take_own(&mut leading, message.source);
                    let rest = own.into_iter().map(|lead| lead.locator).chain([message.locator]);
                    track.damaged += go_on(track, begun, rest);
                    continue;
                }
                (_, _) if from_origin < EARLY_MS => {
                    in_force.take(&self.sets, message.sets);
                    take_own(&mut leading, message.source);
                    assembly.counts.early += 1;
                    continue;
                }
                (Shape::Damaged | Shape::UnitRest, _) => {
                    track.damaged += 1;
                    continue;
                }
                (Shape::Still(_), _) => (true, true),
                (Shape::Idr | Shape::IdrRest, _) => (true, true),
                (Shape::Key, _) => (false, true),
                // Parameter sets right before a picture make it one that decoding may begin with (protocol §8.2).
                (Shape::Delta | Shape::DeltaRest, _) => (false, self.is_whole_pair(&leading, message.source)),
            };
            let codec = match message.shape {
                Shape::Still(codec) => codec,
                _ => VideoCodec::H264,
            };
            let mut sets = NONE;
            if codec == VideoCodec::H264 {
                in_force.take(&self.sets, message.sets);
                let Some(number) = in_force.number(&mut track.parameter_sets) else {
                    take_own(&mut leading, message.source);
                    track.damaged += 1;
                    continue;
                };
                sets = number;
                begun.push(Begun { source: message.source, frame: track.frames.len() });
                let own = take_own(&mut leading, message.source);
                if !own.is_empty() {
                    let carried = own.iter().chain([message]).map(|lead| lead.sets);
                    track.more_sets |= self.sets.differ(carried) || own.iter().any(|lead| lead.more_sets);
                    let all = own.into_iter().map(|lead| lead.locator).chain([message.locator]);
                    track.split.insert(message.locator.into(), all.collect());
                }
            }
            let at = Position::from_ms(from_origin.max(0));
            let at = last.map_or(at, |last| at.max(last.plus_ms(1)));
            last = Some(at);
            track.more_sets |= message.more_sets;
            track.frames.push(VideoFrame {
                at,
                source: message.source,
                codec,
                key,
                idr,
                sets,
                locator: message.locator,
            });
        }
    }

    /// Whether those of these messages that are of one source bring a sequence and a picture parameter set.
    fn is_whole_pair(&self, leading: &[Seen], source: i64) -> bool {
        let mut brought = InForce::default();
        let own = leading.iter().filter(|lead| lead.source == source);
        own.for_each(|lead| brought.take(&self.sets, lead.sets));
        brought.is_whole()
    }
}

/// Takes those of the messages that are of one source, in order.
fn take_own(leading: &mut Vec<Seen>, source: i64) -> Vec<Seen> {
    leading.extract_if(.., |lead| lead.source == source).collect()
}

/// Adds messages to a picture that has begun; answers how many it could not take.
fn go_on(track: &mut VideoTrack, begun: Begun, rest: impl Iterator<Item = Locator>) -> u64 {
    let Some(frame) = track.frames.get(begun.frame) else { return rest.count() as u64 };
    let messages = track.split.entry(frame.locator.into()).or_insert_with(|| vec![frame.locator]);
    let mut too_many = 0;
    for locator in rest {
        if messages.len() < MOST_MESSAGES {
            messages.push(locator);
        } else {
            too_many += 1;
        }
    }
    too_many
}
