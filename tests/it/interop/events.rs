//! What Zoom's own SDK makes of events and words.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    ledger,
    plan::{self, Sound},
    sdk::{self, Joined},
};

/// The events of one type, in the order in which they came.
fn events(joined: &Joined, event_type: i64) -> Vec<&Value> {
    let all = joined.app["events"].as_array().unwrap();
    all.iter().filter(|event| event["event_type"] == event_type).collect()
}

/// Who is named by events of one type that list participants.
fn listed(joined: &Joined, event_type: i64) -> Vec<i64> {
    let lists = events(joined, event_type).into_iter().flat_map(|event| event["participants"].as_array().unwrap());
    lists.map(|participant| participant["user_id"].as_i64().unwrap()).collect()
}

#[test]
fn joins_leaves_speakers_and_words_reach_the_sdk_as_they_were_told() {
    let options = sdk::options("meeting", 14);
    let joined = sdk::play(options.clone(), &plan::everything(&options, Sound::OPUS));
    ledger::assert_joined_and_ended(&joined);
    let meeting = joined.meeting();
    let present: Vec<i64> = meeting.presence.iter().map(|stay| stay.user_id).collect();
    assert_eq!(listed(&joined, 3), present);
    // The SDK's own roster says the same with names.
    let users: BTreeMap<i64, &str> = joined.app["users"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|change| change[0] == 0)
        .map(|change| (change[1].as_i64().unwrap(), change[2].as_str().unwrap()))
        .collect();
    let names: BTreeMap<i64, &str> = meeting.presence.iter().map(|stay| (stay.user_id, &*stay.user_name)).collect();
    assert_eq!(users, names);
    // Whoever is there at the end leaves with it.
    let mut left = listed(&joined, 4);
    left.sort_unstable();
    let mut everybody = present;
    everybody.sort_unstable();
    assert_eq!(left, everybody);

    let speakers: Vec<(i64, i64)> = events(&joined, 2)
        .into_iter()
        .map(|event| (event["timestamp"].as_i64().unwrap(), event["user_id"].as_i64().unwrap()))
        .collect();
    assert_eq!(speakers, meeting.speakers.iter().map(|change| (change.at_ms, change.user_id)).collect::<Vec<_>>());
    assert!(speakers.len() >= 3, "{speakers:?}");
    assert_eq!(events(&joined, 1)[0]["timestamp"], meeting.first_packet_ms);

    let words: Vec<Value> = meeting
        .transcript
        .iter()
        .map(|line| {
            json!({ "user_id": line.user_id, "user_name": line.user_name, "start_ms": line.start_ms,
                "end_ms": line.end_ms, "text": line.text })
        })
        .collect();
    assert_eq!(joined.app["words"], json!(words));
    assert!(!words.is_empty());
}
