//! Handshakes that Zoom refuses.

use super::*;

#[must_use]
fn refuse(script: &mut Script, leg: Leg, status: i64, reason: &str) -> Vec<String> {
    let msg_type = if leg == Leg::Signaling { 2 } else { 4 };
    script.message(leg, &format!(r#"{{"msg_type":{msg_type},"status_code":{status},"reason":"{reason}"}}"#))
}

/// Lets Zoom answer every handshake for sound like this until the machine gives up; what it says then, 62 s later.
fn until_refused(script: &mut Script, answer: &str) -> Vec<String> {
    let since = script.now_ms;
    loop {
        script.opened(Leg::Audio);
        assert_eq!(script.message(Leg::Audio, answer), ["close audio"]);
        let outputs = script.stir(&[Leg::Signaling, Leg::Chat]);
        if outputs != [OPEN_AUDIO] {
            assert_eq!(script.now_ms, since + 62_000);
            return outputs;
        }
    }
}

/// C6, §5.3, §19.
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

/// C6: every documented status of the signaling handshake.
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

/// C6, C8, §5.3: 1.5 s × 2^n three times, then the usual cadence.
#[test]
fn a_connection_not_released_yet_is_waited_for_three_times_and_then_tried_as_usual() {
    let (mut script, _) = Script::begin(config(&[Leg::Audio]));
    let mut attempts = Vec::new();
    let end = loop {
        script.opened(Leg::Signaling);
        assert_eq!(refuse(&mut script, Leg::Signaling, 45, "Duplicate signal request"), ["close signaling"]);
        let outputs = script.wake();
        if outputs.is_empty() {
            assert_eq!(script.now_ms, 57_000);
            break script.wake();
        }
        attempts.push(script.now_ms);
    };
    assert_eq!(attempts[..3], [1_500, 4_500, 10_500]);
    let pauses: Vec<u64> = attempts[2..].windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(pauses.iter().all(|ms| (2_400..=3_600).contains(ms)), "{pauses:?}");
    assert!((55_000..=57_000).contains(attempts.last().expect("attempts")), "to the end of the window");
    assert_eq!(script.now_ms, 157_000, "and as long as a notice may come");
    assert!(end[1].starts_with("end failed zoom_rtms_duplicate_signal_request The signaling connection"), "{end:?}");
}

/// §15.1.
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

/// §6.4.
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
    assert_eq!(refuse(&mut script, Leg::Audio, 18, "parameters"), again);
    assert_eq!(asked(&script.opened(Leg::Audio)), (None, None, None), "the server's defaults are the last resort");
    assert_eq!(
        refuse(&mut script, Leg::Audio, 20, "rate"),
        [
            "close audio",
            r#"{"control":"leg_refused","leg":"audio","status":20,"code":"zoom_rtms_invalid_audio_sample_rate","reason":"Zoom does not accept the sample rate; other formats are tried, and if none is taken, report it with the log (status 20, \"rate\")"}"#,
        ]
    );
    let frame = script.message(Leg::Video, r#"{"msg_type":15,"content":{"user_id":8,"timestamp":1,"data":"AAAA"}}"#);
    assert_eq!(frame, ["media video/8 1 000000"], "the other kinds go on");
}

/// §7.3.
#[test]
fn a_shared_screen_is_asked_for_as_wanted_and_as_jpeg_where_that_is_refused() {
    for (want, codec, fps) in [(ShareWant::H264, 7, 25), (ShareWant::Png, 6, 1)] {
        let mut wanted = config(&[Leg::Audio, Leg::Share]);
        wanted.want.share = want;
        let (mut script, _) = Script::begin(wanted);
        script.join(&[Leg::Audio]);
        let asked = |outputs: &[String]| {
            let message = outputs[0].strip_prefix("send share ").expect("a handshake");
            let message: serde_json::Value = serde_json::from_str(message).expect("JSON");
            let share = &message["media_params"]["deskshare"];
            (share["codec"].as_i64(), share["fps"].as_i64())
        };
        assert_eq!(asked(&script.opened(Leg::Share)), (Some(codec), Some(fps)));
        let limit = 8 << 20;
        let again = ["close share".to_owned(), format!("open share wss://m.zoom.us/share {limit}")];
        assert_eq!(refuse(&mut script, Leg::Share, 33, "codec"), again);
        assert_eq!(asked(&script.opened(Leg::Share)), (Some(5), Some(1)));
    }
}

#[test]
fn a_kind_that_is_not_allowed_stays_away_even_after_a_reconnect() {
    let mut script = Script::running(&[Leg::Audio, Leg::Chat]);
    nothing(script.live_until(20_000, &[Leg::Signaling, Leg::Audio, Leg::Chat]));
    whatever(script.closed(Leg::Chat, Close::Broken));
    script.opened(Leg::Chat);
    let outputs = refuse(&mut script, Leg::Chat, 13, "");
    assert!(outputs.iter().any(|output| output.contains(r#""leg_refused","leg":"chat","status":13"#)), "{outputs:?}");
    nothing(script.live_until(60_000, &[Leg::Signaling, Leg::Audio]));
    whatever(script.closed(Leg::Signaling, Close::Broken));
    let outputs = script.join(&[Leg::Audio]);
    assert!(!outputs.iter().any(|output| output.starts_with("open chat")), "{outputs:?}");
}

/// §6.4: an answer that names what nobody knows is one to that offer; the next may get a better one, and the last is the end.
#[test]
fn an_echo_that_cannot_be_read_gives_way_to_the_next_offer() {
    for echo in [r#""codec":0"#, r#""codec":9"#, r#""sample_rate":4"#, r#""send_rate":0"#, r#""send_rate":1001"#] {
        let unreadable = format!(r#"{{"msg_type":4,"status_code":0,"media_params":{{"audio":{{{echo}}}}}}}"#);
        let (mut script, _) = Script::begin(config(&[Leg::Audio, Leg::Video]));
        script.join(&[Leg::Video]);
        script.opened(Leg::Audio);
        assert_eq!(script.message(Leg::Audio, &unreadable), ["close audio", OPEN_AUDIO], "{echo}");
        assert!(script.opened(Leg::Audio)[0].contains(r#""codec":1"#), "{echo}");
        let ready = script.message(Leg::Audio, TAKEN);
        assert!(ready[0].contains(r#""leg_ready","leg":"audio","format":{"audio":{"codec":"l16""#), "{ready:?}");

        let (mut script, _) = Script::begin(config(&[Leg::Audio, Leg::Video]));
        script.join(&[Leg::Video]);
        for _ in 0..3 {
            script.opened(Leg::Audio);
            assert_eq!(script.message(Leg::Audio, &unreadable).len(), 2, "{echo}");
        }
        script.opened(Leg::Audio);
        let refused = script.message(Leg::Audio, &unreadable);
        assert!(refused[1].contains(r#""leg_refused","leg":"audio","status":null"#), "{echo}: {refused:?}");
    }
}

/// §6.5: payloads that are encrypted although nobody asked are of no use, as long as that lasts.
#[test]
fn encrypted_payloads_are_asked_for_again_until_the_window_ends() {
    let (mut script, _) = Script::begin(config(&[Leg::Audio, Leg::Chat]));
    script.join(&[Leg::Chat]);
    let outputs = until_refused(&mut script, r#"{"msg_type":4,"status_code":0,"payload_encrypted":true}"#);
    assert_eq!(
        outputs,
        [
            r#"{"control":"leg_refused","leg":"audio","status":null,"code":"zoom_rtms_no_media","reason":"Zoom encrypts the payloads, which was not asked for"}"#
        ]
    );
}

#[test]
fn when_every_kind_is_refused_the_capture_fails() {
    let (mut script, _) = Script::begin(config(&[Leg::Chat]));
    script.join(&[]);
    script.opened(Leg::Chat);
    let outputs = refuse(&mut script, Leg::Chat, 13, "");
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

/// D9: where the policy forbids one of several addresses, the next one is tried at once.
#[test]
fn behind_an_address_that_the_policy_refuses_the_next_one_is_tried() {
    let notice = StartNotice::direct(UUID, STREAM, "wss://evil.example,wss://two.zoom.us,wss://three.zoom.us");
    let server_urls = SessionConfig::new(&notice.expect("a notice"), "", Secret::new(String::new())).server_urls;
    let (mut script, _) = Script::begin(SessionConfig { server_urls, ..config(&[Leg::Audio]) });
    let forbidden = || Close::Unreachable {
        code: "address_host_not_allowed",
        message: "It is not dialled.".to_owned(),
        permanent: true,
    };
    assert_eq!(script.closed(Leg::Signaling, forbidden()), ["open signaling wss://two.zoom.us 1048576"]);
    assert_eq!(script.closed(Leg::Signaling, forbidden()), ["open signaling wss://three.zoom.us 1048576"]);
    let end = script.closed(Leg::Signaling, forbidden());
    assert!(end[1].starts_with("end failed address_host_not_allowed It is not dialled."), "{end:?}");
}

/// C6, §6.4: each documented status of a media handshake drops that kind, gives way, or tries again; the others go on.
#[test]
fn every_documented_refusal_of_media_touches_that_kind_alone() {
    for status in 1..=48 {
        let (mut script, _) = Script::begin(config(&[Leg::Audio, Leg::Chat]));
        script.join(&[Leg::Chat]);
        script.opened(Leg::Audio);
        let outputs = refuse(&mut script, Leg::Audio, status, "");
        let refused = format!(r#"{{"control":"leg_refused","leg":"audio","status":{status},"#);
        match status {
            1..=8 | 15 | 16 | 40..=42 | 44 | 45 | 47 | 48 => {
                assert_eq!(outputs, ["close audio"], "{status}");
                assert!(script.wake_ms().is_some_and(|ms| ms >= 200), "{status}: no tight loop");
            }
            14 | 17..=39 | 43 | 46 => assert_eq!(outputs, ["close audio", OPEN_AUDIO], "{status}"),
            _ => {
                assert_eq!(outputs[0], "close audio");
                assert!(outputs.len() == 2 && outputs[1].starts_with(&refused), "{status}: {outputs:?}");
            }
        }
        let chat = script.message(Leg::Chat, r#"{"msg_type":18,"content":{"timestamp":1767225607000,"data":"Hi"}}"#);
        assert_eq!(chat.len(), 1, "{status}");
    }
}

/// §6.4 status 47: Zoom has no key for the chat yet; it is asked again every 30 s, declared once, and given up some day.
#[test]
fn chat_without_a_key_is_tried_again_later() {
    let open = "open chat wss://m.zoom.us/chat 1048576";
    let (mut script, _) = Script::begin(config(&[Leg::Audio, Leg::Chat]));
    script.join(&[Leg::Audio]);
    let alive = [Leg::Signaling, Leg::Audio];
    script.opened(Leg::Chat);
    let outputs = refuse(&mut script, Leg::Chat, 47, "");
    assert_eq!(outputs[0], "close chat");
    assert!(outputs[1].starts_with(r#"{"control":"leg_refused","leg":"chat","status":47"#), "{outputs:?}");
    for round in 1..20 {
        nothing(script.live_until(round * 30_000 - 1, &alive));
        assert_eq!(script.live_until(round * 30_000, &alive), [open]);
        script.opened(Leg::Chat);
        assert_eq!(refuse(&mut script, Leg::Chat, 47, ""), ["close chat"], "declared once");
        assert_eq!(script.message(Leg::Signaling, INTERRUPTED), ["ping audio"], "and not hurried by what is no key");
        nothing(script.input(Input::Heard(Leg::Audio)));
    }
    assert_eq!(script.live_until(600_000, &alive), [open]);
    script.opened(Leg::Chat);
    let outputs = refuse(&mut script, Leg::Chat, 47, "");
    assert!(outputs[1].starts_with(r#"{"control":"leg_refused","leg":"chat","status":47"#), "{outputs:?}");
    assert_eq!(script.live_until(script.now_ms + 120_000, &alive), Vec::<String>::new(), "that was the last time");

    let (mut script, _) = Script::begin(config(&[Leg::Chat]));
    script.join(&[]);
    script.opened(Leg::Chat);
    whatever(refuse(&mut script, Leg::Chat, 47, ""));
    assert_eq!(script.live_until(30_000, &[Leg::Signaling]), [open], "chat alone is worth the wait");
    script.opened(Leg::Chat);
    assert_eq!(script.message(Leg::Chat, TAKEN)[0], r#"{"control":"leg_ready","leg":"chat","format":null}"#);
    nothing(script.live_until(40_000, &[Leg::Signaling, Leg::Chat]));
    whatever(script.closed(Leg::Chat, Close::Broken));
    script.opened(Leg::Chat);
    let outputs = refuse(&mut script, Leg::Chat, 47, "");
    assert!(
        outputs[1].starts_with(r#"{"control":"leg_refused","leg":"chat","status":47"#),
        "missing again: {outputs:?}"
    );
}

/// §6.4 status 47: while chat waits for its key it is worth the capture, and its window begins with the attempt that then fails.
#[test]
fn chat_that_waits_for_its_key_keeps_the_capture_and_has_its_window_before_it() {
    let alive = [Leg::Signaling];
    let mut script = Script::running(&[Leg::Audio, Leg::Chat]);
    nothing(script.live_until(10_000, &[Leg::Signaling, Leg::Audio, Leg::Chat]));
    whatever(script.closed(Leg::Chat, Close::Broken));
    script.opened(Leg::Chat);
    whatever(refuse(&mut script, Leg::Chat, 47, ""));
    whatever(script.closed(Leg::Audio, unreachable()));
    while script.now_ms < 40_000 {
        nothing(script.closed(Leg::Audio, unreachable()));
        whatever(script.stir(&alive));
    }
    nothing(script.closed(Leg::Chat, unreachable()));
    let mut given_up = Vec::new();
    while given_up.len() < 2 {
        nothing(script.closed(Leg::Audio, unreachable()));
        nothing(script.closed(Leg::Chat, unreachable()));
        let outputs = script.stir(&alive);
        if outputs[0].contains("leg_refused") {
            given_up.push(script.now_ms);
            let is_over = outputs.iter().any(|output| output.starts_with("end"));
            assert_eq!(is_over, given_up.len() == 2, "{outputs:?}");
        }
    }
    assert_eq!(given_up, [72_000, 102_000], "62 s after each was lost for good");

    let mut script = Script::running(&[Leg::Audio, Leg::Chat]);
    nothing(script.live_until(10_000, &[Leg::Signaling, Leg::Audio, Leg::Chat]));
    whatever(script.closed(Leg::Audio, Close::Broken));
    while script.now_ms < 60_000 {
        nothing(script.closed(Leg::Audio, unreachable()));
        whatever(script.stir(&[Leg::Signaling, Leg::Chat]));
    }
    whatever(script.closed(Leg::Chat, Close::Broken));
    script.opened(Leg::Chat);
    whatever(refuse(&mut script, Leg::Chat, 47, ""));
    let key_due_ms = script.now_ms + 30_000;
    while script.now_ms < 72_000 {
        nothing(script.closed(Leg::Audio, unreachable()));
        let outputs = script.stir(&alive);
        assert!(!outputs.iter().any(|output| output.starts_with("end")), "{outputs:?}");
    }
    nothing(script.live_until(key_due_ms - 1, &alive));
    assert_eq!(script.live_until(key_due_ms, &alive), ["open chat wss://m.zoom.us/chat 1048576"]);
}

/// §6.4 status 14 and 17-39: the next offer, then the server's defaults, then the kind is dropped.
#[test]
fn parameters_end_with_the_servers_defaults() {
    for (leg, offers) in [(Leg::Video, 3), (Leg::Share, 2), (Leg::Transcript, 2), (Leg::Chat, 2)] {
        for status in [14, 17, 37, 43, 46] {
            let (mut script, _) = Script::begin(config(&[Leg::Audio, leg]));
            script.join(&[Leg::Audio]);
            for _ in 1..offers {
                assert!(script.opened(leg)[0].contains(r#""media_params":{"#), "{leg}");
                assert_eq!(refuse(&mut script, leg, status, "").len(), 2);
            }
            assert!(!script.opened(leg)[0].contains("media_params"), "{leg}");
            let outputs = refuse(&mut script, leg, status, "");
            assert!(outputs[1].starts_with(&format!(r#"{{"control":"leg_refused","leg":"{leg}""#)), "{outputs:?}");
        }
    }
    let (mut script, _) = Script::begin(config(&[Leg::Video]));
    script.join(&[]);
    for _ in 0..2 {
        script.opened(Leg::Video);
        whatever(refuse(&mut script, Leg::Video, 30, ""));
    }
    script.opened(Leg::Video);
    let ready = r#"{"control":"leg_ready","leg":"video","format":{"video":"jpeg"}}"#;
    assert_eq!(script.message(Leg::Video, TAKEN)[0], ready, "what the server sends unasked");
}
