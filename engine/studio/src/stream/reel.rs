//! One meeting as a stream: follows its log, cuts it, and makes any piece of it. What a piece is depends on the log alone, so that it can
//! be made again after a restart. Who asks for it is known to `screening`.

use std::sync::Arc;

use bytes::Bytes;
use journal::{LogDir, LogReader, PayloadReader};
use live::{Awaited, Cutter, Names};
use media::{Position, SourceTime};
use model::{CaptureId, Control, Entry};
use render::Damage;
use timeline::{Flow, Timeline};

use super::{
    pictures::{Material, Pictures},
    printer::Bench,
    shelf::Shelf,
    window::{Controls, Window},
};
use crate::{StudioError, payloads::LogPayloads};

/// How far behind the latest media the stream is cut, in milliseconds: the connections of sound and pictures do not deliver at the same
/// moment.
const SETTLED_MS: i64 = 150;
/// How long is waited for what a lost connection may still deliver, in milliseconds of the meeting.
const PATIENCE_MS: i64 = 10_000;
/// How much of a meeting that is read after the fact is cut at once, in milliseconds.
const STRIDE_MS: i64 = 30_000;
/// How much of a log is read for a piece that is looked at no more, beyond its beginning, in milliseconds: the pieces after it come next.
const RECALLED_MS: i64 = 40_000;
/// How much before a piece has to be known, in milliseconds: its sound is mixed from there on.
const BEFORE_MS: i64 = 600;
/// Stands in the place of a part's number for all parts of a segment.
const WHOLE: u32 = u32::MAX;
/// How many parts a segment has at most, for the numbers of fragments.
const MOST_PARTS: u64 = 16;

/// Where in a log a moment of the meeting was reached.
#[derive(Clone, Copy, Debug)]
struct Mark {
    latest: SourceTime,
    segment: u32,
}

/// A stretch of the meeting as it is known.
#[derive(Clone, Debug)]
struct Known {
    timeline: Arc<Timeline>,
    /// From where and to where nothing is missing.
    since: Position,
    until: Position,
}

impl Known {
    fn holds(&self, start: Position, end: Position) -> bool {
        self.since <= start.plus_ms(-BEFORE_MS).max(Position::ZERO) && end <= self.until
    }
}

/// One meeting as a stream.
pub(crate) struct Reel {
    log: LogDir,
    settings: render::Settings,
    reader: LogReader,
    controls: Controls,
    window: Window,
    flow: Flow,
    cutter: Cutter,
    /// The places of the log, one for each of its segments.
    marks: Vec<Mark>,
    /// How far the meeting was when it was cut last, and when something began to be missing.
    cut_at: Option<SourceTime>,
    restless_since: Option<SourceTime>,
    is_ended: bool,
    has_records: bool,
    known: Option<Known>,
    recalled: Option<Known>,
    payloads: LogPayloads,
    shelf: Shelf,
    pictures: Pictures,
    /// The whole playlist and the delta, as far as they were asked for since the last cut.
    playlists: [Option<Bytes>; 2],
}

impl Reel {
    /// Of a log, of which nothing is read yet.
    pub(crate) fn new(
        capture: CaptureId,
        log: LogDir,
        settings: render::Settings,
        bench: Bench,
    ) -> Result<Self, StudioError> {
        let controls = Controls::default();
        Ok(Self {
            reader: LogReader::open(log.clone())?,
            payloads: LogPayloads(PayloadReader::chained([log.clone()])?),
            log,
            settings,
            window: Window::new(&controls, None),
            controls,
            flow: Flow::default(),
            cutter: Cutter::new(),
            marks: Vec::new(),
            cut_at: None,
            restless_since: None,
            is_ended: false,
            has_records: false,
            known: None,
            recalled: None,
            shelf: Shelf::default(),
            pictures: Pictures::new(capture, settings, bench),
            playlists: [None, None],
        })
    }

    /// Whether anything is there.
    pub(crate) const fn has_records(&self) -> bool {
        self.has_records
    }

    /// Whether anything can be shown: players want a whole segment to begin with.
    pub(crate) fn is_begun(&self) -> bool {
        !self.cutter.segments().is_empty()
    }

    /// What is cut so far.
    pub(crate) const fn cutter(&self) -> &Cutter {
        &self.cutter
    }

    /// Whether a playlist that has to reach somewhere does.
    pub(crate) fn reaches(&self, awaited: Awaited) -> bool {
        awaited.is_there(&self.cutter)
    }

    /// Reads on, and cuts what is settled; all of it if the meeting `is_over`.
    pub(crate) fn advance(&mut self, is_over: bool) -> Result<(), StudioError> {
        self.pictures.rest();
        if self.cutter.is_over() {
            return Ok(());
        }
        self.reader.look_again()?;
        let mut has_more = false;
        while let Some(stored) = self.reader.next_record()? {
            (has_more, self.has_records) = (true, true);
            self.controls.note(&stored);
            self.window.push(&stored);
            self.flow.note(&stored.record);
            self.is_ended |= matches!(stored.record.entry, Entry::Control(Control::Ended { .. }));
            let Some(latest) = self.flow.latest() else { continue };
            if self.marks.last().is_none_or(|mark| mark.segment < stored.locator.segment) {
                self.marks.push(Mark { latest, segment: stored.locator.segment });
            }
            if latest.ms_since(*self.cut_at.get_or_insert(latest)) >= STRIDE_MS {
                self.cut(latest, false);
            }
        }
        if let Some(latest) = self.flow.latest().filter(|_| has_more || is_over) {
            self.cut(latest, is_over || self.is_ended);
        }
        Ok(())
    }

    fn cut(&mut self, latest: SourceTime, is_last: bool) {
        self.cut_at = Some(latest);
        if self.flow.is_calm() {
            self.restless_since = None;
        } else {
            let since = *self.restless_since.get_or_insert(latest);
            if latest.ms_since(since) < PATIENCE_MS && !is_last {
                return;
            }
        }
        let timeline = Arc::new(self.window.timeline());
        let origin = *self.controls.origin().get_or_insert(timeline.origin);
        self.controls.set_origin(origin);
        if is_last {
            self.cutter.finish(&timeline.video, timeline.end);
        } else {
            // A stray frame may be stamped far ahead of all others.
            let settled = latest.position(origin).min(timeline.end).plus_ms(-SETTLED_MS);
            self.cutter.advance(&timeline.video, settled);
        }
        let until = if is_last { timeline.end.plus_ms(STRIDE_MS) } else { timeline.end };
        self.known = Some(Known { since: self.window.since(origin), until, timeline });
        self.window.turn(latest, &self.controls);
        self.playlists = [None, None];
    }

    /// The playlist as of now, or what of it a player does not know that was told before.
    pub(crate) fn playlist(&mut self, is_delta: bool) -> Bytes {
        let origin = self.controls.origin().unwrap_or(SourceTime::from_unix_ms(0));
        let cutter = &self.cutter;
        let [whole, delta] = &mut self.playlists;
        let kept = if is_delta { delta } else { whole };
        kept.get_or_insert_with(|| live::playlist(cutter, origin, is_delta).into()).clone()
    }

    /// The header of that name; `None` if there is none.
    pub(crate) fn header(&mut self, name: &str) -> Result<Option<Bytes>, StudioError> {
        let Some(look) = self.cutter.looks().iter().find(|look| Names::header(look) == name).cloned() else {
            return Ok(None);
        };
        let pictures = self.pictures.config(&look)?;
        let sound = render::passage_sound(self.settings.audio_bitrate_bps)?;
        let header = live::header(pictures, sound).map_err(render::RenderError::from)?;
        Ok(Some(header))
    }

    /// All parts of a segment that is cut; `None` if it is not.
    pub(crate) fn segment(&mut self, number: u64) -> Result<Option<Bytes>, StudioError> {
        if usize::try_from(number).is_ok_and(|index| index >= self.cutter.segments().len()) {
            return Ok(None);
        }
        if let Some(made) = self.shelf.part((number, WHOLE)) {
            return Ok(Some(made));
        }
        let mut whole = Vec::new();
        for part in 0..self.cutter.parts(number) {
            let Some(part) = self.part(number, part)? else { return Ok(None) };
            whole.extend_from_slice(&part);
        }
        // Whoever asks for it next shares it, however slowly each of them reads.
        let whole = Bytes::from(whole);
        self.shelf.put((number, WHOLE), whole.clone());
        Ok(Some(whole))
    }

    /// One part; `None` if it is not known whole.
    pub(crate) fn part(&mut self, number: u64, part: u32) -> Result<Option<Bytes>, StudioError> {
        if let Some(made) = self.shelf.part((number, part)) {
            return Ok(Some(made));
        }
        let Some((_, timeline)) = self.known_for(number, part)? else { return Ok(None) };
        let Some(passage) = self.cutter.part(number, part) else { return Ok(None) };
        let mut damage = Damage::default();
        let (cutter, track, payloads) = (&self.cutter, &timeline.video, &mut self.payloads);
        let material = Material { cutter, track, payloads, damage: &mut damage };
        let shown = self.pictures.shown(material, (number, part), &passage)?;
        let frames = live::sound_frames(passage.start, passage.end);
        let first_sound = frames.start;
        let bitrate_bps = self.settings.audio_bitrate_bps;
        let sound = render::sound_between(&timeline, frames, bitrate_bps, &mut self.payloads, &mut damage)?;
        if damage.total() > 0 {
            tracing::debug!(number, part, ?damage, "a part of a live stream lacks what could not be used");
        }
        let place = number.saturating_mul(MOST_PARTS).saturating_add(u64::from(part));
        let sequence_number = u32::try_from(place.saturating_add(1)).unwrap_or(u32::MAX);
        let made = live::pack(sequence_number, &shown, first_sound, sound);
        self.shelf.put((number, part), made.clone());
        Ok(Some(made))
    }

    /// Works towards a part for a moment; whether it can be made without much delay, or never.
    pub(crate) fn approach(&mut self, number: u64, part: u32) -> Result<bool, StudioError> {
        if self.shelf.part((number, WHOLE)).or_else(|| self.shelf.part((number, part))).is_some() {
            return Ok(true);
        }
        let Some((is_near, timeline)) = self.known_for(number, part)? else { return Ok(true) };
        let passage = self.cutter.part(number, part).filter(|_| !is_near);
        let Some(passage) = passage else { return Ok(true) };
        let (cutter, track, payloads) = (&self.cutter, &timeline.video, &mut self.payloads);
        let material = Material { cutter, track, payloads, damage: &mut Damage::default() };
        Ok(self.pictures.approach(material, number, &passage))
    }

    /// What has to be known for a part, and whether that is nothing before it; `None` if it is not known whole.
    fn known_for(&mut self, number: u64, part: u32) -> Result<Option<(bool, Arc<Timeline>)>, StudioError> {
        let Some(passage) = self.cutter.part(number, part) else { return Ok(None) };
        let (start, end) = (passage.start, passage.end);
        let (since, key) = self.pictures.since(&self.cutter, number, &passage);
        Ok(Some((since >= start, self.timeline(since, key, end)?)))
    }

    /// What is known around a passage: the last minutes, or what is read again, from the key picture on that it needs.
    fn timeline(&mut self, start: Position, key: Position, end: Position) -> Result<Arc<Timeline>, StudioError> {
        for (known, since) in [(&self.known, start), (&self.recalled, key)] {
            if let Some(known) = known.as_ref().filter(|known| known.holds(since, end)) {
                return Ok(Arc::clone(&known.timeline));
            }
        }
        let known = self.recall(key, end)?;
        Ok(Arc::clone(&self.recalled.insert(known).timeline))
    }

    fn recall(&self, start: Position, end: Position) -> Result<Known, StudioError> {
        let origin = self.controls.origin().unwrap_or(SourceTime::from_unix_ms(0));
        let needed = start.plus_ms(-BEFORE_MS - 1_000);
        let before = self.marks.partition_point(|mark| mark.latest.position(origin) <= needed);
        // What was stamped before a segment was begun may have been written to it.
        let mark = before.checked_sub(1).and_then(|last| self.marks.get(last));
        let mut window = Window::new(&self.controls, None);
        let mut reader = LogReader::since([self.log.clone()], mark.map_or(0, |mark| mark.segment.saturating_sub(1)))?;
        let enough = end.plus_ms(RECALLED_MS);
        let mut reached = Position::ZERO;
        while let Some(stored) = reader.next_record()? {
            window.push(&stored);
            if let Entry::Media(frame) = &stored.record.entry {
                reached = frame.at.position(origin);
                if reached > enough {
                    break;
                }
            }
        }
        let until = match &self.known {
            _ if reached > enough => enough.plus_ms(-3_000),
            // It goes on: what comes after all that is cut by now was not read.
            Some(known) if !self.cutter.is_over() => known.until,
            _ => Position::from_ms(i64::MAX / 2_000),
        };
        Ok(Known { timeline: Arc::new(window.timeline()), since: needed, until })
    }
}
