//! How the end is made: asked for, announced, awaited, declared (protocol §5.9, §10.3). What it is called is in `ending`.

use std::time::Instant;

use model::{
    Control,
    platform::{EndKind, Leg, Output},
};

use super::{
    config::{CLOSE_REPLY_LIMIT, DRAIN_LIMIT, TERMINATING_LIMIT},
    ending::{Phase, Verdict},
    legs::{Stage, media_legs},
    machine::Session,
    timer::Timer,
};

impl Session {
    /// We want the stream to end.
    pub(super) fn ask_to_close(&mut self, now: Instant) {
        if !self.legs[Leg::Signaling].is_ready() {
            return self.finish(Verdict::on_request(), now);
        }
        self.out.push(Output::Send(Leg::Signaling, self.identity.close_request()));
        self.stop_repairs();
        self.timers.clear(Timer::Terminating);
        self.timers.set(Timer::CloseReply, now + CLOSE_REPLY_LIMIT);
        self.phase = Phase::Closing(Verdict::on_request());
    }

    /// Zoom heard that we want the stream to end.
    pub(super) fn on_close_reply(&mut self, now: Instant) {
        if let Phase::Closing(verdict) = &self.phase {
            let verdict = verdict.clone();
            self.finish(verdict, now);
        }
    }

    /// Zoom told over the other road that the stream is over.
    pub(super) fn on_stopped(&mut self, reason: Option<i64>, now: Instant) {
        let verdict = Verdict::stopped(reason, None);
        if verdict.is_revocation() {
            return self.end(verdict);
        }
        match &mut self.phase {
            Phase::Draining(known) => known.learn(reason, None),
            Phase::Closing(ours) => {
                ours.learn(reason, None);
                let ours = ours.clone();
                self.finish(ours, now);
            }
            Phase::Running | Phase::Grace => self.finish(verdict, now),
            Phase::Terminating(announced) => {
                let mut verdict = verdict;
                verdict.learn(announced.stop_reason, announced.at);
                self.finish(verdict, now);
            }
            Phase::Over => {}
        }
    }

    /// Zoom announced that the stream will end.
    pub(super) fn on_terminating(&mut self, verdict: Verdict, now: Instant) {
        if verdict.is_revocation() {
            return self.end(verdict);
        }
        self.meeting.is_ending = true;
        match &mut self.phase {
            Phase::Running => {
                self.stop_repairs();
                self.timers.set(Timer::Terminating, now + TERMINATING_LIMIT);
                self.phase = Phase::Terminating(verdict);
            }
            Phase::Terminating(known) | Phase::Closing(known) | Phase::Draining(known) => {
                known.learn(verdict.stop_reason, verdict.at);
            }
            Phase::Grace | Phase::Over => {}
        }
    }

    /// Zoom says that the stream has ended.
    pub(super) fn on_terminated(&mut self, verdict: Verdict, now: Instant) {
        if verdict.is_revocation() {
            return self.end(verdict);
        }
        self.meeting.is_ending = true;
        match &mut self.phase {
            Phase::Running | Phase::Grace => self.finish(verdict, now),
            Phase::Terminating(announced) => {
                let mut verdict = verdict;
                verdict.learn(announced.stop_reason, announced.at);
                self.finish(verdict, now);
            }
            Phase::Closing(ours) => {
                ours.learn(verdict.stop_reason, verdict.at);
                let ours = ours.clone();
                self.finish(ours, now);
            }
            Phase::Draining(known) => known.learn(verdict.stop_reason, verdict.at),
            Phase::Over => {}
        }
    }

    /// The end that was asked for or announced does not come by itself.
    pub(super) fn on_overdue_end(&mut self, now: Instant) {
        match &self.phase {
            Phase::Terminating(verdict) | Phase::Closing(verdict) => {
                let verdict = verdict.clone();
                self.finish(verdict, now);
            }
            Phase::Draining(verdict) => {
                let verdict = verdict.clone();
                self.end(verdict);
            }
            Phase::Running | Phase::Grace | Phase::Over => {}
        }
    }

    /// The stream is over. What the network or the sockets still hold of its media is awaited for a moment.
    pub(super) fn finish(&mut self, verdict: Verdict, now: Instant) {
        if matches!(self.phase, Phase::Draining(_) | Phase::Over) {
            return;
        }
        self.meeting.is_ending = true;
        self.stop_repairs();
        for timer in [Timer::CloseReply, Timer::Terminating, Timer::Grace] {
            self.timers.clear(timer);
        }
        if self.legs.any_media(|state| state.is_ready()) {
            self.timers.set(Timer::Drain, now + DRAIN_LIMIT);
            self.phase = Phase::Draining(verdict);
        } else {
            self.end(verdict);
        }
    }

    pub(super) fn end_if_drained(&mut self) {
        if let Phase::Draining(verdict) = &self.phase
            && !self.legs.any_media(|state| state.is_ready())
        {
            let verdict = verdict.clone();
            self.end(verdict);
        }
    }

    /// Nothing that is lost is opened again, and no other session is awaited.
    fn stop_repairs(&mut self) {
        self.meeting.stopped_at = None;
        for leg in Leg::ALL {
            self.timers.clear(Timer::Retry(leg));
            self.timers.clear(Timer::GiveUp(leg));
            if matches!(self.legs[leg].stage, Stage::Waiting | Stage::Parked) {
                self.legs[leg].stage = Stage::Idle;
            }
        }
        for leg in media_legs() {
            if self.legs[leg].is_connected() && !self.legs[leg].is_ready() {
                self.out.push(Output::Close(leg));
                self.detach(leg);
            }
        }
        for timer in [Timer::Roster, Timer::Cameras, Timer::NextSession, Timer::Subscription] {
            self.timers.clear(timer);
        }
    }

    /// Closes everything and says how it ended.
    pub(super) fn end(&mut self, verdict: Verdict) {
        for leg in Leg::ALL {
            self.declare_skips(leg);
            if self.legs[leg].is_connected() {
                self.out.push(Output::Close(leg));
            }
        }
        self.timers.clear_all();
        self.phase = Phase::Over;
        let Verdict { mut end, stop_reason, at, .. } = verdict;
        // Of a stream that was never held, a new one would fare no better.
        end.may_restart &= self.was_joined();
        if end.kind != EndKind::Suspended {
            let cut_short = end.kind == EndKind::Failed;
            self.out.control(Control::Ended { code: end.code.to_owned(), cut_short, stop_reason, at });
        }
        self.out.push(Output::End(end));
    }
}
