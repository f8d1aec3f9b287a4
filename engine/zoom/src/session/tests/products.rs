//! Each product from its webhook to its handshakes and events (protocol §3.1, §15).

use serde_json::Value;

use super::*;
use crate::{
    Product, signature,
    webhook::{Notice, parse},
};

/// The event that starts a stream, the field of its id, the id, and the product.
const PRODUCTS: [(&str, &str, &str, Product); 6] = [
    ("meeting.rtms_started", "meeting_uuid", UUID, Product::Meeting),
    ("webinar.rtms_started", "webinar_uuid", UUID, Product::Webinar),
    ("session.rtms_started", "session_id", "ses/sion+==", Product::VideoSdk),
    ("contact_center.voice_rtms_started", "engagement_id", "ENG-0001", Product::ContactCenter),
    ("phone.rtms_started", "call_id", "call-1", Product::Phone),
    ("phone.call_rtms_started", "call_id", "call-1", Product::Phone),
];

fn notice(event: &str, fields: &str) -> StartNotice {
    let body = format!(
        r#"{{"event":"{event}","event_ts":{NOTICE_MS},"payload":{{{fields},"rtms_stream_id":"{STREAM}","server_urls":"wss://one.zoom.us"}}}}"#
    );
    match parse(body.as_bytes()) {
        Ok(Notice::Started(start)) => start,
        other => panic!("{body}: {other:?}"),
    }
}

fn configured(notice: &StartNotice) -> SessionConfig {
    let secret = Secret::new("client-secret-0001".to_owned());
    let signature = signature::handshake("client-id-0001", &secret, &notice.meeting_uuid, &notice.stream_id);
    SessionConfig::new(notice, "client-id-0001", signature)
}

fn sent(outputs: &[String], leg: Leg) -> Value {
    let start = format!("send {leg} ");
    let message = outputs.iter().find_map(|output| output.strip_prefix(&start)).expect("a message");
    serde_json::from_str(message).expect("JSON")
}

/// §3.1, §15: both handshakes carry the id under the product's own key and no other, and its signature, verbatim.
#[test]
fn each_product_shakes_hands_by_its_own_id() {
    for (event, id_field, id, product) in PRODUCTS {
        let notice = notice(event, &format!(r#""{id_field}":"{id}""#));
        assert_eq!(notice.product, product);
        let (mut script, _) = Script::begin(configured(&notice));
        let signaling = sent(&script.opened(Leg::Signaling), Leg::Signaling);
        whatever(script.message(Leg::Signaling, OFFER_ALL_KINDS));
        let media = sent(&script.opened(Leg::Audio), Leg::Audio);
        let secret = Secret::new("client-secret-0001".to_owned());
        let signature = signature::handshake("client-id-0001", &secret, id, STREAM);
        for (message, msg_type) in [(signaling, 1), (media, 3)] {
            assert_eq!((&message["msg_type"], &message[id_field]), (&msg_type.into(), &id.into()), "{event}");
            assert_eq!(message["signature"], **signature.expose(), "{event}");
            let ids = ["meeting_uuid", "webinar_uuid", "session_id", "engagement_id", "call_id"];
            assert_eq!(ids.iter().filter(|key| message.get(**key).is_some()).count(), 1, "{event}");
        }
    }
}

/// §3.1: the test vectors of the protocol, by way of the webhook.
#[test]
fn the_signatures_are_those_of_the_protocol() {
    for (event, field, expected) in [
        (
            "meeting.rtms_started",
            format!(r#""meeting_uuid":"{UUID}""#),
            "1465e70eb70da0d8cf189613381fa3ad095ea3fe2c422baa22bed4082bf327d7",
        ),
        (
            "contact_center.voice_rtms_started",
            r#""engagement_id":"ENG-0001""#.to_owned(),
            "89ea521eee290b87612c6bed8f8b9788548440d57b0c56c6d412c074f95230e4",
        ),
    ] {
        let (mut script, _) = Script::begin(configured(&notice(event, &field)));
        assert_eq!(sent(&script.opened(Leg::Signaling), Leg::Signaling)["signature"], expected);
    }
}

/// §14.2, §15.3: numbers from 8 on mean other things in a call, by the product and not by the name of the id.
#[test]
fn overlapping_event_numbers_are_read_by_product() {
    for (event, id_field, id, product) in PRODUCTS {
        // Whatever the id is called: a call may come with the id of a meeting.
        for id_field in [id_field, "meeting_uuid"] {
            let (mut script, _) = Script::begin(configured(&notice(event, &format!(r#""{id_field}":"{id}""#))));
            script.opened(Leg::Signaling);
            let subscription = sent(&script.message(Leg::Signaling, OFFER_ALL_KINDS), Leg::Signaling);
            let first = subscription["events"][0]["event_type"].as_i64();
            let is_call = matches!(product, Product::ContactCenter | Product::Phone);
            assert_eq!(first, Some(if is_call { 8 } else { 2 }), "{event}");
            let mut told = |event_type: i64| {
                let fields = format!(r#""event_type":{event_type},"timestamp":{NOTICE_MS},"user_id":7"#);
                let outputs = script.message(Leg::Signaling, &format!(r#"{{"msg_type":6,"event":{{{fields}}}}}"#));
                let told: Value =
                    outputs.first().map(|output| serde_json::from_str(output).expect("JSON")).unwrap_or_default();
                told["event"].as_str().or(told["control"].as_str()).unwrap_or("nothing").to_owned()
            };
            let told: Vec<String> = [8, 10, 12, 9, 29].into_iter().map(&mut told).collect();
            let expected = if is_call {
                ["joined", "nothing", "note", "left", "nothing"]
            } else {
                ["video_on", "note", "note", "video_off", "nothing"]
            };
            assert_eq!(told, expected, "{event} {id_field}");
        }
    }
}

/// §15.3, §15.4: a call has sound and transcript and nothing else, so nothing else is missing there.
#[test]
fn a_call_misses_no_pictures() {
    let offer = r#"{"msg_type":2,"status_code":0,"media_server":{"server_urls":{
        "audio":"wss://m.zoom.us/audio","transcript":"wss://m.zoom.us/transcript"}}}"#;
    for (event, id_field, id, product) in PRODUCTS {
        let (mut script, _) = Script::begin(configured(&notice(event, &format!(r#""{id_field}":"{id}""#))));
        script.opened(Leg::Signaling);
        let outputs = script.message(Leg::Signaling, offer);
        let missing = outputs.iter().filter(|output| output.contains("leg_refused")).count();
        let is_call = matches!(product, Product::ContactCenter | Product::Phone);
        assert_eq!(missing, if is_call { 0 } else { 3 }, "{event}: {outputs:?}");
    }
}

/// §15.2: a session of the Video SDK that names a meeting as well is signed and joined as a session.
#[test]
fn a_video_sdk_session_goes_by_its_session_id() {
    let notice = notice("session.rtms_started", r#""meeting_uuid":"other","session_id":"S","session_key":"K""#);
    assert_eq!((notice.id_field, notice.meeting_uuid.as_str()), ("session_id", "S"));
}

/// §15.1, §18 row 24: a webinar without an id of its own goes by the meeting's.
#[test]
fn a_webinar_goes_by_whichever_id_it_has() {
    for (fields, id_field, id) in [
        (r#""webinar_uuid":"W","meeting_uuid":"M""#, "webinar_uuid", "W"),
        (r#""webinar_uuid":null,"meeting_uuid":"M""#, "meeting_uuid", "M"),
        (r#""meeting_uuid":"M""#, "meeting_uuid", "M"),
    ] {
        let notice = notice("webinar.rtms_started", fields);
        assert_eq!((notice.id_field, notice.meeting_uuid.as_str()), (id_field, id), "{fields}");
    }
}
