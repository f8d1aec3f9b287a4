//! What is missing and why: what outages left out, frames that could not be kept, jumps of the platform's clock. Pauses are
//! in `pause`.

use media::{Position, SourceTime};
use model::{Control, LossCause, platform::Leg};

use crate::{
    AudioTrack, Gap, VideoTrack,
    arrivals::Arrived,
    clock::Clock,
    jumps::Seam,
    kind::{frame_ms, leg_of},
    marks::{Moment, Reach},
    outage::{Outage, Sign},
    place::{Place, Placed},
};

/// How long before the end of a meeting its connections may close without anything being missing.
const CLOSING_MS: i64 = 200;
/// How long the end of a meeting is awaited at most after a connection was closed, before that is written down.
const AWAITED_MS: i64 = 300;
/// How long a dead connection can go unnoticed: after 15 s without any byte its peer is asked for a sign of life, and has
/// 5 s to give one (fault matrix §1); and a second until that is written down.
const UNNOTICED_MS: i64 = 15_000 + 5_000 + 1_000;
/// How long it can take until a connection that ended before our eyes is written down.
const NOTICED_MS: i64 = 5_000;
/// How exactly the loss of what comes now and then is placed: a moment is known to 100 ms, and logs of versions that did not tell
/// how long ago it was have it up to [`AWAITED_MS`] late.
const BLUR_MS: i64 = 500;
/// How long after a connection is back its media may take to flow again: the others have to be ready too before the platform
/// sends anything (protocol §5.6).
const RESUMING_MS: i64 = 1_000;

/// What was received, by which the ends of a gap are told.
pub(crate) struct Seen<'a> {
    pub(crate) arrived: &'a Arrived,
    pub(crate) reach: &'a Reach,
    pub(crate) clock: Clock,
    pub(crate) audio: &'a [AudioTrack],
    pub(crate) video: &'a VideoTrack,
    pub(crate) share: &'a VideoTrack,
    pub(crate) end: Position,
}

impl Seen<'_> {
    /// The gap that an outage left, if no backlog filled it.
    pub(crate) fn gap(&self, outage: &Outage) -> Option<Gap> {
        match outage.kind {
            Leg::Audio | Leg::Video => self.gap_in_flow(outage),
            _ => self.gap_in_trickle(outage),
        }
    }

    /// A gap in what flows all the time, or does as long as somebody speaks.
    ///
    /// It begins after the last frame that came before the loss. It ends with the first frame after that, however late the
    /// platform was when the connection was lost; but if none comes soon after the moment at which the connection was back, it ends at that moment: what follows is silence or a camera
    /// that is off. That moment is told by what the other connections received, or by how long nothing came.
    fn gap_in_flow(&self, outage: &Outage) -> Option<Gap> {
        let (frame_ms, ago_ms) = (frame_ms(outage.kind), outage.lost.map_or(0, |lost| lost.ago_ms));
        // A connection that broke and is gone for good is taken to be gone from the moment it was noticed: it mostly is the
        // platform's way to end a stream, and nothing may have been due before.
        let unnoticed_ms = match (outage.sign, outage.back) {
            (Sign::Silent | Sign::Along { silent: true }, _) => UNNOTICED_MS,
            (Sign::Broken | Sign::Along { silent: false }, Some(_)) => UNNOTICED_MS,
            (Sign::Seen, Some(_)) => NOTICED_MS.max(ago_ms),
            (Sign::Unread, _) => BLUR_MS,
            // An owner that died took with it what was not on disk yet.
            (Sign::Seen, None) if outage.cause == LossCause::Ours => NOTICED_MS,
            (Sign::Seen | Sign::Broken | Sign::Along { silent: false }, None) => ago_ms,
        };
        let start = outage.lost.map_or(Position::ZERO, |lost| {
            let floor = self.position(lost).plus_ms(-unnoticed_ms);
            let last = self.last_before(outage);
            last.map_or(floor, |last| self.clock.position(last).plus_ms(frame_ms).max(floor)).max(Position::ZERO)
        });
        let back = self.back(outage);
        let first = self.first_frame(outage.kind, start.plus_ms(-frame_ms));
        let resumes =
            |(at, place): &(Position, Place)| *at <= back.plus_ms(RESUMING_MS) || self.comes_soon(*place, outage);
        let end = first.filter(resumes).map_or(back, |(at, _)| at);
        // One that was down and came back has a gap from the first frame on that is missing; less is the sender's jitter.
        let shortest_ms = if outage.back.is_some() { frame_ms } else { CLOSING_MS + ago_ms.min(AWAITED_MS) };
        (end >= start.plus_ms(shortest_ms)).then_some(Gap { kind: outage.kind, start, end, cause: outage.cause })
    }

    /// A gap in what comes now and then: nothing tells when it would have come, so all the time counts in which it could
    /// not.
    fn gap_in_trickle(&self, outage: &Outage) -> Option<Gap> {
        // Those that are gone for good mostly went at the end.
        let blur_ms = if outage.back.is_some() { BLUR_MS } else { 0 };
        let ago_ms = outage.lost.map_or(0, |lost| lost.ago_ms);
        let start = outage.lost.map_or(Position::ZERO, |lost| {
            let written = self.position(lost);
            let found = written.plus_ms(-ago_ms);
            let longest = found.plus_ms(-UNNOTICED_MS);
            let gone = match outage.sign {
                Sign::Silent => longest,
                // What goes to the same place has the same fate: it was there as long as anything came.
                Sign::Along { .. } => self.latest_before(lost).plus_ms(-blur_ms).max(longest),
                Sign::Seen | Sign::Unread | Sign::Broken => found.plus_ms(-blur_ms),
            };
            let last = self.last_before(outage);
            // What came is not missing, however roughly its loss is placed.
            let after_last = last.map(|last| self.clock.position(last).plus_ms(frame_ms(outage.kind)).min(written));
            after_last.map_or(gone, |after| after.max(gone)).max(Position::ZERO)
        });
        let back = self.back(outage);
        let first = self.first_after(outage.kind, start);
        let end = first.filter(|first| *first <= back.plus_ms(RESUMING_MS)).unwrap_or(back);
        let shortest_ms = if outage.back.is_some() { 1 } else { CLOSING_MS + ago_ms.min(AWAITED_MS) };
        (end >= start.plus_ms(shortest_ms)).then_some(Gap { kind: outage.kind, start, end, cause: outage.cause })
    }

    /// The gaps that a jump of the platform's clock left in what flows all the time, unless they are declared already.
    pub(crate) fn gaps_of_seam<'a>(&self, seam: Seam, declared: &'a [Gap]) -> impl Iterator<Item = Gap> + use<'a> {
        let (start, end) = (self.clock.position(seam.from), self.clock.position(seam.to));
        let flows = [(Leg::Audio, !self.audio.is_empty()), (Leg::Video, !self.video.frames.is_empty())];
        let is_declared =
            move |kind: Leg| declared.iter().any(|gap| gap.kind == kind && gap.start < end && start < gap.end);
        let open = flows.into_iter().filter(move |(kind, is_there)| *is_there && start < end && !is_declared(*kind));
        open.map(move |(kind, _)| Gap { kind, start, end, cause: LossCause::Clock })
    }

    /// The latest time of what came over the connection that was lost. What was on its way when it was closed is written down
    /// after the loss, and before the next connection is ready.
    fn last_before(&self, outage: &Outage) -> Option<SourceTime> {
        self.reach.of_kind_before(outage.back.map_or(Place::END, |back| back.place), outage.kind)
    }

    /// Where the outage was over.
    fn back(&self, outage: &Outage) -> Position {
        let Some(back) = outage.back else { return self.end };
        if outage.lost.is_none() && outage.cause == LossCause::Ours {
            return self.opening(back);
        }
        self.since(outage.lost.unwrap_or(back), back).max(self.latest_before(back))
    }

    /// Where a moment lies before which nothing came that was not from an owner before: only this machine's own time tells, and
    /// what came first afterwards how far that can be off.
    fn opening(&self, moment: Moment) -> Position {
        let arrived_ms = i64::try_from(moment.arrived_unix_ns / 1_000_000).unwrap_or(i64::MAX);
        let flows = [Leg::Audio, Leg::Video].into_iter().filter_map(|kind| self.first_after(kind, Position::ZERO));
        let latest = flows.max().unwrap_or(self.end);
        self.clock.position(SourceTime::from_unix_ms(arrived_ms)).clamp(Position::ZERO, latest.max(Position::ZERO))
    }

    /// Where a moment of the log was written: from the last thing that came before it, only this machine's clock tells how far the
    /// platform's is.
    pub(crate) fn position(&self, moment: Moment) -> Position {
        self.since(moment, moment)
    }

    /// The same, counted from the last thing that came before `lost`.
    fn since(&self, lost: Moment, moment: Moment) -> Position {
        // A loss may be written down later than it happened.
        let came = self.arrived.before(lost.place).unwrap_or(lost.arrived_unix_ns);
        self.latest_before(lost).plus_ms(moment.ms_since(came))
    }

    fn latest_before(&self, moment: Moment) -> Position {
        self.reach.anything_before(moment.place).map_or(Position::ZERO, |latest| self.clock.position(latest))
    }

    /// Whether the frame at that place arrived soon after the connection was back.
    fn comes_soon(&self, place: Place, outage: &Outage) -> bool {
        outage.back.is_some_and(|back| {
            let soon_ns = back.arrived_unix_ns.saturating_add(RESUMING_MS.unsigned_abs() * 1_000_000);
            place > back.place && self.arrived.at(place).is_some_and(|arrived| arrived <= soon_ns)
        })
    }

    /// Where the first frame of a kind begins that lies after `at`; text has none.
    pub(crate) fn first_after(&self, kind: Leg, at: Position) -> Option<Position> {
        self.first_frame(kind, at).map(|(at, _)| at)
    }

    /// The same, and its place in the log.
    fn first_frame(&self, kind: Leg, at: Position) -> Option<(Position, Place)> {
        match kind {
            Leg::Audio => self
                .audio
                .iter()
                .filter_map(|track| track.frames.get(track.frames.partition_point(|frame| frame.at <= at)))
                .map(|frame| (frame.at, frame.locator.into()))
                .min(),
            Leg::Video | Leg::Share => {
                let frames = if kind == Leg::Video { &self.video.frames } else { &self.share.frames };
                frames.get(frames.partition_point(|frame| frame.at <= at)).map(|frame| (frame.at, frame.locator.into()))
            }
            Leg::Signaling | Leg::Transcript | Leg::Chat | Leg::All => None,
        }
    }
}

/// What the capture itself declared lost.
pub(crate) fn drops(controls: &[Placed<Control>], clock: Clock) -> impl Iterator<Item = Gap> {
    controls.iter().filter_map(move |control| match control.what {
        Control::Dropped { kind, from, to, cause, .. } => {
            let kind = leg_of(kind);
            let end = clock.position(to).plus_ms(frame_ms(kind));
            Some(Gap { kind, start: clock.position(from), end, cause })
        }
        _ => None,
    })
}
