//! Every way to the end.

use super::*;

const TERMINATED: &str = r#"{"msg_type":8,"state":4,"reason":6,"timestamp":1767229199800}"#;
const MEETING_ENDED: [&str; 2] = [
    r#"{"control":"ended","code":"zoom_rtms_meeting_ended","cut_short":false,"stop_reason":6,"at":1767229199800}"#,
    "end ended zoom_rtms_meeting_ended The meeting ended; what was received is complete (stop reason 6).",
];

/// §10.3.
#[test]
fn what_is_still_on_its_way_is_kept_after_the_end() {
    let mut script = Script::running(&[Leg::Audio, Leg::Video]);
    assert_eq!(script.at(1_000).message(Leg::Signaling, TERMINATED), Vec::<String>::new());
    assert_eq!(script.wake_ms(), Some(3_000));
    assert_eq!(script.message(Leg::Audio, &sound(7, 5)), ["media audio/7 5 000102"]);
    assert_eq!(script.closed(Leg::Audio, Close::Peer(Some(1000))), Vec::<String>::new());
    assert_eq!(
        script.closed(Leg::Video, Close::Peer(Some(1000))),
        ["close signaling", MEETING_ENDED[0], MEETING_ENDED[1]],
        "the last one to close ends the wait"
    );
}

#[test]
fn an_end_whose_connections_stay_open_is_made_after_two_seconds() {
    let mut script = Script::running(&[Leg::Audio]);
    nothing(script.at(1_000).message(Leg::Signaling, TERMINATED));
    assert_eq!(script.timeout(3_000), ["close signaling", "close audio", MEETING_ENDED[0], MEETING_ENDED[1]]);
    assert_eq!(script.wake_ms(), None);
}

/// §10.3, §5.5, §19: many leaves at the end.
#[test]
fn an_announced_end_stops_repairs_and_means_nobody_in_particular_left() {
    let mut script = Script::running(&[Leg::Audio]);
    let join = r#"{"msg_type":6,"event":{"event_type":3,"timestamp":1767225603010,"participants":[{"user_id":7},{"user_id":8}]}}"#;
    whatever(script.message(Leg::Signaling, join));
    nothing(
        script.at(1_000).message(Leg::Signaling, r#"{"msg_type":8,"state":3,"reason":6,"timestamp":1767229199700}"#),
    );
    assert_eq!(script.wake_ms(), Some(15_000), "silence is found out all the same");
    let leave = r#"{"msg_type":6,"event":{"event_type":4,"timestamp":1767229199750,"participants":[{"user_id":7},{"user_id":8}]}}"#;
    assert_eq!(script.message(Leg::Signaling, leave), Vec::<String>::new());
    assert_eq!(script.closed(Leg::Audio, Close::Broken), Vec::<String>::new(), "no reconnect");
    assert_eq!(script.message(Leg::Signaling, TERMINATED), ["close signaling", MEETING_ENDED[0], MEETING_ENDED[1]]);
}

#[test]
fn an_announced_end_that_never_comes_is_made_by_a_timer_or_by_the_close() {
    let announced = r#"{"msg_type":8,"state":3,"reason":6,"timestamp":1767229199800}"#;
    let mut script = Script::running(&[Leg::Audio]);
    nothing(script.message(Leg::Signaling, announced));
    nothing(script.closed(Leg::Audio, Close::Peer(Some(1000))));
    assert_eq!(script.live_until(29_999, &[Leg::Signaling]), Vec::<String>::new());
    assert_eq!(script.timeout(30_000), ["close signaling", MEETING_ENDED[0], MEETING_ENDED[1]]);
    let mut script = Script::running(&[Leg::Audio]);
    nothing(script.message(Leg::Signaling, announced));
    nothing(script.closed(Leg::Audio, Close::Peer(Some(1000))));
    assert_eq!(script.closed(Leg::Signaling, Close::Peer(Some(1000))), MEETING_ENDED);
}

#[test]
fn the_stop_of_the_other_road_ends_it_and_what_signaling_adds_is_kept() {
    let mut script = Script::running(&[Leg::Audio]);
    nothing(script.at(1_000).ask(Ask::Stopped { reason: None }));
    nothing(script.message(Leg::Signaling, TERMINATED));
    let outputs = script.timeout(3_000);
    assert_eq!(
        outputs[2],
        r#"{"control":"ended","code":"zoom_rtms_meeting_ended","cut_short":false,"stop_reason":6,"at":1767229199800}"#
    );
    let (mut script, _) = Script::begin(config(&[Leg::Audio]));
    let outputs = script.ask(Ask::Stopped { reason: Some(18) });
    assert!(
        outputs.last().is_some_and(|end| end.starts_with("end failed zoom_rtms_authentication_failure")),
        "{outputs:?}"
    );
}

/// §5.9.
#[test]
fn a_wish_to_stop_is_told_to_zoom_and_its_answer_awaited() {
    let close = format!(r#"send signaling {{"msg_type":21,"rtms_stream_id":"{STREAM}"}}"#);
    let ended = "end ended zoom_rtms_receiver_request_close We asked Zoom to end the stream; what was received until then is complete (stop reason 20).";
    let mut script = Script::running(&[Leg::Audio]);
    assert_eq!(script.at(1_000).ask(Ask::Stop), [close.as_str()]);
    assert_eq!(script.wake_ms(), Some(6_000));
    assert_eq!(script.message(Leg::Audio, &sound(7, 5)).last().map(String::as_str), Some("media audio/7 5 000102"));
    nothing(script.message(Leg::Signaling, r#"{"msg_type":22,"status_code":0}"#));
    assert_eq!(script.wake_ms(), Some(3_000));
    let outputs = script.closed(Leg::Audio, Close::Peer(Some(1000)));
    assert_eq!(outputs.last().map(String::as_str), Some(ended));

    let mut script = Script::running(&[Leg::Audio]);
    whatever(script.at(1_000).ask(Ask::Stop));
    assert_eq!(script.ask(Ask::Stop), Vec::<String>::new(), "once is enough");
    nothing(script.timeout(6_000));
    assert_eq!(script.timeout(8_000).last().map(String::as_str), Some(ended), "without an answer");

    let (mut script, _) = Script::begin(config(&[Leg::Audio]));
    assert_eq!(script.ask(Ask::Stop).last().map(String::as_str), Some(ended), "with nobody to tell");
}

/// §5.9, §10.3: a wish to stop ends every repair and whatever limit ran before, and what Zoom says of the end goes into the log.
#[test]
fn after_a_wish_to_stop_nothing_is_repaired_and_its_own_limit_counts() {
    let mut script = Script::running(&[Leg::Audio, Leg::Chat]);
    whatever(script.at(1_000).closed(Leg::Audio, Close::Broken));
    nothing(script.closed(Leg::Audio, unreachable()));
    assert!(script.wake_ms().is_some_and(|planned| planned < 1_400), "an attempt is due");
    whatever(script.ask(Ask::Stop));
    assert_eq!(script.wake_ms(), Some(6_000), "and is called off");

    let terminating = r#"{"msg_type":8,"state":3,"reason":6}"#;
    let mut script = Script::running(&[Leg::Audio]);
    nothing(script.message(Leg::Signaling, terminating));
    nothing(script.live_until(28_000, &[Leg::Signaling, Leg::Audio]));
    whatever(script.ask(Ask::Stop));
    assert_eq!(script.wake_ms(), Some(33_000), "not 30 s after the announcement");

    let ended = |at: &str| {
        format!(
            r#"{{"control":"ended","code":"zoom_rtms_receiver_request_close","cut_short":false,"stop_reason":6,"at":{at}}}"#
        )
    };
    for (told, at) in
        [(asked(Ask::Stopped { reason: Some(6) }), "null"), (said(Leg::Signaling, TERMINATED), "1767229199800")]
    {
        let mut script = Script::running(&[Leg::Audio]);
        whatever(script.at(1_000).ask(Ask::Stop));
        script.play(&[
            Line(2_000, told, &[], Wake::At(4_000)),
            Line(4_000, Do::Wake, &["close signaling", "close audio", &ended(at), "…"], Wake::Never),
        ]);
    }
}

/// §10.3: what is still on its way has its 2 s, no earlier limit cuts them short, nothing is repaired meanwhile, and that people
/// leave means nothing.
#[test]
fn while_the_last_media_is_awaited_nothing_else_happens() {
    let mut script = Script::running(&[Leg::Audio]);
    nothing(script.message(Leg::Signaling, r#"{"msg_type":8,"state":3,"reason":6}"#));
    nothing(script.live_until(29_000, &[Leg::Signaling, Leg::Audio]));
    nothing(script.message(Leg::Signaling, TERMINATED));
    assert_eq!(script.wake_ms(), Some(31_000), "not 30 s after the announcement");

    let mut script = Script::running(&[Leg::Audio, Leg::Chat]);
    let joined = r#"{"msg_type":6,"event":{"event_type":3,"timestamp":1767225603010,"participants":[{"user_id":7}]}}"#;
    whatever(script.message(Leg::Signaling, joined));
    whatever(script.at(1_000).closed(Leg::Audio, Close::Broken));
    nothing(script.closed(Leg::Audio, unreachable()));
    nothing(script.ask(Ask::Stopped { reason: Some(6) }));
    let left = r#"{"msg_type":6,"event":{"event_type":4,"timestamp":1767225604010,"participants":[{"user_id":7}]}}"#;
    nothing(script.message(Leg::Signaling, left));
    assert_eq!(script.wake_ms(), Some(3_000), "no attempt before");
}

/// §10.3: once the end is announced, a kind that stays away is not given up, nor do people leave because nobody announced them.
#[test]
fn after_the_end_was_announced_no_limit_of_before_passes() {
    let terminating = r#"{"msg_type":8,"state":3,"reason":6}"#;
    let alive = [Leg::Signaling, Leg::Chat];
    let mut script = Script::running(&[Leg::Audio, Leg::Chat]);
    nothing(script.live_until(10_000, &[Leg::Signaling, Leg::Audio, Leg::Chat]));
    whatever(script.closed(Leg::Audio, Close::Broken));
    while script.now_ms < 50_000 {
        nothing(script.closed(Leg::Audio, unreachable()));
        whatever(script.stir(&alive));
    }
    assert_eq!(script.message(Leg::Signaling, terminating), ["close audio"]);
    let announced_ms = script.now_ms;
    nothing(script.live_until(announced_ms + 29_999, &alive));

    let join = |id: i64| {
        format!(
            r#"{{"msg_type":6,"event":{{"event_type":3,"timestamp":1767225603010,"participants":[{{"user_id":{id}}}]}}}}"#
        )
    };
    let mut script = Script::running(&[Leg::Audio]);
    whatever(script.message(Leg::Signaling, &join(7)));
    whatever(script.at(10_000).closed(Leg::Signaling, Close::Broken));
    script.join(&[Leg::Audio]);
    whatever(script.message(Leg::Signaling, &join(8)));
    assert_eq!(script.wake_ms(), Some(15_000), "who is not announced by then has left");
    nothing(script.message(Leg::Signaling, terminating));
    nothing(script.live_until(24_999, &[Leg::Signaling, Leg::Audio]));
}

/// C9: what was skipped is declared before the end.
#[test]
fn what_was_skipped_last_is_declared_before_the_end() {
    let mut script = Script::running(&[Leg::Audio]);
    for _ in 0..3 {
        whatever(script.at(1_000).message(Leg::Audio, "no json"));
    }
    let outputs = script.ask(Ask::Suspend);
    let skipped = r#"{"control":"skipped","leg":"audio","code":"zoom_rtms_malformed_message","count":2}"#;
    assert!(outputs.iter().any(|output| output == skipped), "{outputs:?}");
}

/// §10.3, §20.15: a stream that is over is over, also if we are let go while its last media is awaited.
#[test]
fn letting_go_of_a_stream_that_is_over_keeps_its_end() {
    let mut script = Script::running(&[Leg::Audio]);
    nothing(script.message(Leg::Signaling, TERMINATED));
    assert_eq!(script.ask(Ask::Suspend), ["close signaling", "close audio", MEETING_ENDED[0], MEETING_ENDED[1]]);
}

/// §10.3: of two reasons the log has the one that says more, and any rather than none.
#[test]
fn the_log_has_the_reason_that_says_most() {
    for (first, second, logged) in [
        (Some(99), Some(6), 6),
        (Some(6), Some(99), 6),
        (None, Some(0), 0),
        (Some(0), Some(99), 99),
        (Some(6), Some(11), 6),
    ] {
        let mut script = Script::running(&[Leg::Audio]);
        nothing(script.at(1_000).ask(Ask::Stopped { reason: first }));
        nothing(script.ask(Ask::Stopped { reason: second }));
        let outputs = script.timeout(3_000);
        assert!(outputs[2].contains(&format!(r#""stop_reason":{logged},"#)), "{first:?} {second:?}: {outputs:?}");
    }
}

/// §20.15.
#[test]
fn letting_go_says_nothing_to_zoom_and_ends_nothing() {
    let mut script = Script::running(&[Leg::Audio]);
    assert_eq!(
        script.ask(Ask::Suspend),
        [
            "close signaling",
            "close audio",
            "end suspended suspended The capture was let go so that it can be taken up again.",
        ]
    );
    assert_eq!(script.message(Leg::Audio, &sound(7, 5)), Vec::<String>::new());
}

/// §10.2, C19.
#[test]
fn a_pause_keeps_the_capture_and_is_told_once() {
    let mut script = Script::running(&[Leg::Audio]);
    let mut say = |message: &str| script.message(Leg::Signaling, message);
    assert_eq!(
        say(r#"{"msg_type":9,"state":3,"timestamp":1767226000000}"#),
        [r#"{"at":1767226000000,"event":"paused"}"#]
    );
    assert_eq!(say(r#"{"msg_type":8,"state":5,"timestamp":1767226000001}"#), Vec::<String>::new());
    assert_eq!(
        say(r#"{"msg_type":8,"state":6,"timestamp":1767226010000}"#),
        [r#"{"at":1767226010000,"event":"resumed"}"#]
    );
    assert_eq!(say(r#"{"msg_type":9,"state":4,"timestamp":1767226010001}"#), Vec::<String>::new());
    assert_eq!(say(r#"{"msg_type":9,"state":5,"stop_reason":2}"#), Vec::<String>::new(), "a session is not the stream");
}

/// §10.3: the end is announced on a new connection before its handshake is answered; nothing is begun any more, and the
/// reason is kept.
#[test]
fn an_end_that_overtakes_the_answer_to_the_handshake_keeps_its_reason() {
    let mut script = Script::running(&[Leg::Audio]);
    whatever(script.at(10_000).closed(Leg::Signaling, Close::Broken));
    script.opened(Leg::Signaling);
    assert_eq!(script.message(Leg::Signaling, r#"{"msg_type":8,"state":3,"reason":6}"#), Vec::<String>::new());
    assert_eq!(script.message(Leg::Signaling, OFFER_ALL_KINDS), Vec::<String>::new());
    let outputs = script.message(Leg::Signaling, r#"{"msg_type":8,"state":4}"#);
    assert!(outputs.last().is_some_and(|end| end.starts_with("end ended zoom_rtms_meeting_ended ")), "{outputs:?}");
}

/// §10.3 "keep reading": media, text and keep-alives after the end was announced, until it comes.
#[test]
fn what_comes_after_the_end_was_announced_is_recorded() {
    let mut script = Script::running(&[Leg::Audio, Leg::Chat]);
    nothing(script.at(1_000).message(Leg::Signaling, r#"{"msg_type":8,"state":3,"reason":6}"#));
    nothing(script.live_until(20_000, &[Leg::Signaling, Leg::Audio, Leg::Chat]));
    assert_eq!(script.message(Leg::Audio, &sound(7, 5)), ["media audio/7 5 000102"]);
    let chat = script.message(Leg::Chat, r#"{"msg_type":18,"content":{"timestamp":1767225607000,"data":"Bye"}}"#);
    assert!(chat.len() == 1 && chat[0].contains(r#""event":"chat""#), "{chat:?}");
    let alive = r#"{"msg_type":12,"timestamp":1}"#;
    assert_eq!(script.message(Leg::Audio, alive), [r#"send audio {"msg_type":13,"timestamp":1}"#]);
    nothing(script.closed(Leg::Chat, Close::Peer(Some(1000))));
    nothing(script.message(Leg::Signaling, TERMINATED));
    assert_eq!(script.message(Leg::Audio, &sound(7, 25)), ["media audio/7 25 000102"]);
    let end = script.closed(Leg::Audio, Close::Peer(Some(1000)));
    assert_eq!(end[1..], MEETING_ENDED);
}
