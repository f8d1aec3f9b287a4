//! How connections are opened, lost, opened again and given up (protocol §11). What is said on them is in `signaling` and
//! `streams`.

use std::time::{Duration, Instant};

use model::{
    Control,
    platform::{Close, Endpoint, Leg, Output},
};

use super::{
    config::{
        DEAD_SILENCE, HANDSHAKE_LIMIT, LARGE_MESSAGE_LIMIT_BYTES, MEDIA_WINDOW, PROBE_SILENCE, SIGNALING_WINDOW,
        SMALL_MESSAGE_LIMIT_BYTES,
    },
    ending::{Phase, Verdict},
    legs::{Stage, media_legs},
    machine::Session,
    offers,
    timer::Timer,
};

/// How long a connection must hold for the next loss to be taken as the first.
const STABLE: Duration = Duration::from_secs(3);

/// The code of a normal closure (RFC 6455 §7.4.1).
const NORMAL: u16 = 1000;
/// The cause of a loss that the peer made.
const CLOSED: &str = "zoom_rtms_closed_by_peer";

/// How a connection got lost.
struct Loss {
    /// A stable code.
    cause: &'static str,
    /// The whole story, for the case that it never comes back.
    message: String,
    /// Whether the peer closed it as if all was said.
    is_clean: bool,
}

impl Session {
    /// Plans the next attempt, or makes it if it is due at once.
    pub(super) fn retry(&mut self, leg: Leg, now: Instant) {
        let attempts = self.legs[leg].attempts;
        self.legs[leg].attempts = attempts.saturating_add(1);
        let delay = self.jitter.delay(attempts);
        self.retry_after(leg, delay, now);
    }

    pub(super) fn retry_after(&mut self, leg: Leg, delay: Duration, now: Instant) {
        if !self.timers.is_set(Timer::GiveUp(leg)) && self.legs[leg].attempts > 1 {
            let window = if leg == Leg::Signaling { SIGNALING_WINDOW } else { MEDIA_WINDOW };
            self.timers.set(Timer::GiveUp(leg), now + window);
        }
        if delay.is_zero() {
            self.open(leg, now);
        } else {
            self.legs[leg].stage = Stage::Waiting;
            self.timers.set(Timer::Retry(leg), now + delay);
        }
    }

    /// Makes an attempt now.
    pub(super) fn open(&mut self, leg: Leg, now: Instant) {
        if leg != Leg::Signaling && !self.legs[Leg::Signaling].is_ready() {
            // The next signaling handshake tells where to connect.
            self.legs[leg].stage = Stage::Idle;
            return;
        }
        self.report_loss(leg);
        if leg == Leg::Signaling {
            self.drop_media();
            let count = self.urls.len().max(1);
            let Some(url) = self.urls.get(self.url % count) else {
                let message = "The start notice names no address to connect to.".to_owned();
                return self.finish(Verdict::failed("zoom_rtms_no_address", message), now);
            };
            self.legs[leg].url.clone_from(url);
            self.url = (self.url + 1) % count;
        }
        let message_limit_bytes = match leg {
            Leg::Video | Leg::Share => LARGE_MESSAGE_LIMIT_BYTES,
            Leg::Signaling | Leg::Audio | Leg::Transcript | Leg::Chat => SMALL_MESSAGE_LIMIT_BYTES,
        };
        self.legs[leg].stage = Stage::Opening;
        let endpoint = Endpoint { url: self.legs[leg].url.clone(), message_limit_bytes };
        self.out.push(Output::Open(leg, endpoint));
    }

    pub(super) fn on_opened(&mut self, leg: Leg, now: Instant) {
        let state = &mut self.legs[leg];
        if state.stage != Stage::Opening {
            return;
        }
        state.stage = Stage::Handshaking;
        state.heard_at = now;
        state.skips.end_run();
        let handshake = if leg == Leg::Signaling {
            self.identity.signaling_handshake(1)
        } else {
            let params = state.offers.get(state.offer).map(|offer| offer.params.clone()).unwrap_or_default();
            self.identity.media_handshake(1, offers::media_type(leg), &params)
        };
        self.timers.set(Timer::Handshake(leg), now + HANDSHAKE_LIMIT);
        self.timers.set(Timer::Silence(leg), now + PROBE_SILENCE);
        self.out.push(Output::Send(leg, handshake));
    }

    pub(super) fn on_closed(&mut self, leg: Leg, close: Close, now: Instant) {
        if !self.legs[leg].is_connected() {
            return;
        }
        let (cause, message) = match close {
            Close::Unreachable { code, message, permanent } => {
                if permanent && !self.legs[leg].was_ready {
                    return self.on_unreachable(leg, code, message, now);
                }
                (code, message)
            }
            Close::Peer(Some(NORMAL)) if self.legs[leg].is_ready() => {
                // Very likely the end of the stream, which another connection is about to tell.
                self.lose(leg, Loss { cause: CLOSED, message: String::new(), is_clean: true }, now);
                return;
            }
            Close::Peer(number) => {
                let number = number.map(|number| format!(" with code {number}")).unwrap_or_default();
                (CLOSED, format!("Zoom closed the {leg} connection{number}."))
            }
            Close::Broken => ("connection_broken", format!("The {leg} connection broke.")),
            Close::TooLarge => {
                self.counters.bad += 1;
                self.legs[leg].skips.add("message_too_large");
                ("message_too_large", format!("A message on {leg} was larger than is allowed."))
            }
        };
        self.lose(leg, Loss { cause, message, is_clean: false }, now);
    }

    /// Trying this address again is pointless.
    fn on_unreachable(&mut self, leg: Leg, code: &'static str, message: String, now: Instant) {
        self.detach(leg);
        if leg != Leg::Signaling {
            return self.refuse(leg, None, message, now);
        }
        let refused = self.legs[leg].url.clone();
        self.urls.retain(|url| *url != refused);
        if self.urls.is_empty() {
            self.finish(Verdict::failed(code, message), now);
        } else {
            self.url = 0;
            self.last_failure = Some((code, message));
            self.retry_after(leg, Duration::ZERO, now);
        }
    }

    /// Ends a connection that we no longer trust, and treats it as lost.
    pub(super) fn fail(&mut self, leg: Leg, cause: &'static str, message: String, now: Instant) {
        if self.legs[leg].is_connected() {
            self.out.push(Output::Close(leg));
            self.lose(leg, Loss { cause, message, is_clean: false }, now);
        }
    }

    fn lose(&mut self, leg: Leg, loss: Loss, now: Instant) {
        let Loss { cause, message, is_clean } = loss;
        let state = &mut self.legs[leg];
        if let Stage::Ready { since } = state.stage {
            if now.saturating_duration_since(since) >= STABLE {
                // The second delay of the schedule leaves time to learn that the stream is over.
                state.attempts = u32::from(is_clean);
            }
            state.unreported = Some(cause);
            let window = if leg == Leg::Signaling { SIGNALING_WINDOW } else { MEDIA_WINDOW };
            self.timers.set(Timer::GiveUp(leg), now + window);
        }
        self.detach(leg);
        if leg == Leg::Signaling {
            self.last_failure = Some((cause, message));
        }
        match self.phase {
            Phase::Running => self.retry(leg, now),
            Phase::Terminating(_) | Phase::Closing(_) if leg == Leg::Signaling => self.on_overdue_end(now),
            Phase::Draining(_) => self.end_if_drained(),
            Phase::Terminating(_) | Phase::Closing(_) | Phase::Over => {}
        }
    }

    /// Forgets a connection that is closed, or being closed.
    pub(super) fn detach(&mut self, leg: Leg) {
        self.declare_skips(leg);
        for timer in [Timer::Handshake(leg), Timer::Retry(leg), Timer::Silence(leg), Timer::Skips(leg)] {
            self.timers.clear(timer);
        }
        self.legs[leg].stage = Stage::Idle;
    }

    /// Puts a loss in the log, once an attempt to repair it is made.
    fn report_loss(&mut self, leg: Leg) {
        if let Some(cause) = self.legs[leg].unreported.take() {
            self.out.control(Control::LegLost { leg, cause: cause.to_owned() });
        }
    }

    /// Lets go of all media: it hangs on the signaling connection that was lost.
    fn drop_media(&mut self) {
        for leg in media_legs() {
            if self.legs[leg].is_ready() {
                self.legs[leg].unreported = Some("zoom_rtms_signaling_lost");
            }
            self.report_loss(leg);
            self.disconnect(leg);
        }
    }

    /// Closes a connection for now, if there is one.
    fn disconnect(&mut self, leg: Leg) {
        self.timers.clear(Timer::GiveUp(leg));
        if self.legs[leg].is_connected() {
            self.out.push(Output::Close(leg));
        }
        if self.legs[leg].is_alive() {
            self.detach(leg);
        }
    }

    /// A kind of media will be missing for good.
    pub(super) fn refuse(&mut self, leg: Leg, status: Option<i64>, reason: String, now: Instant) {
        self.report_loss(leg);
        self.disconnect(leg);
        self.legs[leg].stage = Stage::Refused;
        self.out.control(Control::LegRefused { leg, status, reason: reason.clone() });
        self.end_without_media(reason, now);
    }

    /// A lost connection did not come back in time.
    pub(super) fn give_up(&mut self, leg: Leg, now: Instant) {
        self.report_loss(leg);
        self.disconnect(leg);
        if leg == Leg::Signaling {
            let lost = || ("zoom_rtms_signaling_timeout", "Zoom did not answer.".to_owned());
            let (code, message) = self.last_failure.take().unwrap_or_else(lost);
            let seconds = SIGNALING_WINDOW.as_secs();
            let message = format!("The signaling connection could not be made within {seconds} s. {message}");
            return self.finish(Verdict::failed(code, message.trim_end().to_owned()), now);
        }
        let reason = format!("the {leg} connection did not come back within {} s", MEDIA_WINDOW.as_secs());
        self.legs[leg].stage = Stage::GivenUp;
        self.out.control(Control::LegRefused { leg, status: None, reason: reason.clone() });
        self.end_without_media(reason, now);
    }

    /// Ends the capture if no kind of media is left to wait for.
    fn end_without_media(&mut self, reason: String, now: Instant) {
        let is_running = matches!(self.phase, Phase::Running) && self.legs[Leg::Signaling].is_ready();
        if is_running && !self.legs.any_media(|state| state.is_alive()) {
            let message = format!("No kind of media can be received: {reason}.");
            self.finish(Verdict::failed("zoom_rtms_no_media", message), now);
        }
    }

    /// Drops everything and connects elsewhere at once.
    pub(super) fn move_to(&mut self, urls: Vec<String>, now: Instant) {
        self.urls = urls;
        self.url = 0;
        let leg = Leg::Signaling;
        if self.legs[leg].is_ready() {
            self.legs[leg].unreported = Some("zoom_rtms_moved");
        }
        self.disconnect(leg);
        self.legs[leg].attempts = 0;
        self.legs[leg].duplicates = 0;
        self.timers.set(Timer::GiveUp(leg), now + SIGNALING_WINDOW);
        self.retry(leg, now);
    }

    pub(super) fn on_silence(&mut self, leg: Leg, now: Instant) {
        let heard_at = self.legs[leg].heard_at;
        let silence = now.saturating_duration_since(heard_at);
        if silence >= DEAD_SILENCE {
            let message = format!("Nothing came on the {leg} connection for {} s.", DEAD_SILENCE.as_secs());
            return self.fail(leg, "zoom_rtms_silent", message, now);
        }
        let next = if silence >= PROBE_SILENCE {
            self.probe(now);
            DEAD_SILENCE
        } else {
            PROBE_SILENCE
        };
        self.timers.set(Timer::Silence(leg), heard_at + next);
    }
}
