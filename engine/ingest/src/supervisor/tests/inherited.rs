//! What the machine of a later epoch knows from the owners before it: told by what it says and does, for every piece of it, and
//! beside it what it says and does without.

use std::time::Instant;

use bytes::Bytes;
use media::SourceTime;
use model::{
    Capture, CaptureStatus, Cursor, Event, EventBody, Participant, ParticipantId, Pii, Recording, RecordingState,
    SequencedEvent, StatusChange, Utterance, platform::Close,
};

use super::*;

/// The moment from which recordings of these tests count.
const ORIGIN_MS: i64 = 1_767_225_600_000;

fn recording(id: u8) -> Recording {
    Recording {
        id: RecordingId::new(1, [id; 10]),
        created_at_unix_ms: 1,
        started_at: Some(SourceTime::from_unix_ms(ORIGIN_MS)),
        completed_at: None,
        state: RecordingState::Processing,
        updated_at_unix_ms: 1,
        expires_at_unix_ms: None,
        log_removed_at_unix_ms: None,
        quality: None,
        metadata: None,
        artifacts: Vec::new(),
    }
}

/// The job of an owner that follows another one.
fn job(epoch: u32) -> StartJob {
    let NewCapture { id, stream, server_urls, signature, notice, config, metadata, .. } = new_capture("cafe01");
    let joining = StatusChange { status: CaptureStatus::JoiningCall, sub_code: None, message: None, at_unix_ms: 1 };
    StartJob {
        capture: Capture {
            id,
            project: model::Project::default(),
            stream,
            server_urls,
            created_at_unix_ms: 1,
            config,
            metadata,
            changes: vec![joining],
            recording: None,
        },
        recording_id: RecordingId::new(1, [1; 10]),
        signature,
        notice,
        epoch: Epoch(epoch),
        is_withheld: false,
    }
}

/// The machine of a job and its clock, which stands.
struct Machine(Session, Instant);

impl Machine {
    fn of(job: &StartJob, app: Option<&App>, recall: &Recall) -> Self {
        let now = Instant::now();
        let notice = notice(job).expect("a notice");
        Self(session(job, &notice, app, recall, now).expect("a session"), now)
    }

    /// Whatever follows from an input.
    fn take(&mut self, input: Input) -> Vec<Output> {
        self.0.handle_input(input, self.1);
        std::iter::from_fn(|| self.0.poll_output()).collect()
    }

    /// The events that follow from a message.
    fn hear(&mut self, leg: Leg, message: &str) -> Vec<EventBody> {
        let outputs = self.take(Input::Message(leg, Bytes::from(message.to_owned())));
        let event = |output| match output {
            Output::Event(event) => Some(event.body),
            _ => None,
        };
        outputs.into_iter().filter_map(event).collect()
    }

    /// Joins the stream; `offered` is a kind of media that Zoom offers.
    fn join(mut self, offered: &str) -> Self {
        self.take(Input::Opened(Leg::Signaling));
        self.hear(
            Leg::Signaling,
            &format!(
                r#"{{"msg_type":2,"status_code":0,"media_server":{{"server_urls":{{"{offered}":"wss://m.zoom.us"}}}}}}"#
            ),
        );
        self
    }

    /// Lets time pass, and every attempt fail, until the end.
    fn lose(mut self) -> End {
        loop {
            let mut outputs = self.take(Input::Closed(Leg::Signaling, Close::Broken));
            if let Some(due) = self.0.poll_timeout() {
                self.1 = self.1.max(due);
                self.0.handle_timeout(self.1);
                outputs.extend(std::iter::from_fn(|| self.0.poll_output()));
            }
            if let Some(Output::End(end)) = outputs.pop() {
                return end;
            }
        }
    }
}

fn event(body: &str) -> String {
    format!(r#"{{"msg_type":6,"event":{{{body}}}}}"#)
}

#[tokio::test]
async fn an_owner_that_follows_another_recalls_its_events_and_the_first_one_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let catalog = Catalog::open(dir.path()).await.expect("a catalogue");
    catalog.start_capture(new_capture("cafe01")).await.expect("admitted");
    let paused_at = Some(SourceTime::from_unix_ms(ORIGIN_MS));
    let event = Event { at: SourceTime::from_unix_ms(ORIGIN_MS), body: EventBody::Paused };
    let cursor = Cursor { epoch: Epoch(1), seq: 1 };
    catalog.append_events(job(1).capture.id, vec![SequencedEvent { cursor, event }]).await.expect("appended");
    assert_eq!(Recall::before(&catalog, &job(2)).await.paused_at, paused_at);
    assert_eq!(Recall::before(&catalog, &job(1)).await, Recall::default());
}

#[test]
fn people_who_were_there_are_not_told_to_have_come_again() {
    let ada = Participant { id: ParticipantId(7), name: Some(Pii::new("Ada".to_owned())) };
    let joined = event(r#""event_type":3,"timestamp":1767225603000,"participants":[{"user_id":7,"user_name":"Ada"}]"#);
    let recall = Recall { present: [(ada.id, ada.clone())].into(), ..Recall::default() };
    assert_eq!(Machine::of(&job(2), None, &recall).join("audio").hear(Leg::Signaling, &joined), []);
    let unknown = Machine::of(&job(2), None, &Recall::default()).join("audio").hear(Leg::Signaling, &joined);
    assert_eq!(unknown, [EventBody::Joined { participant: ada }]);
}

#[test]
fn a_share_that_was_on_is_not_told_to_have_begun_again() {
    let shared = event(r#""event_type":5,"timestamp":1767225603000,"user_id":7"#);
    let share_on = EventBody::ShareOn { id: ParticipantId(7) };
    for (sharer, is_news) in [(Some(ParticipantId(7)), false), (None, true)] {
        let recall = Recall { sharer, ..Recall::default() };
        let told = Machine::of(&job(2), None, &recall).join("audio").hear(Leg::Signaling, &shared);
        assert_eq!(told.contains(&share_on), is_news, "{told:?}");
    }
}

#[test]
fn a_pause_that_began_before_is_ended_and_not_begun() {
    let state = |state: u8| format!(r#"{{"msg_type":9,"state":{state},"timestamp":1767225610000}}"#);
    for (paused_at, expected) in [
        (Some(SourceTime::from_unix_ms(ORIGIN_MS)), vec![EventBody::Resumed]),
        (None, vec![EventBody::Paused, EventBody::Resumed]),
    ] {
        let recall = Recall { paused_at, ..Recall::default() };
        let mut machine = Machine::of(&job(2), None, &recall).join("audio");
        let mut told = machine.hear(Leg::Signaling, &state(3));
        told.extend(machine.hear(Leg::Signaling, &state(4)));
        assert_eq!(told, expected);
    }
}

/// A piece of transcript that counts from the beginning of the stream.
const SAID: &str = r#"{"msg_type":17,"content":{"user_id":7,"start_time":6200,"end_time":8900,"data":"Shall we?"}}"#;

fn said(start_ms: i64) -> EventBody {
    EventBody::Transcript(Utterance {
        speaker: Some(Participant { id: ParticipantId(7), name: None }),
        text: Pii::new("Shall we?".to_owned()),
        start: SourceTime::from_unix_ms(start_ms),
        end: SourceTime::from_unix_ms(start_ms + 2_700),
        language: None,
    })
}

#[test]
fn times_count_from_the_second_0_of_the_own_recording_and_not_from_that_of_an_earlier_stream() {
    for (recording, is_known) in [(Some(recording(1)), true), (Some(recording(2)), false), (None, false)] {
        let mut job = job(2);
        job.capture.recording = recording;
        let mut machine = Machine::of(&job, None, &Recall::default()).join("transcript");
        machine.take(Input::Opened(Leg::Transcript));
        machine.hear(Leg::Transcript, r#"{"msg_type":4,"status_code":0}"#);
        let told = machine.hear(Leg::Transcript, SAID);
        assert_eq!(told == [said(ORIGIN_MS + 6_200)], is_known, "{told:?}");
    }
}

#[test]
fn what_was_told_before_is_not_told_again() {
    let before = Event { at: SourceTime::from_unix_ms(ORIGIN_MS + 6_200), body: said(ORIGIN_MS + 6_200) };
    for (newest, is_news) in [(vec![before], false), (Vec::new(), true)] {
        let recall = Recall { newest: newest.into(), ..Recall::default() };
        let mut job = job(2);
        job.capture.recording = Some(recording(1));
        let mut machine = Machine::of(&job, None, &recall).join("transcript");
        machine.take(Input::Opened(Leg::Transcript));
        machine.hear(Leg::Transcript, r#"{"msg_type":4,"status_code":0}"#);
        assert_eq!(
            machine.hear(Leg::Transcript, SAID),
            if is_news { vec![said(ORIGIN_MS + 6_200)] } else { Vec::new() }
        );
    }
}

#[test]
fn only_an_owner_that_follows_another_waits_for_a_stream_that_zoom_refuses() {
    for (epoch, waits) in [(1, false), (2, true)] {
        let mut machine = Machine::of(&job(epoch), None, &Recall::default());
        machine.take(Input::Opened(Leg::Signaling));
        let refused = Bytes::from_static(br#"{"msg_type":2,"status_code":2}"#);
        let outputs = machine.take(Input::Message(Leg::Signaling, refused));
        assert_eq!(!matches!(outputs.last(), Some(Output::End(_))), waits, "{outputs:?}");
    }
}

#[test]
fn a_stream_that_somebody_received_anything_of_may_be_asked_for_again() {
    let event = Event { at: SourceTime::from_unix_ms(1), body: EventBody::Paused };
    for (recording, newest, may_restart) in [
        (None, Vec::new(), false),
        (Some(recording(1)), Vec::new(), true),
        (None, vec![event.clone()], true),
        (Some(recording(1)), vec![event], true),
    ] {
        let mut job = job(2);
        job.capture.recording = recording;
        let end = Machine::of(&job, None, &Recall { newest: newest.into(), ..Recall::default() }).lose();
        assert_eq!((end.kind, end.may_restart), (EndKind::Failed, may_restart), "{}", end.message);
    }
}

#[test]
fn captures_and_owners_do_not_dial_in_step() {
    let mut other = job(1);
    other.capture.id = CaptureId::new(1, [2; 10]);
    let delays = [job(1), job(2), other].map(|job| {
        let mut machine = Machine::of(&job, None, &Recall::default());
        machine.take(Input::Closed(Leg::Signaling, Close::Broken));
        machine.0.poll_timeout().map(|due| due.saturating_duration_since(machine.1))
    });
    assert!(delays[0] != delays[1] && delays[0] != delays[2] && delays[1] != delays[2], "{delays:?}");
}

#[test]
fn an_app_receives_what_it_wants_and_no_app_everything() {
    let silent = App { want: Wants { audio: Vec::new(), ..Wants::default() }, ..app(false) };
    for (app, is_wanted) in [(Some(&silent), false), (Some(&app(false)), true), (None, true)] {
        let mut machine = Machine::of(&job(1), app, &Recall::default());
        machine.take(Input::Opened(Leg::Signaling));
        let offer =
            br#"{"msg_type":2,"status_code":0,"media_server":{"server_urls":{"audio":"wss://m.zoom.us/","chat":"wss://m.zoom.us/"}}}"#;
        let outputs = machine.take(Input::Message(Leg::Signaling, Bytes::from_static(offer)));
        let opens_audio = outputs.iter().any(|output| matches!(output, Output::Open(Leg::Audio, _)));
        assert_eq!(opens_audio, is_wanted, "{outputs:?}");
    }
}

#[test]
fn a_later_owner_dials_the_address_that_the_stream_moved_to() {
    let mut job = job(2);
    job.capture.server_urls = "wss://moved.zoom.us".to_owned();
    let mut machine = Machine::of(&job, None, &Recall::default());
    let Some(Output::Open(Leg::Signaling, endpoint)) = machine.0.poll_output() else { panic!("it connects") };
    assert_eq!(endpoint.url, "wss://moved.zoom.us");
}

#[test]
fn a_signature_that_the_customer_made_goes_before_one_of_the_app() {
    for (signature, expected) in [(Some("cafe01"), r#""signature":"cafe01""#), (None, r#""signature":"616ea0c1"#)] {
        let mut job = job(1);
        job.signature = signature.map(|signature| Secret::new(signature.to_owned()));
        let mut machine = Machine::of(&job, Some(&app(false)), &Recall::default());
        let outputs = machine.take(Input::Opened(Leg::Signaling));
        let Some(Output::Send(Leg::Signaling, message)) = outputs.last() else { panic!("{outputs:?}") };
        let message = String::from_utf8_lossy(message);
        assert!(message.contains(expected), "{message}");
    }
}
