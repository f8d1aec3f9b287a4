//! Where Zoom's sources disagree (protocol §18), row by row, as far as the machine sees it.
//!
//! Rows 1-3, 25, 30 and 32 are about webhooks, signatures and REST; row 6 (text or binary) is the shell's, which hands over
//! bytes; rows 4 and 14 are in `reasons`, 9 in `evictions`, 28 in `unified`, 31 in `pictures`, 2 in `interruptions`.

use serde_json::Value;

use super::*;

/// The message of the only output that is sent to `leg`.
fn sent(outputs: &[String], leg: &str) -> Value {
    let start = format!("send {leg} ");
    let mut messages = outputs.iter().filter_map(|output| output.strip_prefix(&start));
    let message = messages.next().expect("a message");
    serde_json::from_str(message).expect("JSON")
}

/// The handshake of a media connection, whose signaling is ready.
fn handshake(leg: Leg) -> Value {
    let (mut script, _) = Script::begin(config(&[leg]));
    script.join(&[]);
    sent(&script.opened(leg), leg.name())
}

/// Row 5: whatever Zoom echoes as `sequence`, or nothing.
#[test]
fn row_5_the_echoed_sequence_is_ignored() {
    for sequence in [r#","sequence":0"#, r#","sequence":"x""#, r#","sequence":1767225600000"#, ""] {
        let (mut script, _) = Script::begin(config(&[Leg::Audio]));
        script.opened(Leg::Signaling);
        let answer = format!(
            r#"{{"msg_type":2,"status_code":0{sequence},"media_server":{{"server_urls":{{"audio":"wss://m.zoom.us/audio"}}}}}}"#
        );
        assert_eq!(script.message(Leg::Signaling, &answer).last().map(String::as_str), Some(OPEN_AUDIO));
        script.opened(Leg::Audio);
        let outputs = script.message(Leg::Audio, &format!(r#"{{"msg_type":4,"status_code":0{sequence}}}"#));
        assert_eq!(outputs.last().map(String::as_str), Some(READY));
    }
}

/// Row 7: keep-alives every second, every 14 s, or none while media flows; all are life enough.
#[test]
fn row_7_no_interval_of_keep_alives_is_assumed() {
    for interval_ms in [1_000, 10_000, 14_000] {
        let mut script = Script::running(&[Leg::Audio]);
        for round in 1..30 {
            assert_eq!(script.pass_until(round * interval_ms), Vec::<String>::new(), "{interval_ms}");
            whatever(script.message(Leg::Signaling, r#"{"msg_type":12,"timestamp":1}"#));
            whatever(script.message(Leg::Audio, r#"{"msg_type":12,"timestamp":1}"#));
        }
    }
    let mut script = Script::running(&[Leg::Audio]);
    for at in (1_000..60_000).step_by(1_000) {
        let outputs = script.pass_until(at);
        assert!(!outputs.iter().any(|output| output.contains("audio")), "{outputs:?}");
        whatever(script.message(Leg::Audio, &sound(7, 5)));
        nothing(script.input(Input::Heard(Leg::Signaling)));
    }
    // Every 30 s when idle, as old texts have it: the answer to the ping bridges the time.
    let mut script = Script::running(&[Leg::Audio]);
    for _ in 0..20 {
        for output in script.wake() {
            assert!(!output.starts_with("close"), "{output}");
            if let Some(leg) = output.strip_prefix("ping ") {
                let leg = if leg == "audio" { Leg::Audio } else { Leg::Signaling };
                assert_eq!(script.input(Input::Heard(leg)), Vec::<String>::new());
            }
        }
    }
    assert!(script.now_ms > 100_000);
}

/// Row 8: attempts come fast enough for the window of 30 s and go on to the end of that of 65 s.
#[test]
fn row_8_both_windows_of_media_are_used() {
    let mut script = Script::running(&[Leg::Audio, Leg::Chat]);
    nothing(script.live_until(10_000, &[Leg::Signaling, Leg::Audio, Leg::Chat]));
    whatever(script.closed(Leg::Audio, Close::Broken));
    let mut attempts = vec![0];
    loop {
        nothing(script.closed(Leg::Audio, unreachable()));
        if script.stir(&[Leg::Signaling, Leg::Chat]) != [OPEN_AUDIO] {
            break;
        }
        attempts.push(script.now_ms - 10_000);
    }
    assert!(attempts.iter().filter(|ms| **ms <= 25_000).count() >= 9, "{attempts:?}");
    assert!(attempts.last().is_some_and(|ms| (58_000..62_000).contains(ms)), "{attempts:?}");
}

/// Row 10: with the same stream id a new address moves the stream; a new id is a new session, made by somebody else.
#[test]
fn row_10_a_new_address_is_the_same_stream() {
    let mut script = Script::running(&[Leg::Audio]);
    whatever(script.ask(Ask::Moved { url: "wss://three.zoom.us".to_owned() }));
    assert_eq!(sent(&script.opened(Leg::Signaling), "signaling")["rtms_stream_id"], STREAM);
}

/// Row 11: readiness is told after each media handshake, on signaling, and after each reconnect again.
#[test]
fn row_11_readiness_is_told_for_each_media_connection() {
    let (mut script, _) = Script::begin(config(&[Leg::Audio, Leg::Video, Leg::Chat]));
    let outputs = script.join(&[Leg::Audio, Leg::Video, Leg::Chat]);
    assert_eq!(outputs.iter().filter(|output| *output == READY).count(), 3);
    whatever(script.at(5_000).closed(Leg::Video, Close::Broken));
    script.opened(Leg::Video);
    assert_eq!(script.message(Leg::Video, TAKEN).iter().filter(|output| *output == READY).count(), 1);
}

/// Row 12, §5.4: the first packet and interruptions come unasked; groups of chat are asked for where chat is wanted.
#[test]
fn row_12_events_1_and_7_are_never_subscribed() {
    for (legs, events) in [
        (vec![Leg::Audio], vec![2, 3, 4, 5, 6]),
        (vec![Leg::Audio, Leg::Chat], vec![2, 3, 4, 5, 6, 10, 11, 12, 13, 14]),
    ] {
        let (mut script, _) = Script::begin(config(&legs));
        script.opened(Leg::Signaling);
        let outputs = script.message(Leg::Signaling, OFFER_ALL_KINDS);
        let subscription = sent(&outputs, "signaling");
        let types: Vec<i64> = subscription["events"]
            .as_array()
            .map(|events| events.iter().filter_map(|event| event["event_type"].as_i64()).collect())
            .unwrap_or_default();
        assert_eq!(types, events);
        assert!(
            subscription["events"]
                .as_array()
                .is_some_and(|events| events.iter().all(|event| event["subscribe"] == true))
        );
    }
}

/// Row 13: encryption that was not asked for is refused by either name.
#[test]
fn row_13_encryption_has_two_names() {
    for field in ["payload_encrypted", "payload_encryption"] {
        let (mut script, _) = Script::begin(config(&[Leg::Audio, Leg::Chat]));
        script.join(&[Leg::Chat]);
        script.opened(Leg::Audio);
        let encrypted = format!(r#"{{"msg_type":4,"status_code":0,"{field}":true}}"#);
        assert_eq!(script.message(Leg::Audio, &encrypted), ["close audio"]);
        assert_eq!(script.stir(&[Leg::Signaling, Leg::Chat]), [OPEN_AUDIO], "the next answer may be another");
    }
}

/// Row 15: the answer to 19 tells its time in seconds.
#[test]
fn row_15_a_time_in_seconds_is_read_as_one() {
    let mut script = Script::running(&[Leg::Audio]);
    let outputs = script.message(Leg::Signaling, r#"{"msg_type":20,"state":5,"timestamp":1767226000}"#);
    assert_eq!(outputs, [r#"{"at":1767226000000,"event":"paused"}"#]);
}

/// Row 16: people's numbers may be strings, in sound and in events.
#[test]
fn row_16_a_user_id_may_be_a_string() {
    let mut script = Script::running(&[Leg::Audio]);
    let joined = r#"{"msg_type":6,"event":{"event_type":3,"timestamp":1767225603010,"participants":[{"user_id":"16778240","user_name":"Ada"}]}}"#;
    assert!(script.message(Leg::Signaling, joined)[0].contains(r#""id":16778240"#));
    let sound = r#"{"msg_type":14,"content":{"user_id":"16778240","user_name":"Ada","timestamp":"5","data":"AAEC"}}"#;
    assert_eq!(script.message(Leg::Audio, sound), ["media audio/16778240 5 000102"]);
}

/// Rows 17, 18 and 20: every parameter is named: shares at 1 picture a second, raw sound, one stream for each participant.
#[test]
fn rows_17_18_20_every_parameter_is_named() {
    let audio = serde_json::json!({"channel":1,"codec":4,"content_type":2,"data_opt":2,"sample_rate":3,"send_rate":20});
    assert_eq!(handshake(Leg::Audio)["media_params"]["audio"], audio);
    let video = serde_json::json!({"codec":7,"content_type":3,"data_opt":3,"fps":25,"resolution":2});
    assert_eq!(handshake(Leg::Video)["media_params"]["video"], video);
    let share = serde_json::json!({"codec":5,"content_type":3,"fps":1,"resolution":3});
    assert_eq!(handshake(Leg::Share)["media_params"]["deskshare"], share);
    let transcript = serde_json::json!({"content_type":5,"enable_lid":true,"src_language":9});
    assert_eq!(handshake(Leg::Transcript)["media_params"]["transcript"], transcript);
    assert_eq!(handshake(Leg::Chat)["media_params"]["chat"], serde_json::json!({"content_type":5}));
}

/// §7.4: a language that is known is not looked for.
#[test]
fn a_known_language_is_fixed() {
    let config = config(&[Leg::Transcript]);
    let want = Wants { transcript_language: Some(14), ..config.want };
    let (mut script, _) = Script::begin(SessionConfig { want, ..config });
    script.join(&[]);
    let transcript = serde_json::json!({"content_type":5,"enable_lid":false,"src_language":14});
    assert_eq!(sent(&script.opened(Leg::Transcript), "transcript")["media_params"]["transcript"], transcript);
}

/// Row 19: what the echo says counts, stereo of L16 as well; what it does not name is as it was asked for.
#[test]
fn row_19_the_echo_is_what_flows() {
    for (echo, format) in [
        (
            r#"{"codec":1,"sample_rate":1,"channel":2}"#,
            r#"{"codec":"l16","rate":16000,"channels":"stereo","packet_ms":20}"#,
        ),
        (r#"{"send_rate":100,"codec":1}"#, r#"{"codec":"l16","rate":48000,"channels":"mono","packet_ms":100}"#),
        ("{}", r#"{"codec":"opus","rate":48000,"channels":"mono","packet_ms":20}"#),
    ] {
        let (mut script, _) = Script::begin(config(&[Leg::Audio]));
        script.join(&[]);
        script.opened(Leg::Audio);
        let answer = format!(r#"{{"msg_type":4,"status_code":0,"media_params":{{"audio":{echo}}}}}"#);
        let outputs = script.message(Leg::Audio, &answer);
        assert_eq!(outputs[0], format!(r#"{{"control":"leg_ready","leg":"audio","format":{{"audio":{format}}}}}"#));
    }
}

/// Rows 21 and 22: times by magnitude, words by either name.
#[test]
fn rows_21_22_transcripts_are_read_in_either_shape() {
    let mut script = Script::running(&[Leg::Transcript]);
    for content in [
        r#""timestamp":1767225606200,"start_time":1767225606200,"end_time":1767225606200,"data":"a""#,
        r#""timestamp":1767225606200000,"text":"b","is_final":true"#,
    ] {
        let message = format!(r#"{{"msg_type":17,"content":{{"user_id":7,{content}}}}}"#);
        let outputs = script.message(Leg::Transcript, &message);
        assert!(outputs[0].starts_with(r#"{"at":1767225606200,"event":"transcript""#), "{outputs:?}");
    }
}

/// Row 23: chat in the form of July 2026 and in the older one.
#[test]
fn row_23_chat_is_read_in_either_form() {
    let mut script = Script::running(&[Leg::Chat]);
    for content in [
        r#"{"timestamp":1767225700000,"message_id":"m","operation_type":1,"sender":{"user_id":7},"data":"new"}"#,
        r#"{"timestamp":1767225700000,"data":"old","user_id":7,"user_name":"Ada"}"#,
    ] {
        let outputs = script.message(Leg::Chat, &format!(r#"{{"msg_type":18,"content":{content}}}"#));
        assert!(outputs[0].contains(r#""operation":"new","sender":{"id":7"#), "{outputs:?}");
    }
}

/// Row 24, §15.1: a webinar by its own name, and once by the other, in media handshakes too.
#[test]
fn row_24_a_webinar_has_two_names() {
    for status in [2, 4] {
        let (mut script, _) = Script::begin(SessionConfig { id_field: "webinar_uuid", ..config(&[Leg::Audio]) });
        assert_eq!(sent(&script.opened(Leg::Signaling), "signaling")["webinar_uuid"], UUID);
        whatever(script.message(Leg::Signaling, &format!(r#"{{"msg_type":2,"status_code":{status}}}"#)));
        whatever(script.wake());
        let outputs = script.join(&[Leg::Audio]);
        assert_eq!(sent(&outputs, "signaling")["meeting_uuid"], UUID);
        assert_eq!(sent(&outputs, "audio")["meeting_uuid"], UUID);
    }
}

/// Row 26: numbers of the beta are not read, but words are: "duplicate" means wait, whatever its number.
#[test]
fn row_26_duplicate_is_a_word() {
    let (mut script, _) = Script::begin(config(&[Leg::Audio]));
    script.opened(Leg::Signaling);
    let beta = r#"{"msg_type":2,"status_code":17,"reason":"DUPLICATE_SIGNAL_REQUEST"}"#;
    script.play(&[Line(0, said(Leg::Signaling, beta), &["close signaling"], Wake::At(1_500))]);
}

/// Row 27: a subscription is a list of objects in a message of type 5.
#[test]
fn row_27_the_subscription_has_the_documented_shape() {
    let (mut script, _) = Script::begin(config(&[Leg::Audio]));
    script.opened(Leg::Signaling);
    let outputs = script.message(Leg::Signaling, OFFER_ALL_KINDS);
    let subscription = sent(&outputs, "signaling");
    assert_eq!(subscription["msg_type"], 5);
    assert_eq!(subscription["events"][0], serde_json::json!({"event_type":2,"subscribe":true}));
}

/// Row 29, §5.3, §21.2: a close instead of an answer is a failed handshake of unknown cause, whatever its number.
#[test]
fn row_29_a_bare_close_is_a_failed_handshake() {
    for code in [Some(1000), Some(1006), Some(1011), None] {
        let (mut script, _) = Script::begin(config(&[Leg::Audio]));
        script.opened(Leg::Signaling);
        script.play(&[Line(100, closed(Leg::Signaling, Close::Peer(code)), &[], Wake::In(300..=401))]);
        assert_eq!(script.wake(), ["open signaling wss://two.zoom.us 1048576"]);
        while script.now_ms < 57_000 {
            script.opened(Leg::Signaling);
            nothing(script.closed(Leg::Signaling, Close::Peer(code)));
            whatever(script.wake());
        }
        let end = script.wake();
        assert_eq!(script.now_ms, 157_000);
        let told =
            "end failed zoom_rtms_closed_by_peer The signaling connection could not be made within 57 s. Zoom closed";
        assert!(end[1].starts_with(told) && end[1].contains("a wrong client secret can be the cause"), "{end:?}");

        let mut script = Script::running(&[Leg::Audio]);
        whatever(script.at(5_000).closed(Leg::Audio, Close::Broken));
        script.opened(Leg::Audio);
        let before = script.now_ms;
        assert_eq!(script.closed(Leg::Audio, Close::Peer(code)), Vec::<String>::new());
        assert_eq!(script.stir(&[Leg::Signaling]), [OPEN_AUDIO]);
        assert!((200..=301).contains(&(script.now_ms - before)), "{code:?}");
    }
}

/// §17: an answer in the next version ends the capture with a sentence, on either connection.
#[test]
fn an_answer_in_another_version_ends_the_capture_with_a_clear_message() {
    let (mut script, _) = Script::begin(config(&[Leg::Audio]));
    script.opened(Leg::Signaling);
    let end =
        script.message(Leg::Signaling, r#"{"msg_type":2,"protocol_version":2,"status_code":0,"srt_passphrase":"x"}"#);
    let told =
        "end failed zoom_rtms_protocol_version Zoom answered with version 2 of the RTMS protocol, and only version 1";
    assert!(end.last().is_some_and(|end| end.starts_with(told)), "{end:?}");
    let (mut script, _) = Script::begin(config(&[Leg::Audio]));
    script.join(&[]);
    script.opened(Leg::Audio);
    let end = script.message(Leg::Audio, r#"{"msg_type":4,"protocol_version":"2","status_code":0}"#);
    assert!(end.last().is_some_and(|end| end.starts_with(told)), "{end:?}");
    let (mut script, _) = Script::begin(config(&[Leg::Audio]));
    script.opened(Leg::Signaling);
    let this = OFFER_ALL_KINDS.replacen(r#""status_code""#, r#""protocol_version":1,"status_code""#, 1);
    assert_eq!(script.message(Leg::Signaling, &this).last().map(String::as_str), Some(OPEN_AUDIO));
}

/// §6.4, §19, row 20: parameters that were replaced are told by their names, in numbers, once, and again if they change.
#[test]
fn row_20_replaced_parameters_are_told() {
    let (mut script, _) = Script::begin(config(&[Leg::Audio, Leg::Video, Leg::Share]));
    script.join(&[]);
    let mut told = |leg: Leg, params: &str| -> Vec<String> {
        if script.session.legs[leg].is_ready() {
            nothing(script.closed(leg, Close::Broken));
            whatever(script.pass_until(script.now_ms + 5_000));
        }
        script.opened(leg);
        let outputs = script.message(leg, &format!(r#"{{"msg_type":4,"status_code":0,"media_params":{params}}}"#));
        let prefix = format!(r#"{{"control":"substituted","leg":"{leg}","parameter":"#);
        outputs.iter().filter_map(|output| output.strip_prefix(&prefix)).map(str::to_owned).collect()
    };
    assert_eq!(told(Leg::Audio, "{}"), Vec::<String>::new(), "what is missing is as it was asked for");
    let mixed = r#"{"audio":{"content_type":2,"codec":4,"sample_rate":3,"channel":1,"data_opt":1,"send_rate":20}}"#;
    assert_eq!(told(Leg::Audio, mixed), [r#""data_opt","asked":2,"agreed":1}"#]);
    assert_eq!(told(Leg::Audio, mixed), Vec::<String>::new());
    let stereo = mixed.replace(r#""channel":1"#, r#""channel":2"#);
    assert_eq!(told(Leg::Audio, &stereo), [r#""channel","asked":1,"agreed":2}"#]);
    let stills = r#"{"video":{"content_type":3,"codec":5,"resolution":1,"fps":5,"data_opt":3}}"#;
    assert_eq!(
        told(Leg::Video, stills),
        [
            r#""codec","asked":7,"agreed":5}"#,
            r#""resolution","asked":2,"agreed":1}"#,
            r#""fps","asked":25,"agreed":5}"#
        ]
    );
    assert_eq!(told(Leg::Share, r#"{"deskshare":{"codec":"5","fps":5.0}}"#), [r#""fps","asked":1,"agreed":5}"#]);
}
