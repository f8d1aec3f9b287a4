//! Cameras one by one: subscribing to them, and what Zoom says to it (protocol §5.10). Whose is chosen is decided in `watch`.

use std::time::Instant;

use bytes::Bytes;
use media::SourceTime;
use model::{
    EventBody, ParticipantId,
    platform::{Leg, Output},
};

use super::{
    config::{ROSTER_LIMIT, SUBSCRIPTION_LIMIT},
    ending::Phase,
    machine::Session,
    timer::Timer,
};
use crate::wire::{EventUpdate, VideoReply, outgoing};

/// Cameras turned on, and off (protocol §5.5).
const CAMERA_EVENTS: [i64; 2] = [8, 9];

impl Session {
    /// A media connection is ready; if cameras come over it one by one, one of them is asked for.
    pub(super) fn begin_viewing(&mut self, leg: Leg, now: Instant) {
        let video = &self.kinds[Leg::Video];
        let is_individual = video.is_up && video.is_individual;
        if !matches!(leg, Leg::Video | Leg::All) || !is_individual || !self.legs[Leg::Signaling].is_ready() {
            return;
        }
        if !std::mem::replace(&mut self.are_camera_events_subscribed, true) {
            self.out.push(Output::Send(Leg::Signaling, outgoing::subscription(&CAMERA_EVENTS)));
            self.timers.set(Timer::Cameras, now + ROSTER_LIMIT);
        }
        self.watch.attach();
        self.view(now);
    }

    /// A connection is gone, and with it what was subscribed on it.
    pub(super) fn end_viewing(&mut self, leg: Leg) {
        if matches!(leg, Leg::Video | Leg::All) {
            self.watch.detach();
            self.timers.clear(Timer::Subscription);
        }
    }

    pub(super) fn on_cameras(&mut self, event: &EventUpdate<'_>, are_on: bool, at: SourceTime, now: Instant) {
        for person in &event.people {
            let id = ParticipantId(person.user_id);
            if are_on && self.watch.turn_on(id.0) {
                self.out.event(at, EventBody::VideoOn { id });
            } else if !are_on && self.watch.turn_off(id.0) {
                self.out.event(at, EventBody::VideoOff { id });
            }
        }
        self.view(now);
    }

    /// Whoever left has no camera any more.
    pub(super) fn on_left(&mut self, event: &EventUpdate<'_>, now: Instant) {
        for person in &event.people {
            self.watch.turn_off(person.user_id);
        }
        self.view(now);
    }

    /// The cameras had time to be announced on a new connection.
    pub(super) fn settle_cameras(&mut self, now: Instant) {
        let at = self.meeting.clock.estimate(now);
        for id in self.watch.settle() {
            self.out.event(at, EventBody::VideoOff { id: ParticipantId(id) });
        }
        self.view(now);
    }

    /// Asks for the camera that is wanted most, if it is not the one that comes.
    pub(super) fn view(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Running)
            && let Some(id) = self.watch.next(self.meeting.speaker)
        {
            self.subscribe(id, now);
        }
    }

    fn subscribe(&mut self, id: i64, now: Instant) {
        let at = self.meeting.clock.estimate(now);
        self.out.push(Output::Send(Leg::Signaling, outgoing::video_subscription(id, true, at.unix_ms())));
        self.timers.set(Timer::Subscription, now + SUBSCRIPTION_LIMIT);
    }

    pub(super) fn on_video_reply(&mut self, leg: Leg, reply: &VideoReply<'_>, message: &Bytes, now: Instant) {
        if leg != Leg::Signaling || !self.watch.answer(reply.user_id, reply.status) {
            return;
        }
        self.timers.clear(Timer::Subscription);
        if reply.status != 0 {
            self.note(leg, message);
        }
        self.view(now);
    }

    /// Zoom did not answer a subscription.
    pub(super) fn on_subscription_overdue(&mut self, now: Instant) {
        match self.watch.overdue() {
            Some(id) => self.subscribe(id, now),
            None => self.view(now),
        }
    }
}
