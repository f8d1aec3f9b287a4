//! What Zoom answers to the handshakes, and what is asked for next (protocol §5.3, §6.4). What flows afterwards is in
//! `signaling` and `streams`.

use std::time::{Duration, Instant};

use model::{
    Control,
    platform::{Leg, Output},
};

use super::{
    config::{CHAT_KEY_INTERVAL, CHAT_KEY_TRIES, MEDIA_WINDOW, REJOIN_LIMIT, ROSTER_LIMIT, split_urls},
    ending::{Phase, Verdict, capitalized},
    failure::{Absence, Failure},
    kinds::KINDS,
    legs::Stage,
    machine::Session,
    offers::{self, Agreement, Offer},
    substitutes,
    timer::Timer,
};
use crate::{
    codes::{self, Refusal},
    wire::{MediaReply, MediaUrls, SignalingReply, outgoing},
};

/// The only version of the protocol that is spoken here.
const PROTOCOL_VERSION: i64 = 1;
/// The status of chat for which Zoom has no key.
const NO_CHAT_KEY: i64 = 47;
/// The status of a kind of media that Zoom does not know.
const UNKNOWN_KIND: i64 = 14;
/// The statuses of a kind of media that the app has no scope for.
const NO_SCOPE: std::ops::RangeInclusive<i64> = 9..=13;

/// What the refusal calls for, by its number or, since numbers have changed, by its words (protocol §14.6).
fn refusal(status: i64, reason: &str) -> Refusal {
    if reason.to_ascii_lowercase().contains("duplicate") { Refusal::Duplicate } else { codes::status(status).refusal }
}

/// What to tell about a refusal.
fn refusal_message(status: i64, reason: &str) -> String {
    let words: String = reason.chars().filter(|letter| !letter.is_control()).take(200).collect();
    let words = if words.is_empty() { words } else { format!(", \"{words}\"") };
    format!("{} (status {status}{words})", codes::status(status).sentence)
}

impl Session {
    pub(super) fn on_signaling_reply(&mut self, leg: Leg, reply: &SignalingReply<'_>, now: Instant) {
        if leg != Leg::Signaling || self.legs[leg].stage != Stage::Handshaking {
            return;
        }
        if let Some(failure) = Self::foreign(reply.protocol_version) {
            return self.on_permanent_refusal(failure, now);
        }
        if reply.status == 0 {
            return self.on_signaling_ready(&reply.urls, now);
        }
        let mut message = format!("{}.", capitalized(&refusal_message(reply.status, &reply.reason)));
        if reply.status == 3 {
            message.push_str(&format!(" The client id is {}.", self.client_id));
        }
        let refusal = refusal(reply.status, &reply.reason);
        let failure = Failure::refused(reply.status, refusal, message);
        let is_webinar = self.identity.id_field == "webinar_uuid" && !self.legs[leg].was_ready;
        match refusal {
            Refusal::Duplicate => self.await_release(leg, failure, now),
            Refusal::Permanent | Refusal::Parameters if is_webinar && matches!(reply.status, 2 | 4) => {
                // Some webinars are known by the other name (protocol §15.1).
                self.identity.id_field = "meeting_uuid";
                self.fail(leg, failure, now);
            }
            Refusal::Permanent | Refusal::Parameters => self.on_permanent_refusal(failure, now),
            Refusal::Temporary => self.fail(leg, failure, now),
        }
    }

    /// The answer of a protocol that is not spoken here, if this is one.
    fn foreign(version: Option<i64>) -> Option<Failure> {
        let version = version.filter(|version| *version > PROTOCOL_VERSION)?;
        let message = format!(
            "Zoom answered with version {version} of the RTMS protocol, and only version {PROTOCOL_VERSION} is spoken \
             here; set the Zoom app to version {PROTOCOL_VERSION}, or use a release that speaks the other."
        );
        Some(Failure::useless("zoom_rtms_protocol_version", message))
    }

    /// An earlier connection is not released yet: tries again after a pause of its own.
    fn await_release(&mut self, leg: Leg, failure: Failure, now: Instant) {
        let delay = self.jitter.delay_of_duplicate(self.legs[leg].duplicates);
        self.legs[leg].duplicates = self.legs[leg].duplicates.saturating_add(1);
        self.legs[leg].failure = Some(failure);
        self.ask_again(leg, delay, now);
    }

    /// Closes a connection whose handshake was refused, and plans the next one.
    fn ask_again(&mut self, leg: Leg, delay: Duration, now: Instant) {
        self.out.push(Output::Close(leg));
        self.detach(leg);
        self.plan(leg, delay, now);
    }

    fn on_signaling_ready(&mut self, urls: &MediaUrls, now: Instant) {
        let leg = Leg::Signaling;
        self.hold(leg, now);
        match self.phase {
            Phase::Running => {}
            Phase::Grace => {
                self.timers.clear(Timer::Grace);
                self.phase = Phase::Running;
            }
            // The end was announced before the answer came: nothing new is begun.
            Phase::Terminating(_) | Phase::Closing(_) | Phase::Draining(_) | Phase::Over => return,
        }
        self.meeting.is_ending = false;
        if self.media_urls != *urls {
            // What one server refused another may take.
            self.kinds.forget_refusals();
            self.media_urls.clone_from(urls);
        }
        self.out.control(Control::LegReady { leg, format: None });
        self.out.push(Output::Send(leg, outgoing::subscription(&self.events())));
        if !self.meeting.roster.is_empty() {
            self.meeting.roster.expect_all();
            self.timers.set(Timer::Roster, now + ROSTER_LIMIT);
        }
        self.watch.expect_all();
        self.are_camera_events_subscribed = false;
        if let Some(url) = offers::only_all(urls) {
            self.start_media(Leg::All, Some(url), now);
        } else {
            for kind in KINDS {
                self.start_media(kind, offers::url(kind, urls), now);
            }
        }
        if !self.legs.any_media(|state| state.is_alive()) {
            let message = "Zoom offers none of the wanted kinds of media; add the scopes for audio, video, screen share, \
                           transcript and chat to the Zoom app and have it approved again.";
            self.finish(Verdict::failed("zoom_rtms_no_media", message.to_owned()), now);
        }
    }

    fn start_media(&mut self, leg: Leg, url: Option<&str>, now: Instant) {
        let kinds: Vec<Leg> = self.kinds.of_leg(leg).collect();
        if kinds.is_empty() {
            return;
        }
        let Some(url) = url.and_then(|url| split_urls(url).into_iter().next()) else {
            for kind in kinds {
                let reason = format!("Zoom does not offer {kind}; the app may lack the scope");
                self.declare_absent(kind, &Absence::not_offered(reason));
            }
            return;
        };
        let state = &mut self.legs[leg];
        state.url = url;
        state.attempts = 0;
        state.duplicates = 0;
        if let Some(since) = state.down_since {
            // The window goes on, but without an attempt it would be none.
            self.timers.set(Timer::GiveUp(leg), (since + MEDIA_WINDOW).max(now + REJOIN_LIMIT));
        }
        self.retry(leg, now);
    }

    /// Puts in the log that a kind is missing, unless it has that already.
    fn declare_absent(&mut self, kind: Leg, absence: &Absence) {
        if !std::mem::replace(&mut self.kinds[kind].is_declared_absent, true) {
            self.out.control(absence.of_kind(kind));
        }
    }

    /// Puts in the log that a kind flows from here on.
    pub(super) fn declare_ready(&mut self, kind: Leg, agreement: Agreement) {
        self.kinds[kind].hold(agreement);
        self.kinds[kind].is_declared_absent = false;
        self.out.control(Control::LegReady { leg: kind, format: agreement.format });
    }

    /// Puts in the log which parameters Zoom replaced, as far as the log does not have that already.
    fn declare_substitutes(&mut self, kind: Leg, reply: &MediaReply<'_>) {
        let replaced = self.kinds[kind].offer().map(|offer| substitutes::of(kind, &offer.params, reply));
        for substitute in self.kinds[kind].substitute(replaced.unwrap_or_default()) {
            let substitutes::Substitute { parameter, asked, agreed } = substitute;
            self.out.control(Control::Substituted { leg: kind, parameter: parameter.to_owned(), asked, agreed });
        }
    }

    pub(super) fn on_media_reply(&mut self, leg: Leg, reply: &MediaReply<'_>, now: Instant) {
        if leg == Leg::Signaling || self.legs[leg].stage != Stage::Handshaking {
            return;
        }
        if let Some(Failure { code, message, .. }) = Self::foreign(reply.protocol_version) {
            return self.finish(Verdict::failed(code, message), now);
        }
        if reply.status != 0 {
            return self.on_media_refusal(leg, reply, now);
        }
        let kinds: Vec<Leg> = self.kinds.of_leg(leg).collect();
        if reply.encrypted {
            let message = "Zoom encrypts the payloads, which was not asked for".to_owned();
            return self.fail(leg, Failure::useless("zoom_rtms_no_media", message), now);
        }
        let mut agreements = Vec::with_capacity(kinds.len());
        for kind in kinds {
            let offer: Option<&Offer> = self.kinds[kind].offer();
            match offer.map_or(Ok(Agreement::default()), |offer| offer.negotiated(kind, reply)) {
                Ok(agreement) => agreements.push((kind, agreement)),
                Err(_) if self.kinds[kind].fall_back() => return self.ask_again(leg, Duration::ZERO, now),
                Err(field) => {
                    let reason = format!("Zoom chose a {field} for {kind} that is not known");
                    return self.refuse(leg, &[kind], &Absence::of("zoom_rtms_unknown_parameter", reason), now);
                }
            }
        }
        self.hold(leg, now);
        for (kind, agreement) in agreements {
            if leg == Leg::All && offers::leaves_out(reply, kind) {
                let reason = format!("Zoom's answer leaves {kind} out; the app may lack the scope");
                self.declare_absent(kind, &Absence::not_offered(reason));
            } else {
                self.declare_ready(kind, agreement);
                self.declare_substitutes(kind, reply);
            }
        }
        if self.legs[Leg::Signaling].is_ready() {
            self.out.push(Output::Send(Leg::Signaling, self.identity.client_ready()));
        }
        self.begin_viewing(leg, now);
    }

    fn on_media_refusal(&mut self, leg: Leg, reply: &MediaReply<'_>, now: Instant) {
        let status = reply.status;
        let message = refusal_message(status, &reply.reason);
        let refusal = refusal(status, &reply.reason);
        let failure = Failure::refused(status, refusal, message.clone());
        let kinds: Vec<Leg> = self.kinds.of_leg(leg).collect();
        // On a connection of its own, a kind answers for whatever the status says.
        let named = offers::kind_of_status(status).filter(|kind| leg == Leg::All && kinds.contains(kind));
        match refusal {
            _ if status == NO_CHAT_KEY && leg == Leg::Chat && self.kinds[leg].key_tries < CHAT_KEY_TRIES => {
                self.await_chat_key(message, now);
            }
            Refusal::Duplicate => self.await_release(leg, failure, now),
            Refusal::Permanent
                if (NO_SCOPE.contains(&status) && leg != Leg::All) || (status == NO_CHAT_KEY && leg == Leg::Chat) =>
            {
                self.refuse(leg, &kinds, &Absence::refused(status, message), now);
            }
            Refusal::Permanent if let Some(kind) = named => {
                self.refuse(leg, &[kind], &Absence::refused(status, message), now);
            }
            Refusal::Temporary => self.fail(leg, failure, now),
            // Whether the stream is known and the signature right, signaling tells; said of media, it may pass.
            Refusal::Permanent if status != UNKNOWN_KIND => self.fail(leg, failure, now),
            Refusal::Permanent | Refusal::Parameters => {
                let exhausted = match named {
                    None if leg == Leg::All && status == UNKNOWN_KIND && self.kinds.name_each() => Vec::new(),
                    None if leg == Leg::All => {
                        let fell = kinds.iter().filter(|kind| self.kinds[**kind].fall_back_to_defaults()).count();
                        if fell > 0 { Vec::new() } else { kinds }
                    }
                    Some(kind) if self.kinds[kind].fall_back() => Vec::new(),
                    Some(kind) => vec![kind],
                    None if self.kinds[leg].fall_back() => Vec::new(),
                    None => kinds,
                };
                if exhausted.is_empty() {
                    self.ask_again(leg, Duration::ZERO, now);
                } else {
                    self.refuse(leg, &exhausted, &Absence::refused(status, message), now);
                }
            }
        }
    }

    /// Zoom has no key for the chat yet, and may have one later.
    fn await_chat_key(&mut self, reason: String, now: Instant) {
        let leg = Leg::Chat;
        self.kinds[leg].key_tries += 1;
        self.report_loss(leg, now);
        self.disconnect(leg);
        self.legs[leg].down_since = None;
        self.declare_absent(leg, &Absence::refused(NO_CHAT_KEY, reason));
        self.legs[leg].stage = Stage::Waiting;
        self.timers.set(Timer::Retry(leg), now + CHAT_KEY_INTERVAL);
    }

    /// Kinds of media on a connection will be missing, unless the stream moves. What else it carries is asked for anew,
    /// without them.
    pub(super) fn refuse(&mut self, leg: Leg, kinds: &[Leg], absence: &Absence, now: Instant) {
        self.report_loss(leg, now);
        self.disconnect(leg);
        for kind in kinds {
            self.kinds[*kind].is_refused = true;
            self.out.control(absence.of_kind(*kind));
        }
        if self.kinds.of_leg(leg).next().is_some() {
            self.plan(leg, Duration::ZERO, now);
        } else {
            self.end_without_media(&absence.reason, false, now);
        }
    }
}
