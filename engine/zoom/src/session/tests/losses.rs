//! Connections that are lost and come back, or do not.

use super::*;

const LOST_AUDIO: &str = r#"{"control":"leg_lost","leg":"audio","cause":"connection_broken","ago_ms":0}"#;

/// C1, §11.2 scenario 3, §5.6.
#[test]
fn a_lost_media_connection_is_made_again_alone_and_at_once() {
    let mut script = Script::running(&[Leg::Audio, Leg::Video]);
    nothing(script.live_until(20_000, &[Leg::Signaling, Leg::Audio, Leg::Video]));
    assert_eq!(script.closed(Leg::Audio, Close::Broken), [LOST_AUDIO, OPEN_AUDIO]);
    script.opened(Leg::Audio);
    let ready = script.message(Leg::Audio, r#"{"msg_type":4,"status_code":0}"#);
    assert!(ready[0].starts_with(r#"{"control":"leg_ready","leg":"audio""#), "{ready:?}");
    assert!(ready[1].starts_with(r#"send signaling {"msg_type":7"#), "media flows only after another ready");
    let frame = script.message(Leg::Video, r#"{"msg_type":15,"content":{"user_id":8,"timestamp":1,"data":"AAAA"}}"#);
    assert_eq!(frame, ["media video/8 1 000000"]);
}

/// Matrix §1, §11.3.
#[test]
fn attempts_follow_the_schedule_until_the_window_ends() {
    let mut script = Script::running(&[Leg::Audio, Leg::Video]);
    nothing(script.live_until(20_000, &[Leg::Signaling, Leg::Audio, Leg::Video]));
    whatever(script.closed(Leg::Audio, Close::Broken));
    let mut delays = Vec::new();
    for _ in 0..7 {
        assert_eq!(script.closed(Leg::Audio, unreachable()), Vec::<String>::new());
        let before = script.now_ms;
        assert_eq!(script.stir(&[Leg::Signaling, Leg::Video]), [OPEN_AUDIO]);
        delays.push(script.now_ms - before);
    }
    for (delay, nominal) in delays.iter().zip([250, 500, 1_000, 2_000, 3_000, 3_000, 3_000]) {
        assert!((nominal * 8 / 10..=nominal * 12 / 10 + 1).contains(delay), "{delays:?}");
    }
    nothing(script.closed(Leg::Audio, unreachable()));
    let mut outputs = Vec::new();
    while !outputs.iter().any(|output: &String| output.contains("leg_refused")) {
        outputs = script.stir(&[Leg::Signaling, Leg::Video]);
        if outputs == [OPEN_AUDIO] {
            nothing(script.closed(Leg::Audio, unreachable()));
        }
    }
    assert_eq!(script.now_ms, 82_000, "62 s after the loss");
    assert_eq!(
        outputs,
        [
            r#"{"control":"leg_refused","leg":"audio","status":null,"code":"zoom_rtms_media_timeout","reason":"the audio connection did not come back within 62 s"}"#
        ]
    );
}

/// §10.3: the end may be told on another connection.
#[test]
fn a_clean_close_waits_a_moment_for_the_end_before_it_counts_as_a_loss() {
    let mut script = Script::running(&[Leg::Audio]);
    nothing(script.live_until(20_000, &[Leg::Signaling, Leg::Audio]));
    assert_eq!(script.closed(Leg::Audio, Close::Peer(Some(1000))), Vec::<String>::new());
    assert_eq!(
        script.at(20_010).message(Leg::Signaling, r#"{"msg_type":8,"state":4,"reason":6,"timestamp":1767225620000}"#),
        [
            "close signaling",
            r#"{"control":"ended","code":"zoom_rtms_meeting_ended","cut_short":false,"stop_reason":6,"at":1767225620000}"#,
            "end ended zoom_rtms_meeting_ended The meeting ended; what was received is complete (stop reason 6).",
        ]
    );
    let mut script = Script::running(&[Leg::Audio]);
    nothing(script.live_until(20_000, &[Leg::Signaling, Leg::Audio]));
    nothing(script.closed(Leg::Audio, Close::Peer(Some(1000))));
    let outputs = script.stir(&[Leg::Signaling]);
    assert!((20_200..=20_301).contains(&script.now_ms), "{}", script.now_ms);
    let ago_ms = script.now_ms - 20_000;
    assert_eq!(outputs, [&lost_before("audio", "zoom_rtms_closed_by_peer", ago_ms), OPEN_AUDIO]);
}

/// C1, C6: no tight loop.
#[test]
fn a_connection_that_never_holds_is_not_tried_in_a_tight_loop() {
    let mut script = Script::running(&[Leg::Audio]);
    nothing(script.live_until(20_000, &[Leg::Signaling, Leg::Audio]));
    let mut attempts = 0;
    while script.now_ms < 50_000 {
        let outputs = script.closed(Leg::Audio, Close::Broken);
        if !outputs.contains(&OPEN_AUDIO.to_owned()) {
            assert_eq!(script.stir(&[Leg::Signaling]).last().map(String::as_str), Some(OPEN_AUDIO));
        }
        attempts += 1;
        script.opened(Leg::Audio);
        whatever(script.message(Leg::Audio, r#"{"msg_type":4,"status_code":0}"#));
    }
    assert!((8..20).contains(&attempts), "{attempts} attempts in 30 s");
}

/// C2, §11.2 scenario 2.
#[test]
fn lost_signaling_takes_all_media_with_it_and_everything_is_made_again() {
    let mut script = Script::running(&[Leg::Audio, Leg::Chat]);
    nothing(script.live_until(20_000, &[Leg::Signaling, Leg::Audio, Leg::Chat]));
    assert_eq!(
        script.closed(Leg::Signaling, Close::Broken),
        [
            r#"{"control":"leg_lost","leg":"signaling","cause":"connection_broken","ago_ms":0}"#,
            r#"{"control":"leg_lost","leg":"audio","cause":"zoom_rtms_signaling_lost","ago_ms":0}"#,
            "close audio",
            r#"{"control":"leg_lost","leg":"chat","cause":"zoom_rtms_signaling_lost","ago_ms":0}"#,
            "close chat",
            "open signaling wss://two.zoom.us 1048576",
        ]
    );
    let outputs = script.join(&[Leg::Audio, Leg::Chat]);
    let starts = [
        "send signaling {\"buffer_data\"",
        r#"{"control":"leg_ready","leg":"signaling""#,
        r#"send signaling {"events""#,
        "open audio",
        "open chat",
        "send audio",
        r#"{"control":"leg_ready","leg":"audio""#,
        r#"send signaling {"msg_type":7"#,
        "send chat",
        r#"{"control":"leg_ready","leg":"chat""#,
        r#"send signaling {"msg_type":7"#,
    ];
    assert_eq!(outputs.len(), starts.len(), "{outputs:?}");
    assert!(outputs.iter().zip(starts).all(|(output, start)| output.starts_with(start)), "{outputs:?}");
}

/// §20.4, §21.5.14: 10 s for each handshake.
#[test]
fn a_handshake_without_an_answer_is_tried_again() {
    let (mut script, _) = Script::begin(config(&[Leg::Audio]));
    script.at(500).opened(Leg::Signaling);
    assert_eq!(script.timeout(10_500), ["close signaling"]);
    assert_eq!(script.wake(), ["open signaling wss://two.zoom.us 1048576"]);
    script.join(&[]);
    script.opened(Leg::Audio);
    let opened_at = script.now_ms;
    assert_eq!(script.timeout(opened_at + 10_000), ["close audio"]);
    assert_eq!(script.wake(), [OPEN_AUDIO], "it was never ready, so nothing was lost");
}

/// Matrix §1: any byte counts.
#[test]
fn messages_keep_a_connection_alive_without_moving_the_timer_each_time() {
    let mut script = Script::running(&[Leg::Audio]);
    for ms in (0..100_000).step_by(10_000) {
        let passed = script.pass_until(ms);
        assert_eq!(passed, Vec::<String>::new());
        whatever(script.message(Leg::Audio, &sound(7, NOTICE_MS)));
        whatever(script.message(Leg::Signaling, r#"{"msg_type":12}"#));
    }
}

/// C5, §2.6.
#[test]
fn a_new_address_drops_everything_and_is_dialled_at_once() {
    let mut script = Script::running(&[Leg::Audio]);
    assert_eq!(
        script.at(5_000).ask(Ask::Moved { url: "wss://three.zoom.us".to_owned() }),
        [
            "close signaling",
            r#"{"control":"leg_lost","leg":"signaling","cause":"zoom_rtms_moved","ago_ms":0}"#,
            r#"{"control":"leg_lost","leg":"audio","cause":"zoom_rtms_signaling_lost","ago_ms":0}"#,
            "close audio",
            "open signaling wss://three.zoom.us 1048576",
        ]
    );
    script.join(&[Leg::Audio]);
    assert_eq!(script.message(Leg::Audio, &sound(7, 1)).last().map(String::as_str), Some("media audio/7 1 000102"));
}
