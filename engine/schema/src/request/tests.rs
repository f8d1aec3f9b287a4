//! What is taken, with which defaults, and what is turned down in which words.

use model::{ArtifactFormat, RecordingConfig, Retention, TranscriptConfig, VideoPlan};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{Rejection, object::effective_config};

const SIGNATURE: &str = "1465e70eb70da0d8cf189613381fa3ad095ea3fe2c422baa22bed4082bf327d7";

fn body() -> Value {
    json!({
        "zoom_rtms": {
            "meeting_uuid": "a/B+cD0eFgHiJkLmNoPqRw==",
            "rtms_stream_id": "0123456789abcdef0123456789abcdef",
            "server_urls": "wss://zoomsjc1rtms.zoom.us",
            "signature": SIGNATURE,
        }
    })
}

fn with(path: &[&str], value: Value) -> Value {
    let mut body = body();
    let mut level = &mut body;
    for key in path {
        level = &mut level[*key];
    }
    *level = value;
    body
}

fn parse(body: &Value) -> Result<CreateMdc, Rejection> {
    CreateMdc::parse(body.to_string().as_bytes())
}

fn config(recording_config: Value) -> RecordingConfig {
    parse(&with(&["recording_config"], recording_config)).expect("a good request").config
}

#[test]
fn the_smallest_request_gets_all_defaults() {
    let wish = parse(&body()).expect("a good request");
    assert_eq!(wish.meeting_uuid, "a/B+cD0eFgHiJkLmNoPqRw==");
    assert_eq!(wish.server_urls, "wss://zoomsjc1rtms.zoom.us");
    assert_eq!(wish.signature.as_ref().map(|signature| signature.expose().as_str()), Some(SIGNATURE));
    assert_eq!(wish.client_id, None);
    assert_eq!(wish.config, RecordingConfig::default());
    assert!(wish.metadata.is_empty());
}

#[test]
fn unknown_and_bot_only_keys_are_ignored() {
    let mut body = body();
    body["bot_name"] = json!("Bot");
    body["automatic_leave"] = json!({ "x": [1, 2] });
    body["meeting_url"] = json!(7);
    body["google_meet_media_api"] = Value::Null;
    body["zoom_rtms"]["extra"] = json!({});
    body["recording_config"] = json!({ "nonsense": 1, "video_mixed_mp4": {} });
    assert!(parse(&body).expect("a good request").config.video_mixed);
}

#[test]
fn a_partial_config_is_merged_over_the_defaults() {
    let cases = [
        (json!({}), RecordingConfig::default()),
        (json!({ "video_mixed_mp4": null }), RecordingConfig { video_mixed: false, ..Default::default() }),
        (json!({ "participant_events": null }), RecordingConfig { participant_events: false, ..Default::default() }),
        (json!({ "meeting_metadata": null }), RecordingConfig { meeting_metadata: false, ..Default::default() }),
        (json!({ "video_mixed_plan": "copy" }), RecordingConfig { video_plan: VideoPlan::Copy, ..Default::default() }),
        (
            json!({ "video_mixed_plan": "compose" }),
            RecordingConfig { video_plan: VideoPlan::Compose, ..Default::default() },
        ),
        (json!({ "video_mixed_plan": null }), RecordingConfig::default()),
        (json!({ "start_recording_on": "manual" }), RecordingConfig { starts_by_hand: true, ..Default::default() }),
        (json!({ "start_recording_on": "participant_speak" }), RecordingConfig::default()),
        (Value::Null, RecordingConfig { starts_by_hand: true, ..Default::default() }),
        (
            json!({ "transcript": null, "audio_mixed_mp3": null, "audio_separate_ogg": null }),
            RecordingConfig::default(),
        ),
        (
            json!({ "audio_mixed_mp3": {} }),
            RecordingConfig { audio_mixed: vec![ArtifactFormat::Mp3], ..Default::default() },
        ),
        (
            json!({
                "audio_mixed_mp3": {}, "audio_mixed_raw": {}, "audio_mixed_m4a": { "metadata": { "k": "v" } },
                "audio_separate_raw": {}, "audio_separate_mp3": {}, "audio_separate_ogg": {},
            }),
            RecordingConfig {
                audio_mixed: vec![ArtifactFormat::Raw, ArtifactFormat::M4a, ArtifactFormat::Mp3],
                audio_separate: vec![ArtifactFormat::Raw, ArtifactFormat::Mp3, ArtifactFormat::Ogg],
                ..Default::default()
            },
        ),
        (
            json!({ "transcript": { "provider": { "meeting_captions": {} } } }),
            RecordingConfig {
                transcript: Some(TranscriptConfig { provider: "meeting_captions".to_owned() }),
                ..Default::default()
            },
        ),
        (
            json!({ "transcript": { "provider": { "zoom_rtms": {}, "deepgram_async": null } } }),
            RecordingConfig {
                transcript: Some(TranscriptConfig { provider: "zoom_rtms".to_owned() }),
                ..Default::default()
            },
        ),
        (
            json!({ "retention": { "type": "timed", "hours": 24 } }),
            RecordingConfig { retention: Retention::Timed { hours: 24 }, ..Default::default() },
        ),
        (
            json!({ "retention": { "type": "timed" } }),
            RecordingConfig { retention: Retention::Timed { hours: 168 }, ..Default::default() },
        ),
        (json!({ "retention": { "type": "forever" } }), RecordingConfig::default()),
        (json!({ "retention": null }), RecordingConfig { retention: Retention::Nothing, ..Default::default() }),
    ];
    for (asked, expected) in cases {
        assert_eq!(RecordingConfig { requested: None, ..config(asked.clone()) }, expected, "{asked}");
    }
}

#[test]
fn a_key_of_sound_is_an_object_or_null() {
    for key in ["audio_mixed_m4a", "audio_mixed_mp3", "audio_mixed_raw", "audio_separate_mp3", "audio_separate_ogg"] {
        for wrong in [json!(true), json!("mp3"), json!([]), json!({ "metadata": { "k": 1 } })] {
            let mut body = body();
            body["recording_config"] = json!({ key: wrong });
            assert!(parse(&body).is_err(), "{key}: {wrong}");
        }
    }
}

#[test]
fn a_retention_of_null_is_echoed_with_nothing_made_by_default_and_an_absent_one_is_for_ever() {
    let echo = |asked: Value| effective_config(&config(asked));
    let streaming =
        echo(json!({ "retention": null, "video_mixed_mp4": {}, "transcript": { "provider": { "a": {} } } }));
    assert!(streaming.as_object().is_some_and(|echo| echo["retention"].is_null()), "the key is there");
    assert_eq!(streaming["video_mixed_mp4"], json!({}), "what was asked for is echoed");
    assert_eq!((&streaming["participant_events"], &streaming["meeting_metadata"]), (&Value::Null, &Value::Null));
    assert_eq!(streaming["transcript"]["provider"], json!({ "a": {} }));
    let default = echo(json!({}));
    assert_eq!(default["retention"], json!({ "type": "forever" }));
    assert_eq!((&default["participant_events"], &default["meeting_metadata"]), (&json!({}), &json!({})));
}

#[test]
fn a_config_of_null_waits_for_the_customer_and_is_echoed_as_it_came() {
    let config = config(Value::Null);
    assert!(config.starts_by_hand && config.video_mixed);
    assert_eq!(effective_config(&config), Value::Null);
}

#[test]
fn the_effective_config_echoes_the_request_over_the_defaults() {
    let echo = effective_config(&config(json!({
        "video_mixed_layout": "gallery_view",
        "participant_events": null,
        "transcript": { "provider": { "meeting_captions": {} } },
        "metadata": { "tenant": "t1" },
        "nonsense": 1,
    })));
    assert_eq!(echo["video_mixed_layout"], "gallery_view");
    assert_eq!(echo["video_mixed_participant_video_when_screenshare"], "overlap");
    assert_eq!(echo["video_mixed_mp4"], json!({}));
    assert_eq!(echo["participant_events"], Value::Null);
    assert_eq!(echo["meeting_metadata"], json!({}));
    assert_eq!(echo["transcript"]["provider"], json!({ "meeting_captions": {} }));
    assert_eq!(echo["transcript"]["diarization"], json!({ "use_separate_streams_when_available": false }));
    assert_eq!(echo["realtime_endpoints"], json!([]));
    assert_eq!(echo["retention"], json!({ "type": "forever" }));
    assert_eq!(echo["start_recording_on"], "participant_join");
    assert_eq!(echo["include_bot_in_recording"], json!({ "audio": false }));
    assert_eq!(echo["metadata"], json!({ "tenant": "t1" }));
    assert_eq!(echo["video_mixed_plan"], "auto");
    assert_eq!(echo.get("nonsense"), None);
    assert_eq!(echo.as_object().map(|echo| echo.len()), Some(KEYS.len()));
}

#[test]
fn addresses_may_be_one_a_list_or_an_array() {
    let cases = [
        (json!("wss://a"), "wss://a"),
        (json!(" wss://a , wss://b "), "wss://a,wss://b"),
        (json!(["wss://a", "wss://b,WSS://c/x?y"]), "wss://a,wss://b,WSS://c/x?y"),
        (json!("rtsp://x,wss://a"), "rtsp://x,wss://a"),
    ];
    for (given, expected) in cases {
        assert_eq!(parse(&with(&["zoom_rtms", "server_urls"], given)).expect("good addresses").server_urls, expected);
    }
}

#[test]
fn wrong_fields_are_named_one_by_one() {
    let long = "x".repeat(501);
    let cases = [
        (with(&["zoom_rtms"], Value::Null), json!({ "zoom_rtms": ["This field is required."] })),
        (with(&["zoom_rtms"], json!("x")), json!({ "zoom_rtms": ["Expected an object."] })),
        (
            with(&["zoom_rtms", "meeting_uuid"], json!("")),
            json!({ "zoom_rtms": { "meeting_uuid": ["This field may not be blank."] } }),
        ),
        (
            with(&["zoom_rtms", "rtms_stream_id"], json!(5)),
            json!({ "zoom_rtms": { "rtms_stream_id": ["Not a valid string."] } }),
        ),
        (
            with(&["zoom_rtms", "rtms_stream_id"], json!("a\u{0}b")),
            json!({ "zoom_rtms": { "rtms_stream_id": ["This field may not contain control characters."] } }),
        ),
        (
            with(&["zoom_rtms", "server_urls"], json!("ws://127.0.0.1")),
            json!({ "zoom_rtms": { "server_urls": [
                "At least one address must begin with wss://; nothing else is dialled."
            ] } }),
        ),
        (
            with(&["zoom_rtms", "server_urls"], json!("wss://")),
            json!({ "zoom_rtms": { "server_urls": [
                "At least one address must begin with wss://; nothing else is dialled."
            ] } }),
        ),
        (
            with(&["zoom_rtms", "server_urls"], json!([1])),
            json!({ "zoom_rtms": { "server_urls": ["Expected a list of strings."] } }),
        ),
        (
            with(&["zoom_rtms", "server_urls"], json!("wss://a b")),
            json!({ "zoom_rtms": { "server_urls": ["Enter a valid URL."] } }),
        ),
        (with(&["metadata"], json!([])), json!({ "metadata": ["Expected an object of strings."] })),
        (with(&["metadata"], json!({ "k": 1 })), json!({ "metadata": ["The value of \"k\" is not a string."] })),
        (with(&["metadata"], json!({ "k": long })), json!({ "metadata": ["\"k\" is longer than 500 characters."] })),
        (
            with(&["google_meet_media_api"], json!({ "space_name": "s" })),
            json!({ "google_meet_media_api": ["Google Meet is not supported; send zoom_rtms instead."] }),
        ),
        (with(&["recording_config"], json!(1)), json!({ "recording_config": ["Expected an object."] })),
        (
            with(&["recording_config"], json!({ "video_mixed_mp4": true })),
            json!({ "recording_config": { "video_mixed_mp4": ["Expected an object (on) or null (off)."] } }),
        ),
        (
            with(&["recording_config"], json!({ "video_mixed_plan": "fast" })),
            json!({ "recording_config": { "video_mixed_plan": ["Not a valid choice; use one of: auto, copy, compose."] } }),
        ),
        (
            with(&["recording_config"], json!({ "transcript": {} })),
            json!({ "recording_config": { "transcript": { "provider": ["This field is required."] } } }),
        ),
        (
            with(&["recording_config"], json!({ "transcript": { "provider": { "a": {}, "b": {} } } })),
            json!({ "recording_config": { "transcript": { "provider": ["Name exactly one provider."] } } }),
        ),
        (
            with(&["recording_config"], json!({ "retention": { "type": "timed", "hours": 0 } })),
            json!({ "recording_config": { "retention": ["The hours must be a whole number of at least 1."] } }),
        ),
        (
            with(&["recording_config"], json!({ "retention": { "type": "nothing" } })),
            json!({ "recording_config": { "retention": ["The type must be \"timed\" or \"forever\"."] } }),
        ),
        (
            with(
                &["recording_config"],
                json!({ "realtime_endpoints": [
                { "type": "webhook", "url": "https://x", "events": ["transcript.data"] },
                { "type": "websocket", "config": { "url": "wss://x", "events": [] } },
                { "type": "websocket", "url": "https://x", "events": [] },
                { "type": "desktop_sdk_callback", "events": [] },
            ] }),
            ),
            json!({ "recording_config": { "realtime_endpoints": [
                "Item 2: url must begin with ws:// or wss://.",
                "Item 3: type \"desktop_sdk_callback\" is not available for this product.",
            ] } }),
        ),
    ];
    for (body, expected) in cases {
        match parse(&body) {
            Err(Rejection::Fields(errors)) => {
                assert_eq!(serde_json::to_value(&errors).expect("errors are JSON"), expected, "{body}");
            }
            other => panic!("{body} gave {other:?}"),
        }
    }
}

#[test]
fn a_signature_is_64_hexadecimal_digits_in_lower_case_afterwards() {
    let upper = parse(&with(&["zoom_rtms", "signature"], json!(SIGNATURE.to_uppercase()))).expect("a good signature");
    assert_eq!(upper.signature.map(|signature| signature.expose().clone()).as_deref(), Some(SIGNATURE));
    for wrong in [json!("abc"), json!("g".repeat(64)), json!(1)] {
        assert!(parse(&with(&["zoom_rtms", "signature"], wrong)).is_err());
    }
    assert_eq!(parse(&with(&["zoom_rtms", "signature"], Value::Null)).expect("no signature").signature, None);
}

#[test]
fn what_is_not_json_is_told_apart_from_wrong_fields() {
    for text in ["", "{", "\u{0}", "{\"a\":}", &"[".repeat(10_000)] {
        assert!(matches!(CreateMdc::parse(text.as_bytes()), Err(Rejection::Malformed(_))), "{text:.20}");
    }
    for text in ["[]", "1", "null"] {
        assert!(matches!(CreateMdc::parse(text.as_bytes()), Err(Rejection::Fields(_))), "{text}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(json!("wss://zoom.us")),
        Just(json!({ "type": "timed", "hours": 5 })),
    ];
    let key = prop_oneof![
        "[a-z_]{1,6}",
        proptest::sample::select(
            [&KEYS[..], &["zoom_rtms", "recording_config", "metadata", "provider", "server_urls", "hours", "type"]]
                .concat()
        )
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 24, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = CreateMdc::parse(&bytes);
    }

    #[test]
    fn any_config_is_taken_and_echoed_or_turned_down_with_a_reason(recording_config in any_json(), metadata in any_json()) {
        let mut body = with(&["recording_config"], recording_config);
        body["metadata"] = metadata;
        match parse(&body) {
            Ok(wish) => {
                let echo = effective_config(&wish.config);
                prop_assert!(echo.is_null() || echo.as_object().is_some_and(|echo| echo.len() == KEYS.len()));
                prop_assert!(wish.metadata.values().flatten().all(|value| value.chars().count() <= 500));
            }
            Err(Rejection::Fields(errors)) => prop_assert!(!errors.is_empty()),
            Err(Rejection::Malformed(_)) => prop_assert!(false, "it is JSON"),
        }
    }

    #[test]
    fn any_stream_that_is_taken_has_all_its_parts(zoom_rtms in any_json()) {
        if let Ok(wish) = parse(&with(&["zoom_rtms"], zoom_rtms)) {
            prop_assert!(!wish.meeting_uuid.is_empty() && !wish.stream_id.is_empty());
            prop_assert!(wish.server_urls.to_ascii_lowercase().contains("wss://"));
        }
    }
}
