//! The pictures of one source within a stream of several: which of them follow each other, and which can be shown.

use std::collections::BTreeMap;

#[cfg(feature = "ffmpeg")]
use media::Position;
use media::VideoCodec;
use model::platform::Leg;
use timeline::{TAKES_TURNS_MICROS, Timeline, VideoFrame, VideoTrack};

use crate::stretch::{Stretch, joined};

/// For how long a shared screen, of which nobody chooses one, may leave the stream to others and go on where it was, in its own times from
/// one picture to the next: it may have few pictures.
const AT_ONCE_PACES: i64 = 2;

/// One picture of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Strip {
    /// Its place among the frames of the track.
    pub(crate) index: u32,
    /// Whether a decoder that knows the source's pictures before it does not know this stream.
    pub(crate) cut: bool,
    /// Whether it can be shown: a key picture came, and nothing is missing since.
    pub(crate) shows: bool,
}

/// The pictures of one source, in order.
pub(crate) type Strand = Vec<Strip>;

/// The pictures of every source of a kind, which is [`Leg::Video`] or [`Leg::Share`].
pub(crate) fn strands(timeline: &Timeline, kind: Leg) -> BTreeMap<i64, Strand> {
    let track = track(timeline, kind);
    let holes = holes(timeline, kind);
    let mut strands: BTreeMap<i64, Strand> = BTreeMap::new();
    for (index, frame) in (0_u32..).zip(&track.frames) {
        let strand = strands.entry(frame.source).or_default();
        let before = strand.last().and_then(|strip| Some((*strip, frame_of(track, *strip)?)));
        let cut = before.is_none_or(|(strip, last)| {
            let away_micros = frame.at.micros_since(last.at);
            let at_once_micros = match pace_micros(track, strand).filter(|_| kind == Leg::Share) {
                Some(pace) => pace.saturating_mul(AT_ONCE_PACES).max(TAKES_TURNS_MICROS),
                None => TAKES_TURNS_MICROS,
            };
            let alone = strip.index + 1 == index || away_micros <= at_once_micros;
            !alone || last.codec != frame.codec || is_cut(&holes, (last.at.micros(), frame.at.micros()))
        });
        let decodes = before.is_some_and(|(strip, _)| strip.shows) && !cut;
        let shows = decodes || frame.key || frame.codec != VideoCodec::H264;
        strand.push(Strip { index, cut, shows });
    }
    strands
}

/// How long it took from the last picture but one to the last, if one follows the other.
fn pace_micros(track: &VideoTrack, strand: &Strand) -> Option<i64> {
    let [.., before, last] = strand.as_slice() else { return None };
    let at = |strip: &Strip| frame_of(track, *strip).map(|frame| frame.at);
    (!last.cut).then_some(at(last)?.micros_since(at(before)?))
}

/// A track, and the pictures of each of its sources.
#[cfg(feature = "ffmpeg")]
type Seen<'a> = (&'a VideoTrack, &'a BTreeMap<i64, Strand>);

/// Whether the pictures before a place, and what is known of each, are the same in two accounts of a meeting.
#[cfg(feature = "ffmpeg")]
pub(crate) fn begin_alike(before: Position, (old, olds): Seen<'_>, (new, news): Seen<'_>) -> bool {
    let reached = |track: &VideoTrack| track.frames.partition_point(|frame| frame.at < before);
    let count = reached(old);
    let is_same = |source: &i64| {
        let [olds, news] = [olds, news].map(|strands| {
            let strand = strands.get(source).map_or(&[][..], Vec::as_slice);
            &strand[..strand.partition_point(|strip| (strip.index as usize) < count)]
        });
        olds == news
    };
    count == reached(new) && new.begins_like(old, count) && olds.keys().chain(news.keys()).all(is_same)
}

/// The track of a kind.
pub(crate) fn track(timeline: &Timeline, kind: Leg) -> &VideoTrack {
    if kind == Leg::Share { &timeline.share } else { &timeline.video }
}

/// The picture that a strip stands for.
pub(crate) fn frame_of(track: &VideoTrack, strip: Strip) -> Option<&VideoFrame> {
    track.frames.get(strip.index as usize)
}

/// Where pictures of a kind are declared missing.
pub(super) fn holes(timeline: &Timeline, kind: Leg) -> Vec<Stretch> {
    let gaps = timeline.gaps.iter().filter(|gap| gap.kind == kind);
    joined(gaps.map(|gap| (gap.start.micros(), gap.end.micros())).collect(), timeline.end)
}

/// The first hole that lies over a part of a stretch.
pub(super) fn hole_over(holes: &[Stretch], (from, to): Stretch) -> Option<Stretch> {
    let next = holes.get(holes.partition_point(|(_, end)| *end <= from))?;
    (next.0 < to).then_some(*next)
}

fn is_cut(holes: &[Stretch], between: Stretch) -> bool {
    hole_over(holes, between).is_some()
}
