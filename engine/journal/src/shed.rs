//! What gives way, where there is too little of something: pictures first and by whole groups, then sound, then words. Memory
//! is short when the disk does not keep up, the data volume when it is nearly full (fault matrix B4, B1). It decides and counts;
//! the log is written in `write`, and when a volume is nearly full is decided in `capacity`.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use media::{Frame, SourceTime, Track, TrackKind, VideoCodec};
use model::{Control, DropReason, Entry, EventBody, LossCause, Space, platform::Leg};

/// Of how many tracks it is remembered that a picture is missing; pictures of further ones may not decode.
const TORN_TRACKS: usize = 1024;
/// How long a run of pictures for which the volume has no room may become before it is declared: each declaration takes a
/// little of what is left of it.
const DECLARE_EVERY: Duration = Duration::from_secs(5);

/// What is dropped, and what was dropped and not declared yet.
#[derive(Debug, Default)]
pub(crate) struct Shedding {
    /// How much room there is on the volume.
    pub(crate) space: Space,
    /// Which kinds stay out until half of their room is free again.
    full: [bool; 3],
    /// Tracks of which pictures are missing, until the next one with which decoding may begin, and why they are.
    torn: HashMap<Track, DropReason>,
    runs: Vec<Run>,
    /// How many messages of each leg.
    words: BTreeMap<Leg, u64>,
}

/// Frames of one kind that were dropped for one reason, one after the other.
#[derive(Debug)]
struct Run {
    kind: TrackKind,
    reason: DropReason,
    /// How many are not declared yet; none if they all are, and what follows goes on where they end.
    frames: u64,
    from: SourceTime,
    to: SourceTime,
    /// When the first of them was dropped, or those before were declared.
    since: Instant,
    /// Whether a frame of the kind was kept since.
    is_over: bool,
}

impl Run {
    /// When it must be declared.
    fn due(&self) -> Option<Instant> {
        let patience = if self.reason == DropReason::Storage && !self.is_over { DECLARE_EVERY } else { Duration::ZERO };
        (self.frames > 0).then(|| self.since + patience)
    }
}

impl Shedding {
    /// Whether an entry is to be kept if `after_bytes` wait for the disk with it. Pictures may fill `room_bytes`, sound a quarter
    /// more, words three eighths; the few other facts about the capture are always kept.
    pub(crate) fn admits(&mut self, entry: &Entry, after_bytes: usize, room_bytes: usize, now: Instant) -> bool {
        let kept = match entry {
            Entry::Media(frame) => return self.admits_frame(frame, after_bytes, room_bytes, now),
            Entry::Event(_) | Entry::Control(Control::Note { .. }) => after_bytes <= room_bytes + room_bytes / 8 * 3,
            Entry::Control(_) => true,
        };
        if !kept {
            *self.words.entry(leg_of(entry)).or_default() += 1;
        }
        kept
    }

    fn admits_frame(&mut self, frame: &Frame, after_bytes: usize, room_bytes: usize, now: Instant) -> bool {
        let kind = frame.track.kind;
        let is_picture = kind != TrackKind::Audio;
        let limit = if is_picture { room_bytes } else { room_bytes + room_bytes / 4 };
        let full = &mut self.full[kind as usize];
        *full = after_bytes > if *full { limit / 2 } else { limit };
        let missing = if is_picture && self.space == Space::Exhausted {
            Some(DropReason::Storage)
        } else if *full {
            Some(DropReason::Buffer)
        } else {
            self.torn.get(&frame.track).copied().filter(|_| !begins_group(frame))
        };
        match missing {
            None => {
                if !self.torn.is_empty() {
                    self.torn.remove(&frame.track);
                }
                self.end_runs(kind);
            }
            Some(reason) => {
                if is_picture && (self.torn.len() < TORN_TRACKS || self.torn.contains_key(&frame.track)) {
                    self.torn.insert(frame.track, reason);
                }
                self.note(frame, reason, now);
            }
        }
        missing.is_none()
    }

    /// A frame of the kind was kept: what is dropped later is another gap.
    fn end_runs(&mut self, kind: TrackKind) {
        self.runs.retain_mut(|run| {
            run.is_over |= run.kind == kind;
            run.frames > 0 || !run.is_over
        });
    }

    fn note(&mut self, frame: &Frame, reason: DropReason, now: Instant) {
        let Frame { track: Track { kind, .. }, at, .. } = *frame;
        let cause = match reason {
            DropReason::Buffer => "ours",
            DropReason::Storage => "storage",
        };
        metrics::counter!("hansard_media_dropped_frames_total", "kind" => kind.name(), "cause" => cause).increment(1);
        match self.runs.iter_mut().find(|run| (run.kind, run.reason) == (kind, reason)) {
            Some(run) => {
                run.frames += 1;
                run.from = run.from.min(at);
                run.to = run.to.max(at);
                run.is_over = false;
            }
            None => self.runs.push(Run { kind, reason, frames: 1, from: at, to: at, since: now, is_over: false }),
        }
    }

    /// When what was dropped must be declared, if anything was that is not.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.runs.iter().filter_map(Run::due).min()
    }

    /// Whether anything was dropped that is not declared yet.
    pub(crate) fn is_undeclared(&self) -> bool {
        self.runs.iter().any(|run| run.frames > 0) || !self.words.is_empty()
    }

    /// What the log must say now of everything that was dropped since this was asked last, or all of it if nothing `follows`: a
    /// few records, however much it was. Pieces of one run join.
    pub(crate) fn declare(&mut self, now: Instant, follows: bool) -> Vec<Control> {
        let mut declared = Vec::new();
        for run in &mut self.runs {
            if run.frames > 0 && (!follows || run.due().is_some_and(|due| due <= now)) {
                let Run { kind, reason, frames, from, to, .. } = *run;
                declared.push(Control::Dropped { kind, frames, from, to, cause: LossCause::Ours, reason });
                (run.frames, run.from, run.since) = (0, to, now);
            }
        }
        self.runs.retain(|run| run.frames > 0 || !run.is_over);
        let words = std::mem::take(&mut self.words).into_iter();
        declared.extend(words.map(|(leg, count)| Control::Skipped { leg, code: "storage_behind".to_owned(), count }));
        declared
    }
}

/// Whether a decoder that missed what came before may begin with this picture.
fn begins_group(frame: &Frame) -> bool {
    match VideoCodec::of_bytes(&frame.payload) {
        Some(VideoCodec::H264) => {
            let unit = video::h264::inspect(&frame.payload);
            unit.key && !unit.continues
        }
        Some(VideoCodec::Jpeg | VideoCodec::Png) => true,
        // The rest of a picture whose beginning is missing.
        None => false,
    }
}

/// Over which connection words came.
fn leg_of(entry: &Entry) -> Leg {
    match entry {
        Entry::Event(event) => match event.body {
            EventBody::Transcript(_) => Leg::Transcript,
            EventBody::Chat(_) => Leg::Chat,
            _ => Leg::Signaling,
        },
        Entry::Control(Control::Note { leg, .. }) => *leg,
        Entry::Media(_) | Entry::Control(_) => Leg::Signaling,
    }
}

#[cfg(test)]
mod tests;
