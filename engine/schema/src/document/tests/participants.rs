//! The people and what they did.

use model::{CaptureStatus, ChatOperation};

use super::{chat::chat, *};

#[test]
fn participants_are_listed_once_with_what_is_known_of_them() {
    let told = Told { people: vec![named(ADA, "Ada"), Participant { id: BOB, name: None }], ..Told::default() };
    assert_eq!(
        parsed(&participants_json(&told.proceedings())),
        json!([
            { "id": ADA.0, "name": "Ada", "is_host": null, "platform": "unknown", "extra_data": {}, "email": null },
            { "id": BOB.0, "name": null, "is_host": null, "platform": "unknown", "extra_data": {}, "email": null },
        ])
    );
}

#[test]
fn participant_events_are_ordered_and_complete() {
    let ada = || Some(named(ADA, "Ada"));
    let mut told = Told::doing(vec![
        at(-500, EventBody::Joined { participant: named(ADA, "Ada") }),
        at(0, EventBody::Status { status: CaptureStatus::InCallRecording, sub_code: None }),
        at(10, EventBody::ActiveSpeaker { id: ADA }),
        at(1_000, EventBody::VideoOn { id: ADA }),
        at(2_000, EventBody::ShareOn { id: BOB }),
        at(3_000, EventBody::ShareOff { id: None }),
        at(4_000, EventBody::VideoOff { id: ADA }),
        at(5_000, EventBody::Renamed { participant: named(ADA, "Ada L.") }),
        at(6_000, chat("m1", ada(), None, ChatOperation::New, "hi")),
        at(6_500, chat("m2", ada(), Some(named(BOB, "Bob")), ChatOperation::New, "psst")),
        at(6_600, chat("m3", ada(), None, ChatOperation::New, "oops")),
        at(6_900, chat("m1", ada(), None, ChatOperation::Update, "hi!")),
        at(7_000, chat("m3", ada(), None, ChatOperation::Delete, "")),
        at(9_000, EventBody::Left { id: ADA }),
    ]);
    told.speech = vec![span(ADA, 1_000, 9_000), span(BOB, 1_800, 2_000)];
    let list = parsed(&participant_events_json(&told.proceedings()));
    let told: Vec<(i64, &str, f64)> = list
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| {
            (
                entry["participant"]["id"].as_i64().expect("an id"),
                entry["action"].as_str().expect("an action"),
                entry["timestamp"]["relative"].as_f64().expect("a time"),
            )
        })
        .collect();
    let (ada, bob) = (ADA.0, BOB.0);
    assert_eq!(
        told,
        [
            (ada, "join", -0.5),
            (ada, "webcam_on", 1.0),
            (ada, "speech_on", 1.0),
            (bob, "speech_on", 1.8),
            (bob, "speech_off", 2.0),
            (bob, "screenshare_on", 2.0),
            (bob, "screenshare_off", 3.0),
            (ada, "webcam_off", 4.0),
            (ada, "update", 5.0),
            (ada, "chat_message", 6.0),
            (ada, "chat_message", 6.5),
            (ada, "chat_message", 6.6),
            (ada, "speech_off", 9.0),
            (ada, "leave", 9.0),
        ]
    );
    assert_eq!(list[0]["id"], "1");
    assert_eq!(list[0]["participant"]["name"], "Ada");
    assert_eq!(list[1]["participant"]["name"], "Ada L.");
    assert_eq!(list[0]["timestamp"]["absolute"], "2025-12-31T23:59:59.500000Z");
    assert_eq!(list[0]["data"], Value::Null);
    assert_eq!(list[9]["data"], json!({ "text": "hi!", "to": "everyone" }));
    assert_eq!(list[10]["data"], json!({ "text": "psst", "to": "only_bot" }));
    assert_eq!(list[11]["data"], json!({ "text": "", "to": "everyone" }), "what was deleted is not told");
}
