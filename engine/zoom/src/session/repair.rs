//! How long a lost connection is worth another attempt, what Zoom's notices do to that, and which connections are only
//! believed to hold (protocol §10.3, §11.2). How an attempt is made is in `connect`.

use std::time::{Duration, Instant};

use model::platform::{Leg, Output};

use super::{
    config::{
        EVICTION_MEMORY, GRACE, HURRY_INTERVAL, MEDIA_WINDOW, PROBE_LIMIT, PROBE_SILENCE, PROOF_LIMIT, SIGNALING_WINDOW,
    },
    ending::{Phase, Verdict},
    failure::{Absence, EVICTED, Failure},
    legs::{Loss, Stage, media_legs},
    machine::Session,
    offers,
    timer::Timer,
};

impl Session {
    /// A lost connection did not come back in time.
    pub(super) fn give_up(&mut self, leg: Leg, now: Instant) {
        self.report_loss(leg, now);
        self.disconnect(leg);
        self.legs[leg].down_since = None;
        if leg == Leg::Signaling {
            return self.await_notice(now);
        }
        let failure = self.legs[leg].failure.take();
        let answer = failure.as_ref().filter(|failure| failure.is_answer());
        let absence = |leg: Leg| match answer {
            Some(Failure { status: Some(status), message, .. }) => Absence::refused(*status, message.clone()),
            Some(answer) => Absence::of(answer.code, answer.message.clone()),
            None => {
                let reason = format!("the {leg} connection did not come back within {} s", MEDIA_WINDOW.as_secs());
                Absence::of("zoom_rtms_media_timeout", reason)
            }
        };
        for kind in self.kinds.of_leg(leg) {
            self.out.control(absence(kind).of_kind(kind));
        }
        let may_restart = failure.as_ref().is_none_or(Failure::is_of_this_stream);
        self.end_without_media(&absence(leg).reason, may_restart, now);
    }

    /// Whether the stream was held, by us or perhaps by an owner before us: then Zoom may announce over the other road how it
    /// goes on.
    pub(super) fn was_joined(&self) -> bool {
        self.rejoins || self.was_held()
    }

    /// Whether the stream was certainly held, by us or by an owner before us.
    fn was_held(&self) -> bool {
        self.was_held_before || self.legs[Leg::Signaling].was_ready
    }

    /// Zoom refused signaling in a way that only fresh data from it can change (protocol §5.3).
    pub(super) fn on_permanent_refusal(&mut self, failure: Failure, now: Instant) {
        let leg = Leg::Signaling;
        match self.phase {
            Phase::Running | Phase::Grace if self.was_joined() => {
                self.disconnect(leg);
                self.legs[leg].down_since = None;
                self.legs[leg].failure = Some(failure);
                self.await_notice(now);
            }
            Phase::Running | Phase::Grace => self.finish(Verdict::failed(failure.code, failure.message), now),
            // The end was announced before the answer came, and is what counts.
            Phase::Terminating(_) | Phase::Closing(_) | Phase::Draining(_) | Phase::Over => {
                self.fail(leg, failure, now)
            }
        }
    }

    /// Signaling is not attempted any more unless Zoom says over the other road that the stream is still there. However
    /// many attempts notices bring, the time for them is one.
    fn await_notice(&mut self, now: Instant) {
        self.legs[Leg::Signaling].stage = Stage::Idle;
        self.drop_media(now);
        if !matches!(self.phase, Phase::Grace) {
            self.timers.set(Timer::Grace, now + GRACE);
            self.phase = Phase::Grace;
        }
    }

    /// No notice came that the stream can be taken up again.
    pub(super) fn on_grace_over(&mut self, now: Instant) {
        let silent = || Failure::new("zoom_rtms_signaling_timeout", "Zoom did not answer.".to_owned());
        let failure = self.legs[Leg::Signaling].failure.take().unwrap_or_else(silent);
        // That Zoom does not know the stream any more says that it did, if an earlier owner may have held it.
        let was_lost = self.was_held() || (self.rejoins && failure.is_unknown_stream());
        let may_restart = was_lost && failure.is_of_this_stream();
        let message = if failure.is_permanent() {
            failure.message
        } else {
            let seconds = SIGNALING_WINDOW.as_secs();
            format!("The signaling connection could not be made within {seconds} s. {}", failure.message)
        };
        let verdict = Verdict::failed(failure.code, message.trim_end().to_owned());
        self.finish(if may_restart { verdict.and_may_restart() } else { verdict }, now);
    }

    /// Ends the capture if no kind of media is left to wait for.
    pub(super) fn end_without_media(&mut self, reason: &str, may_restart: bool, now: Instant) {
        let is_running = matches!(self.phase, Phase::Running) && self.legs[Leg::Signaling].is_ready();
        if is_running && !self.legs.any_media(|state| state.is_alive()) {
            let verdict = Verdict::failed("zoom_rtms_no_media", format!("No kind of media can be received: {reason}."));
            self.finish(if may_restart { verdict.and_may_restart() } else { verdict }, now);
        }
    }

    /// Drops everything and connects elsewhere at once.
    pub(super) fn move_to(&mut self, urls: Vec<String>, now: Instant) {
        if urls == self.urls {
            return self.on_notice(now);
        }
        self.urls = urls;
        self.url = 0;
        self.evicted_at = None;
        self.kinds.forget_refusals();
        self.phase = Phase::Running;
        self.timers.clear(Timer::Grace);
        let leg = Leg::Signaling;
        if self.legs[leg].is_ready() {
            self.legs[leg].unreported = Some(Loss { cause: "zoom_rtms_moved", at: now });
        }
        self.disconnect(leg);
        let state = &mut self.legs[leg];
        (state.attempts, state.duplicates, state.down_since, state.failure) = (0, 0, None, None);
        self.retry(leg, now);
    }

    /// Whether Zoom closed signaling as if all was said, for the second time within a while: it lets go of a connection for
    /// one that was made after it, so fighting back would only throw the other one out in turn.
    pub(super) fn is_evicted_again(&mut self, now: Instant) -> bool {
        let earlier = self.evicted_at.replace(now);
        earlier.is_some_and(|at| now.saturating_duration_since(at) < EVICTION_MEMORY)
    }

    /// Leaves the stream to whoever else holds it, until Zoom says that it misses us.
    pub(super) fn park(&mut self, now: Instant) {
        let message = "Zoom closed it twice in a row, as it does when another receiver connects to the same stream.";
        self.legs[Leg::Signaling].failure = Some(Failure::new(EVICTED, message.to_owned()));
        self.report_loss(Leg::Signaling, now);
        self.drop_media(now);
        self.legs[Leg::Signaling].stage = Stage::Parked;
    }

    /// Zoom says over the other road that it lost us, or that the stream can be joined.
    pub(super) fn on_notice(&mut self, now: Instant) {
        let leg = Leg::Signaling;
        match self.legs[leg].stage {
            Stage::Idle | Stage::Waiting | Stage::Parked => self.hurry(leg, now),
            Stage::Opening | Stage::Handshaking => {}
            Stage::Ready { .. } => {
                self.doubt(leg, PROOF_LIMIT, now);
                media_legs().for_each(|leg| self.hurry_repair(leg, now));
            }
        }
    }

    /// Zoom says on signaling that it lost a media connection, which it may name by its flags (protocol §14.7).
    pub(super) fn on_interrupted(&mut self, flags: Option<i64>, now: Instant) {
        if !matches!(self.phase, Phase::Running) {
            return;
        }
        let is_named = |leg: Leg| flags.is_some_and(|flags| flags & i64::from(offers::media_type(leg)) != 0);
        let is_any_named = media_legs().any(is_named);
        for leg in media_legs() {
            if leg != Leg::All && is_any_named && !is_named(leg) && !is_named(Leg::All) {
                continue;
            }
            if self.legs[leg].is_ready() {
                self.doubt(leg, PROOF_LIMIT, now);
            } else {
                self.hurry_repair(leg, now);
            }
        }
    }

    /// Makes the planned attempt to repair a connection now; nothing if there is none.
    fn hurry_repair(&mut self, leg: Leg, now: Instant) {
        if self.legs[leg].stage == Stage::Waiting && self.timers.is_set(Timer::GiveUp(leg)) {
            self.hurry(leg, now);
        }
    }

    /// Makes the next attempt now, or as soon as the latest one is not too fresh.
    fn hurry(&mut self, leg: Leg, now: Instant) {
        let due = self.legs[leg].tried_at.map_or(now, |at| at + HURRY_INTERVAL);
        if due <= now {
            self.open(leg, now);
        } else {
            self.legs[leg].stage = Stage::Waiting;
            self.timers.advance(Timer::Retry(leg), due);
        }
    }

    /// Asks the peer for a sign of life that must come within `limit`; a limit that runs is only made shorter.
    fn doubt(&mut self, leg: Leg, limit: Duration, now: Instant) {
        if !std::mem::replace(&mut self.legs[leg].is_asked, true) {
            self.out.push(Output::Ping(leg));
            if leg == Leg::Signaling && self.legs[leg].is_ready() {
                self.out.push(Output::Send(leg, self.identity.stream_state_request()));
            }
        }
        self.timers.advance(Timer::Silence(leg), now + limit);
    }

    pub(super) fn on_silence(&mut self, leg: Leg, now: Instant) {
        let heard_at = self.legs[leg].heard_at();
        if self.legs[leg].is_asked {
            let seconds = now.saturating_duration_since(heard_at).as_secs();
            let message = format!("Nothing came on the {leg} connection for {seconds} s.");
            self.fail(leg, Failure::new("zoom_rtms_silent", message), now);
        } else if now < heard_at + PROBE_SILENCE {
            self.timers.set(Timer::Silence(leg), heard_at + PROBE_SILENCE);
        } else {
            self.doubt(leg, PROBE_LIMIT, now);
        }
    }
}
