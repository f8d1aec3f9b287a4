//! Somebody else wants the stream: C8, §18 row 9 in both modes.

use super::*;

const KICKED: Close = Close::Peer(Some(1000));
const ONE: &str = "open signaling wss://one.zoom.us 1048576";
const TWO: &str = "open signaling wss://two.zoom.us 1048576";
const ENDED: [&str; 2] = [
    r#"{"control":"ended","code":"zoom_rtms_evicted","cut_short":true,"stop_reason":null,"at":null}"#,
    "end failed zoom_rtms_evicted The signaling connection could not be made within 57 s. Zoom closed it twice in a row, as it does when another receiver connects to the same stream.",
];

/// Thrown out at 10 s, joined again, and thrown out again at 11 s; the window then counts from there.
fn evicted() -> Script {
    let mut script = Script::running(&[Leg::Audio]);
    assert_eq!(script.at(10_000).closed(Leg::Signaling, KICKED), Vec::<String>::new(), "it may be the end");
    assert_eq!(
        script.wake(),
        [
            &lost_before("signaling", "zoom_rtms_closed_by_peer", 273),
            &lost("audio", "zoom_rtms_signaling_lost"),
            "close audio",
            TWO
        ]
    );
    script.join(&[Leg::Audio]);
    let closed_by_peer = lost("signaling", "zoom_rtms_closed_by_peer");
    let audio_too = lost("audio", "zoom_rtms_signaling_lost");
    script.play(&[Line(
        11_000,
        closed(Leg::Signaling, KICKED),
        &[&closed_by_peer, &audio_too, "close audio"],
        Wake::At(68_000),
    )]);
    script
}

/// C8: at most one exchange, then nothing until somebody says that we are missed.
#[test]
fn whoever_is_thrown_out_twice_does_not_fight_back() {
    let mut script = evicted();
    script.play(&[Line(68_000, Do::Wake, &[], Wake::At(168_000)), Line(168_000, Do::Wake, &ENDED, Wake::Never)]);
}

/// C8: two receivers of the same stream change places once.
#[test]
fn two_owners_exchange_the_stream_once() {
    let mut script = Script::running(&[Leg::Audio]);
    // The other one comes back whenever it is thrown out, as an owner that never gives in.
    for round in 0..3 {
        let outputs = script.at(script.now_ms + 10).closed(Leg::Signaling, KICKED);
        if script.wake_ms().is_some_and(|at| at > script.now_ms + 50_000) {
            assert!(!outputs.iter().any(|output| output.starts_with("open")), "{outputs:?}");
            assert_eq!(round, 1);
            return;
        }
        whatever(script.wake());
        script.join(&[Leg::Audio]);
    }
    panic!("it goes on for ever");
}

/// C8, §2.6: a notice says that nobody holds the stream, and each brings one attempt.
#[test]
fn a_notice_ends_the_patience_of_the_evicted() {
    let mut script = evicted();
    script.play(&[Line(30_000, asked(Ask::Interrupted), &[ONE], Wake::At(68_000))]);
    script.join(&[Leg::Audio]);
    assert_eq!(script.live_until(120_000, &[Leg::Signaling, Leg::Audio]), Vec::<String>::new());
    let mut script = evicted();
    let moved = Ask::Moved { url: "wss://three.zoom.us".to_owned() };
    script.play(&[Line(30_000, asked(moved), &["open signaling wss://three.zoom.us 1048576"], Wake::At(87_000))]);
}

/// C8: long after the first time, a close is just a close.
#[test]
fn a_connection_that_held_for_a_minute_was_not_thrown_out_of_a_fight() {
    let mut script = Script::running(&[Leg::Audio]);
    nothing(script.live_until(10_000, &[Leg::Signaling, Leg::Audio]));
    nothing(script.closed(Leg::Signaling, KICKED));
    whatever(script.wake());
    script.join(&[Leg::Audio]);
    nothing(script.live_until(75_000, &[Leg::Signaling, Leg::Audio]));
    nothing(script.closed(Leg::Signaling, KICKED));
    let outputs = script.wake();
    assert!(outputs.iter().any(|output| output.starts_with("open signaling")), "{outputs:?}");
}

/// C8: of two closes, the second is a fight if it comes within 60 s of the first.
#[test]
fn a_close_is_remembered_for_a_minute() {
    for (second_ms, is_evicted) in [(69_999, true), (70_000, false)] {
        let mut script = Script::running(&[Leg::Audio]);
        nothing(script.live_until(10_000, &[Leg::Signaling, Leg::Audio]));
        nothing(script.closed(Leg::Signaling, KICKED));
        whatever(script.wake());
        script.join(&[Leg::Audio]);
        nothing(script.live_until(second_ms, &[Leg::Signaling, Leg::Audio]));
        let outputs = script.closed(Leg::Signaling, KICKED);
        assert_eq!(!outputs.is_empty(), is_evicted, "{second_ms}: {outputs:?}");
        assert_eq!(script.wake_ms().is_some_and(|at| at > second_ms + 50_000), is_evicted, "{second_ms}");
    }
}

/// C8 with C5: what happened on the old server says nothing about the new one.
#[test]
fn a_new_address_forgets_who_was_thrown_out() {
    let mut script = Script::running(&[Leg::Audio]);
    nothing(script.at(10_000).closed(Leg::Signaling, KICKED));
    whatever(script.ask(Ask::Moved { url: "wss://three.zoom.us".to_owned() }));
    script.join(&[Leg::Audio]);
    nothing(script.at(14_000).closed(Leg::Signaling, KICKED));
    assert_eq!(script.wake().last().map(String::as_str), Some("open signaling wss://three.zoom.us 1048576"));
}

/// C8 with C5: a new server that does not answer is no other receiver, and a new stream may do better.
#[test]
fn whoever_was_thrown_out_elsewhere_is_not_when_a_new_server_does_not_answer() {
    let mut script = evicted();
    let moved = Ask::Moved { url: "wss://three.zoom.us".to_owned() };
    script.play(&[
        Line(30_000, asked(moved), &["open signaling wss://three.zoom.us 1048576"], Wake::At(87_000)),
        Line(87_000, Do::Wake, &["close signaling"], Wake::At(187_000)),
        Line(
            187_000,
            Do::Wake,
            &["…", "end failed zoom_rtms_signaling_timeout The signaling connection could not be made within 57 s. Zoom did not answer. (may restart)"],
            Wake::Never,
        ),
    ]);
}

/// §5.3, §18.9: a connection that Zoom has not released yet is waited for, by number and by words; so is one for media.
#[test]
fn a_duplicate_is_waited_for_by_number_or_by_words_on_every_connection() {
    for (status, reason) in [(8, ""), (15, ""), (16, ""), (17, "Duplicate Signal Request"), (45, "duplicate")] {
        let (mut script, _) = Script::begin(config(&[Leg::Audio]));
        script.opened(Leg::Signaling);
        let answer = format!(r#"{{"msg_type":2,"status_code":{status},"reason":"{reason}"}}"#);
        script.play(&[Line(0, said(Leg::Signaling, &answer), &["close signaling"], Wake::At(1_500))]);
        assert_eq!(script.wake(), [TWO]);

        let mut script = Script::running(&[Leg::Audio]);
        whatever(script.at(5_000).closed(Leg::Audio, Close::Broken));
        for at in [6_500, 9_500, 15_500] {
            script.opened(Leg::Audio);
            let answer = format!(r#"{{"msg_type":4,"status_code":{status},"reason":"{reason}"}}"#);
            assert_eq!(script.message(Leg::Audio, &answer), ["close audio"], "{status}");
            assert_eq!(script.stir(&[Leg::Signaling]), [OPEN_AUDIO], "{status}");
            assert_eq!(script.now_ms, at, "{status}");
        }
    }
}

/// §5.3: whoever held a connection since begins to wait anew, on signaling and on every connection that hangs on it.
#[test]
fn the_patience_with_a_duplicate_begins_anew_once_a_connection_held() {
    let refuse = |script: &mut Script, leg: Leg, msg_type: u8| {
        script.opened(leg);
        whatever(script.message(leg, &format!(r#"{{"msg_type":{msg_type},"status_code":8}}"#)));
        script.wake_ms().expect("a plan") - script.now_ms
    };
    let (mut script, _) = Script::begin(config(&[Leg::Audio]));
    assert_eq!(refuse(&mut script, Leg::Signaling, 2), 1_500);
    whatever(script.wake());
    assert_eq!(refuse(&mut script, Leg::Signaling, 2), 3_000);
    whatever(script.wake());
    script.join(&[]);
    assert_eq!(refuse(&mut script, Leg::Audio, 4), 1_500);
    whatever(script.wake());
    whatever(script.closed(Leg::Signaling, Close::Broken));
    if script.wake_ms().is_some_and(|at| at < script.now_ms + 1_000) {
        whatever(script.wake());
    }
    assert_eq!(refuse(&mut script, Leg::Signaling, 2), 1_500);
    whatever(script.wake());
    script.join(&[]);
    assert_eq!(refuse(&mut script, Leg::Audio, 4), 1_500);
}

/// C8 with §18.9: against a server that answers status 8, the loser waits out the window instead of ending.
#[test]
fn against_a_server_that_refuses_the_second_connection_the_window_is_used_up() {
    let mut script = Script::running(&[Leg::Audio]);
    whatever(script.at(10_000).closed(Leg::Signaling, Close::Broken));
    while script.now_ms < 67_000 {
        script.opened(Leg::Signaling);
        whatever(script.message(Leg::Signaling, r#"{"msg_type":2,"status_code":8}"#));
        let outputs = script.wake();
        assert!(outputs.len() <= 1, "{outputs:?}");
    }
    assert_eq!((script.now_ms, script.wake_ms()), (67_000, Some(167_000)));
    let end = script.wake();
    assert!(end[1].starts_with("end failed zoom_rtms_duplicate_signal_request"), "{end:?}");
}
