//! What is missing and why: connections that were down, frames that we could not keep, pauses.

use std::collections::BTreeMap;

use media::{Position, SourceTime, TrackKind};
use model::{Control, Epoch, Event, EventBody, LossCause, platform::Leg};

use crate::{
    AudioTrack, Gap, VideoTrack,
    clock::{Admission, Clock},
    place::{Place, Placed},
    video::PICTURE_MS,
};

/// How long one packet of sound stands for itself where its track is not known.
const PACKET_MS: i64 = 20;
/// How long before the end of a meeting its connections may close without anything being missing.
const CLOSING_MS: i64 = 200;
/// How long a dead connection can go unnoticed: the platform's keep-alive time (protocol §1.3).
const UNNOTICED_MS: i64 = 65_000;
/// How long it can take until a connection that ended before our eyes is written down.
const NOTICED_MS: i64 = 5_000;

/// How far each kind of media had come at the moments of the log that matter.
#[derive(Debug)]
pub(crate) struct Marks {
    places: Vec<Place>,
    /// For each stretch between two places: the latest time of sound, of pictures, and of anything.
    latest: Vec<[Option<SourceTime>; 3]>,
}

impl Marks {
    /// The moments at which a connection was lost or ready.
    pub(crate) fn new(controls: &[Placed<Control>]) -> Self {
        let of_leg = |control: &&Placed<Control>| {
            matches!(
                control.what,
                Control::LegReady { .. } | Control::LegLost { .. } | Control::LegRefused { .. } | Control::Ended { .. }
            )
        };
        let places: Vec<Place> = controls.iter().filter(of_leg).map(|control| control.place).collect();
        let latest = vec![[None; 3]; places.len() + 1];
        Self { places, latest }
    }

    /// Takes note of one frame, or of an event where `kind` is `None`; what lies outside of the recording is not noted.
    pub(crate) fn note(&mut self, kind: Option<TrackKind>, at: SourceTime, place: Place, clock: Clock) {
        if clock.admit(at) != Admission::Inside {
            return;
        }
        let stretch = self.places.partition_point(|mark| *mark < place);
        if let Some([sound, picture, anything]) = self.latest.get_mut(stretch) {
            *anything = (*anything).max(Some(at));
            match kind {
                Some(TrackKind::Audio) => *sound = (*sound).max(Some(at)),
                Some(TrackKind::Video) => *picture = (*picture).max(Some(at)),
                Some(TrackKind::Share) | None => {}
            }
        }
    }

    /// The latest time of `kind`, and of anything, that was written before `place`.
    fn before(&self, place: Place, kind: TrackKind) -> (Option<SourceTime>, Option<SourceTime>) {
        let stretch = self.places.partition_point(|mark| *mark < place);
        let earlier = self.latest.iter().take(stretch + 1);
        earlier.fold((None, None), |(of_kind, any), [sound, picture, anything]| {
            let here = if kind == TrackKind::Audio { sound } else { picture };
            (of_kind.max(*here), any.max(*anything))
        })
    }
}

/// A stretch of the log in which a connection was down.
struct Outage {
    track: TrackKind,
    cause: LossCause,
    lost: Moment,
    /// How long before it was written down the connection may have been dead.
    unnoticed_ms: i64,
    /// `None` if it did not come back before the end.
    back: Option<Moment>,
}

#[derive(Clone, Copy)]
struct Moment {
    place: Place,
    arrived_unix_ns: u64,
}

impl Moment {
    fn of(control: &Placed<Control>) -> Self {
        Self { place: control.place, arrived_unix_ns: control.arrived_unix_ns }
    }

    fn ms_since(self, earlier: Self) -> i64 {
        i64::try_from(self.arrived_unix_ns.saturating_sub(earlier.arrived_unix_ns) / 1_000_000).unwrap_or(i64::MAX)
    }
}

/// The gaps that connections left, where no backlog filled them.
///
/// A gap begins after the last frame that came before the loss. It ends with the first frame after that, but not later
/// than the moment at which the connection was back: what follows is silence or a camera that is off. That moment is told
/// by what the other connections received, or by how long the connection was down.
pub(crate) fn outages(
    controls: &[Placed<Control>],
    last_arrival_ns: &BTreeMap<Epoch, u64>,
    marks: &Marks,
    clock: Clock,
    audio: &[AudioTrack],
    video: &VideoTrack,
    end: Position,
) -> Vec<Gap> {
    let kinds = [(Leg::Audio, TrackKind::Audio), (Leg::Video, TrackKind::Video)];
    let found = kinds.into_iter().flat_map(|(leg, track)| outages_of(leg, track, controls, last_arrival_ns));
    found.filter_map(|outage| resolve(&outage, marks, clock, audio, video, end)).collect()
}

fn outages_of(
    leg: Leg,
    track: TrackKind,
    controls: &[Placed<Control>],
    last_arrival_ns: &BTreeMap<Epoch, u64>,
) -> Vec<Outage> {
    let mut found = Vec::new();
    let mut down: Option<(Moment, LossCause, i64)> = None;
    let mut ready_in: Option<Epoch> = None;
    for control in controls {
        match &control.what {
            Control::LegLost { leg: of, cause } if *of == leg => {
                down = down.or(Some((Moment::of(control), LossCause::Network, unnoticed_ms(cause))));
            }
            Control::LegRefused { leg: of, .. } if *of == leg => {
                down = down.or(Some((Moment::of(control), LossCause::Upstream, 0)));
            }
            Control::LegReady { leg: of, .. } if *of == leg => {
                let back = Moment::of(control);
                // An owner that died could not write that its connections are gone.
                let died = ready_in.filter(|epoch| *epoch < control.epoch).map(|_| {
                    let last = last_arrival_ns.range(..control.epoch).next_back().map(|(_, last)| *last);
                    let arrived_unix_ns = last.unwrap_or(back.arrived_unix_ns);
                    (Moment { place: back.place, arrived_unix_ns }, LossCause::Ours, NOTICED_MS)
                });
                if let Some((lost, cause, unnoticed_ms)) = down.take().or(died) {
                    found.push(Outage { track, cause, lost, unnoticed_ms, back: Some(back) });
                }
                ready_in = Some(control.epoch);
            }
            Control::Ended { .. } => {
                if let Some((lost, cause, unnoticed_ms)) = down.take() {
                    found.push(Outage { track, cause, lost, unnoticed_ms, back: None });
                }
            }
            _ => {}
        }
    }
    found.extend(down.map(|(lost, cause, unnoticed_ms)| Outage { track, cause, lost, unnoticed_ms, back: None }));
    found
}

/// A peer that went silent may have been gone for long; one that closed the connection was there until then.
fn unnoticed_ms(cause: &str) -> i64 {
    if cause.ends_with("silent") || cause.ends_with("broken") { UNNOTICED_MS } else { NOTICED_MS }
}

fn resolve(
    outage: &Outage,
    marks: &Marks,
    clock: Clock,
    audio: &[AudioTrack],
    video: &VideoTrack,
    end: Position,
) -> Option<Gap> {
    let (last, now) = marks.before(outage.lost.place, outage.track);
    let now = now.map_or(Position::ZERO, |now| clock.position(now));
    let frame_ms = if outage.track == TrackKind::Audio { PACKET_MS } else { PICTURE_MS };
    // A connection that is gone for good is taken to be gone from the moment it was noticed: it mostly is the
    // platform's way to end a stream, and nothing may have been due before.
    let unnoticed_ms = if outage.back.is_some() { outage.unnoticed_ms } else { 0 };
    let floor = now.plus_ms(-unnoticed_ms);
    let start = last.map_or(floor, |last| clock.position(last).plus_ms(frame_ms).max(floor)).max(Position::ZERO);

    let back = outage.back.map_or(end, |back| {
        let (_, by_others) = marks.before(back.place, outage.track);
        let by_others = by_others.map_or(now, |at| clock.position(at));
        by_others.max(now.plus_ms(back.ms_since(outage.lost)))
    });
    let gap_end =
        first_after(outage.track, start.plus_ms(-frame_ms), audio, video).map_or(back, |first| first.min(back));
    // One that was down and came back has a gap from the first frame on that is missing; less is the sender's jitter.
    let shortest_ms = if outage.back.is_some() { frame_ms } else { CLOSING_MS };
    (gap_end >= start.plus_ms(shortest_ms)).then_some(Gap {
        track: outage.track,
        start,
        end: gap_end,
        cause: outage.cause,
    })
}

/// Where the first frame of a kind begins that lies after `at`.
fn first_after(track: TrackKind, at: Position, audio: &[AudioTrack], video: &VideoTrack) -> Option<Position> {
    match track {
        TrackKind::Audio => audio
            .iter()
            .filter_map(|track| track.frames.get(track.frames.partition_point(|frame| frame.at <= at)))
            .map(|frame| frame.at)
            .min(),
        TrackKind::Video | TrackKind::Share => {
            video.frames.get(video.frames.partition_point(|frame| frame.at <= at)).map(|frame| frame.at)
        }
    }
}

/// What the capture itself declared lost.
pub(crate) fn drops(controls: &[Placed<Control>], clock: Clock) -> impl Iterator<Item = Gap> {
    controls.iter().filter_map(move |control| match control.what {
        Control::Dropped { kind, from, to, cause, .. } => Some(Gap {
            track: kind,
            start: clock.position(from),
            end: clock.position(to).plus_ms(if kind == TrackKind::Audio { PACKET_MS } else { PICTURE_MS }),
            cause,
        }),
        _ => None,
    })
}

/// What was withheld on purpose; `events` are in order.
pub(crate) fn pauses(events: &[Event], clock: Clock, end: Position) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut paused: Option<Position> = None;
    let mut withheld = |start: Position, end: Position| {
        let gap = |track| Gap { track, start, end, cause: LossCause::Pause };
        gaps.extend([gap(TrackKind::Audio), gap(TrackKind::Video)]);
    };
    for event in events {
        match event.body {
            EventBody::Paused => paused = paused.or(Some(clock.position(event.at))),
            EventBody::Resumed => {
                if let Some(start) = paused.take() {
                    withheld(start, clock.position(event.at));
                }
            }
            _ => {}
        }
    }
    if let Some(start) = paused {
        withheld(start, end);
    }
    gaps
}
