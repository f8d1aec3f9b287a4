//! Puts all camera pictures in order and finds the parameter sets that each needs.

use bytes::Bytes;
use media::{Position, SourceTime, TrackKind, VideoCodec};
use model::Locator;
use video::h264::{ParameterSets, Sps, inspect};

use super::assembly::{Assembly, JUMP_MS};
use crate::{PictureFormat, VideoFrame, VideoTrack, clock::Admission, connection::Connections, place::Place};

/// How many different pairs of parameter sets are kept; a stream with more is damaged.
const MOST_FORMATS: usize = 4096;
/// How far before second 0 a picture may lie and still be shown at second 0: one picture of a 25 Hz camera.
const EARLY_MS: i64 = -40;
/// After a jump back, a picture is left out if another lies within this distance: the moment was already shown.
const COVERED_MS: i64 = 500;
const NO_SETS: u16 = u16::MAX;

/// All camera pictures as they were collected.
#[derive(Debug, Default)]
pub(crate) struct Pictures {
    seen: Vec<Seen>,
    formats: Vec<PictureFormat>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    at: i64,
    source: i64,
    locator: Locator,
    print: u32,
    /// The pair that the message carries, by its place in `formats`.
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
    /// Parameter sets and no picture.
    Sets,
    /// Nothing that shows.
    Damaged,
}

impl Seen {
    fn place(&self) -> Place {
        self.locator.into()
    }
}

impl Pictures {
    /// What one picture takes.
    #[cfg(test)]
    pub(crate) const BYTES_EACH: usize = size_of::<Seen>();

    pub(crate) fn push(&mut self, at: i64, source: i64, print: u32, locator: Locator, payload: &Bytes) {
        let still = matches!(video::sniff(payload), Some(VideoCodec::Jpeg | VideoCodec::Png));
        let unit = inspect(payload);
        let sets = match (unit.sets, unit.sps) {
            (Some(sets), Some(sps)) => self.intern(&sets, &sps),
            _ => NO_SETS,
        };
        let shape = match (unit.slices > 0, unit.idr, unit.key) {
            _ if still => Shape::Key,
            (true, true, _) => Shape::Idr,
            (true, false, true) => Shape::Key,
            (true, false, false) => Shape::Delta,
            (false, _, _) if sets != NO_SETS => Shape::Sets,
            (false, _, _) => Shape::Damaged,
        };
        self.seen.push(Seen { at, source, locator, print, sets, shape, more_sets: unit.more_sets });
    }

    fn intern(&mut self, sets: &ParameterSets, sps: &Sps) -> u16 {
        let known = self.formats.iter().rposition(|format| format.sets == *sets);
        let index = known.or_else(|| {
            (self.formats.len() < MOST_FORMATS).then(|| {
                // The message's memory is a whole chunk of the log; only these few bytes are kept.
                let own = |set: &Bytes| Bytes::copy_from_slice(set);
                self.formats.push(PictureFormat {
                    sets: ParameterSets { sps: own(&sets.sps), pps: own(&sets.pps) },
                    width: sps.width,
                    height: sps.height,
                    reorders: reorders(sps),
                });
                self.formats.len() - 1
            })
        });
        index.and_then(|index| u16::try_from(index).ok()).unwrap_or(NO_SETS)
    }

    pub(crate) fn times(&self) -> impl Iterator<Item = (Place, i64)> + Clone {
        self.seen.iter().map(|picture| (picture.place(), picture.at))
    }

    /// Makes the one stream.
    pub(crate) fn assemble(mut self, legs: &Connections, assembly: &mut Assembly<'_>) -> VideoTrack {
        self.seen.sort_unstable_by_key(|picture| (picture.place(), picture.at));
        self.seen.dedup_by_key(|picture| picture.place());
        let codec = self.seen.last().and_then(|last| legs.video_codec(legs.at(last.place())));
        self.admit(legs, assembly);
        self.drop_duplicates(assembly);
        let mut track = VideoTrack {
            codec: codec.unwrap_or(VideoCodec::H264),
            frames: Vec::new(),
            parameter_sets: Vec::new(),
            more_sets: false,
            damaged: 0,
        };
        self.fill(&mut track, assembly);
        track
    }

    /// Leaves out what no clock can have stamped, and what a clock that jumped back stamps again; then orders by time.
    fn admit(&mut self, legs: &Connections, assembly: &mut Assembly<'_>) {
        let mut jumped: Vec<Seen> = Vec::new();
        let mut previous: Option<(i64, usize)> = None;
        let mut latest = i64::MIN;
        let mut back_until: Option<(i64, usize)> = None;
        self.seen.retain(|picture| {
            let at = SourceTime::from_unix_ms(picture.at);
            if assembly.clock.admit(at) == Admission::Absurd {
                assembly.counts.absurd += 1;
                return false;
            }
            assembly.marks.note(Some(TrackKind::Video), at, picture.place(), assembly.clock);
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

    /// Gives each picture its position and its parameter sets: the last that came before it in the stream.
    fn fill(self, track: &mut VideoTrack, assembly: &mut Assembly<'_>) {
        let mut numbers = vec![NO_SETS; self.formats.len()];
        let mut current = NO_SETS;
        let mut last: Option<Position> = None;
        track.frames.reserve_exact(self.seen.len());
        for picture in self.seen {
            if picture.sets != NO_SETS {
                current = picture.sets;
            }
            let from_origin = picture.at.saturating_sub(assembly.clock.origin.unix_ms());
            let still = track.codec != VideoCodec::H264;
            match picture.shape {
                Shape::Sets => continue,
                _ if from_origin < EARLY_MS => assembly.counts.early += 1,
                Shape::Damaged => track.damaged += 1,
                _ if current == NO_SETS && !still => track.damaged += 1,
                shape => {
                    let sets = numbers.get_mut(usize::from(current)).map_or(0, |number| {
                        if *number == NO_SETS {
                            *number = track.parameter_sets.len() as u16;
                            track.parameter_sets.extend(self.formats.get(usize::from(current)).cloned());
                        }
                        *number
                    });
                    let at = Position::from_ms(from_origin.max(0));
                    let at = last.map_or(at, |last| at.max(last.plus_ms(1)));
                    last = Some(at);
                    track.more_sets |= picture.more_sets;
                    track.frames.push(VideoFrame {
                        at,
                        source: picture.source,
                        key: matches!(shape, Shape::Idr | Shape::Key),
                        idr: shape == Shape::Idr,
                        sets,
                        locator: picture.locator,
                    });
                }
            }
        }
    }
}

/// Whether a stream says that it reorders its pictures. One that says nothing does not: a sender in a meeting cannot
/// wait for a later picture (protocol §8.2).
fn reorders(sps: &Sps) -> bool {
    sps.pic_order_cnt_type != 2 && sps.max_num_reorder_frames.is_some_and(|frames| frames > 0)
}
