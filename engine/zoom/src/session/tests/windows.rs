//! How long a loss is repaired, and what comes after that: the constants of the fault matrix, §1.

use super::*;

const OPEN_SIGNALING: [&str; 2] =
    ["open signaling wss://one.zoom.us 1048576", "open signaling wss://two.zoom.us 1048576"];
const GIVEN_UP: [&str; 2] = [
    r#"{"control":"ended","code":"connect_failed","cut_short":true,"stop_reason":null,"at":null}"#,
    "end failed connect_failed The signaling connection could not be made within 57 s. It cannot be reached. (may restart)",
];

/// Loses signaling at 10 s and lets every attempt fail until the machine gives up; how many there were.
fn exhaust(script: &mut Script) -> usize {
    whatever(script.at(10_000).closed(Leg::Signaling, Close::Broken));
    for attempt in 0.. {
        assert_eq!(script.closed(Leg::Signaling, unreachable()), Vec::<String>::new());
        let outputs = script.wake();
        if outputs.is_empty() {
            return attempt;
        }
        assert_eq!(outputs.len(), 1);
        assert!(OPEN_SIGNALING.contains(&outputs[0].as_str()), "{outputs:?}");
    }
    unreachable!("the window ends")
}

/// C2, C3, §10.3, §11.2 scenario 2: attempts to the end of the window, then a time in which only a notice helps.
#[test]
fn signaling_is_given_up_57_seconds_after_its_loss_and_ended_100_seconds_later() {
    let mut script = Script::running(&[Leg::Audio]);
    let attempts = exhaust(&mut script);
    assert_eq!(script.now_ms, 67_000, "57 s after the loss");
    assert!((17..=27).contains(&attempts), "{attempts} attempts");
    script.play(&[Line(167_000, Do::Wake, &GIVEN_UP, Wake::Never)]);
}

/// §10.3, I7: each of the three notices works while signaling is given up.
#[test]
fn after_signaling_was_given_up_a_notice_still_brings_the_stream_back() {
    for ask in [Ask::Interrupted, Ask::Moved { url: "wss://three.zoom.us".to_owned() }] {
        let mut script = Script::running(&[Leg::Audio]);
        exhaust(&mut script);
        let outputs = script.at(100_000).ask(ask);
        assert_eq!(outputs.len(), 1);
        assert!(outputs[0].starts_with("open signaling"), "{outputs:?}");
        script.join(&[Leg::Audio]);
        assert_eq!(script.message(Leg::Audio, &sound(7, 1)).last().map(String::as_str), Some("media audio/7 1 000102"));
        assert_eq!(script.live_until(200_000, &[Leg::Signaling, Leg::Audio]), Vec::<String>::new(), "and it stays");
    }
}

/// §10.3: the stop is a terminal fact at any time.
#[test]
fn after_signaling_was_given_up_a_stop_ends_it_at_once() {
    let mut script = Script::running(&[Leg::Audio]);
    exhaust(&mut script);
    script.play(&[Line(
        80_000,
        asked(Ask::Stopped { reason: Some(19) }),
        &[
            r#"{"control":"ended","code":"zoom_rtms_reconnection_timeout","cut_short":true,"stop_reason":19,"at":null}"#,
            "end failed zoom_rtms_reconnection_timeout …",
        ],
        Wake::Never,
    )]);
    let mut script = Script::running(&[Leg::Audio]);
    exhaust(&mut script);
    let outputs = script.ask(Ask::Stop);
    assert!(outputs[1].starts_with("end ended zoom_rtms_receiver_request_close"), "{outputs:?}");
}

/// C4: a notice in the grace brings an attempt, not a window.
#[test]
fn an_attempt_that_a_late_notice_brought_is_the_only_one_and_the_end_comes_when_it_would_have() {
    let mut script = Script::running(&[Leg::Audio]);
    exhaust(&mut script);
    let next = if script.session.url == 0 { OPEN_SIGNALING[0] } else { OPEN_SIGNALING[1] };
    script.play(&[
        Line(100_000, asked(Ask::Interrupted), &[next], Wake::At(167_000)),
        Line(100_001, closed(Leg::Signaling, unreachable()), &[], Wake::At(167_000)),
        Line(167_000, Do::Wake, &GIVEN_UP, Wake::Never),
    ]);
}

/// §5.3 with §10.3: an attempt that a late notice brought is not repeated by itself, however it fails.
#[test]
fn an_attempt_in_the_grace_is_not_repeated_whatever_the_answer() {
    for answer in [r#"{"msg_type":2,"status_code":8}"#, r#"{"msg_type":2,"status_code":45}"#] {
        let mut script = Script::running(&[Leg::Audio]);
        exhaust(&mut script);
        whatever(script.at(100_000).ask(Ask::Interrupted));
        script.play(&[
            Line(100_010, opened(Leg::Signaling), &["send signaling …"], Wake::At(110_010)),
            Line(100_020, said(Leg::Signaling, answer), &["close signaling"], Wake::At(167_000)),
        ]);
    }
}

/// C3: a stream that could never be joined waits for a notice as well; I7 bounds it. Another one would fare no better.
#[test]
fn a_stream_that_cannot_be_joined_ends_by_itself() {
    let (mut script, _) = Script::begin(config(&[Leg::Audio]));
    let mut outputs = Vec::new();
    while !outputs.iter().any(|output: &String| output.starts_with("end")) {
        nothing(script.closed(Leg::Signaling, unreachable()));
        outputs = script.wake();
    }
    let given_up = GIVEN_UP.map(|output| output.trim_end_matches(" (may restart)").to_owned());
    assert_eq!((script.now_ms, outputs), (157_000, given_up.to_vec()));
}

/// C1, C3: cuts within the aim and beyond it, up to the end of the window, resume.
#[test]
fn cuts_of_every_length_up_to_the_window_resume() {
    for cut_ms in [1_000, 5_000, 20_000, 24_000, 26_000, 40_000, 56_000] {
        for leg in [Leg::Audio, Leg::Signaling] {
            let mut script = Script::running(&[Leg::Audio, Leg::Chat]);
            let alive: &[Leg] = if leg == Leg::Audio { &[Leg::Signaling, Leg::Chat] } else { &[] };
            nothing(script.live_until(10_000, &[Leg::Signaling, Leg::Audio, Leg::Chat]));
            whatever(script.closed(leg, Close::Broken));
            while script.now_ms < 10_000 + cut_ms {
                nothing(script.closed(leg, unreachable()));
                let outputs = script.stir(alive);
                assert!(outputs.len() == 1 && outputs[0].starts_with(&format!("open {leg}")), "{outputs:?}");
            }
            assert!(script.now_ms < 10_000 + cut_ms + 3_601, "back within the cadence of 3 s");
            if leg == Leg::Signaling {
                script.join(&[Leg::Audio, Leg::Chat]);
            } else {
                script.opened(leg);
                whatever(script.message(leg, TAKEN));
            }
            let outputs = script.message(Leg::Audio, &sound(7, 1));
            assert_eq!(outputs.last().map(String::as_str), Some("media audio/7 1 000102"), "{leg} {cut_ms}");
        }
    }
}

/// C1: a kind that does not come back is reported, and the rest goes on.
#[test]
fn media_is_given_up_62_seconds_after_its_loss_and_the_rest_goes_on() {
    let mut script = Script::running(&[Leg::Audio, Leg::Chat]);
    let alive = [Leg::Signaling, Leg::Chat];
    nothing(script.live_until(10_000, &[Leg::Signaling, Leg::Audio, Leg::Chat]));
    whatever(script.closed(Leg::Audio, Close::Broken));
    let refused = loop {
        nothing(script.closed(Leg::Audio, unreachable()));
        let outputs = script.stir(&alive);
        if outputs != [OPEN_AUDIO] {
            break outputs;
        }
    };
    assert_eq!(script.now_ms, 72_000);
    assert_eq!(
        refused,
        [
            r#"{"control":"leg_refused","leg":"audio","status":null,"code":"zoom_rtms_media_timeout","reason":"the audio connection did not come back within 62 s"}"#
        ]
    );
    assert_eq!(script.live_until(200_000, &alive), Vec::<String>::new());
}

/// C1, C2: a kind that was given up is tried again on the next signaling connection, for a whole window.
#[test]
fn a_kind_that_was_given_up_gets_another_window_with_the_next_signaling() {
    let mut script = Script::running(&[Leg::Audio, Leg::Chat]);
    nothing(script.live_until(10_000, &[Leg::Signaling, Leg::Audio, Leg::Chat]));
    whatever(script.closed(Leg::Audio, Close::Broken));
    let give_up = |script: &mut Script| {
        loop {
            nothing(script.closed(Leg::Audio, unreachable()));
            let outputs = script.stir(&[Leg::Signaling, Leg::Chat]);
            if outputs != [OPEN_AUDIO] {
                assert!(outputs[0].contains(r#""leg_refused","leg":"audio""#), "{outputs:?}");
                return script.now_ms;
            }
        }
    };
    assert_eq!(give_up(&mut script), 72_000);
    nothing(script.live_until(100_000, &[Leg::Signaling, Leg::Chat]));
    whatever(script.closed(Leg::Signaling, Close::Broken));
    let outputs = script.join(&[Leg::Chat]);
    assert!(outputs.iter().any(|output| output == OPEN_AUDIO), "{outputs:?}");
    assert_eq!(give_up(&mut script), 162_000);
}

/// C1, I7: with the last kind the capture ends, and another stream may do better.
#[test]
fn when_the_last_kind_is_given_up_the_capture_ends() {
    let mut script = Script::running(&[Leg::Audio]);
    nothing(script.live_until(10_000, &[Leg::Signaling, Leg::Audio]));
    whatever(script.closed(Leg::Audio, Close::Broken));
    let end = loop {
        nothing(script.closed(Leg::Audio, unreachable()));
        let outputs = script.stir(&[Leg::Signaling]);
        if outputs != [OPEN_AUDIO] {
            break outputs;
        }
    };
    assert!(end[3].starts_with("end failed zoom_rtms_no_media No kind of media can be received: the audio"), "{end:?}");
    assert!(end[3].ends_with("(may restart)"), "{end:?}");
}

/// C4: a media window goes on over a loss of signaling, but media gets its attempt.
#[test]
fn the_window_of_media_is_not_made_longer_by_a_loss_of_signaling() {
    for (signaling_back_ms, given_up_ms) in [(30_000, 72_000), (66_000, 76_000)] {
        let mut script = Script::running(&[Leg::Audio, Leg::Chat]);
        nothing(script.live_until(10_000, &[Leg::Signaling, Leg::Audio, Leg::Chat]));
        whatever(script.closed(Leg::Audio, Close::Broken));
        whatever(script.at(10_100).closed(Leg::Signaling, Close::Broken));
        nothing(script.pass_until(signaling_back_ms));
        script.join(&[]);
        script.opened(Leg::Chat);
        whatever(script.message(Leg::Chat, TAKEN));
        while !script.closed(Leg::Audio, unreachable()).iter().any(|output| output.contains("leg_refused")) {
            let outputs = script.stir(&[Leg::Signaling, Leg::Chat]);
            if outputs.iter().any(|output| output.contains("leg_refused")) {
                break;
            }
        }
        assert_eq!(script.now_ms, given_up_ms);
    }
}

/// §11.3: the schedule begins anew once a connection has held.
#[test]
fn after_a_connection_held_the_first_attempt_is_immediate_again() {
    let mut script = Script::running(&[Leg::Audio]);
    for round in 1..5 {
        nothing(script.live_until(round * 10_000, &[Leg::Signaling, Leg::Audio]));
        assert_eq!(script.closed(Leg::Audio, Close::Broken), [&lost("audio", "connection_broken"), OPEN_AUDIO]);
        nothing(script.closed(Leg::Audio, unreachable()));
        assert_eq!(script.stir(&[Leg::Signaling]), [OPEN_AUDIO]);
        assert!(script.now_ms - round * 10_000 <= 301, "0.25 s, a fifth more or less");
        script.opened(Leg::Audio);
        whatever(script.message(Leg::Audio, TAKEN));
    }
}

/// §11.3: a connection that did not hold for 3 s was none, and the schedule goes on where it was.
#[test]
fn a_connection_that_holds_for_less_than_three_seconds_does_not_begin_the_schedule_anew() {
    for (held_ms, is_immediate) in [(2_999, false), (3_000, true)] {
        let mut script = Script::running(&[Leg::Audio]);
        nothing(script.live_until(10_000, &[Leg::Signaling, Leg::Audio]));
        assert_eq!(script.closed(Leg::Audio, Close::Broken), [&lost("audio", "connection_broken"), OPEN_AUDIO]);
        script.opened(Leg::Audio);
        whatever(script.message(Leg::Audio, TAKEN));
        let outputs = script.at(10_000 + held_ms).closed(Leg::Audio, Close::Broken);
        assert_eq!(outputs.iter().any(|output| output == OPEN_AUDIO), is_immediate, "{held_ms}: {outputs:?}");
        if !is_immediate {
            let outputs = script.wake();
            let ago_ms = script.now_ms - 12_999;
            assert!((200..=301).contains(&ago_ms), "0.25 s, a fifth more or less");
            assert_eq!(outputs, [&lost_before("audio", "connection_broken", ago_ms), OPEN_AUDIO]);
        }
    }
}

/// C3: outages after which Zoom has given the stream up: after 40 s by the older text's window, which Zoom says when it is
/// asked, after 70 s by anyone's, which only the other road says. What was received is kept, and another stream may do better.
#[test]
fn outages_beyond_what_zoom_waits_are_cut_short_and_may_restart() {
    for (outage_ms, stop_reason) in [(40_000, None), (40_000, Some(13)), (70_000, None), (70_000, Some(19))] {
        let mut script = Script::running(&[Leg::Audio]);
        whatever(script.at(10_000).closed(Leg::Signaling, Close::Broken));
        while script.now_ms < (10_000 + outage_ms).min(67_000) {
            nothing(script.closed(Leg::Signaling, unreachable()));
            whatever(script.wake());
        }
        if outage_ms < 57_000 {
            script.opened(Leg::Signaling);
            assert_eq!(script.message(Leg::Signaling, r#"{"msg_type":2,"status_code":2}"#), ["close signaling"]);
        }
        let given_up_ms = script.now_ms;
        nothing(script.at(10_000 + outage_ms.max(60_000)).ask(Ask::Watch { participant: None }));
        let outputs = match stop_reason {
            Some(reason) => script.ask(Ask::Stopped { reason: Some(reason) }),
            None => script.timeout(given_up_ms + 100_000),
        };
        assert!(outputs[0].contains(r#""cut_short":true"#), "{outage_ms}: {outputs:?}");
        assert!(outputs[1].ends_with(" (may restart)"), "{outage_ms}: {outputs:?}");
        nothing(script.ask(Ask::Interrupted));
    }
}
