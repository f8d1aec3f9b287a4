//! Every way to the end.

use super::*;

const TERMINATED: &str = r#"{"msg_type":8,"state":4,"reason":6,"timestamp":1767229199800}"#;
const MEETING_ENDED: [&str; 2] = [
    r#"{"control":"ended","code":"zoom_rtms_meeting_ended","cut_short":false,"stop_reason":6,"at":1767229199800}"#,
    "end ended zoom_rtms_meeting_ended The meeting ended (stop reason 6).",
];

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
    script.at(1_000).message(Leg::Signaling, TERMINATED);
    assert_eq!(script.timeout(3_000), ["close signaling", "close audio", MEETING_ENDED[0], MEETING_ENDED[1]]);
    assert_eq!(script.wake_ms(), None);
}

#[test]
fn an_announced_end_stops_repairs_and_means_nobody_in_particular_left() {
    let mut script = Script::running(&[Leg::Audio]);
    let join = r#"{"msg_type":6,"event":{"event_type":3,"timestamp":1767225603010,"participants":[{"user_id":7},{"user_id":8}]}}"#;
    script.message(Leg::Signaling, join);
    script.at(1_000).message(Leg::Signaling, r#"{"msg_type":8,"state":3,"reason":6,"timestamp":1767229199700}"#);
    assert_eq!(script.wake_ms(), Some(31_000));
    let leave = r#"{"msg_type":6,"event":{"event_type":4,"timestamp":1767229199750,"participants":[{"user_id":7},{"user_id":8}]}}"#;
    assert_eq!(script.message(Leg::Signaling, leave), Vec::<String>::new());
    assert_eq!(script.closed(Leg::Audio, Close::Broken), Vec::<String>::new(), "no reconnect");
    assert_eq!(script.message(Leg::Signaling, TERMINATED), ["close signaling", MEETING_ENDED[0], MEETING_ENDED[1]]);
}

#[test]
fn an_announced_end_that_never_comes_is_made_by_a_timer_or_by_the_close() {
    let announced = r#"{"msg_type":8,"state":3,"reason":6,"timestamp":1767229199800}"#;
    let mut script = Script::running(&[Leg::Audio]);
    script.message(Leg::Signaling, announced);
    script.closed(Leg::Audio, Close::Peer(Some(1000)));
    assert_eq!(script.timeout(30_000), ["close signaling", MEETING_ENDED[0], MEETING_ENDED[1]]);
    let mut script = Script::running(&[Leg::Audio]);
    script.message(Leg::Signaling, announced);
    script.closed(Leg::Audio, Close::Peer(Some(1000)));
    assert_eq!(script.closed(Leg::Signaling, Close::Peer(Some(1000))), MEETING_ENDED);
}

#[test]
fn the_stop_of_the_other_road_ends_it_and_what_signaling_adds_is_kept() {
    let mut script = Script::running(&[Leg::Audio]);
    script.at(1_000).ask(Ask::Stopped { reason: None });
    script.message(Leg::Signaling, TERMINATED);
    let outputs = script.timeout(3_000);
    assert_eq!(
        outputs[2],
        r#"{"control":"ended","code":"zoom_rtms_undefined","cut_short":false,"stop_reason":6,"at":1767229199800}"#
    );
    let (mut script, _) = Script::begin(config(&[Leg::Audio]));
    let outputs = script.ask(Ask::Stopped { reason: Some(18) });
    assert!(
        outputs.last().is_some_and(|end| end.starts_with("end failed zoom_rtms_authentication_failure")),
        "{outputs:?}"
    );
}

#[test]
fn a_wish_to_stop_is_told_to_zoom_and_its_answer_awaited() {
    let close = format!(r#"send signaling {{"msg_type":21,"rtms_stream_id":"{STREAM}"}}"#);
    let ended = "end ended zoom_rtms_receiver_request_close We asked Zoom to end the stream (stop reason 20).";
    let mut script = Script::running(&[Leg::Audio]);
    assert_eq!(script.at(1_000).ask(Ask::Stop), [close.as_str()]);
    assert_eq!(script.wake_ms(), Some(6_000));
    assert_eq!(script.message(Leg::Audio, &sound(7, 5)).last().map(String::as_str), Some("media audio/7 5 000102"));
    script.message(Leg::Signaling, r#"{"msg_type":22,"status_code":0}"#);
    assert_eq!(script.wake_ms(), Some(3_000));
    let outputs = script.closed(Leg::Audio, Close::Peer(Some(1000)));
    assert_eq!(outputs.last().map(String::as_str), Some(ended));

    let mut script = Script::running(&[Leg::Audio]);
    script.at(1_000).ask(Ask::Stop);
    assert_eq!(script.ask(Ask::Stop), Vec::<String>::new(), "once is enough");
    script.timeout(6_000);
    assert_eq!(script.timeout(8_000).last().map(String::as_str), Some(ended), "without an answer");

    let (mut script, _) = Script::begin(config(&[Leg::Audio]));
    assert_eq!(script.ask(Ask::Stop).last().map(String::as_str), Some(ended), "with nobody to tell");
}

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

#[test]
fn withdrawn_consent_has_a_code_of_its_own() {
    let mut script = Script::running(&[Leg::Audio]);
    script.message(Leg::Signaling, r#"{"msg_type":8,"state":4,"reason":8}"#);
    let outputs = script.wake();
    assert!(outputs.last().is_some_and(|end| end.starts_with("end ended zoom_rtms_stream_revoked")), "{outputs:?}");
}

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
