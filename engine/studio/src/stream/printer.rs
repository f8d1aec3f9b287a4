//! The pictures of a stream that cannot be copied: has them decoded and encoded, in a process of its own that lives while somebody watches
//! them. Which pictures these are is decided in `live`, what becomes of them in `reel`.
//!
//! A strand is a stretch of the meeting that is decoded picture by picture: while viewers go on, no picture is decoded twice. A segment is
//! encoded from its first picture on, and comes out the same whatever was made before it.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use bytes::Bytes;
use live::{Darkroom, Exposure, Print};
use media::{TrackKind, VideoCodec};
use model::{CaptureId, Fault};
use tokio::runtime::Handle;

use crate::{
    StudioError,
    laboratory::{FRAME_LIMIT_BYTES, Laboratory, Rests},
    launch::Launch,
};

/// How many places of a meeting are decoded at once: viewers of more take turns.
const MOST_STRANDS: usize = 4;
/// How many segments are remembered that could not be made whole.
const MOST_SPOILED: usize = 64;
/// How many pictures are decoded before somebody else may ask.
const STEP: usize = 100;
/// How long it may take for one picture.
const PATIENCE: Duration = Duration::from_secs(3);
/// For how long nobody may want pictures until what makes them ends.
const WANTED_FOR: Duration = Duration::from_secs(10);

/// Where pictures are decoded.
#[derive(Clone)]
pub(crate) enum Bench {
    /// In processes, which are spoken to from this runtime.
    Processes(Launch, Handle),
    /// Here; for tests.
    Here,
}

/// Pictures that are wanted, by their places among all that are shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// The number of their segment.
    pub(super) segment: u64,
    /// How large they are to be, in pixels.
    pub(super) size: (u32, u32),
    /// Where decoding has to begin for the first of the segment.
    pub(super) key: usize,
    /// The first of the segment.
    pub(super) first: usize,
    /// The first and the one behind the last that are wanted.
    pub(super) from: usize,
    pub(super) until: usize,
}

/// How pictures that are wanted can be had.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    wanted: Wanted,
    slot: u8,
    /// Whether the strand begins anew.
    is_new: bool,
    /// The place of the first that is to be decoded.
    pub(super) start: usize,
}

impl Way {
    /// The place of the key picture without which nothing on it can be decoded.
    pub(super) const fn key(&self) -> usize {
        self.wanted.key
    }
}

/// Has pictures made.
pub(super) struct Printer {
    capture: CaptureId,
    bench: Bench,
    hand: Option<Hand>,
    strands: [Strand; MOST_STRANDS],
    /// Segments of which a picture could not be had: those after it need it.
    spoiled: BTreeSet<u64>,
    rests: Rests,
    began: Instant,
    wanted: Instant,
}

enum Hand {
    Process(Laboratory, Handle),
    Here(Darkroom),
}

/// How far one strand is.
#[derive(Clone, Copy, Debug)]
struct Strand {
    /// The place behind the picture that was decoded last; `None` if none was.
    next: Option<usize>,
    /// The segment whose pictures are encoded.
    segment: Option<u64>,
    used: Instant,
}

impl Printer {
    pub(super) fn new(capture: CaptureId, bench: Bench) -> Self {
        let now = Instant::now();
        Self {
            capture,
            bench,
            hand: None,
            strands: [Strand { next: None, segment: None, used: now }; MOST_STRANDS],
            spoiled: BTreeSet::new(),
            rests: Rests::default(),
            began: now,
            wanted: now,
        }
    }

    /// The shortest way to pictures: on a strand that is nearly there, else from their key picture on. `None` if something they need is
    /// missing.
    pub(super) fn way_to(&self, wanted: Wanted) -> Option<Way> {
        if wanted.from > wanted.first && self.spoiled.contains(&wanted.segment) {
            return None;
        }
        let goes_on = |strand: &Strand| {
            let next = strand.next?;
            let is_open = strand.segment == Some(wanted.segment) && next <= wanted.from;
            let is_before = next >= wanted.key && next <= wanted.first;
            (is_open || is_before).then_some(next)
        };
        let nearest = (0..).zip(&self.strands).filter_map(|(slot, strand)| Some((slot, goes_on(strand)?)));
        if let Some((slot, start)) = nearest.max_by_key(|(_, next)| *next) {
            return Some(Way { wanted, slot, is_new: false, start });
        }
        let oldest = (0..).zip(&self.strands).min_by_key(|(_, strand)| (strand.next.is_some(), strand.used));
        oldest.map(|(slot, _)| Way { wanted, slot, is_new: true, start: wanted.key })
    }

    /// Goes it: the pictures that are wanted, each an access unit in Annex B; `None` if they cannot be had. `read` answers what came at
    /// a place.
    pub(super) fn go(&mut self, way: Way, read: &mut dyn FnMut(usize) -> (VideoCodec, Bytes)) -> Option<Vec<Bytes>> {
        let now = Instant::now();
        self.wanted = now;
        if self.hand.is_none() && self.rests.holds(self.capture, now) {
            return None;
        }
        self.spoiled.remove(&way.wanted.segment);
        let made = self.begin(now).and_then(|()| self.expose(way, read));
        made.inspect_err(|error| self.bury(error)).ok()
    }

    /// Goes a little of it; whether nothing much is left.
    pub(super) fn approach(&mut self, way: Way, read: &mut dyn FnMut(usize) -> (VideoCodec, Bytes)) -> bool {
        let until = way.start + STEP;
        if until >= way.wanted.first {
            return true;
        }
        let wanted = Wanted { from: until, until, ..way.wanted };
        self.go(Way { wanted, ..way }, read).is_none()
    }

    /// Takes note that a picture of a segment could not be had.
    pub(super) fn spoil(&mut self, segment: u64) {
        self.spoiled.insert(segment);
        if self.spoiled.len() > MOST_SPOILED {
            self.spoiled.pop_first();
        }
    }

    /// Lets the process go where nobody wants its pictures any more.
    pub(super) fn rest(&mut self) {
        if self.hand.is_some() && self.wanted.elapsed() >= WANTED_FOR {
            self.end();
        }
    }

    fn begin(&mut self, now: Instant) -> Result<(), StudioError> {
        if self.hand.is_none() {
            self.began = now;
            self.hand = Some(match &self.bench {
                Bench::Here => Hand::Here(Darkroom::new()),
                Bench::Processes(launch, runtime) => {
                    let _inside = runtime.enter();
                    Hand::Process(Laboratory::start(launch, PATIENCE)?, runtime.clone())
                }
            });
        }
        Ok(())
    }

    fn expose(
        &mut self,
        way: Way,
        read: &mut dyn FnMut(usize) -> (VideoCodec, Bytes),
    ) -> Result<Vec<Bytes>, StudioError> {
        let Way { wanted, slot, is_new, start } = way;
        let (width, height) = wanted.size;
        let mut made = Vec::new();
        for place in start..wanted.until {
            let (codec, payload) = read(place);
            let exposure = Exposure {
                slot,
                kind: TrackKind::Video,
                codec,
                begins: is_new && place == start,
                is_shown: place >= wanted.first,
                print: Print::Filmed { width, height, is_first: place == wanted.first },
                payload: if payload.len() > FRAME_LIMIT_BYTES { Bytes::new() } else { payload },
            };
            let picture = self.develop(&exposure)?;
            if exposure.is_shown && picture.is_none() {
                return Err(StudioError::Crashed { how: "it made no picture".to_owned() });
            }
            if place >= wanted.from {
                made.extend(picture);
            }
            if let Some(strand) = self.strands.get_mut(usize::from(slot)) {
                let segment = exposure.is_shown.then_some(wanted.segment);
                *strand = Strand { next: Some(place + 1), segment, used: self.wanted };
            }
        }
        Ok(made)
    }

    fn develop(&mut self, exposure: &Exposure) -> Result<Option<Bytes>, StudioError> {
        match self.hand.as_mut() {
            Some(Hand::Process(laboratory, runtime)) => runtime.block_on(laboratory.develop(exposure)),
            Some(Hand::Here(room)) => Ok(room.develop(exposure).unwrap_or(None)),
            None => Ok(None),
        }
    }

    /// Takes note that a process died, or could not be started.
    fn bury(&mut self, error: &StudioError) {
        let pause = self.rests.note_death(self.capture, self.began, Instant::now());
        metrics::counter!("hansard_stage_errors_total", "stage" => "pictures").increment(1);
        tracing::warn!(
            capture = %self.capture, code = error.code(), %error, ?pause,
            "a live stream is black for a while where its pictures cannot be copied; they are made again"
        );
        self.end();
    }

    fn end(&mut self) {
        // The process is killed as its handle goes.
        self.hand = None;
        self.strands.iter_mut().for_each(|strand| (strand.next, strand.segment) = (None, None));
    }
}

#[cfg(test)]
mod tests;
