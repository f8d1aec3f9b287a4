//! Every stop reason over every road, and every state (protocol §10.1, §10.3, §10.4, §14.3-14.5).

use super::*;

/// Stop reasons with what they come to: kind of the end, code, whether a new stream may do better.
const REASONS: [(i64, &str, &str, bool); 29] = [
    (0, "ended", "zoom_rtms_undefined", false),
    (1, "ended", "zoom_rtms_host_triggered", false),
    (2, "ended", "zoom_rtms_user_triggered", false),
    (3, "ended", "zoom_rtms_user_left", false),
    (4, "ended", "zoom_rtms_user_ejected", false),
    (5, "ended", "zoom_rtms_host_disabled_app", false),
    (6, "ended", "zoom_rtms_meeting_ended", false),
    (7, "ended", "zoom_rtms_stream_canceled", false),
    (8, "revoked", "zoom_rtms_stream_revoked", false),
    (9, "ended", "zoom_rtms_all_apps_disabled", false),
    (10, "failed", "zoom_rtms_internal_exception", true),
    (11, "failed", "zoom_rtms_connection_timeout", true),
    (12, "failed", "zoom_rtms_instance_interrupted", true),
    (13, "failed", "zoom_rtms_signaling_interrupted", true),
    (14, "failed", "zoom_rtms_media_interrupted", true),
    (15, "failed", "zoom_rtms_signaling_closed_abnormally", true),
    (16, "failed", "zoom_rtms_media_closed_abnormally", true),
    (17, "failed", "zoom_rtms_exit_signal", true),
    (18, "failed", "zoom_rtms_authentication_failure", false),
    (19, "failed", "zoom_rtms_reconnection_timeout", true),
    (20, "ended", "zoom_rtms_receiver_request_close", false),
    (21, "ended", "zoom_rtms_customer_disconnected", false),
    (22, "ended", "zoom_rtms_agent_disconnected", false),
    (23, "ended", "zoom_rtms_admin_disabled_app", false),
    (24, "failed", "zoom_rtms_keep_alive_timeout", true),
    (25, "ended", "zoom_rtms_manual_api_triggered", false),
    (26, "failed", "zoom_rtms_streaming_not_supported", false),
    (27, "ended", "zoom_rtms_unknown_stop_reason", false),
    (-5, "ended", "zoom_rtms_unknown_stop_reason", false),
];

/// The roads over which a stop is told.
fn roads(reason: i64) -> [Input; 4] {
    let message = |text: String| Input::Message(Leg::Signaling, Bytes::from(text));
    [
        Input::Command(Ask::Stopped { reason: Some(reason) }),
        message(format!(r#"{{"msg_type":8,"state":4,"reason":{reason},"timestamp":1767229199800}}"#)),
        message(format!(r#"{{"msg_type":8,"state":4,"stop_reason":"{reason}"}}"#)),
        message(format!(r#"{{"msg_type":20,"state":4,"reason":{reason},"timestamp":1767229199}}"#)),
    ]
}

/// §10.4, §14.5, §18.4, §18.14: each reason over each road gives its kind, code and advice.
#[test]
fn every_stop_reason_has_its_kind_its_code_and_its_advice() {
    for (reason, kind, code, may_restart) in REASONS {
        for road in roads(reason) {
            let mut script = Script::running(&[Leg::Audio]);
            let mut outputs = script.at(1_000).input(road);
            if kind != "revoked" {
                assert_eq!(outputs, Vec::<String>::new(), "{reason}: what is on its way is awaited");
                outputs = script.timeout(3_000);
            }
            let [close_signaling, close_audio, control, end] = outputs.as_slice() else {
                panic!("{reason}: {outputs:?}")
            };
            assert_eq!([close_signaling, close_audio], ["close signaling", "close audio"]);
            let cut_short = kind == "failed";
            let start =
                format!(r#"{{"control":"ended","code":"{code}","cut_short":{cut_short},"stop_reason":{reason},"at":"#);
            assert!(control.starts_with(&start), "{control}");
            assert!(end.starts_with(&format!("end {kind} {code} ")), "{reason}: {end}");
            assert_eq!(end.ends_with(" (may restart)"), may_restart, "{reason}: {end}");
            assert_eq!(script.wake_ms(), None);
        }
    }
}

/// §10.4, C20: withdrawn consent stops everything at once, by whatever message it is told and whatever else goes on.
#[test]
fn withdrawn_consent_ends_at_once_over_every_road_and_in_every_phase() {
    let message = |text: &str| Input::Message(Leg::Signaling, Bytes::from(text.to_owned()));
    let words = [
        message(r#"{"msg_type":8,"state":3,"reason":8}"#),
        message(r#"{"msg_type":8,"state":4,"stop_reason":8}"#),
        message(r#"{"msg_type":9,"state":5,"stop_reason":8,"rtms_session_id":"x"}"#),
        message(r#"{"msg_type":9,"state":5,"reason":"8"}"#),
        Input::Command(Ask::Stopped { reason: Some(8) }),
    ];
    let phases: [(&str, Option<Input>); 4] = [
        ("running", None),
        ("terminating", Some(message(r#"{"msg_type":8,"state":3,"reason":6}"#))),
        ("closing", Some(Input::Command(Ask::Stop))),
        ("draining", Some(message(r#"{"msg_type":8,"state":4,"reason":6}"#))),
    ];
    for word in words {
        for (phase, before) in phases.clone() {
            let mut script = Script::running(&[Leg::Audio]);
            if let Some(before) = before {
                whatever(script.input(before));
            }
            assert_eq!(
                script.input(word.clone()),
                [
                    "close signaling",
                    "close audio",
                    r#"{"control":"ended","code":"zoom_rtms_stream_revoked","cut_short":false,"stop_reason":8,"at":null}"#,
                    "end revoked zoom_rtms_stream_revoked Consent was withdrawn; what was received must be deleted, which happens by itself unless the app is configured otherwise (stop reason 8).",
                ],
                "{phase} {word:?}"
            );
            assert_eq!(script.message(Leg::Audio, &sound(7, 5)), Vec::<String>::new(), "not one frame more");
        }
    }
}

/// §10.3: withdrawn consent is heard while signaling is down as well.
#[test]
fn withdrawn_consent_is_heard_without_signaling() {
    let mut script = Script::running(&[Leg::Audio]);
    whatever(script.at(5_000).closed(Leg::Signaling, Close::Broken));
    let outputs = script.ask(Ask::Stopped { reason: Some(8) });
    assert!(outputs.last().is_some_and(|end| end.starts_with("end revoked")), "{outputs:?}");
}

/// §10.1: the states that are no end change what is told and nothing else; unknown ones change nothing.
#[test]
fn states_that_are_no_end_leave_the_capture_running() {
    let paused = r#""event":"paused"}"#;
    let resumed = r#""event":"resumed"}"#;
    let cases = [
        (8, 0, None),
        (8, 1, None),
        (8, 5, Some(paused)),
        (8, 6, Some(resumed)),
        (8, 7, None),
        (8, 99, None),
        (9, 0, None),
        (9, 1, None),
        (9, 2, None),
        (9, 3, Some(paused)),
        (9, 4, Some(resumed)),
        (9, 5, None),
        (9, 77, None),
        (11, 3, Some(paused)),
        (20, 6, Some(resumed)),
    ];
    let mut script = Script::running(&[Leg::Audio]);
    for (msg_type, state, told) in cases {
        let outputs = script.message(Leg::Signaling, &format!(r#"{{"msg_type":{msg_type},"state":{state}}}"#));
        match told {
            None => assert_eq!(outputs, Vec::<String>::new(), "{msg_type} {state}"),
            Some(told) => {
                assert!(outputs.len() == 1 && outputs[0].ends_with(told), "{msg_type} {state}: {outputs:?}");
            }
        }
    }
    assert_eq!(script.message(Leg::Audio, &sound(7, 5)).last().map(String::as_str), Some("media audio/7 5 000102"));
}

/// §10.1: a session may stop and another begin within one stream.
#[test]
fn a_second_session_of_a_stream_is_captured_like_the_first() {
    let mut script = Script::running(&[Leg::Audio]);
    nothing(script.message(Leg::Signaling, r#"{"msg_type":9,"state":5,"stop_reason":2,"rtms_session_id":"a"}"#));
    nothing(script.message(Leg::Signaling, r#"{"msg_type":9,"state":2,"rtms_session_id":"b"}"#));
    let joined = script.message(
        Leg::Signaling,
        r#"{"msg_type":6,"event":{"event_type":3,"timestamp":1767225603010,"participants":[{"user_id":7}]}}"#,
    );
    assert_eq!(joined.len(), 1);
    let left = script.message(
        Leg::Signaling,
        r#"{"msg_type":6,"event":{"event_type":4,"timestamp":1767225604010,"participants":[{"user_id":7}]}}"#,
    );
    assert!(left[0].contains(r#""event":"left""#), "people leave again one by one: {left:?}");
}

/// §10.1, §5.5: an end that did not come is none, whatever shows that: people leave one by one again.
#[test]
fn once_the_stream_is_taken_up_again_people_leave_one_by_one() {
    type Road = fn(&mut Script);
    let roads: [(&str, Road); 4] = [
        ("active", |script| nothing(script.message(Leg::Signaling, ALIVE))),
        ("reconnected", |script| {
            whatever(script.closed(Leg::Signaling, Close::Broken));
            script.join(&[Leg::Audio]);
        }),
        ("moved", |script| {
            whatever(script.ask(Ask::Moved { url: "wss://three.zoom.us".to_owned() }));
            script.join(&[Leg::Audio]);
        }),
        ("given up, announced to end, and reconnected", |script| {
            whatever(script.closed(Leg::Signaling, Close::Broken));
            script.opened(Leg::Signaling);
            whatever(script.message(Leg::Signaling, r#"{"msg_type":2,"status_code":2}"#));
            whatever(script.at(20_000).ask(Ask::Interrupted));
            script.opened(Leg::Signaling);
            nothing(script.message(Leg::Signaling, r#"{"msg_type":8,"state":3,"reason":13}"#));
            whatever(script.message(Leg::Signaling, OFFER_ALL_KINDS));
        }),
    ];
    let event = |event_type: i64, id: i64| {
        format!(r#"{{"msg_type":6,"event":{{"event_type":{event_type},"timestamp":1767225603010,"user_id":{id}}}}}"#)
    };
    for (road, take_up) in roads {
        let mut script = Script::running(&[Leg::Audio]);
        assert_eq!(script.message(Leg::Signaling, &event(3, 7)).len(), 1);
        assert_eq!(script.message(Leg::Signaling, &event(3, 8)).len(), 1);
        nothing(script.at(10_000).message(Leg::Signaling, r#"{"msg_type":9,"state":5,"stop_reason":6}"#));
        nothing(script.message(Leg::Signaling, &event(4, 7)));
        take_up(&mut script);
        let left = script.message(Leg::Signaling, &event(4, 8));
        assert!(left.len() == 1 && left[0].ends_with(r#""event":"left","id":8}"#), "{road}: {left:?}");
    }
    // While the end is under way, that the stream is still active changes nothing.
    let mut script = Script::running(&[Leg::Audio]);
    assert_eq!(script.message(Leg::Signaling, &event(3, 7)).len(), 1);
    nothing(script.message(Leg::Signaling, r#"{"msg_type":8,"state":3,"reason":6}"#));
    nothing(script.message(Leg::Signaling, ALIVE));
    nothing(script.message(Leg::Signaling, &event(4, 7)));
}

/// §10.3: the order of the final messages is not guaranteed; the first terminal fact decides, the rest adds to it.
#[test]
fn the_final_messages_may_come_in_any_order() {
    let session = r#"{"msg_type":9,"state":5,"stop_reason":6}"#;
    let terminating = r#"{"msg_type":8,"state":3,"reason":6}"#;
    let terminated = r#"{"msg_type":8,"state":4,"reason":6,"timestamp":1767229199800}"#;
    for order in [
        [session, terminating, terminated],
        [session, terminated, terminating],
        [terminating, session, terminated],
        [terminating, terminated, session],
        [terminated, session, terminating],
        [terminated, terminating, session],
    ] {
        let mut script = Script::running(&[Leg::Audio]);
        for message in order {
            assert_eq!(script.message(Leg::Signaling, message), Vec::<String>::new());
        }
        let outputs = script.closed(Leg::Audio, Close::Peer(Some(1000)));
        assert!(outputs[2].starts_with("end ended zoom_rtms_meeting_ended"), "{order:?}: {outputs:?}");
        assert!(outputs[1].ends_with(r#""stop_reason":6,"at":1767229199800}"#), "{outputs:?}");
    }
}

/// §19: teardown is idempotent; nothing that comes after the end has an effect.
#[test]
fn nothing_follows_the_end() {
    let mut script = Script::running(&[Leg::Audio]);
    whatever(script.ask(Ask::Stopped { reason: Some(8) }));
    for input in [
        Input::Command(Ask::Stop),
        Input::Command(Ask::Stopped { reason: Some(6) }),
        Input::Command(Ask::Interrupted),
        Input::Command(Ask::Moved { url: "wss://three.zoom.us".to_owned() }),
        Input::Command(Ask::Suspend),
        Input::Closed(Leg::Signaling, Close::Peer(Some(1000))),
        Input::Message(Leg::Audio, Bytes::from(sound(7, 5))),
    ] {
        assert_eq!(script.input(input.clone()), Vec::<String>::new(), "{input:?}");
    }
    assert_eq!(script.wake_ms(), None);
}

/// §10.4: whichever road tells a reason, and in whatever order, the one that says most counts.
#[test]
fn of_several_reasons_the_one_that_says_most_counts() {
    let state = |state: i64, reason: Option<i64>| {
        let reason = reason.map(|reason| format!(r#","reason":{reason}"#)).unwrap_or_default();
        Input::Message(Leg::Signaling, Bytes::from(format!(r#"{{"msg_type":8,"state":{state}{reason}}}"#)))
    };
    let stopped = |reason: Option<i64>| Input::Command(Ask::Stopped { reason });
    let keep_alive = "end failed zoom_rtms_keep_alive_timeout";
    let interrupted = "end failed zoom_rtms_signaling_interrupted";
    let meeting_ended = "end ended zoom_rtms_meeting_ended";
    for (words, expected) in [
        (vec![state(3, Some(24)), state(4, None)], keep_alive),
        (vec![state(3, Some(24)), stopped(None)], keep_alive),
        (vec![state(3, Some(24)), state(4, Some(0)), stopped(None)], keep_alive),
        (vec![state(3, None), state(3, Some(24)), stopped(Some(0))], keep_alive),
        (vec![state(4, None), stopped(Some(13))], interrupted),
        (vec![state(4, Some(0)), stopped(Some(13))], interrupted),
        (vec![stopped(None), state(4, Some(13))], interrupted),
        (vec![stopped(None), state(3, Some(13))], interrupted),
        (vec![state(4, Some(99)), stopped(Some(13))], interrupted),
        (vec![state(4, None), stopped(Some(6))], meeting_ended),
        // Of two that say as much, the one that came with the end, and of two ends the first.
        (vec![state(3, Some(24)), state(4, Some(6)), stopped(Some(13))], meeting_ended),
        (vec![state(3, Some(24)), stopped(Some(6)), state(4, Some(13))], meeting_ended),
        (vec![state(4, None), stopped(Some(99))], "end ended zoom_rtms_unknown_stop_reason"),
        // The end that we asked for is ours, whatever it is called there.
        (vec![Input::Command(Ask::Stop), stopped(Some(13))], "end ended zoom_rtms_receiver_request_close"),
    ] {
        let mut script = Script::running(&[Leg::Audio]);
        for word in &words {
            whatever(script.input(word.clone()));
        }
        let outputs = script.closed(Leg::Audio, Close::Broken);
        let end = outputs.last().expect("an end");
        assert!(end.starts_with(expected), "{words:?}: {end}");
        let may_restart = expected.starts_with("end failed");
        assert_eq!(end.ends_with(" (may restart)"), may_restart, "{words:?}: {end}");
        assert!(outputs[1].contains(&format!(r#""cut_short":{may_restart}"#)), "{words:?}: {outputs:?}");
    }
}
