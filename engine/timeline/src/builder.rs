//! Takes the records of a log and keeps of each only what orders it.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use bytes::Bytes;
use media::{Frame, SourceTime, TrackKind};
use model::{Control, Entry, Epoch, Event, EventBody, Locator, Record, platform::Leg};

use crate::{
    Counts, Ending, Timeline,
    assemble::{Assembly, Heard, Pictures, Shown, Words, shares, sound},
    clock::Clock,
    connection::Connections,
    outage::{self, Marks},
    place::{Place, Placed},
    span,
    tail::Tail,
};

/// Collects records; [`Builder::build`] makes a timeline of them.
///
/// Holds 32 bytes a packet of sound and 40 a picture, so that three hours of a busy meeting stay below 100 MB.
#[derive(Debug, Default)]
pub struct Builder {
    sound: BTreeMap<i64, Vec<Heard>>,
    pictures: Pictures,
    shares: Vec<Shown>,
    events: Vec<Placed<Event>>,
    controls: Vec<Placed<Control>>,
    last_arrival_ns: BTreeMap<Epoch, u64>,
    unreadable: u64,
}

impl Builder {
    /// A builder that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one record, whose payload or text lies at `at` in the log.
    ///
    /// Records may come in any order and more than once: `at` tells which of them was written first, for events and
    /// controls as well, and two frames at one place are one.
    pub fn push(&mut self, record: &Record, at: Locator) {
        let last = self.last_arrival_ns.entry(record.epoch).or_default();
        *last = (*last).max(record.arrived_unix_ns);
        match &record.entry {
            Entry::Media(frame) => self.push_media(frame, at),
            Entry::Event(event) => self.events.push(placed(record, at, event)),
            Entry::Control(control) => self.controls.push(placed(record, at, control)),
        }
    }

    /// Takes note of parts of the log that could not be read: what they held is missing.
    pub fn note_unreadable(&mut self, parts: u64) {
        self.unreadable = self.unreadable.saturating_add(parts);
    }

    fn push_media(&mut self, frame: &Frame, locator: Locator) {
        let at = frame.at.unix_ms();
        let source = frame.track.source;
        let print = fingerprint(&frame.payload);
        match frame.track.kind {
            TrackKind::Audio => self.sound.entry(source).or_default().push(Heard::new(at, print, locator)),
            TrackKind::Video => self.pictures.push(at, source, print, locator, &frame.payload),
            TrackKind::Share => {
                let codec = video::sniff(&frame.payload);
                self.shares.push(Shown { at, source, print, codec, locator });
            }
        }
    }

    /// Orders everything that was pushed and puts it on one clock.
    pub fn build(mut self) -> Timeline {
        self.controls.sort_by_key(Placed::order);
        self.controls.dedup_by(|next, last| next.order() == last.order() && next.what == last.what);
        let controls = &self.controls;

        let clock = Clock::new(first_packet(controls), self.media_times(), event_times(&self.events));
        let mut marks = Marks::new(controls);
        for event in self.events.iter().filter(|event| is_the_platforms(&event.what)) {
            marks.note(None, event.what.at, event.place, clock);
        }
        let mut counts = Counts { unreadable: self.unreadable, ..Counts::default() };
        let mut assembly = Assembly { clock, marks: &mut marks, counts: &mut counts };
        let legs = Connections::of(Leg::Audio, controls);
        let mut audio = Vec::new();
        for (source, heard) in self.sound {
            audio.extend(sound(source, heard, &legs, &mut assembly));
        }
        let mut video = self.pictures.assemble(&Connections::of(Leg::Video, controls), &mut assembly);
        let mut share = shares(self.shares, &Connections::of(Leg::Share, controls), &mut assembly);
        let words = Words::of(self.events, &audio, clock, &mut counts);

        let tail = Tail::of(&audio, &video, &share);
        let ended = controls.iter().rev().find_map(|control| match &control.what {
            Control::Ended { code, cut_short, stop_reason, at } => {
                Some((Ending { code: code.clone(), cut_short: *cut_short, stop_reason: *stop_reason }, *at))
            }
            _ => None,
        });
        let end = clock.end(ended.as_ref().and_then(|(_, at)| *at), &tail, words.last);
        for track in &mut audio {
            counts.beyond += cut(&mut track.frames, |frame| frame.at < end);
        }
        counts.beyond += cut(&mut video.frames, |frame| frame.at < end);
        counts.beyond += cut(&mut share, |frame| frame.at < end);
        audio.retain(|track| !track.frames.is_empty());

        for control in controls {
            match control.what {
                Control::Skipped { count, .. } => counts.skipped = counts.skipped.saturating_add(count),
                Control::Dropped { frames, .. } => counts.dropped = counts.dropped.saturating_add(frames),
                _ => {}
            }
        }
        let mut gaps = outage::pauses(&words.events, clock, end);
        gaps.extend(outage::drops(controls, clock));
        gaps.extend(outage::outages(controls, &self.last_arrival_ns, &marks, clock, &audio, &video, end));
        let speech = span::turns(spoken(&audio, end));
        Timeline {
            origin: clock.origin,
            end,
            people: words.people,
            events: words.events,
            utterances: words.utterances,
            audio,
            video,
            share,
            speech,
            gaps: span::declared(gaps, end),
            counts,
            ended: ended.map(|(ending, _)| ending),
        }
    }

    /// The place and the timestamp of every frame, in no order.
    fn media_times(&self) -> impl Iterator<Item = (Place, i64)> + Clone {
        let heard = self.sound.values().flatten().map(|heard| (heard.place(), heard.at));
        let shown = self.shares.iter().map(|shown| (shown.place(), shown.at));
        heard.chain(self.pictures.times()).chain(shown)
    }
}

fn placed<T: Clone>(record: &Record, at: Locator, what: &T) -> Placed<T> {
    Placed { place: at.into(), epoch: record.epoch, arrived_unix_ns: record.arrived_unix_ns, what: what.clone() }
}

/// Tells payloads apart; equal ones have equal prints in every run of the program.
fn fingerprint(payload: &Bytes) -> u32 {
    let mut hasher = DefaultHasher::new();
    payload.hash(&mut hasher);
    hasher.finish() as u32
}

fn first_packet(controls: &[Placed<Control>]) -> Option<SourceTime> {
    controls.iter().find_map(|control| match control.what {
        Control::FirstPacket { at } => Some(at),
        _ => None,
    })
}

/// Whether an event carries the platform's time; a change of status carries this machine's.
fn is_the_platforms(event: &Event) -> bool {
    !matches!(event.body, EventBody::Status { .. })
}

fn event_times(events: &[Placed<Event>]) -> impl Iterator<Item = SourceTime> {
    events.iter().filter(|event| is_the_platforms(&event.what)).map(|event| event.what.at)
}

/// Cuts an ordered list where `inside` ends and answers how much was cut.
fn cut<T>(frames: &mut Vec<T>, inside: impl Fn(&T) -> bool) -> u64 {
    let kept = frames.partition_point(inside);
    let cut = frames.len() - kept;
    frames.truncate(kept);
    cut as u64
}

fn spoken(audio: &[crate::AudioTrack], end: media::Position) -> Vec<model::Turn> {
    let of_track = |track: &crate::AudioTrack| {
        let who = track.who()?;
        let spans = track.spurts().map(|spurt| model::Turn { who, start: spurt.start, end: spurt.end.min(end) });
        Some(spans.collect::<Vec<_>>())
    };
    audio.iter().filter_map(of_track).flatten().collect()
}
