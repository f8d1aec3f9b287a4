use serde_json::json;

use super::*;

fn read(items: Value) -> Result<Vec<EndpointWish>, Value> {
    let mut errors = FieldErrors::new();
    let wishes = parse(Some(&items), &mut errors);
    if errors.is_empty() {
        return Ok(wishes);
    }
    let errors = serde_json::to_value(&errors).expect("errors are JSON");
    Err(errors["recording_config"]["realtime_endpoints"].clone())
}

#[test]
fn an_endpoint_is_read_with_its_defaults() {
    let wishes = read(json!([{
        "type": "websocket", "url": " wss://example.com/x?token=1 ",
        "events": ["transcript.data", "audio_mixed_raw.data", "transcript.data"],
    }]));
    let expected = EndpointWish {
        transport: Transport::Websocket,
        url: Secret::new("wss://example.com/x?token=1".to_owned()),
        topics: vec![Topic::Transcript, Topic::AudioMixed],
        metadata: BTreeMap::new(),
        replay: false,
        chunk_ms: 100,
    };
    assert_eq!(wishes, Ok(vec![expected]));
}

#[test]
fn the_older_form_says_the_same() {
    let events = json!(["participant_events.join"]);
    let flat = json!([{ "type": "webhook", "url": "HTTPS://example.com", "events": events, "metadata": { "k": "v" },
        "replay": true, "audio_chunk_ms": 20 }]);
    let nested = json!([{ "type": "webhook", "metadata": { "k": "v" },
        "config": { "url": "HTTPS://example.com", "events": events, "replay": true, "audio_chunk_ms": 20 } }]);
    let wishes = read(flat).expect("good endpoints");
    assert_eq!((wishes[0].replay, wishes[0].chunk_ms), (true, 20));
    assert_eq!(read(nested), Ok(wishes));
}

#[test]
fn an_rtmp_endpoint_is_taken_although_nothing_is_sent_there_yet() {
    let wishes = read(json!([{ "type": "rtmp", "url": "rtmp://host/app/key", "events": ["video_mixed_flv.data"] }]));
    assert_eq!(wishes.expect("a good endpoint")[0].transport, Transport::Rtmp);
}

#[test]
fn what_is_wrong_is_said_by_item() {
    let with = |key: &str, value: Value| {
        let mut item = json!({ "type": "webhook", "url": "https://x", "events": [] });
        item[key] = value;
        item
    };
    let cases = [
        (json!("x"), "expected an object."),
        (json!({}), "type is required."),
        (
            with("type", json!("desktop_sdk_callback")),
            "type \"desktop_sdk_callback\" is not available for this product.",
        ),
        (with("url", json!("wss://x")), "url must begin with http:// or https://."),
        (with("url", json!("https://")), "url is no valid address."),
        (with("url", json!("https://a b")), "url is no valid address."),
        (with("url", json!(format!("https://{}", "x".repeat(2048)))), "url is longer than 2048 bytes."),
        (with("events", Value::Null), "events must be a list of strings."),
        (with("events", json!([1])), "events must be a list of strings."),
        (with("events", json!(["transcript.date"])), "no event has the name \"transcript.date\"."),
        (
            with("events", json!(["meeting_direct_connect.done"])),
            "no event has the name \"meeting_direct_connect.done\".",
        ),
        (with("events", json!(["audio_mixed_raw.data"])), "a webhook cannot be sent audio_mixed_raw.data."),
        (with("metadata", json!({ "k": 1 })), "metadata must be an object of strings of at most 500 characters."),
        (with("replay", json!("yes")), "replay must be true or false."),
        (with("audio_chunk_ms", json!(10)), "audio_chunk_ms must be a multiple of 20 from 20 to 1000."),
        (with("audio_chunk_ms", json!(1020)), "audio_chunk_ms must be a multiple of 20 from 20 to 1000."),
        (with("audio_chunk_ms", json!(30)), "audio_chunk_ms must be a multiple of 20 from 20 to 1000."),
    ];
    for (item, wrong) in cases {
        assert_eq!(read(json!([item])), Err(json!([format!("Item 0: {wrong}")])), "{item}");
    }
    assert_eq!(read(json!({})), Err(json!(["Expected a list."])));
    let many = vec![with("replay", json!(true)); LIMIT + 1];
    assert_eq!(read(json!(many)), Err(json!(["Ensure this list has no more than 32 items."])));
}
