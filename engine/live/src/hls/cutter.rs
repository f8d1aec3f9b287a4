//! Cuts a meeting into segments and parts, as far as it is known. What was cut once stays: nothing is ever cut anew.

use media::Position;
use model::Locator;
use timeline::{VideoFrame, VideoTrack};

use super::{keys::Keys, look::Look};

#[cfg(test)]
mod tests;

/// How long a part is, in milliseconds: 15 frames of AAC.
pub const PART_MS: i64 = 320;
/// A segment of copied pictures ends with the first key picture that comes so long after its beginning, in microseconds: key pictures that
/// come every 2 s begin one each although their stamps are off by some milliseconds.
const SHORTEST_MICROS: i64 = 1_900_000;
/// A segment of pictures that are made ends with the first that comes so long after its beginning, in microseconds.
const MADE_MICROS: i64 = 2_000_000;
/// Where nobody is seen a segment is that long, in microseconds.
const BLACK_MICROS: i64 = 2_000_000;
/// How long a segment may be, in microseconds.
pub(crate) const LONGEST_MICROS: i64 = 4_000_000;
/// How long a key picture is waited for, in microseconds from the last that began a segment: as long as a segment may be, although stamps
/// are off by some milliseconds. Where none came the last picture begins a segment whose pictures are made.
const PATIENCE_MICROS: i64 = LONGEST_MICROS + 100_000;
/// How long the last picture stays where none follows, in microseconds (recording-api §9.2).
const HELD_MICROS: i64 = 2_000_000;

/// One of the platform's pictures, where it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shot {
    /// From when on.
    pub at: Position,
    /// Where its first message lies in the log.
    pub locator: Locator,
    /// Whether decoding can begin here.
    pub is_key: bool,
}

/// One segment that is cut, or the one that still grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Where it begins.
    pub start: Position,
    /// Where it ends, or how far it is known.
    pub end: Position,
    /// The place of its look in [`Cutter::looks`].
    pub look: usize,
    /// Whether it does not go on with what the segment before it shows.
    pub is_break: bool,
    /// The place of its first picture in [`Cutter::shots`].
    first_shot: usize,
}

/// What lies between two cuts.
#[derive(Clone, Debug)]
pub struct Passage<'a> {
    /// Where it begins.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
    /// What it looks like.
    pub look: &'a Look,
    /// The pictures that begin in it, and when the one after each begins.
    pub shots: Vec<(Shot, Position)>,
    /// The place of the first of them in [`Cutter::shots`].
    pub first_shot: usize,
    /// Whether decoding can begin with it.
    pub is_independent: bool,
}

/// What is shown where the segment that grows ends.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Last {
    at: Position,
    source: i64,
    /// How it looks if it is copied; `None` if it cannot be.
    copied: Option<Look>,
    /// How it looks if it is made.
    made: Look,
}

/// Cuts a meeting that may go on.
#[derive(Clone, Debug)]
pub struct Cutter {
    looks: Vec<Look>,
    shots: Vec<Shot>,
    segments: Vec<Segment>,
    /// The segment that grows; its end means nothing.
    open: Segment,
    /// The picture that is shown; `None` where nobody is seen.
    last: Option<Last>,
    keys: Keys,
    /// How far pictures were taken.
    taken: Option<Position>,
    settled: Position,
    is_over: bool,
}

impl Default for Cutter {
    fn default() -> Self {
        Self::new()
    }
}

impl Cutter {
    /// Nothing is known yet.
    pub fn new() -> Self {
        let open = Segment { start: Position::ZERO, end: Position::ZERO, look: 0, is_break: false, first_shot: 0 };
        Self {
            looks: vec![Look::Black],
            shots: Vec::new(),
            segments: Vec::new(),
            open,
            last: None,
            keys: Keys::default(),
            taken: None,
            settled: Position::ZERO,
            is_over: false,
        }
    }

    /// Takes the pictures before `settled` that were not taken yet: behind that place more may come, before it nothing does.
    pub fn advance(&mut self, track: &VideoTrack, settled: Position) {
        if self.is_over || settled <= self.settled {
            return;
        }
        let first = self.taken.map_or(0, |taken| track.frames.partition_point(|frame| frame.at <= taken));
        for frame in track.frames.iter().skip(first).take_while(|frame| frame.at < settled) {
            self.taken = Some(frame.at);
            self.take(track, frame);
        }
        self.settled = settled;
        if let Some(end) = self.held_until().filter(|end| *end < settled) {
            self.fade(end);
        }
        self.cut_black(settled);
    }

    /// Cuts what is left: the meeting ends at `end`.
    pub fn finish(&mut self, track: &VideoTrack, end: Position) {
        self.advance(track, end);
        let end = end.max(self.known());
        if !self.is_over && end > self.open.start {
            self.stop_waiting(end);
            self.close(end);
        }
        self.is_over = true;
    }

    /// Whether nothing follows.
    pub const fn is_over(&self) -> bool {
        self.is_over
    }

    /// The segments that are cut.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The segment that still grows, as far as it is known.
    pub fn open(&self) -> Option<Segment> {
        (!self.is_over).then(|| Segment { end: self.known(), ..self.open })
    }

    /// The segment of that number, cut or not.
    pub fn segment(&self, number: u64) -> Option<Segment> {
        let index = usize::try_from(number).ok()?;
        match self.segments.get(index) {
            Some(segment) => Some(*segment),
            None => self.open().filter(|_| index == self.segments.len()),
        }
    }

    /// All looks so far.
    pub fn looks(&self) -> &[Look] {
        &self.looks
    }

    /// The pictures that are shown, of all segments.
    pub fn shots(&self) -> &[Shot] {
        &self.shots
    }

    /// Where decoding has to begin for the picture at that place of [`Cutter::shots`]: the place of the last key picture up to there.
    pub fn key_before(&self, shot: usize) -> Option<usize> {
        self.shots.get(..=shot)?.iter().rposition(|shot| shot.is_key)
    }

    /// How many parts of a segment are known whole.
    pub fn parts(&self, number: u64) -> u32 {
        let Some(segment) = self.segment(number) else { return 0 };
        let is_cut = usize::try_from(number).is_ok_and(|index| index < self.segments.len());
        let micros = segment.end.micros_since(segment.start).max(0);
        let whole = micros / (PART_MS * 1_000);
        let rest = i64::from(is_cut && micros % (PART_MS * 1_000) > 0);
        u32::try_from(whole + rest).unwrap_or(0)
    }

    /// A part of a segment; `None` as long as it is not known whole.
    pub fn part(&self, number: u64, part: u32) -> Option<Passage<'_>> {
        let segment = self.segment(number).filter(|_| part < self.parts(number))?;
        let start = segment.start.plus_ms(i64::from(part) * PART_MS);
        let end = start.plus_ms(PART_MS).min(segment.end);
        let index = usize::try_from(number).ok()?;
        let beyond = self.segments.get(index + 1).map_or(self.shots.len(), |next| next.first_shot);
        let beyond = if index + 1 == self.segments.len() { self.open.first_shot } else { beyond };
        let own = self.shots.get(segment.first_shot..beyond).unwrap_or_default();
        let from = own.partition_point(|shot| shot.at < start);
        let until = own.partition_point(|shot| shot.at < end);
        let after = |shot: usize| own.get(shot + 1).map_or(segment.end, |next| next.at);
        let shots: Vec<(Shot, Position)> = (from..until).filter_map(|n| Some((*own.get(n)?, after(n)))).collect();
        let look = self.looks.get(segment.look)?;
        let is_independent = match look {
            Look::Black => true,
            Look::Copied { .. } => shots.first().is_some_and(|(shot, _)| shot.is_key),
            Look::Made { .. } => part == 0,
        };
        Some(Passage { start, end, look, shots, first_shot: segment.first_shot + from, is_independent })
    }

    /// How far parts can be made.
    fn known(&self) -> Position {
        match &self.last {
            // How long a picture stays is known once there is another.
            Some(last) => last.at.min(self.settled).max(self.open.start),
            // A first picture within the first two seconds is shown from the beginning on.
            None if self.is_fresh() && self.settled.micros() <= HELD_MICROS => self.open.start,
            None => self.settled.max(self.open.start),
        }
    }

    fn is_fresh(&self) -> bool {
        self.segments.is_empty() && self.open.start == Position::ZERO
    }

    fn held_until(&self) -> Option<Position> {
        self.last.as_ref().map(|last| Position::from_micros(last.at.micros().saturating_add(HELD_MICROS)))
    }

    fn take(&mut self, track: &VideoTrack, frame: &VideoFrame) {
        if let Some(end) = self.held_until().filter(|end| *end < frame.at) {
            self.fade(end);
        }
        let copied = Look::copied(track, frame);
        let goes_on = self.last.as_ref().is_some_and(|last| last.source == frame.source && last.copied == copied);
        if !frame.idr && !goes_on {
            // What it needs was not sent.
            return;
        }
        if self.stop_waiting(frame.at) {
            self.keys.note_absence();
        }
        if frame.idr {
            self.keys.note(frame.at);
        }
        let look = copied.clone().filter(|_| !self.keys.are_rare()).unwrap_or_else(|| Look::made(track, frame));
        let micros = frame.at.micros_since(self.open.start);
        if self.last.is_none() || self.looks.get(self.open.look) != Some(&look) {
            self.begin(look, frame.at);
        } else if micros >= MADE_MICROS && self.is_made() || micros >= SHORTEST_MICROS && !self.is_made() && frame.idr {
            self.close(frame.at);
        }
        let at = if self.is_fresh() && self.shots.is_empty() { Position::ZERO } else { frame.at };
        self.shots.push(Shot { at, locator: frame.locator, is_key: frame.idr });
        let made = Look::made(track, frame);
        self.last = Some(Last { at: frame.at, source: frame.source, copied, made });
    }

    fn is_made(&self) -> bool {
        matches!(self.looks.get(self.open.look), Some(Look::Made { .. }))
    }

    /// Has pictures made from the last one on, if the segment that grows would be too long at `at`.
    fn stop_waiting(&mut self, at: Position) -> bool {
        let is_late = at.micros_since(self.open.start) > PATIENCE_MICROS && !self.is_made();
        let Some(last) = self.last.as_ref().filter(|_| is_late) else { return false };
        let (look, from) = (last.made.clone(), last.at);
        self.begin(look, from);
        true
    }

    /// Shows something else from `at` on.
    fn begin(&mut self, look: Look, at: Position) {
        let is_first = self.is_fresh() && self.last.is_none() && at.micros() <= HELD_MICROS;
        if self.last.is_none() && !is_first {
            self.cut_black(at);
        }
        if at > self.open.start && !is_first {
            self.close(at);
        }
        let known = self.looks.iter().position(|known| *known == look);
        self.open.look = known.unwrap_or_else(|| {
            self.looks.push(look);
            self.looks.len() - 1
        });
        self.open.is_break = !self.segments.is_empty();
    }

    /// Shows nobody from `at` on.
    fn fade(&mut self, at: Position) {
        self.stop_waiting(at);
        self.close(at);
        self.last = None;
        self.open.look = 0;
        self.open.is_break = true;
    }

    fn cut_black(&mut self, until: Position) {
        let end = |start: Position| Position::from_micros(start.micros().saturating_add(BLACK_MICROS));
        let waits = self.is_fresh() && until.micros() <= HELD_MICROS;
        while self.last.is_none() && !waits && end(self.open.start) <= until {
            self.close(end(self.open.start));
        }
    }

    /// Ends the segment that grows, in pieces where it would be too long.
    fn close(&mut self, end: Position) {
        while end > self.open.start {
            let longest = Position::from_micros(self.open.start.micros().saturating_add(PATIENCE_MICROS));
            let end = end.min(longest);
            self.segments.push(Segment { end, ..self.open });
            let own = self.shots.get(self.open.first_shot..).unwrap_or_default();
            let first_shot = self.open.first_shot + own.partition_point(|shot| shot.at < end);
            self.open = Segment { start: end, end, look: self.open.look, is_break: false, first_shot };
        }
    }
}
