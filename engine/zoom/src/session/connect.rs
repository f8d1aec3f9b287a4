//! How connections are opened, lost and opened again (protocol §11). How long that goes on, and what makes it stop, is in
//! `repair`; what is said on them is in `handshake`, `signaling` and `streams`.

use std::time::{Duration, Instant};

use model::{
    Control,
    platform::{Close, Endpoint, Leg, Output},
};

use super::{
    config::{
        CAMERA_MESSAGE_LIMIT_BYTES, HANDSHAKE_LIMIT, MEDIA_WINDOW, PROBE_SILENCE, SHARE_MESSAGE_LIMIT_BYTES,
        SIGNALING_WINDOW, SMALL_MESSAGE_LIMIT_BYTES,
    },
    ending::{Phase, Verdict},
    failure::{Absence, Failure},
    legs::{Loss, Stage, media_legs},
    machine::Session,
    timer::Timer,
};

/// How long a connection must hold for the next loss to be taken as the first.
const STABLE: Duration = Duration::from_secs(3);

/// The code of a normal closure (RFC 6455 §7.4.1).
const NORMAL: u16 = 1000;
/// The cause of a loss that the peer made.
const CLOSED: &str = "zoom_rtms_closed_by_peer";

/// Why the operator's policy refuses an address by its text alone, so that it would be refused again. What a name leads to
/// and which certificate is shown there may be other things a moment later.
const REFUSED_BY_TEXT: [&str; 6] = [
    "address_malformed",
    "address_not_secure",
    "address_with_credentials",
    "address_is_ip_literal",
    "address_host_not_allowed",
    "address_port_not_allowed",
];

impl Session {
    /// Plans the next attempt, or makes it if it is due at once.
    pub(super) fn retry(&mut self, leg: Leg, now: Instant) {
        let attempts = self.legs[leg].attempts;
        self.legs[leg].attempts = attempts.saturating_add(1);
        let delay = self.jitter.delay(attempts);
        self.plan(leg, delay, now);
    }

    /// Plans an attempt after `delay`.
    pub(super) fn plan(&mut self, leg: Leg, delay: Duration, now: Instant) {
        if !matches!(self.phase, Phase::Running) {
            self.legs[leg].stage = Stage::Idle;
            return;
        }
        self.count_down(leg, now);
        if delay.is_zero() {
            self.open(leg, now);
        } else {
            self.legs[leg].stage = Stage::Waiting;
            self.timers.set(Timer::Retry(leg), now + delay);
        }
    }

    /// Lets the window of a connection run that does not hold; one that runs is not touched.
    fn count_down(&mut self, leg: Leg, now: Instant) {
        let since = *self.legs[leg].down_since.get_or_insert(now);
        if !self.timers.is_set(Timer::GiveUp(leg)) {
            let window = if leg == Leg::Signaling { SIGNALING_WINDOW } else { MEDIA_WINDOW };
            self.timers.set(Timer::GiveUp(leg), since + window);
        }
    }

    /// Makes an attempt now.
    pub(super) fn open(&mut self, leg: Leg, now: Instant) {
        self.timers.clear(Timer::Retry(leg));
        if leg != Leg::Signaling && !self.legs[Leg::Signaling].is_ready() {
            // The next signaling handshake tells where to connect.
            self.legs[leg].stage = Stage::Idle;
            return;
        }
        self.report_loss(leg, now);
        if leg == Leg::Signaling {
            self.drop_media(now);
            let count = self.urls.len().max(1);
            let Some(url) = self.urls.get(self.url % count) else {
                let message = "The start notice names no address to connect to.".to_owned();
                return self.finish(Verdict::failed("zoom_rtms_no_address", message), now);
            };
            self.legs[leg].url.clone_from(url);
            self.url = (self.url + 1) % count;
        }
        let message_limit_bytes = match leg {
            Leg::Video => CAMERA_MESSAGE_LIMIT_BYTES,
            Leg::Share | Leg::All => SHARE_MESSAGE_LIMIT_BYTES,
            Leg::Signaling | Leg::Audio | Leg::Transcript | Leg::Chat => SMALL_MESSAGE_LIMIT_BYTES,
        };
        self.legs[leg].stage = Stage::Opening;
        self.legs[leg].tried_at = Some(now);
        let endpoint = Endpoint { url: self.legs[leg].url.clone(), message_limit_bytes };
        self.out.push(Output::Open(leg, endpoint));
    }

    pub(super) fn on_opened(&mut self, leg: Leg, now: Instant) {
        let state = &mut self.legs[leg];
        if state.stage != Stage::Opening {
            return;
        }
        state.stage = Stage::Handshaking;
        state.hear(now);
        state.skips.end_run();
        let handshake = if leg == Leg::Signaling {
            self.identity.signaling_handshake(1)
        } else {
            let (media_type, params) = self.kinds.request(leg);
            self.identity.media_handshake(1, media_type, &params)
        };
        self.timers.set(Timer::Handshake(leg), now + HANDSHAKE_LIMIT);
        self.timers.set(Timer::Silence(leg), now + PROBE_SILENCE);
        self.out.push(Output::Send(leg, handshake));
    }

    /// A handshake succeeded.
    pub(super) fn hold(&mut self, leg: Leg, now: Instant) {
        self.timers.clear(Timer::Handshake(leg));
        self.timers.clear(Timer::GiveUp(leg));
        let state = &mut self.legs[leg];
        state.stage = Stage::Ready { since: now };
        state.down_since = None;
        state.failure = None;
        state.was_ready = true;
        state.duplicates = 0;
    }

    pub(super) fn on_closed(&mut self, leg: Leg, close: Close, now: Instant) {
        if !self.legs[leg].is_connected() {
            return;
        }
        let (cause, message) = match close {
            Close::Unreachable { code, message, permanent } => {
                // Of signaling that was held before, a notice may name another address.
                let may_move = leg == Leg::Signaling && self.was_joined();
                if permanent && REFUSED_BY_TEXT.contains(&code) && !may_move {
                    return self.on_unreachable(leg, code, message, now);
                }
                (code, message)
            }
            Close::Peer(Some(NORMAL)) if self.legs[leg].is_ready() => {
                // Very likely the end of the stream, which another connection is about to tell.
                return self.lose(leg, Failure::new(CLOSED, String::new()), true, now);
            }
            Close::Peer(number) => {
                let number = number.map(|number| format!(" with code {number}")).unwrap_or_default();
                let when = if self.legs[leg].is_ready() {
                    "."
                } else {
                    " instead of answering the handshake; a wrong client secret can be the cause."
                };
                (CLOSED, format!("Zoom closed the {leg} connection{number}{when}"))
            }
            Close::Broken => ("connection_broken", format!("The {leg} connection broke.")),
            Close::TooSlow => ("message_too_slow", format!("A message on {leg} began and did not end in time.")),
            Close::TooLarge => {
                self.counters.bad += 1;
                self.legs[leg].skips.add("message_too_large");
                ("message_too_large", format!("A message on {leg} was larger than is allowed."))
            }
        };
        self.lose(leg, Failure::new(cause, message), false, now);
    }

    /// Trying this address again is pointless.
    fn on_unreachable(&mut self, leg: Leg, code: &'static str, message: String, now: Instant) {
        self.detach(leg);
        if leg != Leg::Signaling {
            let kinds: Vec<Leg> = self.kinds.of_leg(leg).collect();
            return self.refuse(leg, &kinds, &Absence::of(code, message), now);
        }
        let refused = self.legs[leg].url.clone();
        self.urls.retain(|url| *url != refused);
        if self.urls.is_empty() {
            self.finish(Verdict::failed(code, message), now);
        } else {
            self.url = 0;
            self.legs[leg].failure = Some(Failure::new(code, message));
            self.plan(leg, Duration::ZERO, now);
        }
    }

    /// Ends a connection that we no longer trust, and treats it as lost.
    pub(super) fn fail(&mut self, leg: Leg, failure: Failure, now: Instant) {
        if self.legs[leg].is_connected() {
            self.out.push(Output::Close(leg));
            self.lose(leg, failure, false, now);
        }
    }

    /// A connection is gone; `is_clean` tells whether the peer closed it as if all was said.
    fn lose(&mut self, leg: Leg, failure: Failure, is_clean: bool, now: Instant) {
        let is_running = matches!(self.phase, Phase::Running);
        let mut is_evicted = false;
        if let Stage::Ready { since } = self.legs[leg].stage {
            let state = &mut self.legs[leg];
            if now.saturating_duration_since(since) >= STABLE {
                // The second delay of the schedule leaves time to learn that the stream is over.
                state.attempts = u32::from(is_clean);
            }
            state.unreported = Some(Loss { cause: failure.code, at: now });
            if is_running {
                self.count_down(leg, now);
            }
            is_evicted = leg == Leg::Signaling && is_clean && self.is_evicted_again(now);
        }
        self.detach(leg);
        self.legs[leg].failure = Some(failure);
        match self.phase {
            Phase::Running if is_evicted => self.park(now),
            Phase::Running => self.retry(leg, now),
            Phase::Terminating(_) | Phase::Closing(_) if leg == Leg::Signaling => self.on_overdue_end(now),
            Phase::Draining(_) => self.end_if_drained(),
            Phase::Grace | Phase::Terminating(_) | Phase::Closing(_) | Phase::Over => {}
        }
    }

    /// Forgets a connection that is closed, or being closed.
    pub(super) fn detach(&mut self, leg: Leg) {
        self.declare_skips(leg);
        for timer in [Timer::Handshake(leg), Timer::Retry(leg), Timer::Silence(leg), Timer::Skips(leg)] {
            self.timers.clear(timer);
        }
        if leg == Leg::Signaling {
            // Whom it did not announce, the next one may.
            self.timers.clear(Timer::Roster);
            self.timers.clear(Timer::Cameras);
        }
        self.legs[leg].stage = Stage::Idle;
        self.end_viewing(leg);
    }

    /// Puts a loss in the log, once an attempt to repair it is made: of each kind that the connection carried.
    pub(super) fn report_loss(&mut self, leg: Leg, now: Instant) {
        let Some(Loss { cause, at }) = self.legs[leg].unreported.take() else { return };
        let ago_ms = u64::try_from(now.saturating_duration_since(at).as_millis()).unwrap_or(u64::MAX);
        let lost = |leg: Leg| Control::LegLost { leg, cause: cause.to_owned(), ago_ms };
        if leg == Leg::Signaling {
            return self.out.control(lost(leg));
        }
        for kind in self.kinds.of_leg(leg) {
            if std::mem::take(&mut self.kinds[kind].is_up) {
                self.out.control(lost(kind));
            }
        }
    }

    /// Lets go of all media: it hangs on the signaling connection that was lost.
    pub(super) fn drop_media(&mut self, now: Instant) {
        for leg in media_legs() {
            if self.legs[leg].is_ready() {
                self.legs[leg].unreported = Some(Loss { cause: "zoom_rtms_signaling_lost", at: now });
            }
            self.report_loss(leg, now);
            self.disconnect(leg);
        }
    }

    /// Closes a connection for now, if there is one.
    pub(super) fn disconnect(&mut self, leg: Leg) {
        self.timers.clear(Timer::GiveUp(leg));
        if self.legs[leg].is_connected() {
            self.out.push(Output::Close(leg));
        }
        if self.legs[leg].is_alive() {
            self.detach(leg);
        }
    }
}
