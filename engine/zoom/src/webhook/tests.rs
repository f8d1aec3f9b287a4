//! Webhooks as Zoom sends them, as attackers send them, and as they come a second time.

use model::Secret;
use proptest::prelude::*;

use super::*;
use crate::{Product, WebhookError, signature};

const BODY: &str = r#"{"event":"meeting.rtms_started","event_ts":1767225600123,"payload":{"meeting_uuid":"a/B+cD0eFgHiJkLmNoPqRw==","operator_id":"uOpErAtOr123456789","rtms_stream_id":"0123456789abcdef0123456789abcdef","server_urls":"wss://zoomsjc1rtms.zoom.us"}}"#;
const SIGNATURE: &str = "v0=005d46e9c74759a0f0ec2928ed52618fc21b3fdad5ad5e70ac9e10c29850b970";
const SIGNED_AT_S: i64 = 1_767_225_601;

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn check(signature: &str, timestamp: &str, body: &str, now_unix_s: i64) -> Result<Verified, WebhookError> {
    let headers = SignedHeaders { signature: Some(signature), timestamp: Some(timestamp) };
    verify(&[secret("another"), secret("wh-secret-0001")], &headers, body.as_bytes(), now_unix_s)
}

#[test]
fn the_request_of_the_protocol_verifies_by_the_secret_that_fits() {
    assert_eq!(BODY.len(), 241);
    let verified = check(SIGNATURE, "1767225601", BODY, SIGNED_AT_S + 2).expect("a genuine request");
    assert_eq!(verified, Verified { secret_index: 1, age_s: 2 });
    assert!(verified.is_fresh());
}

#[test]
fn whatever_is_not_exactly_what_was_signed_is_refused() {
    let now = SIGNED_AT_S;
    let cases = [
        ("changed body", check(SIGNATURE, "1767225601", &BODY.replace("zoomsjc1", "evil"), now)),
        ("changed time", check(SIGNATURE, "1767225602", BODY, now)),
        ("time with a space", check(SIGNATURE, "1767225601 ", BODY, now)),
        ("truncated", check(&SIGNATURE[..60], "1767225601", BODY, now)),
        ("longer", check(&format!("{SIGNATURE}00"), "1767225601", BODY, now)),
        ("other version", check(&SIGNATURE.replace("v0", "v1"), "1767225601", BODY, now)),
        ("no version", check(&SIGNATURE[3..], "1767225601", BODY, now)),
        ("not hexadecimal", check(&SIGNATURE.replace('0', "g"), "1767225601", BODY, now)),
        ("empty", check("", "1767225601", BODY, now)),
    ];
    for (what, outcome) in cases {
        assert_eq!(outcome, Err(WebhookError::BadSignature), "{what}");
    }
    let headers = SignedHeaders { signature: Some(SIGNATURE), timestamp: Some("1767225601") };
    assert_eq!(verify(&[], &headers, BODY.as_bytes(), now), Err(WebhookError::BadSignature), "no secret at all");
}

#[test]
fn a_missing_or_senseless_header_is_named() {
    let verify_with = |signature, timestamp| {
        let headers = SignedHeaders { signature, timestamp };
        verify(&[secret("wh-secret-0001")], &headers, BODY.as_bytes(), SIGNED_AT_S)
    };
    let missing = |header| Err(WebhookError::MissingHeader { header });
    assert_eq!(verify_with(None, Some("1767225601")), missing("x-zm-signature"));
    assert_eq!(verify_with(Some(SIGNATURE), None), missing("x-zm-request-timestamp"));
    assert_eq!(verify_with(Some(SIGNATURE), Some("now")), missing("x-zm-request-timestamp"));
}

#[test]
fn a_request_is_fresh_for_five_minutes_and_verified_for_two_hours() {
    let cases = [
        (-301, None),
        (-300, Some(true)),
        (0, Some(true)),
        (300, Some(true)),
        (301, Some(false)),
        (7_200, Some(false)),
        (7_201, None),
        (8 * 86_400, None),
    ];
    for (age_s, fresh) in cases {
        let outcome = check(SIGNATURE, "1767225601", BODY, SIGNED_AT_S + age_s);
        match fresh {
            Some(fresh) => assert_eq!(outcome.map(|verified| verified.is_fresh()), Ok(fresh), "{age_s}"),
            None => assert_eq!(outcome, Err(WebhookError::Stale { age_s })),
        }
    }
}

#[test]
fn a_timestamp_in_milliseconds_is_signed_as_it_is_and_read_as_seconds() {
    let signature = signature::webhook(&secret("wh-secret-0001"), "1767225601000", BODY.as_bytes());
    let verified = check(&signature, "1767225601000", BODY, SIGNED_AT_S + 1).expect("a genuine request");
    assert_eq!(verified.age_s, 1);
}

#[test]
fn only_tokens_that_cannot_be_webhooks_are_answered() {
    let secret = secret("wh-secret-0001");
    let answer = answer_challenge(&secret, "kT3vX0wQ7mZr").expect("a genuine challenge");
    assert_eq!(
        answer,
        r#"{"plainToken":"kT3vX0wQ7mZr","encryptedToken":"b158d9485043a691dd3355abd909d5c339cc15a8d130adf4045224b25af5387c"}"#
    );
    assert!(answer_challenge(&secret, &"a".repeat(128)).is_ok());
    for token in ["", &"a".repeat(129), "v0:1767225601:{}", "a b", "a\"b", "ü", "a\n"] {
        assert_eq!(answer_challenge(&secret, token), Err(WebhookError::BadToken), "{token}");
    }
}

#[test]
fn a_start_is_understood_and_survives_being_stored() {
    let Ok(Notice::Started(start)) = parse(BODY.as_bytes()) else { panic!("a start") };
    assert_eq!((start.product, start.id_field), (Product::Meeting, "meeting_uuid"));
    assert_eq!(start.meeting_uuid, "a/B+cD0eFgHiJkLmNoPqRw==");
    assert_eq!(start.stream_id, "0123456789abcdef0123456789abcdef");
    assert_eq!(start.server_urls, "wss://zoomsjc1rtms.zoom.us");
    assert_eq!(start.operator_id.as_deref(), Some("uOpErAtOr123456789"));
    assert_eq!(start.event_unix_ms, 1_767_225_600_123);
    assert_eq!(parse_notice_json(&start.json).as_ref(), Ok(&start));
}

#[test]
fn a_start_of_another_road_looks_like_one_of_the_webhook() {
    let start = StartNotice::direct("uuid", "stream", "wss://a.zoom.us,wss://b.zoom.us").expect("three facts");
    assert_eq!((start.event_unix_ms, start.product), (0, Product::Meeting));
    assert_eq!(parse_notice_json(&start.json).as_ref(), Ok(&start));
    assert!(StartNotice::direct("", "stream", "wss://a.zoom.us").is_err());
    assert!(StartNotice::direct("uuid", &"s".repeat(513), "wss://a.zoom.us").is_err());
    assert!(StartNotice::direct("uuid", "stream\0", "wss://a.zoom.us").is_err());
}

#[test]
fn every_product_is_known_by_its_prefix_and_its_id() {
    let cases = [
        ("webinar.rtms_started", r#""webinar_uuid":"id""#, Product::Webinar, "webinar_uuid"),
        ("webinar.rtms_started", r#""meeting_uuid":"id""#, Product::Webinar, "meeting_uuid"),
        ("session.rtms_started", r#""session_id":"id","meeting_uuid":"other""#, Product::VideoSdk, "session_id"),
        ("contact_center.voice_rtms_started", r#""engagement_id":"id""#, Product::ContactCenter, "engagement_id"),
        ("phone.rtms_started", r#""call_id":"id""#, Product::Phone, "call_id"),
        ("phone.call_rtms_started", r#""call_id":"id""#, Product::Phone, "call_id"),
    ];
    for (event, id, product, id_field) in cases {
        for payload in [
            format!(r#"{{{id},"rtms_stream_id":"s","server_urls":"wss://a.zoom.us"}}"#),
            format!(r#"{{"object":{{{id},"rtms_stream_id":"s","server_urls":"wss://a.zoom.us"}}}}"#),
        ] {
            let body = format!(r#"{{"event":"{event}","event_ts":1767225600123,"payload":{payload}}}"#);
            let Ok(Notice::Started(start)) = parse(body.as_bytes()) else { panic!("{body}") };
            assert_eq!(
                (start.product, start.id_field, start.meeting_uuid.as_str()),
                (product, id_field, "id"),
                "{body}"
            );
        }
    }
}

#[test]
fn a_signature_in_the_payload_is_not_stored() {
    let body = BODY.replace(r#""payload":{"#, r#""payload":{"signature":"SECRET","object":{"signature":"SECRET"},"#);
    let Ok(Notice::Started(start)) = parse(body.as_bytes()) else { panic!("a start") };
    assert!(!start.json.contains("SECRET"), "{}", start.json);
}

#[test]
fn numbers_and_strings_stand_in_for_each_other() {
    let body = r#"{"event":"meeting.rtms_started","event_ts":"1767225600123","payload":{"meeting_uuid":12,
        "meeting_id":91234567890,"rtms_stream_id":34,"server_urls":"wss://a.zoom.us","is_original_host":true}}"#;
    let Ok(Notice::Started(start)) = parse(body.as_bytes()) else { panic!("a start") };
    assert_eq!((start.meeting_uuid.as_str(), start.stream_id.as_str()), ("12", "34"));
    assert_eq!(start.meeting_number.as_deref(), Some("91234567890"));
    assert_eq!((start.event_unix_ms, start.is_original_host), (1_767_225_600_123, Some(true)));
}

#[test]
fn stops_and_interruptions_need_only_the_stream() {
    let stopped = r#"{"event":"meeting.rtms_stopped","event_ts":1767229200456,
        "payload":{"rtms_stream_id":"s","stop_reason":"6"}}"#;
    let Ok(Notice::Stopped(stop)) = parse(stopped.as_bytes()) else { panic!("a stop") };
    assert_eq!((stop.stream_id.as_str(), stop.stop_reason, stop.meeting_uuid), ("s", Some(6), None));
    let interrupted = r#"{"event":"meeting.rtms_interrupted","event_ts":1,"payload":{"meeting_uuid":"m",
        "rtms_stream_id":"s","server_urls":"wss://b.zoom.us"}}"#;
    let Ok(Notice::Interrupted(notice)) = parse(interrupted.as_bytes()) else { panic!("an interruption") };
    assert_eq!(notice.server_urls.as_deref(), Some("wss://b.zoom.us"));
    let validation = r#"{"event":"endpoint.url_validation","payload":{"plainToken":"abc"}}"#;
    assert_eq!(parse(validation.as_bytes()), Ok(Notice::UrlValidation { plain_token: "abc".to_owned() }));
}

#[test]
fn what_is_not_ours_is_named_and_what_is_broken_is_refused() {
    let other = |event: &str| Ok(Notice::Other { event: event.to_owned() });
    assert_eq!(parse(br#"{"event":"rtms.concurrency_limited","payload":{}}"#), other("rtms.concurrency_limited"));
    assert_eq!(parse(br#"{"event":"meeting.ended"}"#), other("meeting.ended"));
    assert_eq!(parse(b"{}"), other(""));
    let broken: [&[u8]; 6] = [
        b"",
        b"not json",
        br#"{"event":"meeting.rtms_started"}"#,
        br#"{"event":"meeting.rtms_started","payload":[]}"#,
        br#"{"event":"meeting.rtms_started","payload":{"meeting_uuid":"m","rtms_stream_id":""}}"#,
        br#"{"event":"endpoint.url_validation","payload":{"plainToken":7}}"#,
    ];
    for body in broken {
        assert!(parse(body).is_err(), "{}", String::from_utf8_lossy(body));
    }
    let deep = format!(r#"{{"event":{}1{}}}"#, "[".repeat(40), "]".repeat(40));
    assert!(matches!(parse(deep.as_bytes()), Err(WebhookError::Malformed { .. })));
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        drop(parse(&body));
    }

    #[test]
    fn a_changed_byte_never_verifies(place in 0..BODY.len(), change in 1_u8..=255) {
        let mut body = BODY.as_bytes().to_vec();
        body[place] ^= change;
        let headers = SignedHeaders { signature: Some(SIGNATURE), timestamp: Some("1767225601") };
        let outcome = verify(&[secret("wh-secret-0001")], &headers, &body, SIGNED_AT_S);
        prop_assert_eq!(outcome, Err(WebhookError::BadSignature));
    }
}
