//! Streams that were held and are refused: what only fresh data from Zoom can change is waited for (protocol §5.3, §10.3,
//! §11.4).

use super::*;

const THREE: &str = "open signaling wss://three.zoom.us 1048576";
const TWO: &str = "open signaling wss://two.zoom.us 1048576";
/// Zoom does not know the stream.
const UNKNOWN: &str = r#"{"msg_type":2,"status_code":2}"#;
const UNKNOWN_END: [&str; 2] = [
    r#"{"control":"ended","code":"zoom_rtms_invalid_stream_id","cut_short":true,"stop_reason":null,"at":null}"#,
    "end failed zoom_rtms_invalid_stream_id Zoom does not know the stream, because it is over or belongs to another environment; start it again in the meeting, and send webhooks of one environment only here (status 2). (may restart)",
];

fn moved(host: &str) -> Ask {
    Ask::Moved { url: format!("wss://{host}.zoom.us") }
}

fn refused(status: i64) -> Do {
    said(Leg::Signaling, &format!(r#"{{"msg_type":2,"status_code":{status}}}"#))
}

/// A session that held its stream, lost signaling at 10 s, and is refused at once when it comes back.
fn forgotten() -> Script {
    let mut script = Script::running(&[Leg::Audio]);
    let broken = lost("signaling", "connection_broken");
    let audio_too = lost("audio", "zoom_rtms_signaling_lost");
    script.play(&[
        Line(
            10_000,
            closed(Leg::Signaling, Close::Broken),
            &[&broken, &audio_too, "close audio", TWO],
            Wake::At(67_000),
        ),
        Line(10_100, opened(Leg::Signaling), &["send signaling …"], Wake::At(20_100)),
        Line(10_200, refused(2), &["close signaling"], Wake::At(110_200)),
    ]);
    script
}

/// A session of a process that started again.
fn rejoining() -> Script {
    let (mut script, first) = Script::begin(SessionConfig { rejoins: true, ..config(&[Leg::Audio]) });
    assert_eq!(first, ["open signaling wss://one.zoom.us 1048576"]);
    script.opened(Leg::Signaling);
    script
}

fn frame(script: &mut Script) {
    let outputs = script.message(Leg::Audio, &sound(7, 1));
    assert_eq!(outputs.last().map(String::as_str), Some("media audio/7 1 000102"));
}

/// §5.3: nothing is attempted by itself, and without a notice the end comes, with Zoom's own words.
#[test]
fn a_stream_that_zoom_knows_no_longer_is_ended_when_no_notice_comes() {
    forgotten().play(&[Line(110_200, Do::Wake, &UNKNOWN_END, Wake::Never)]);
}

/// §5.3, C8: each permanent status waits likewise; a new stream helps where Zoom gave this one up, and nowhere else.
#[test]
fn every_permanent_refusal_of_a_repair_waits_and_only_an_unknown_stream_may_restart() {
    for status in (1..=7).chain([9, 17, 40]) {
        let mut script = Script::running(&[Leg::Audio]);
        whatever(script.at(10_000).closed(Leg::Signaling, Close::Broken));
        script.play(&[
            Line(10_000, opened(Leg::Signaling), &["send signaling …"], Wake::At(20_000)),
            Line(10_000, refused(status), &["close signaling"], Wake::At(110_000)),
        ]);
        let end = script.wake();
        let code = crate::codes::status(status).code;
        assert!(end[1].starts_with(&format!("end failed {code} ")), "{end:?}");
        assert_eq!(end[1].ends_with(" (may restart)"), status == 2, "{end:?}");
    }
}

/// §10.3, §11.2: each notice is fresh data: one attempt, a new address, or the end.
#[test]
fn a_notice_brings_a_refused_stream_back() {
    let mut script = forgotten();
    script.play(&[Line(
        60_000,
        asked(Ask::Interrupted),
        &["open signaling wss://one.zoom.us 1048576"],
        Wake::At(110_200),
    )]);
    script.join(&[Leg::Audio]);
    frame(&mut script);
    nothing(script.live_until(200_000, &[Leg::Signaling, Leg::Audio]));

    let mut script = forgotten();
    script.play(&[Line(60_000, asked(moved("three")), &[THREE], Wake::At(117_000))]);
    script.join(&[Leg::Audio]);
    frame(&mut script);

    let ended = r#"{"control":"ended","code":"zoom_rtms_meeting_ended","cut_short":false,"stop_reason":6,"at":null}"#;
    let stopped = asked(Ask::Stopped { reason: Some(6) });
    forgotten().play(&[Line(60_000, stopped, &[ended, "end ended zoom_rtms_meeting_ended …"], Wake::Never)]);
}

/// C4: an attempt that a notice brought and that is refused as well moves no deadline.
#[test]
fn refusals_of_attempts_that_notices_brought_do_not_move_the_deadline() {
    let mut script = forgotten();
    for at in [30_000, 60_000, 90_000] {
        script.play(&[
            Line(at, asked(Ask::Interrupted), &["open signaling …"], Wake::At(110_200)),
            Line(at + 10, opened(Leg::Signaling), &["send signaling …"], Wake::In(at + 10_010..=at + 10_010)),
            Line(at + 20, refused(2), &["close signaling"], Wake::At(110_200)),
        ]);
    }
    script.play(&[Line(110_200, Do::Wake, &UNKNOWN_END, Wake::Never)]);
}

/// C5, §5.3: a server to which the stream moved may not know it yet, and the next notice names one that does.
#[test]
fn a_new_server_that_refuses_is_not_the_end() {
    let mut script = Script::running(&[Leg::Audio]);
    whatever(script.at(5_000).ask(moved("three")));
    script.opened(Leg::Signaling);
    script.play(&[
        Line(5_000, refused(2), &["close signaling"], Wake::At(105_000)),
        Line(8_000, asked(moved("four")), &["open signaling wss://four.zoom.us 1048576"], Wake::At(65_000)),
    ]);
    script.join(&[Leg::Audio]);
    frame(&mut script);
}

/// C5, D9: an address that the policy forbids is tried no more than any other that fails, and the next notice may name a
/// better one.
#[test]
fn a_forbidden_address_to_which_a_held_stream_moves_is_not_the_end() {
    let mut script = Script::running(&[Leg::Audio]);
    whatever(script.at(5_000).ask(moved("three")));
    let forbidden = Close::Unreachable {
        code: "address_host_not_allowed",
        message: "It is not dialled.".to_owned(),
        permanent: true,
    };
    script.play(&[
        Line(5_000, closed(Leg::Signaling, forbidden), &[], Wake::In(5_200..=5_300)),
        Line(5_100, asked(moved("four")), &["open signaling wss://four.zoom.us 1048576"], Wake::At(62_100)),
    ]);
    script.join(&[Leg::Audio]);
    frame(&mut script);
}

/// §11.4: the process was down for more than a minute, and Zoom gave the stream up meanwhile.
#[test]
fn a_restart_after_more_than_a_minute_waits_for_a_notice_and_then_asks_for_another_stream() {
    rejoining().play(&[
        Line(0, said(Leg::Signaling, UNKNOWN), &["close signaling"], Wake::At(100_000)),
        Line(100_000, Do::Wake, &UNKNOWN_END, Wake::Never),
    ]);
    let mut script = rejoining();
    script.play(&[
        Line(0, said(Leg::Signaling, UNKNOWN), &["close signaling"], Wake::At(100_000)),
        Line(
            20_000,
            asked(Ask::Stopped { reason: Some(19) }),
            &["…", "end failed zoom_rtms_reconnection_timeout Zoom waited for us to reconnect and gave up; check the network between this machine and Zoom, and start the stream again (stop reason 19). (may restart)"],
            Wake::Never,
        ),
    ]);
}

/// §10.4, C8: a signature that is refused after a restart is waited out too, and no new stream would be let in.
#[test]
fn a_restart_with_a_wrong_secret_starts_no_streams() {
    let mut script = rejoining();
    script.play(&[Line(0, refused(3), &["close signaling"], Wake::At(100_000))]);
    let end = script.wake();
    assert!(end[1].ends_with("(status 3). The client id is client."), "{end:?}");
}

/// §18.29, C8: a wrong secret may be answered by a bare close, which starts no streams where the stream was never held.
#[test]
fn a_stream_that_was_never_held_is_not_asked_for_again() {
    for rejoins in [false, true] {
        let (mut script, _) = Script::begin(SessionConfig { rejoins, ..config(&[Leg::Audio]) });
        let mut outputs = Vec::new();
        while outputs.len() < 2 {
            script.opened(Leg::Signaling);
            nothing(script.closed(Leg::Signaling, Close::Peer(Some(1000))));
            outputs = script.wake();
        }
        assert_eq!(script.now_ms, 157_000);
        assert!(outputs[1].ends_with("a wrong client secret can be the cause."), "{outputs:?}");
    }
    for (rejoins, restart) in [(false, ""), (true, " (may restart)")] {
        let (mut script, _) = Script::begin(SessionConfig { rejoins, ..config(&[Leg::Audio]) });
        let end = script.ask(Ask::Stopped { reason: Some(11) });
        assert!(end[2].ends_with(&format!("(stop reason 11).{restart}")), "{end:?}");
    }
}

/// §10.3, §11.4: the process starts again and the network is out; what an earlier owner recorded is worth a new stream,
/// however this one was lost, unless Zoom says that it would not be let in.
#[test]
fn a_stream_that_an_earlier_owner_recorded_is_asked_for_again() {
    for (was_held, restart) in [(true, " (may restart)"), (false, "")] {
        let known = SessionConfig { rejoins: true, was_held, ..config(&[Leg::Audio]) };
        let (mut script, _) = Script::begin(known.clone());
        let mut outputs = Vec::new();
        while outputs.len() < 2 {
            nothing(script.closed(Leg::Signaling, unreachable()));
            outputs = script.wake();
        }
        assert_eq!(script.now_ms, 157_000);
        let told = "The signaling connection could not be made within 57 s. It cannot be reached.";
        assert_eq!(outputs[1], format!("end failed connect_failed {told}{restart}"));

        let (mut script, _) = Script::begin(known);
        script.opened(Leg::Signaling);
        script.play(&[Line(0, refused(3), &["close signaling"], Wake::At(100_000))]);
        let end = script.wake();
        assert!(end[1].ends_with("(status 3). The client id is client."), "{end:?}");
    }
}

/// C6 with §10.3: the end that was announced counts, not the refusal that comes after it.
#[test]
fn a_refusal_after_an_announced_end_changes_nothing() {
    let mut script = Script::running(&[Leg::Audio]);
    whatever(script.at(10_000).closed(Leg::Signaling, Close::Broken));
    script.opened(Leg::Signaling);
    nothing(script.message(Leg::Signaling, r#"{"msg_type":8,"state":3,"reason":6}"#));
    let end = script.message(Leg::Signaling, UNKNOWN);
    assert!(end[2].starts_with("end ended zoom_rtms_meeting_ended "), "{end:?}");
}

/// §15.1: a webinar that was joined by one name is not tried by the other.
#[test]
fn a_webinar_that_was_joined_keeps_its_name() {
    let (mut script, _) = Script::begin(SessionConfig { id_field: "webinar_uuid", ..config(&[Leg::Audio]) });
    script.join(&[Leg::Audio]);
    whatever(script.at(10_000).closed(Leg::Signaling, Close::Broken));
    script.opened(Leg::Signaling);
    script.play(&[
        Line(10_000, said(Leg::Signaling, UNKNOWN), &["close signaling"], Wake::At(110_000)),
        Line(20_000, asked(Ask::Interrupted), &["open signaling …"], Wake::At(110_000)),
    ]);
    assert!(script.opened(Leg::Signaling)[0].contains(r#""webinar_uuid""#));
}

/// C16: a certificate that is not accepted, or a name that leads astray, may be right a moment later; the end names it.
#[test]
fn a_fault_that_may_heal_is_tried_again_before_the_first_join_too() {
    for code in ["tls_bad_certificate", "tls_too_old", "address_is_private"] {
        let fault = || Close::Unreachable { code, message: "It has expired.".to_owned(), permanent: true };
        let (mut script, _) = Script::begin(config(&[Leg::Audio]));
        script.play(&[Line(0, closed(Leg::Signaling, fault()), &[], Wake::In(200..=300))]);
        assert_eq!(script.wake(), [TWO]);
        script.join(&[Leg::Audio]);
        frame(&mut script);

        let (mut script, _) = Script::begin(config(&[Leg::Audio]));
        let mut outputs = Vec::new();
        while outputs.len() < 2 {
            nothing(script.closed(Leg::Signaling, fault()));
            outputs = script.wake();
        }
        assert_eq!(script.now_ms, 157_000);
        let told = format!("end failed {code} The signaling connection could not be made within 57 s. It has expired.");
        assert_eq!(outputs[1], told);
    }
}
