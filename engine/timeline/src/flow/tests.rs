use bytes::Bytes;
use media::{Frame, SourceTime, Track, TrackKind};
use model::{Control, Entry, Epoch, Record, platform::Leg};

use super::Flow;

/// A meeting of which a frame of sound and one of the camera come every 20 ms.
struct Meeting {
    flow: Flow,
    epoch: Epoch,
    now_ms: i64,
}

impl Meeting {
    fn begin() -> Self {
        let mut meeting = Self { flow: Flow::default(), epoch: Epoch(1), now_ms: 1_000_000 };
        meeting.ready(Leg::Audio);
        meeting.ready(Leg::Video);
        meeting.play(10);
        meeting
    }

    fn note(&mut self, entry: Entry) {
        let arrived_unix_ns = self.now_ms as u64 * 1_000_000;
        self.flow.note(&Record { arrived_unix_ns, epoch: self.epoch, entry });
    }

    fn ready(&mut self, leg: Leg) {
        self.note(Entry::Control(Control::LegReady { leg, format: None }));
    }

    fn lost(&mut self, leg: Leg) {
        self.note(Entry::Control(Control::LegLost { leg, cause: "closed_by_peer".to_owned(), ago_ms: 0 }));
    }

    fn frame(&mut self, kind: TrackKind, at_ms: i64) {
        let track = Track { kind, source: 7 };
        let at = SourceTime::from_unix_ms(at_ms);
        self.note(Entry::Media(Frame { track, at, payload: Bytes::new() }));
    }

    /// Lets seconds pass in which everything comes in time.
    fn play(&mut self, seconds: i64) {
        for _ in 0..seconds * 50 {
            self.now_ms += 20;
            self.frame(TrackKind::Audio, self.now_ms);
            self.frame(TrackKind::Video, self.now_ms - 150);
        }
    }

    #[track_caller]
    fn is_calm(&self, expected: bool) {
        assert_eq!(self.flow.is_calm(), expected, "at {} ms", self.now_ms);
    }
}

#[test]
fn it_is_calm_while_everything_comes_in_time() {
    let mut meeting = Meeting::begin();
    meeting.is_calm(true);
    meeting.play(100);
    meeting.is_calm(true);
}

#[test]
fn while_a_connection_is_down_nothing_is_settled_and_for_five_seconds_after_it_is_back() {
    for leg in [Leg::Audio, Leg::Video] {
        let mut meeting = Meeting::begin();
        meeting.lost(leg);
        meeting.play(30);
        meeting.is_calm(false);
        meeting.ready(leg);
        meeting.play(4);
        meeting.is_calm(false);
        meeting.play(2);
        meeting.is_calm(true);
    }
}

#[test]
fn a_backlog_keeps_it_unsettled_as_long_as_it_drains() {
    let mut meeting = Meeting::begin();
    meeting.lost(Leg::Video);
    let lost_ms = meeting.now_ms;
    meeting.play(40);
    meeting.ready(Leg::Video);
    for late_ms in 0..20 {
        meeting.frame(TrackKind::Video, lost_ms + late_ms * 1_000);
        meeting.play(1);
        meeting.is_calm(false);
    }
    meeting.play(6);
    meeting.is_calm(true);
}

#[test]
fn words_that_cannot_come_change_no_picture() {
    let mut meeting = Meeting::begin();
    meeting.ready(Leg::Transcript);
    meeting.lost(Leg::Transcript);
    meeting.is_calm(true);
}

#[test]
fn what_never_was_there_and_what_will_not_come_back_is_not_waited_for() {
    let mut meeting = Meeting::begin();
    meeting.lost(Leg::Share);
    meeting.is_calm(true);
    meeting.lost(Leg::Video);
    let refused = Control::LegRefused { leg: Leg::Video, status: None, code: None, reason: "not allowed".to_owned() };
    meeting.note(Entry::Control(refused));
    meeting.play(6);
    meeting.is_calm(true);
}

#[test]
fn a_new_owner_has_none_of_the_connections_until_it_opened_them() {
    let mut meeting = Meeting::begin();
    meeting.epoch = Epoch(2);
    meeting.play(10);
    meeting.is_calm(false);
    meeting.ready(Leg::Audio);
    meeting.ready(Leg::Video);
    meeting.play(6);
    meeting.is_calm(true);
}

#[test]
fn a_stray_time_and_a_clock_that_is_set_back_are_passed() {
    for ahead_ms in [3_600_000, -3_600_000] {
        let mut meeting = Meeting::begin();
        meeting.frame(TrackKind::Audio, meeting.now_ms + ahead_ms);
        meeting.play(1);
        meeting.is_calm(false);
        meeting.play(6);
        meeting.is_calm(true);
    }
}
