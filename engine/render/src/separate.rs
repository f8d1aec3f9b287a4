//! Each participant's camera and shared screen as files of their own, with that person's sound (recording-api §6.5): where their parts
//! begin and end, and what each is made of. They are made as a mixed video is, of a timeline that holds one person alone.

use std::{borrow::Cow, collections::BTreeSet};

use media::{Position, VideoCodec};
use model::{ArtifactFormat, BesideShare, EventBody, Excerpt, Layout, ParticipantId, VideoPlan, platform::Leg};
use schema::{
    document::{Part as Listed, PartKind},
    file,
};
use timeline::{Timeline, VideoFrame};

use crate::{
    Choice, Document, Payloads, RenderError, Settings, View,
    cast::{frame_of, screens, strands},
    plan,
    sound::{MOST_PARTS, listed},
};

/// The longest pause within a part, in milliseconds: as long as that the last picture of a copied file stays. Whoever is not seen for longer
/// begins a new part.
const LONGEST_PAUSE_MS: i64 = 10_000;
/// How long the last picture of a part is shown, in milliseconds: one of a 25 Hz camera.
const LAST_PICTURE_MS: i64 = 40;
/// The largest side of a composed part, in pixels; larger pictures are scaled down.
const LARGEST_SIDE: u32 = 1_920;
/// What a part shows where it is composed: one picture that fills it.
const ALONE: View = View { layout: Layout::SpeakerView, beside_share: BesideShare::Hide };

/// One part of one participant's pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VideoPart {
    /// Who is seen, or shares.
    pub who: ParticipantId,
    /// A camera or a screen.
    pub kind: PartKind,
    /// Where it begins, to the millisecond.
    pub start: Position,
    /// Where it ends, within the recording.
    pub end: Position,
    /// Where its pictures lie, ordered.
    pictures: Vec<Position>,
}

/// The parts of a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VideoParts {
    /// Ordered by start.
    pub parts: Vec<VideoPart>,
    /// How many more there would be than a list may have.
    pub left_out: usize,
}

/// Parts everybody's pictures. A part of a camera begins with a picture that can be decoded by itself: when somebody comes back, when the
/// camera is turned on again, when the pictures have another format, and after more than 10 s without any. A part of a screen is one share,
/// as long as it is the one that is seen.
pub fn video_parts(timeline: &Timeline) -> VideoParts {
    let mut parts = cameras(timeline);
    parts.extend(shares(timeline));
    parts.retain(|part| part.start < part.end);
    parts.sort_by_key(|part| (part.start, part.who, part.kind == PartKind::Screenshare));
    let left_out = parts.len().saturating_sub(MOST_PARTS);
    parts.truncate(MOST_PARTS);
    VideoParts { parts, left_out }
}

/// Makes the list of all parts of an artifact; the file of each is named [`file::part`], in order and from 1.
pub fn video_parts_list(timeline: &Timeline, parts: &[VideoPart]) -> Document {
    let part = |(n, part): (usize, &VideoPart)| Listed {
        who: Some(part.who),
        start: part.start,
        end: part.end,
        kind: Some(part.kind),
        file: file::part(n + 1, ArtifactFormat::Mp4),
    };
    listed(timeline, &parts.iter().enumerate().map(part).collect::<Vec<_>>())
}

/// A timeline of which single people can be taken: without sound where everybody's came as one mix. A copy is made only then, once for
/// all parts.
pub fn without_mix(timeline: &Timeline) -> Cow<'_, Timeline> {
    if timeline.audio.iter().all(|track| track.who().is_some()) {
        return Cow::Borrowed(timeline);
    }
    let mut silent = timeline.clone();
    silent.audio.clear();
    Cow::Owned(silent)
}

fn cameras(timeline: &Timeline) -> Vec<VideoPart> {
    let mut parts = Vec::new();
    for (source, strand) in strands(timeline, Leg::Video) {
        let restarts = restarts(timeline, source);
        let mut open: Option<(VideoPart, VideoFrame)> = None;
        let shown = strand.iter().filter(|strip| strip.shows).filter_map(|strip| frame_of(&timeline.video, *strip));
        for frame in shown {
            let goes_on = open.as_ref().is_some_and(|(_, last)| !frame.key || continues(last, frame, &restarts));
            match &mut open {
                Some((part, last)) if goes_on => {
                    part.pictures.push(frame.at);
                    *last = *frame;
                }
                _ => {
                    let part = VideoPart {
                        who: ParticipantId(source),
                        kind: PartKind::Webcam,
                        start: frame.at,
                        end: frame.at,
                        pictures: vec![frame.at],
                    };
                    parts.extend(open.replace((part, *frame)).map(|(part, last)| ended(part, last, timeline)));
                }
            }
        }
        parts.extend(open.map(|(part, last)| ended(part, last, timeline)));
    }
    parts
}

fn ended(part: VideoPart, last: VideoFrame, timeline: &Timeline) -> VideoPart {
    VideoPart { end: last.at.plus_ms(LAST_PICTURE_MS).min(timeline.end), ..part }
}

/// Whether a key picture may lie in one part with the picture before it.
fn continues(last: &VideoFrame, next: &VideoFrame, restarts: &BTreeSet<Position>) -> bool {
    let restarted = restarts.range(last.at..=next.at).next().is_some();
    let has_one_format = (last.codec, last.sets) == (next.codec, next.sets);
    has_one_format && !restarted && next.at.micros_since(last.at) <= LONGEST_PAUSE_MS * 1_000
}

/// When somebody came, or turned the camera on.
fn restarts(timeline: &Timeline, source: i64) -> BTreeSet<Position> {
    let who = ParticipantId(source);
    let begins = timeline.events.iter().filter(|event| match &event.body {
        EventBody::Joined { participant } => participant.id == who,
        EventBody::VideoOn { id } => *id == who,
        _ => false,
    });
    begins.map(|event| timeline.position(event.at)).collect()
}

fn shares(timeline: &Timeline) -> Vec<VideoPart> {
    let screens = screens(timeline);
    let ends = screens.iter().skip(1).map(|(at, _)| *at).chain([timeline.end]);
    let spans = screens.iter().zip(ends).filter_map(|((start, source), end)| Some((source.as_ref()?, *start, end)));
    spans
        .map(|(source, start, end)| VideoPart {
            who: ParticipantId(*source),
            kind: PartKind::Screenshare,
            start: Position::from_ms(start.ms()),
            end: end.min(timeline.end),
            pictures: Vec::new(),
        })
        .collect()
}

impl VideoPart {
    /// The timeline of this part alone: one person's pictures and sound. `whole` is [`without_mix`].
    ///
    /// # Errors
    /// [`RenderError::Nothing`] if nothing is left of it.
    pub fn timeline(&self, whole: &Timeline) -> Result<Timeline, RenderError> {
        let ms = |at: Position| u64::try_from(at.ms()).unwrap_or(0);
        let others = whole.people.keys().copied().filter(|who| *who != self.who);
        let excerpt = Excerpt { from_ms: ms(self.start), to_ms: Some(ms(self.end)), without: others.collect() };
        let mut part = whole.excerpt(&excerpt).map_err(|_| RenderError::Nothing)?;
        let origin = self.start;
        // Whoever shares may have a camera as well, and sources without a name are nobody's to leave out.
        part.video.frames.retain(|frame| frame.source == self.who.0 && self.kind == PartKind::Webcam);
        part.share.frames.retain(|frame| frame.source == self.who.0 && self.kind == PartKind::Screenshare);
        part.audio.retain(|track| track.source == self.who.0);
        if self.kind == PartKind::Webcam {
            let at = |frame: &VideoFrame| Position::from_micros(frame.at.micros().saturating_add(origin.micros()));
            part.video.frames.retain(|frame| self.pictures.binary_search(&at(frame)).is_ok());
        }
        Ok(part)
    }

    /// How the part is made, of its own timeline, which is changed for it: copied where its file can hold the pictures as they came.
    pub fn choice(&self, part: &mut Timeline) -> Choice {
        if self.kind == PartKind::Webcam {
            return plan(part, VideoPlan::Copy, ALONE);
        }
        let screen = std::mem::take(&mut part.share);
        let camera = std::mem::replace(&mut part.video, screen);
        let copied = plan(part, VideoPlan::Copy, ALONE);
        // A screen that begins with what cannot be decoded by itself shows what it showed before.
        if copied.video == crate::VideoChoice::Copy && part.video.frames.first().is_some_and(|first| first.idr) {
            return copied;
        }
        part.share = std::mem::replace(&mut part.video, camera);
        Choice { view: ALONE, ..plan(part, VideoPlan::Compose, ALONE) }
    }

    /// The settings with the canvas of this part's first picture, for a part that is composed.
    pub fn settings(&self, part: &Timeline, settings: Settings, payloads: &mut dyn Payloads) -> Settings {
        let track = if part.share.frames.is_empty() { &part.video } else { &part.share };
        let size = track.frames.first().and_then(|frame| match frame.codec {
            VideoCodec::H264 => track.format_of(frame).map(|format| (format.width, format.height)),
            _ => {
                let still = payloads.read(frame.locator).ok()?;
                video::still::dimensions(&still).map(|(_, width, height)| (width, height))
            }
        });
        let (width, height) = size.map_or((settings.canvas_width, settings.canvas_height), fitting);
        Settings { canvas_width: width, canvas_height: height, ..settings }
    }
}

/// Even sides of at most [`LARGEST_SIDE`] pixels, in the same proportions.
fn fitting((width, height): (u32, u32)) -> (u32, u32) {
    let longest = width.max(height).max(1);
    let scaled = |side: u32| {
        let side = u64::from(side) * u64::from(longest.min(LARGEST_SIDE)) / u64::from(longest);
        u32::try_from(side / 2 * 2).unwrap_or(LARGEST_SIDE).max(2)
    };
    (scaled(width), scaled(height))
}
