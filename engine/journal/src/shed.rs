//! What gives way when the disk does not keep up: pictures first and by whole groups, then sound, then words. It decides and
//! counts; the log is written in `write`.

use std::collections::{BTreeMap, HashSet};

use media::{Frame, SourceTime, Track, TrackKind, VideoCodec};
use model::{Control, DropReason, Entry, EventBody, LossCause, platform::Leg};

use crate::segment::MESSAGE_OVERHEAD_BYTES;

/// Of how many tracks it is remembered that a picture is missing; pictures of further ones may not decode.
const TORN_TRACKS: usize = 1024;

/// What is dropped, and what was dropped and not declared yet.
#[derive(Debug, Default)]
pub(crate) struct Shedding {
    /// Which kinds stay out until half of their room is free again.
    full: [bool; 3],
    /// Tracks of which pictures are missing, until the next one with which decoding may begin.
    torn: HashSet<Track>,
    runs: Vec<Run>,
    /// How many messages of each leg.
    words: BTreeMap<Leg, u64>,
}

/// A run of frames of one kind that were dropped.
#[derive(Debug)]
struct Run {
    kind: TrackKind,
    frames: u64,
    from: SourceTime,
    to: SourceTime,
}

impl Shedding {
    /// Whether an entry is to be kept while `waiting_bytes` wait for the disk. Pictures may fill `room_bytes`, sound half as
    /// much again, words twice as much; the few other facts about the capture are always kept.
    pub(crate) fn admits(&mut self, entry: &Entry, waiting_bytes: usize, room_bytes: usize) -> bool {
        let kept = match entry {
            Entry::Media(frame) => return self.admits_frame(frame, waiting_bytes, room_bytes),
            Entry::Event(_) | Entry::Control(Control::Note { .. }) => waiting_bytes < room_bytes.saturating_mul(2),
            Entry::Control(_) => true,
        };
        if !kept {
            *self.words.entry(leg_of(entry)).or_default() += 1;
        }
        kept
    }

    fn admits_frame(&mut self, frame: &Frame, waiting_bytes: usize, room_bytes: usize) -> bool {
        let kind = frame.track.kind;
        let is_picture = kind != TrackKind::Audio;
        let limit = if is_picture { room_bytes } else { room_bytes.saturating_add(room_bytes / 2) };
        let full = &mut self.full[kind as usize];
        let after = waiting_bytes.saturating_add(frame.payload.len() + MESSAGE_OVERHEAD_BYTES);
        *full = after > if *full { limit / 2 } else { limit };
        let kept = !*full && (!self.torn.contains(&frame.track) || begins_group(frame));
        if kept {
            self.torn.remove(&frame.track);
        } else {
            if is_picture && self.torn.len() < TORN_TRACKS {
                self.torn.insert(frame.track);
            }
            self.note(frame);
        }
        kept
    }

    fn note(&mut self, frame: &Frame) {
        let Frame { track: Track { kind, .. }, at, .. } = *frame;
        metrics::counter!("hansard_media_dropped_frames_total", "kind" => kind.name(), "cause" => "ours").increment(1);
        match self.runs.iter_mut().find(|run| run.kind == kind) {
            Some(run) => {
                run.frames += 1;
                run.from = run.from.min(at);
                run.to = run.to.max(at);
            }
            None => self.runs.push(Run { kind, frames: 1, from: at, to: at }),
        }
    }

    /// Whether anything was dropped that is not declared yet.
    pub(crate) fn is_undeclared(&self) -> bool {
        !self.runs.is_empty() || !self.words.is_empty()
    }

    /// What the log must say of everything that was dropped since this was asked last: a few records, however much it was.
    pub(crate) fn declare(&mut self) -> Vec<Control> {
        let runs = std::mem::take(&mut self.runs).into_iter().map(|run| {
            let Run { kind, frames, from, to } = run;
            Control::Dropped { kind, frames, from, to, cause: LossCause::Ours, reason: DropReason::Buffer }
        });
        let words = std::mem::take(&mut self.words).into_iter();
        runs.chain(words.map(|(leg, count)| Control::Skipped { leg, code: "storage_behind".to_owned(), count }))
            .collect()
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
