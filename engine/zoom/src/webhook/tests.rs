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
    assert_eq!(verified, Verified { secret_index: 1, age_s: 2, is_rewritten: false });
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
    assert_eq!(parse(br#"{"event":"meeting.rtms.started","payload":{}}"#), other("meeting.rtms.started"));
    assert_eq!(parse(br#"{"event":"tea.rtms_started","payload":{}}"#), other("tea.rtms_started"));
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

/// §2.5: the account is at its limit, or near it; the id lies in an object of its own, and before that lay flat.
#[test]
fn a_limit_of_streams_is_told_with_its_numbers() {
    let concurrency = |body: &str| match parse(body.as_bytes()) {
        Ok(Notice::Concurrency(notice)) => notice,
        other => panic!("{body}: {other:?}"),
    };
    let refused = concurrency(
        r#"{"event":"rtms.concurrency_limited","event_ts":1767225600123,"payload":{"operator_id":"uOpErAtOr123456789",
        "concurrency_number":2000,"id_field":{"meeting_uuid":"a/B+cD0eFgHiJkLmNoPqRw=="}}}"#,
    );
    let expected = ConcurrencyNotice {
        pressure: Pressure::Refused,
        streams: Some(2000),
        limit: None,
        percent: None,
        account_id: None,
        operator_id: Some("uOpErAtOr123456789".to_owned()),
        meeting_uuid: Some("a/B+cD0eFgHiJkLmNoPqRw==".to_owned()),
        event_unix_ms: 1_767_225_600_123,
    };
    assert_eq!(refused, expected);
    let near = concurrency(
        r#"{"event":"rtms.concurrency_near_limit","event_ts":1767225600123,"payload":{"object":{"account_id":"acc",
        "concurrency_limit":2000,"concurrency_number":"1601","percentage":80.0,"session_id":"s"}}}"#,
    );
    assert_eq!(
        (near.pressure, near.streams, near.limit, near.percent),
        (Pressure::NearLimit, Some(1601), Some(2000), Some(80))
    );
    assert_eq!((near.account_id.as_deref(), near.meeting_uuid.as_deref()), (Some("acc"), Some("s")));
    for body in [r#"{"event":"rtms.concurrency_limited"}"#, r#"{"event":"rtms.concurrency_limited","payload":[]}"#] {
        assert_eq!(concurrency(body).pressure, Pressure::Refused, "that it came is what matters");
    }
}

/// §2.4: the form is unpublished, so it is handed on, within bounds.
#[test]
fn the_status_of_a_request_is_handed_on_as_it_is() {
    let payload = |body: &str| match parse(body.as_bytes()) {
        Ok(Notice::RequestStatus { payload }) => payload,
        other => panic!("{body}: {other:?}"),
    };
    let body = r#"{"event":"rtms.request_status","payload":{ "status": "failed" }}"#;
    assert_eq!(payload(body).as_deref(), Some(r#"{"status":"failed"}"#));
    assert_eq!(payload(r#"{"event":"rtms.request_status"}"#), None);
    let long = format!(r#"{{"event":"rtms.request_status","payload":"{}"}}"#, "x".repeat(5_000));
    assert_eq!(payload(&long), None);
}

/// §18 row 1: flat, or in `payload.object`, or some fields here and some there; `null` is as good as missing.
#[test]
fn row_1_fields_lie_flat_or_one_level_deeper() {
    let start = |payload: &str| {
        let body = format!(r#"{{"event":"meeting.rtms_started","event_ts":1,"payload":{payload}}}"#);
        match parse(body.as_bytes()) {
            Ok(Notice::Started(start)) => {
                (start.meeting_uuid, start.stream_id, start.server_urls, start.is_original_host)
            }
            other => panic!("{body}: {other:?}"),
        }
    };
    let expected = ("m".to_owned(), "s".to_owned(), "wss://a.zoom.us".to_owned(), Some(true));
    for payload in [
        r#"{"meeting_uuid":"m","rtms_stream_id":"s","server_urls":"wss://a.zoom.us","is_original_host":true}"#,
        r#"{"object":{"meeting_uuid":"m","rtms_stream_id":"s","server_urls":"wss://a.zoom.us","is_original_host":"true"}}"#,
        r#"{"meeting_uuid":"m","object":{"meeting_uuid":"x","rtms_stream_id":"s","server_urls":"wss://a.zoom.us","is_original_host":true}}"#,
        r#"{"meeting_uuid":null,"rtms_stream_id":"s","is_original_host":null,"object":{"meeting_uuid":"m","server_urls":"wss://a.zoom.us","is_original_host":true}}"#,
    ] {
        assert_eq!(start(payload), expected, "{payload}");
    }
}

/// §18 row 2: an interruption carries no address, and if one does, it is taken.
#[test]
fn row_2_an_interruption_has_an_address_or_none() {
    let urls = |more: &str| {
        let body =
            format!(r#"{{"event":"meeting.rtms_interrupted","event_ts":1,"payload":{{"rtms_stream_id":"s"{more}}}}}"#);
        match parse(body.as_bytes()) {
            Ok(Notice::Interrupted(notice)) => notice.server_urls,
            other => panic!("{body}: {other:?}"),
        }
    };
    assert_eq!(urls(""), None);
    assert_eq!(urls(r#","server_urls":"""#), None);
    assert_eq!(urls(r#","server_urls":"wss://b.zoom.us""#).as_deref(), Some("wss://b.zoom.us"));
}

/// §18 row 3: what was signed is the body as it came, or the body parsed and written again; nothing else.
#[test]
fn row_3_the_body_was_signed_as_it_came_or_written_again() {
    let secret_of_zoom = secret("wh-secret-0001");
    let spaced = BODY.replace(':', ": ").replace("wss: //", "wss:\\/\\/").replace(',', ",\n ");
    assert_ne!(spaced, BODY);
    let verified = check(SIGNATURE, "1767225601", &spaced, SIGNED_AT_S).expect("signed over what it says");
    assert_eq!((verified.secret_index, verified.is_rewritten), (1, true));
    assert_eq!(parse(spaced.as_bytes()).ok(), parse(BODY.as_bytes()).ok(), "and it says the same");

    let as_it_came = signature::webhook(&secret_of_zoom, "1767225601", spaced.as_bytes());
    let verified = check(&as_it_came, "1767225601", &spaced, SIGNED_AT_S).expect("signed over its bytes");
    assert!(!verified.is_rewritten);

    for (what, body) in [
        ("another value", spaced.replace("zoomsjc1", "evil")),
        ("another order", r#"{"event_ts":1767225600123,"event":"meeting.rtms_started"}"#.to_owned()),
        ("one more field", BODY.replace("{\"event\"", "{\"x\":1,\"event\"")),
        ("white space within a string", BODY.replace("meeting.rtms", "meeting. rtms")),
        ("something behind it", format!("{BODY}{{}}")),
        ("no JSON", spaced.replace("{", "{,")),
    ] {
        assert_eq!(check(SIGNATURE, "1767225601", &body, SIGNED_AT_S), Err(WebhookError::BadSignature), "{what}");
    }
}

/// §18 row 3: a body that is too large or too deep to be written again is judged by its bytes alone.
#[test]
fn row_3_writing_again_is_bounded() {
    let fits = |body: &str| {
        let canonical: String = body.split_whitespace().collect();
        let signature = signature::webhook(&secret("wh-secret-0001"), "1767225601", canonical.as_bytes());
        check(&signature, "1767225601", body, SIGNED_AT_S).is_ok()
    };
    let of_length = |length: usize| format!("[{}]", " ".repeat(length - 2));
    assert!(fits(&of_length(256 << 10)) && !fits(&of_length((256 << 10) + 1)));
    let of_depth = |depth: usize| format!("{} {}", "[".repeat(depth), "]".repeat(depth));
    assert!(fits(&of_depth(32)) && !fits(&of_depth(33)));
}

/// §18 row 4: any integer is a reason, also as a string or a float; what is none is no reason.
#[test]
fn row_4_any_integer_is_a_stop_reason() {
    let reason = |json: &str| {
        let body = format!(
            r#"{{"event":"meeting.rtms_stopped","event_ts":1,"payload":{{"rtms_stream_id":"s","stop_reason":{json}}}}}"#
        );
        match parse(body.as_bytes()) {
            Ok(Notice::Stopped(stop)) => stop.stop_reason,
            other => panic!("{body}: {other:?}"),
        }
    };
    let cases =
        [("0", Some(0)), ("18", Some(18)), ("26", Some(26)), ("999", Some(999)), ("-1", Some(-1)), ("\"6\"", Some(6))];
    for (json, expected) in cases.into_iter().chain([("6.0", Some(6)), ("6.5", None), ("null", None), ("[6]", None)]) {
        assert_eq!(reason(json), expected, "{json}");
    }
}

/// §3.1, §18 row 24: a product's own id comes first, then those of the others in the order of Zoom's own client.
#[test]
fn row_24_the_id_is_chosen_in_one_order() {
    const FIELDS: [&str; 5] = ["meeting_uuid", "webinar_uuid", "session_id", "engagement_id", "call_id"];
    let cases = [
        ("meeting.rtms_started", "meeting_uuid"),
        ("webinar.rtms_started", "webinar_uuid"),
        ("session.rtms_started", "session_id"),
        ("contact_center.voice_rtms_started", "engagement_id"),
        ("phone.rtms_started", "call_id"),
    ];
    for (event, own) in cases {
        let order: Vec<&str> = [own].into_iter().chain(FIELDS.into_iter().filter(|field| *field != own)).collect();
        for first in 0..order.len() {
            // The fields stand in the payload in the opposite order, which must not matter.
            let ids: Vec<String> = order[first..].iter().rev().map(|field| format!(r#""{field}":"{field}""#)).collect();
            let body = format!(
                r#"{{"event":"{event}","payload":{{{},"rtms_stream_id":"s","server_urls":"wss://a.zoom.us"}}}}"#,
                ids.join(",")
            );
            let Ok(Notice::Started(start)) = parse(body.as_bytes()) else { panic!("{body}") };
            assert_eq!((start.id_field, start.meeting_uuid.as_str()), (order[first], order[first]), "{body}");
        }
    }
}

/// §18 row 30: events are told by how they end, products by how they begin.
#[test]
fn row_30_events_are_told_by_their_ends() {
    let payload = r#"{"meeting_uuid":"m","rtms_stream_id":"s","server_urls":"wss://a.zoom.us","stop_reason":6}"#;
    let products = [
        ("meeting.", Product::Meeting),
        ("webinar.", Product::Webinar),
        ("session.", Product::VideoSdk),
        ("contact_center.voice_", Product::ContactCenter),
        ("phone.", Product::Phone),
        ("phone.call_", Product::Phone),
    ];
    for (prefix, product) in products {
        let notice = |what: &str| {
            let body = format!(r#"{{"event":"{prefix}rtms_{what}","event_ts":1,"payload":{payload}}}"#);
            parse(body.as_bytes()).expect("a notice")
        };
        assert!(matches!(notice("started"), Notice::Started(start) if start.product == product));
        assert!(matches!(notice("stopped"), Notice::Stopped(stop) if stop.product == product));
        assert!(matches!(notice("interrupted"), Notice::Interrupted(notice) if notice.product == product));
        assert!(matches!(notice("paused"), Notice::Other { .. }));
    }
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
