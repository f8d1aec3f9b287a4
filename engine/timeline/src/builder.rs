//! Takes the records of a log and keeps of each only what orders it.

use std::collections::BTreeMap;

use bytes::Bytes;
use media::{Frame, Position, SourceTime, Track, TrackKind};
use model::{Control, DropReason, Entry, Epoch, Event, EventBody, Locator, Record, platform::Leg};

use crate::{
    Counts, Ending, Gap, Jump, Timeline,
    arrivals::{Arrivals, Arrived},
    assemble::{Assembly, Heard, Pictures, Words, sound},
    clock::{Clock, is_the_platforms},
    connection::Connections,
    disagreement,
    jumps::{Frames, Jumps},
    marks::{Marks, Moment},
    missing::{self, Seen},
    outage,
    pause::Pauses,
    place::{Place, Placed},
    skew, span, speech,
    tail::Tail,
    unread::Unread,
};

/// How long before the latest media of a meeting that goes on something can still come, in milliseconds, while nothing is down.
pub(crate) const SETTLING_MS: i64 = 3_000;

/// Collects records; [`Builder::build`] makes a timeline of them.
///
/// Holds 32 bytes a packet of sound and 40 a picture, so that three hours of a busy meeting stay below 100 MB.
#[derive(Clone, Debug)]
pub struct Builder {
    sound: BTreeMap<i64, Vec<Heard>>,
    pictures: Pictures,
    shares: Pictures,
    events: Vec<Placed<Event>>,
    controls: Vec<Placed<Control>>,
    last_arrival_ns: BTreeMap<Epoch, u64>,
    arrivals: Arrivals,
    ways: skew::Arrived,
    unread: Unread,
    told_origin: Option<SourceTime>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            sound: BTreeMap::new(),
            pictures: Pictures::of(Leg::Video),
            shares: Pictures::of(Leg::Share),
            events: Vec::new(),
            controls: Vec::new(),
            last_arrival_ns: BTreeMap::new(),
            arrivals: Arrivals::default(),
            ways: skew::Arrived::default(),
            unread: Unread::default(),
            told_origin: None,
        }
    }
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
        self.unread.pass(Moment::new(at.into(), record.arrived_unix_ns));
        match &record.entry {
            Entry::Media(frame) => {
                self.arrivals.note(record.epoch, record.arrived_unix_ns, at.into());
                self.ways.note(frame.track.kind, record.epoch, record.arrived_unix_ns, frame.at);
                self.push_media(frame, at);
            }
            Entry::Event(event) => {
                // Words come seconds after they were said.
                if is_the_platforms(event) && !matches!(event.body, EventBody::Transcript(_)) {
                    self.arrivals.note(record.epoch, record.arrived_unix_ns, at.into());
                }
                self.events.push(placed(record, at, event));
            }
            Entry::Control(control) => self.controls.push(placed(record, at, control)),
        }
    }

    /// Takes note of parts of the log that could not be read, behind the record that was pushed last and before the one that is
    /// pushed next: what was due between them is missing.
    pub fn note_unreadable(&mut self, parts: u64) {
        self.unread.note(parts);
    }

    /// Tells it what customers were told of second 0, for a log whose beginning cannot be read.
    pub fn tell_origin(&mut self, at: SourceTime) {
        self.told_origin = Some(at);
    }

    fn push_media(&mut self, frame: &Frame, locator: Locator) {
        let at = frame.at.unix_ms();
        let source = frame.track.source;
        let print = fingerprint(&frame.payload);
        match frame.track.kind {
            TrackKind::Audio => {
                self.sound.entry(source).or_default().push(Heard::new(at, print, locator, &frame.payload))
            }
            TrackKind::Video => self.pictures.push(at, source, print, locator, &frame.payload),
            TrackKind::Share => self.shares.push(at, source, print, locator, &frame.payload),
        }
    }

    /// Orders everything that was pushed and puts it on one clock.
    pub fn build(self) -> Timeline {
        self.assemble(Position::ZERO, true)
    }

    /// The same of a meeting that goes on, up to 3 s before its latest media: what lies there can still change. Costs as much as
    /// [`Builder::build`], and a copy of everything that was pushed.
    pub fn so_far(&self) -> Timeline {
        self.clone().assemble(Position::from_ms(SETTLING_MS), false)
    }

    /// The same up to its latest media, for whoever shows it at once and knows what may still change.
    pub fn up_to_now(&self) -> Timeline {
        self.clone().assemble(Position::ZERO, false)
    }

    /// Without what lies less than `unsettled` before the end.
    fn assemble(mut self, unsettled: Position, is_whole: bool) -> Timeline {
        let arrived = std::mem::take(&mut self.arrivals).settled();
        self.controls.sort_by_key(Placed::order);
        self.controls.dedup_by(|next, last| next.order() == last.order() && next.what == last.what);
        let jumps = self.straighten(&arrived);
        let controls = &self.controls;

        let clock = Clock::new(self.named_origin(), self.media_times(), event_times(&self.events));
        let mut marks = Marks::new(controls, self.unread.places());
        for event in self.events.iter().filter(|event| is_the_platforms(&event.what)) {
            marks.note(kind_of(&event.what), event.what.at, event.place, clock);
        }
        let pauses = Pauses::of(&self.events, controls);
        let mut counts = Counts { unreadable: self.unread.parts(), ..Counts::default() };
        let mut assembly = Assembly { clock, strays: jumps.strays(), marks: &mut marks, counts: &mut counts };
        let legs = Connections::of(Leg::Audio, controls);
        let of_source = |(source, heard)| sound(source, heard, &legs, &mut assembly);
        let (mut audio, loudness): (Vec<_>, Vec<_>) = self.sound.into_iter().flat_map(of_source).unzip();
        let mut video = self.pictures.assemble(&Connections::of(Leg::Video, controls), &mut assembly);
        let mut share = self.shares.assemble(&Connections::of(Leg::Share, controls), &mut assembly);
        let words = Words::of(self.events, &audio, clock, &mut counts);

        let tail = Tail::of(&audio, &video, &share, jumps.strays());
        let ended = controls.iter().rev().find_map(|control| match &control.what {
            Control::Ended { code, cut_short, stop_reason, at } => {
                Some((Ending { code: code.clone(), cut_short: *cut_short, stop_reason: *stop_reason }, *at))
            }
            _ => None,
        });
        let end = clock.end(ended.as_ref().and_then(|(_, at)| *at), &tail, words.last);
        let end = Position::from_micros(end.micros_since(unsettled).max(0));
        for track in &mut audio {
            counts.beyond += cut(&mut track.frames, |frame| frame.at < end);
        }
        counts.beyond += cut(&mut video.frames, |frame| frame.at < end);
        counts.beyond += cut(&mut share.frames, |frame| frame.at < end);
        let speech = speech::turns(&audio, &loudness, &words.events, clock, end);
        audio.retain(|track| !track.frames.is_empty());

        for control in controls {
            match control.what {
                Control::Skipped { leg, count, .. } => {
                    counts.skipped = counts.skipped.saturating_add(count);
                    if leg != Leg::Signaling {
                        counts.unread = counts.unread.saturating_add(count);
                    }
                }
                Control::Dropped { frames, reason, .. } => {
                    counts.dropped = counts.dropped.saturating_add(frames);
                    if reason == DropReason::Storage {
                        counts.no_room = counts.no_room.saturating_add(frames);
                    }
                }
                _ => {}
            }
        }
        let reach = marks.settled();
        let seen = Seen { arrived: &arrived, reach: &reach, clock, audio: &audio, video: &video, share: &share, end };
        let mut gaps = pauses.gaps(&seen);
        gaps.extend(missing::drops(controls, clock));
        let mut outages = outage::outages(controls, &self.last_arrival_ns);
        outages.extend(self.unread.outages(controls, |kind| match kind {
            Leg::Audio => !audio.is_empty(),
            Leg::Video => !video.frames.is_empty(),
            Leg::Share => !share.frames.is_empty(),
            Leg::Transcript => !words.utterances.is_empty(),
            Leg::Chat => words.events.iter().any(|event| matches!(event.body, EventBody::Chat(_))),
            Leg::Signaling | Leg::All => false,
        }));
        gaps.extend(outages.iter().filter_map(|outage| seen.gap(outage)));
        let of_jumps: Vec<Gap> = jumps.seams().flat_map(|seam| seen.gaps_of_seam(seam, &gaps)).collect();
        gaps.extend(of_jumps);
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
            refused: disagreement::refusals(controls),
            substitutions: disagreement::substitutions(controls),
            contradictions: disagreement::contradictions(controls),
            jumps: jumps.seams().map(|seam| Jump { at: clock.position(seam.to), by_ms: seam.jump_ms }).collect(),
            skew: self.ways.skew(),
            counts,
            ended: ended.map(|(ending, _)| ending),
            is_whole,
        }
    }

    /// Puts frames in the order of the log and takes the jumps of the platform's clock out of every timestamp; answers the
    /// jumps.
    fn straighten(&mut self, arrived: &Arrived) -> Jumps {
        self.sound.values_mut().for_each(Heard::order);
        self.pictures.order();
        self.shares.order();
        let mut tracks: Vec<(Track, Frames<'_>)> = Vec::new();
        for (source, heard) in &self.sound {
            tracks.push((sound_of(*source), Box::new(heard.iter().map(|packet| (packet.place(), packet.at)))));
        }
        tracks.push((CAMERAS, Box::new(self.pictures.times())));
        tracks.push((SCREENS, Box::new(self.shares.times())));
        let jumps = Jumps::find(tracks, arrived, self.named_origin());
        if jumps.is_empty() {
            return jumps;
        }
        for (source, heard) in &mut self.sound {
            let track = sound_of(*source);
            heard.iter_mut().for_each(|packet| packet.at = jumps.of_frame(track, packet.place(), packet.at));
        }
        self.pictures.set_times(|place, at| jumps.of_frame(CAMERAS, place, at));
        self.shares.set_times(|place, at| jumps.of_frame(SCREENS, place, at));
        self.events.iter_mut().for_each(|event| jumps.straighten_event(event));
        self.controls.iter_mut().for_each(|control| jumps.straighten_control(control));
        jumps
    }

    /// Second 0 as the platform named it, or as it was told if nobody can read any more whether the platform did.
    fn named_origin(&self) -> Option<SourceTime> {
        first_packet(&self.controls).or(self.told_origin.filter(|_| self.unread.is_first()))
    }

    /// The place and the timestamp of every frame, in no order.
    fn media_times(&self) -> impl Iterator<Item = (Place, i64)> + Clone {
        let heard = self.sound.values().flatten().map(|heard| (heard.place(), heard.at));
        heard.chain(self.pictures.times()).chain(self.shares.times())
    }
}

/// All cameras are one stream, and all screens are: pictures of either come in the order in which they were made.
const CAMERAS: Track = Track { kind: TrackKind::Video, source: 0 };
const SCREENS: Track = Track { kind: TrackKind::Share, source: 0 };

const fn sound_of(source: i64) -> Track {
    Track { kind: TrackKind::Audio, source }
}

fn placed<T: Clone>(record: &Record, at: Locator, what: &T) -> Placed<T> {
    Placed { place: at.into(), epoch: record.epoch, arrived_unix_ns: record.arrived_unix_ns, what: what.clone() }
}

/// Tells payloads apart; equal ones have equal prints in every run of the program. Every payload of a meeting is read for it, so that a
/// checksum is taken for which processors have instructions.
fn fingerprint(payload: &Bytes) -> u32 {
    crc32fast::hash(payload)
}

fn first_packet(controls: &[Placed<Control>]) -> Option<SourceTime> {
    controls.iter().find_map(|control| match control.what {
        Control::FirstPacket { at } => Some(at),
        _ => None,
    })
}

/// The kind of text that an event is.
fn kind_of(event: &Event) -> Option<Leg> {
    match event.body {
        EventBody::Transcript(_) => Some(Leg::Transcript),
        EventBody::Chat(_) => Some(Leg::Chat),
        _ => None,
    }
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
