//! Handshakes that Zoom refuses.

use super::*;

fn refuse(script: &mut Script, leg: Leg, status: i64, reason: &str) -> Vec<String> {
    let msg_type = if leg == Leg::Signaling { 2 } else { 4 };
    script.message(leg, &format!(r#"{{"msg_type":{msg_type},"status_code":{status},"reason":"{reason}"}}"#))
}

#[test]
fn a_refused_signature_ends_the_capture_and_names_the_app() {
    let (mut script, _) = Script::begin(config(&[Leg::Audio]));
    script.opened(Leg::Signaling);
    assert_eq!(
        refuse(&mut script, Leg::Signaling, 3, "bad signature"),
        [
            "close signaling",
            r#"{"control":"ended","code":"zoom_rtms_invalid_signature","cut_short":true,"stop_reason":null,"at":null}"#,
            "end failed zoom_rtms_invalid_signature Zoom refused the signature; check that client id and client secret belong \
             to the app that was started (status 3, \"bad signature\"). The client id is client.",
        ]
    );
    assert_eq!(script.wake_ms(), None);
    assert_eq!(script.opened(Leg::Signaling), Vec::<String>::new(), "nothing follows the end");
}

#[test]
fn every_documented_refusal_ends_or_retries_and_never_at_once() {
    for status in 1..=47 {
        let (mut script, _) = Script::begin(config(&[Leg::Audio]));
        script.opened(Leg::Signaling);
        let outputs = refuse(&mut script, Leg::Signaling, status, "");
        if matches!(status, 8 | 15 | 16 | 45) {
            assert_eq!(outputs, ["close signaling"], "{status}");
            assert!(script.wake_ms().is_some_and(|ms| ms >= 200), "{status}");
        } else {
            let code = crate::codes::status(status).code;
            assert!(outputs.last().is_some_and(|end| end.starts_with(&format!("end failed {code} "))), "{outputs:?}");
        }
    }
}

#[test]
fn a_connection_not_released_yet_is_waited_for_ever_longer_until_the_window_ends() {
    let (mut script, _) = Script::begin(config(&[Leg::Audio]));
    let mut attempts = Vec::new();
    let end = loop {
        script.opened(Leg::Signaling);
        assert_eq!(refuse(&mut script, Leg::Signaling, 45, "Duplicate signal request"), ["close signaling"]);
        let outputs = script.wake();
        if outputs.iter().any(|output| output.starts_with("end")) {
            break outputs;
        }
        attempts.push(script.now_ms);
    };
    assert_eq!(attempts, [1_500, 4_500, 10_500, 22_500, 34_500, 46_500]);
    assert_eq!(script.now_ms, 57_000);
    assert!(end.last().is_some_and(|end| end.starts_with("end failed zoom_rtms_duplicate_signal_request ")), "{end:?}");
}

#[test]
fn a_webinar_is_tried_once_by_its_other_name() {
    let (mut script, _) = Script::begin(SessionConfig { id_field: "webinar_uuid", ..config(&[Leg::Audio]) });
    assert!(script.opened(Leg::Signaling)[0].contains(&format!(r#""webinar_uuid":"{UUID}""#)));
    assert_eq!(refuse(&mut script, Leg::Signaling, 4, ""), ["close signaling"]);
    assert_eq!(script.wake(), ["open signaling wss://two.zoom.us 1048576"]);
    assert!(script.opened(Leg::Signaling)[0].contains(&format!(r#""meeting_uuid":"{UUID}""#)));
    let end = refuse(&mut script, Leg::Signaling, 4, "");
    assert!(end.last().is_some_and(|end| end.starts_with("end failed zoom_rtms_invalid_payload")), "{end:?}");
}

#[test]
fn a_refused_codec_gives_way_to_the_next_and_then_to_none() {
    let (mut script, _) = Script::begin(config(&[Leg::Audio, Leg::Video]));
    script.join(&[Leg::Video]);
    let asked = |outputs: &[String]| {
        let message = outputs[0].strip_prefix("send audio ").expect("a handshake");
        let message: serde_json::Value = serde_json::from_str(message).expect("JSON");
        let audio = &message["media_params"]["audio"];
        (audio["codec"].as_i64(), audio["sample_rate"].as_i64(), audio["data_opt"].as_i64())
    };
    assert_eq!(asked(&script.opened(Leg::Audio)), (Some(4), Some(3), Some(2)));
    let again = ["close audio", "open audio wss://m.zoom.us/audio 1048576"];
    assert_eq!(refuse(&mut script, Leg::Audio, 22, "codec"), again);
    assert_eq!(asked(&script.opened(Leg::Audio)), (Some(1), Some(1), Some(2)));
    assert_eq!(refuse(&mut script, Leg::Audio, 23, "option"), again);
    assert_eq!(asked(&script.opened(Leg::Audio)), (Some(1), Some(1), Some(1)), "a mix is better than nothing");
    assert_eq!(
        refuse(&mut script, Leg::Audio, 20, "rate"),
        [
            "close audio",
            r#"{"control":"leg_refused","leg":"audio","status":20,"reason":"Zoom does not accept the sample rate (status 20, \"rate\")"}"#,
        ]
    );
    let frame = script.message(Leg::Video, r#"{"msg_type":15,"content":{"user_id":8,"timestamp":1,"data":"AAAA"}}"#);
    assert_eq!(frame, ["media video/8 1 000000"], "the other kinds go on");
}

#[test]
fn a_kind_that_is_not_allowed_stays_away_even_after_a_reconnect() {
    let mut script = Script::running(&[Leg::Audio, Leg::Chat]);
    script.at(20_000).closed(Leg::Chat, Close::Broken);
    script.opened(Leg::Chat);
    let outputs = refuse(&mut script, Leg::Chat, 13, "");
    assert!(outputs.iter().any(|output| output.contains(r#""leg_refused","leg":"chat","status":13"#)), "{outputs:?}");
    script.at(60_000).closed(Leg::Signaling, Close::Broken);
    let outputs = script.join(&[Leg::Audio]);
    assert!(!outputs.iter().any(|output| output.starts_with("open chat")), "{outputs:?}");
}

#[test]
fn encrypted_payloads_and_unknown_codecs_are_refused() {
    for answer in [
        r#"{"msg_type":4,"status_code":0,"payload_encrypted":true}"#,
        r#"{"msg_type":4,"status_code":0,"media_params":{"audio":{"codec":9}}}"#,
        r#"{"msg_type":4,"status_code":0,"media_params":{"audio":{"sample_rate":4}}}"#,
        r#"{"msg_type":4,"status_code":0,"media_params":{"audio":{"send_rate":0}}}"#,
    ] {
        let (mut script, _) = Script::begin(config(&[Leg::Audio, Leg::Video]));
        script.join(&[Leg::Video]);
        script.opened(Leg::Audio);
        let outputs = script.message(Leg::Audio, answer);
        assert!(outputs.iter().any(|output| output.contains("leg_refused")), "{answer}: {outputs:?}");
    }
}

#[test]
fn when_every_kind_is_refused_the_capture_fails() {
    let (mut script, _) = Script::begin(config(&[Leg::Chat]));
    script.join(&[]);
    script.opened(Leg::Chat);
    let outputs = refuse(&mut script, Leg::Chat, 47, "");
    assert!(outputs.last().is_some_and(|end| end.starts_with("end failed zoom_rtms_no_media ")), "{outputs:?}");
}

#[test]
fn an_address_that_the_policy_refuses_ends_the_capture_with_its_reason() {
    let (mut script, _) = Script::begin(config(&[Leg::Audio]));
    let refused = || Close::Unreachable {
        code: "address_host_not_allowed",
        message: "`wss://evil` is not dialled.".to_owned(),
        permanent: true,
    };
    assert_eq!(script.closed(Leg::Signaling, refused()), ["open signaling wss://two.zoom.us 1048576"]);
    assert_eq!(
        script.closed(Leg::Signaling, refused()),
        [
            r#"{"control":"ended","code":"address_host_not_allowed","cut_short":true,"stop_reason":null,"at":null}"#,
            "end failed address_host_not_allowed `wss://evil` is not dialled.",
        ]
    );
}
