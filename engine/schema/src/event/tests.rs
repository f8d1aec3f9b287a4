//! Events as they are told live.

use std::collections::BTreeMap;

use media::SourceTime;
use model::{
    Artifact, ArtifactId, ArtifactKind, ArtifactState, Capture, CaptureId, CaptureStatus, ChatMessage, ChatOperation,
    Cursor, Epoch, Event, EventBody, Participant, ParticipantId, Pii, Recording, RecordingConfig, RecordingId,
    RecordingState, SequencedEvent, StatusChange, StreamRef, Utterance,
};
use serde_json::{Value, json};

use super::*;

const NOW_UNIX_MS: i64 = 1_767_225_600_000;
pub(super) const ORIGIN: SourceTime = SourceTime::from_unix_ms(NOW_UNIX_MS);
const ADA: ParticipantId = ParticipantId(100);
const BOB: ParticipantId = ParticipantId(200);

pub(super) fn capture() -> Capture {
    let artifact = |kind| Artifact {
        id: ArtifactId::new(kind as u64, [2; 10]),
        kind,
        format: None,
        edition: None,
        state: ArtifactState::Processing,
        sub_code: None,
        created_at_unix_ms: NOW_UNIX_MS,
        updated_at_unix_ms: NOW_UNIX_MS,
        metadata: None,
        ordered: None,
        files: Vec::new(),
    };
    Capture {
        id: CaptureId::new(1, [1; 10]),
        project: model::Project::default(),
        stream: StreamRef { app: "main".to_owned(), meeting_uuid: "m".to_owned(), stream_id: "s".to_owned() },
        server_urls: "wss://zoom.us".to_owned(),
        created_at_unix_ms: NOW_UNIX_MS,
        config: RecordingConfig::default(),
        metadata: BTreeMap::from([("tenant".to_owned(), Some("t1".to_owned()))]),
        changes: vec![StatusChange {
            status: CaptureStatus::JoiningCall,
            sub_code: None,
            message: None,
            at_unix_ms: NOW_UNIX_MS,
        }],
        recording: Some(Recording {
            id: RecordingId::new(3, [3; 10]),
            created_at_unix_ms: NOW_UNIX_MS,
            started_at: Some(ORIGIN),
            completed_at: None,
            state: RecordingState::Processing,
            updated_at_unix_ms: NOW_UNIX_MS,
            expires_at_unix_ms: None,
            log_removed_at_unix_ms: None,
            quality: None,
            metadata: None,
            artifacts: vec![artifact(ArtifactKind::Transcript), artifact(ArtifactKind::ParticipantEvents)],
        }),
    }
}

fn named(id: ParticipantId, name: &str) -> Participant {
    Participant { id, name: Some(Pii::new(name.to_owned())) }
}

pub(super) fn event(seq: u64, body: EventBody) -> SequencedEvent {
    let at = ORIGIN.plus_ms(i64::try_from(seq).expect("a small number") * 1000);
    SequencedEvent { cursor: Cursor { epoch: Epoch(1), seq }, event: Event { at, body } }
}

fn tell(bodies: Vec<EventBody>) -> Vec<(String, Value)> {
    let mut narrator = Narrator::new(&capture());
    let events = (1..).zip(bodies).map(|(seq, body)| event(seq, body));
    let told: Vec<Told> = events.flat_map(|event| narrator.tell(&event)).collect();
    told.into_iter().map(|told| (told.event, serde_json::from_str(&told.json).expect("JSON"))).collect()
}

#[test]
fn a_transcript_event_has_the_documented_envelope() {
    let told = tell(vec![EventBody::Transcript(Utterance {
        speaker: Some(named(ADA, "Ada")),
        text: Pii::new("Hello".to_owned()),
        start: ORIGIN.plus_ms(250),
        end: ORIGIN.plus_ms(900),
        language: Some("en".to_owned()),
    })]);
    let of = capture();
    let recording = of.recording.expect("a recording");
    let owner = json!({ "id": of.id.to_string(), "metadata": { "tenant": "t1" } });
    assert_eq!(told[0].0, "transcript.data");
    assert_eq!(
        told[0].1,
        json!({
            "event": "transcript.data",
            "data": {
                "data": {
                    "words": [{
                        "text": "Hello",
                        "start_timestamp": { "relative": 0.25, "absolute": "2026-01-01T00:00:00.250000Z" },
                        "end_timestamp": { "relative": 0.9, "absolute": "2026-01-01T00:00:00.900000Z" },
                    }],
                    "language_code": "en",
                    "participant": {
                        "id": 100, "name": "Ada", "is_host": null, "platform": "unknown", "extra_data": {}, "email": null
                    },
                },
                "transcript": { "id": recording.artifacts[0].id.to_string(), "metadata": {} },
                "recording": { "id": recording.id.to_string(), "metadata": {} },
                "bot": owner,
                "meeting_direct_connect": owner,
            }
        })
    );
}

#[test]
fn every_happening_has_its_name_and_its_person() {
    let told = tell(vec![
        EventBody::Joined { participant: named(ADA, "Ada") },
        EventBody::Joined { participant: Participant { id: BOB, name: None } },
        EventBody::Renamed { participant: named(BOB, "Bob") },
        EventBody::VideoOn { id: ADA },
        EventBody::VideoOff { id: ADA },
        EventBody::ActiveSpeaker { id: ADA },
        EventBody::ActiveSpeaker { id: ADA },
        EventBody::ActiveSpeaker { id: BOB },
        EventBody::ShareOn { id: BOB },
        EventBody::ShareOff { id: None },
        EventBody::Paused,
        EventBody::Resumed,
        EventBody::Left { id: BOB },
        EventBody::Left { id: ADA },
    ]);
    let names: Vec<(&str, &Value)> = told
        .iter()
        .map(|(event, json)| {
            (
                event.strip_prefix("participant_events.").expect("its family"),
                &json["data"]["data"]["participant"]["name"],
            )
        })
        .collect();
    let (ada, bob) = (json!("Ada"), json!("Bob"));
    assert_eq!(
        names,
        [
            ("join", &ada),
            ("join", &Value::Null),
            ("update", &bob),
            ("webcam_on", &ada),
            ("webcam_off", &ada),
            ("speech_on", &ada),
            ("speech_off", &ada),
            ("speech_on", &bob),
            ("screenshare_on", &bob),
            ("screenshare_off", &bob),
            ("speech_off", &bob),
            ("leave", &bob),
            ("leave", &ada),
        ]
    );
    assert_eq!(told[0].1["data"]["data"]["timestamp"]["relative"], 1.0);
    assert_eq!(told[0].1["data"]["data"]["data"], Value::Null);
    assert!(told[0].1["data"]["participant_events"]["id"].is_string());
    assert_eq!(told[0].1["data"].get("transcript"), None);
}

#[test]
fn chat_messages_say_whom_they_were_written_to() {
    let message = |receiver, operation| {
        EventBody::Chat(ChatMessage {
            message_id: None,
            parent_id: None,
            operation,
            sender: Some(named(ADA, "Ada")),
            receiver,
            audience: None,
            text: Pii::new("hi".to_owned()),
        })
    };
    let told = tell(vec![
        message(None, ChatOperation::New),
        message(Some(named(BOB, "Bob")), ChatOperation::New),
        message(None, ChatOperation::Update),
    ]);
    let bodies: Vec<&Value> = told.iter().map(|(_, json)| &json["data"]["data"]["data"]).collect();
    assert_eq!(bodies, [&json!({ "text": "hi", "to": "everyone" }), &json!({ "text": "hi", "to": "only_bot" })]);
}

#[test]
fn a_status_is_told_with_its_code() {
    let status = CaptureStatus::CallEnded;
    let told = tell(vec![EventBody::Status { status, sub_code: Some("call_ended_by_host".to_owned()) }]);
    assert_eq!(told[0].0, "meeting_direct_connect.call_ended");
    assert_eq!(
        told[0].1["data"]["data"],
        json!({ "code": "call_ended", "sub_code": "call_ended_by_host", "updated_at": "2026-01-01T00:00:01.000000Z" })
    );
}

#[test]
fn only_the_last_event_of_a_moment_lets_a_reader_go_on_from_it() {
    let mut narrator = Narrator::new(&capture());
    narrator.tell(&event(1, EventBody::ActiveSpeaker { id: ADA }));
    let told = narrator.tell(&event(2, EventBody::ActiveSpeaker { id: BOB }));
    let cursors: Vec<Option<String>> = told.iter().map(|told| told.cursor.map(|cursor| cursor.to_string())).collect();
    assert_eq!(cursors, [None, Some("1-2".to_owned())]);
}

#[test]
fn relative_times_begin_when_second_0_is_known() {
    let mut early = capture();
    early.recording = None;
    let mut narrator = Narrator::new(&early);
    let relative = |told: &[Told]| {
        let json: Value = serde_json::from_str(&told[0].json).expect("JSON");
        json["data"]["data"]["timestamp"]["relative"].clone()
    };
    assert!(narrator.lacks_origin());
    assert_eq!(relative(&narrator.tell(&event(1, EventBody::VideoOn { id: ADA }))), Value::Null);
    narrator.refresh(&capture());
    assert_eq!(relative(&narrator.tell(&event(2, EventBody::VideoOff { id: ADA }))), json!(2.0));
}

#[test]
fn how_far_an_artifact_is_names_it_and_whose_it_is() {
    let capture = capture();
    let mut artifact = capture.recording.as_ref().expect("a recording").artifacts.first().expect("an artifact").clone();
    artifact.format = Some(model::ArtifactFormat::Mp3);
    let told = Narrator::new(&capture).tell_progress(&artifact, 0.25);
    assert_eq!((told.cursor, told.event.as_str()), (None, "artifact.progress"));
    let json: Value = serde_json::from_str(&told.json).expect("JSON");
    let of = json!({ "id": artifact.id.to_string(), "kind": artifact.kind.name(), "format": "mp3" });
    assert_eq!(json["data"]["data"], json!({ "artifact": of, "progress": 0.25 }));
    assert_eq!(json["data"]["meeting_direct_connect"]["id"], capture.id.to_string());
    assert_eq!(json["data"]["recording"]["id"], capture.recording.expect("a recording").id.to_string());
}

#[test]
fn the_older_name_of_a_capture_can_be_left_out() {
    let capture = capture();
    let status = capture.changes.first().expect("a status");
    for has_alias in [true, false] {
        let mut narrator = Narrator::new(&capture).with_alias(has_alias, &capture);
        narrator.refresh(&capture);
        let told: Value = serde_json::from_str(&narrator.tell_status(status, Cursor::START).json).expect("JSON");
        assert_eq!(told["data"].get("bot").is_some(), has_alias);
        assert!(told["data"].get("meeting_direct_connect").is_some());
    }
}
