use std::collections::BTreeMap;

use model::{
    Cursor, EndpointId, EndpointPlace, EndpointState, EndpointWish, Epoch, Event, Participant, Pii, Secret, Transport,
    Utterance,
};
use serde_json::{Value, json};

use super::*;
use crate::event::tests::{ORIGIN, capture};

fn endpoint(capture: &Capture) -> Endpoint {
    Endpoint {
        id: EndpointId::new(9, [9; 10]),
        capture: capture.id,
        recording: capture.recording.as_ref().expect("a recording").id,
        created_at_unix_ms: 0,
        wish: EndpointWish {
            transport: Transport::Websocket,
            url: Secret::new("wss://example.com".to_owned()),
            topics: Topic::ALL.to_vec(),
            metadata: BTreeMap::from([("room".to_owned(), Some("7".to_owned()))]),
            replay: false,
            chunk_ms: 100,
        },
        state: EndpointState::Running,
        sub_code: None,
        updated_at_unix_ms: 0,
        place: EndpointPlace::START,
    }
}

fn sequenced(seq: u64, body: EventBody) -> SequencedEvent {
    let at = ORIGIN.plus_ms(1_500);
    SequencedEvent { cursor: Cursor { epoch: Epoch(1), seq }, event: Event { at, body } }
}

fn joined() -> SequencedEvent {
    let participant = Participant { id: ParticipantId(100), name: Some(Pii::new("Ada".to_owned())) };
    sequenced(1, EventBody::Joined { participant })
}

fn read(letter: &Letter, seq: u64) -> Value {
    let id = letter.event_id.clone().unwrap_or_else(|| "media".to_owned());
    serde_json::from_str(&letter.numbered(seq, &id)).expect("an envelope is JSON")
}

#[test]
fn the_envelope_says_whose_event_it_is() {
    let capture = capture();
    let endpoint = endpoint(&capture);
    let mut correspondent = Correspondent::new(&capture, &endpoint);
    let letters = correspondent.tell(&joined());
    assert_eq!(letters.len(), 1);
    let recording = capture.recording.as_ref().expect("a recording");
    let events = recording.artifacts.iter().find(|artifact| artifact.kind == ArtifactKind::ParticipantEvents);
    let mdc = json!({ "id": capture.id, "metadata": { "tenant": "t1" } });
    assert_eq!(
        read(&letters[0], 5),
        json!({
            "event": "participant_events.join",
            "seq": 5,
            "event_id": format!("{}-1-1-0", endpoint.id),
            "data": {
                "data": {
                    "participant": {
                        "id": 100, "name": "Ada", "is_host": null, "platform": "unknown", "extra_data": {}, "email": null,
                    },
                    "timestamp": { "relative": 1.5, "absolute": "2026-01-01T00:00:01.500000Z" },
                    "data": null,
                },
                "realtime_endpoint": { "id": endpoint.id, "metadata": { "room": "7" } },
                "participant_events": { "id": events.expect("an artifact").id, "metadata": {} },
                "recording": { "id": recording.id, "metadata": {} },
                "bot": mdc,
                "meeting_direct_connect": mdc,
            },
        })
    );
}

#[test]
fn what_was_said_is_told_as_words_and_as_the_platform_said_it() {
    let capture = capture();
    let mut correspondent = Correspondent::new(&capture, &endpoint(&capture));
    correspondent.tell(&joined());
    let utterance = Utterance {
        speaker: Some(Participant { id: ParticipantId(100), name: None }),
        text: Pii::new("Hello \"all\"".to_owned()),
        start: ORIGIN.plus_ms(1_000),
        end: ORIGIN.plus_ms(2_000),
        language: Some("en-US".to_owned()),
    };
    let letters = correspondent.tell(&sequenced(2, EventBody::Transcript(utterance)));
    assert_eq!(
        letters.iter().map(|letter| letter.topic).collect::<Vec<_>>(),
        [Topic::Transcript, Topic::TranscriptProvider]
    );
    assert_ne!(letters[0].event_id, letters[1].event_id, "ids are of one telling each");
    let told = read(&letters[0], 1);
    assert_eq!(told["data"]["data"]["words"][0]["text"], "Hello \"all\"");
    assert_eq!(told["data"]["data"]["participant"]["name"], "Ada");
    assert_eq!(told["data"]["data"]["language_code"], "en-US");
    let raw = read(&letters[1], 2);
    assert_eq!((&raw["data"]["data"]["data"], &raw["data"]["data"]["user_id"]), (&json!("Hello \"all\""), &json!(100)));
    assert_eq!(told["data"]["transcript"], raw["data"]["transcript"]);
}

#[test]
fn the_status_of_the_capture_is_told_by_other_means() {
    let capture = capture();
    let mut correspondent = Correspondent::new(&capture, &endpoint(&capture));
    let status = EventBody::Status { status: model::CaptureStatus::InCallRecording, sub_code: None };
    assert_eq!(correspondent.tell(&sequenced(1, status)), []);
    assert_eq!(correspondent.tell(&sequenced(2, EventBody::Paused)), []);
}

#[test]
fn media_has_the_keys_that_clients_look_for() {
    let capture = capture();
    let mut correspondent = Correspondent::new(&capture, &endpoint(&capture));
    correspondent.tell(&joined());
    let cases = [
        (Topic::AudioMixed, None, &["audio_mixed", "audio_mixed_raw"][..], &["buffer", "timestamp"][..]),
        (Topic::AudioSeparate, Some(100), &["audio_separate"], &["buffer", "participant", "timestamp"]),
        (Topic::VideoPng, Some(100), &["video_separate"], &["buffer", "participant", "timestamp", "type"]),
        (Topic::VideoH264, Some(100), &["video_separate"], &["buffer", "participant", "timestamp", "type"]),
    ];
    for (topic, who, keys, fields) in cases {
        let sample = Sample {
            topic,
            buffer: "AAAA",
            at: ORIGIN.plus_ms(40),
            participant: who.map(ParticipantId),
            is_share: topic == Topic::VideoPng,
        };
        let told = read(&correspondent.tell_sample(&sample), 3);
        assert_eq!(told["event"], topic.name());
        let body = told["data"]["data"].as_object().expect("a body");
        assert_eq!(body.keys().map(String::as_str).collect::<Vec<_>>(), fields, "{topic}");
        assert_eq!(body["timestamp"]["relative"], 0.04);
        assert_eq!(body["buffer"], "AAAA");
        let ids: Vec<&Value> = keys.iter().map(|key| &told["data"][key]["id"]).collect();
        assert!(ids.iter().all(|id| id.is_string() && *id == ids[0]), "{topic}: {ids:?}");
    }
}

#[test]
fn what_is_not_made_has_one_id_all_the_same_before_and_after_the_recording_began() {
    let mut capture = capture();
    let endpoint = endpoint(&capture);
    let sample = Sample { topic: Topic::AudioMixed, buffer: "", at: ORIGIN, participant: None, is_share: false };
    let id = |correspondent: &Correspondent| {
        read(&correspondent.tell_sample(&sample), 1)["data"]["audio_mixed"]["id"].clone()
    };
    let recording = capture.recording.take();
    let mut correspondent = Correspondent::new(&capture, &endpoint);
    let before = id(&correspondent);
    capture.recording = recording;
    correspondent.refresh(&capture, &endpoint);
    assert!(before.as_str().is_some_and(|id| uuid::Uuid::try_parse(id).is_ok()));
    assert_eq!(id(&correspondent), before);
}
