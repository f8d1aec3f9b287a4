//! Which frames make the still pictures of a meeting: of each camera and shared screen two a second, from a key picture on. Pixels are
//! in `darkroom`, what it is given and believed in `exposure`.

use std::collections::BTreeMap;

use media::{Frame, SourceTime, Track, TrackKind, VideoCodec};

use crate::{
    Pictures,
    exposure::{Exposure, MOST_SLOTS, Print},
};

/// How much time lies between two still pictures of a source, in milliseconds of the platform's clock.
const EVERY_MS: i64 = 500;
/// How far time may lie back before the clock is believed to have been set, in milliseconds.
const SET_BACK_MS: i64 = 2_000;
/// How long a source has shown nothing before another may have its place, in milliseconds.
const IDLE_MS: i64 = 2_000;

/// Chooses the frames of one capture.
#[derive(Debug, Default)]
pub struct Stills {
    pictures: Pictures,
    sources: BTreeMap<Track, Source>,
}

#[derive(Clone, Copy, Debug)]
struct Source {
    slot: u8,
    /// When the next still picture is due.
    due: SourceTime,
    /// When something of it was last seen.
    seen: SourceTime,
}

impl Stills {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one frame of a camera or a shared screen; what a decoder is to be given of it.
    pub fn handle_frame(&mut self, frame: &Frame) -> Option<Exposure> {
        let (track, kind) = (frame.track, frame.track.kind);
        let codec = VideoCodec::of_bytes(&frame.payload).filter(|_| kind != TrackKind::Audio)?;
        self.make_place(track, frame.at)?;
        let source = self.sources.get_mut(&track)?;
        source.seen = frame.at;
        let slot = source.slot;
        if codec == VideoCodec::H264 {
            let unit = self.pictures.handle_frame(frame)?;
            let is_shown = source.is_due(frame.at);
            let (begins, payload) = (unit.begins, unit.payload);
            return Some(Exposure { slot, kind, codec, begins, is_shown, print: Print::Still, payload });
        }
        let payload = frame.payload.clone();
        let exposure = Exposure { slot, kind, codec, begins: true, is_shown: true, print: Print::Still, payload };
        source.is_due(frame.at).then_some(exposure)
    }

    /// Finds a place for a source, if need be that of one which shows nothing any more.
    fn make_place(&mut self, track: Track, at: SourceTime) -> Option<()> {
        if self.sources.contains_key(&track) {
            return Some(());
        }
        let is_free = |slot: &u8| self.sources.values().all(|source| source.slot != *slot);
        let slot = match (0..MOST_SLOTS).find(is_free) {
            Some(slot) => slot,
            None => {
                let (idle, Source { slot, seen, .. }) = self
                    .sources
                    .iter()
                    .min_by_key(|(_, source)| source.seen)
                    .map(|(track, source)| (*track, *source))?;
                if at.ms_since(seen) < IDLE_MS {
                    return None;
                }
                self.sources.remove(&idle);
                self.pictures.note_loss(idle);
                slot
            }
        };
        self.pictures.note_loss(track);
        self.sources.insert(track, Source { slot, due: at, seen: at });
        Some(())
    }
}

impl Source {
    fn is_due(&mut self, at: SourceTime) -> bool {
        let behind_ms = at.ms_since(self.due);
        if (-SET_BACK_MS..0).contains(&behind_ms) {
            return false;
        }
        let last = if (0..EVERY_MS).contains(&behind_ms) { self.due } else { at };
        self.due = last.plus_ms(EVERY_MS);
        true
    }
}

#[cfg(test)]
mod tests;
