//! A stream that goes on elsewhere: another server, another process (protocol §2.6, §11.2 scenario 1, §11.4).

use media::SourceTime;
use model::{Participant, ParticipantId, Pii};

use super::*;

const THREE: &str = "open signaling wss://three.zoom.us 1048576";

fn moved() -> Ask {
    Ask::Moved { url: "wss://three.zoom.us".to_owned() }
}

/// C5, §11.2 scenario 1, §21.5.5: both sockets are dropped, closed or half-open, and the new ones are made at once.
#[test]
fn a_second_start_notice_with_a_new_address_moves_the_stream_at_once() {
    let mut script = Script::running(&[Leg::Audio]);
    let (moved_away, audio_too) = (lost("signaling", "zoom_rtms_moved"), lost("audio", "zoom_rtms_signaling_lost"));
    script.play(&[
        Line(
            5_000,
            asked(moved()),
            &["close signaling", &moved_away, &audio_too, "close audio", THREE],
            Wake::At(62_000),
        ),
        Line(5_001, asked(moved()), &[], Wake::At(62_000)),
    ]);
    script.join(&[Leg::Audio]);
    assert_eq!(script.message(Leg::Audio, &sound(7, 1)).last().map(String::as_str), Some("media audio/7 1 000102"));
}

/// C5, §2.6: of several new addresses the first comes first, wherever among the old ones we were.
#[test]
fn of_several_new_addresses_the_first_comes_first() {
    let mut script = Script::running(&[Leg::Audio]);
    let outputs = script
        .at(5_000)
        .ask(Ask::Moved { url: "wss://three.zoom.us,wss://four.zoom.us,wss://five.zoom.us".to_owned() });
    assert_eq!(outputs.last().map(String::as_str), Some(THREE));
}

/// C5: the old server's sockets closed first, and the notice comes while the old address is being tried.
#[test]
fn a_new_address_replaces_the_attempt_at_the_old_one() {
    let mut script = Script::running(&[Leg::Audio]);
    whatever(script.at(5_000).closed(Leg::Signaling, Close::Broken));
    assert_eq!(script.ask(moved()), ["close signaling", THREE], "in flight");
    let mut script = Script::running(&[Leg::Audio]);
    whatever(script.at(5_000).closed(Leg::Signaling, Close::Broken));
    nothing(script.closed(Leg::Signaling, unreachable()));
    assert_eq!(script.ask(moved()), [THREE], "waiting");
    assert_eq!(script.wake_ms(), Some(62_000), "and nothing is planned beside it");
}

/// C5: the new server refuses at first, with the number for a connection that is not released yet.
#[test]
fn a_new_server_may_need_a_moment() {
    let mut script = Script::running(&[Leg::Audio]);
    whatever(script.at(5_000).ask(moved()));
    script.opened(Leg::Signaling);
    assert_eq!(script.message(Leg::Signaling, r#"{"msg_type":2,"status_code":8}"#), ["close signaling"]);
    assert_eq!(script.wake(), [THREE]);
    assert_eq!(script.now_ms, 6_500);
}

/// §11.4: a new session knows who was there, asks for everything anew, and tells only what changed.
#[test]
fn after_a_restart_of_the_process_everything_is_subscribed_and_only_differences_are_told() {
    let person = |id: i64| Participant { id: ParticipantId(id), name: Some(Pii::new(format!("P{id}"))) };
    let present = vec![person(7), person(8)];
    let (mut script, first) = Script::begin(SessionConfig { present, ..config(&[Leg::Audio, Leg::Chat]) });
    assert_eq!(first, ["open signaling wss://one.zoom.us 1048576"]);
    let outputs = script.join(&[Leg::Audio, Leg::Chat]);
    assert_eq!(outputs.iter().filter(|output| output.contains(r#""msg_type":5"#)).count(), 1);
    assert_eq!(outputs.iter().filter(|output| *output == READY).count(), 2);
    let roster = r#"{"msg_type":6,"event":{"event_type":3,"timestamp":1767225603010,"participants":[{"user_id":8,"user_name":"P8"}]}}"#;
    assert_eq!(script.message(Leg::Signaling, roster), Vec::<String>::new());
    let left = script.wake();
    assert!(left.len() == 1 && left[0].ends_with(r#""event":"left","id":7}"#), "{left:?}");
}

/// §11.4, A1: the connection of the process that died is still held; it is waited for.
#[test]
fn after_a_restart_of_the_process_the_old_connection_is_waited_for() {
    let (mut script, _) = Script::begin(config(&[Leg::Audio]));
    for at in [1_500, 4_500, 10_500] {
        script.opened(Leg::Signaling);
        let held = r#"{"msg_type":2,"status_code":8,"reason":"duplicate signal request"}"#;
        assert_eq!(script.message(Leg::Signaling, held), ["close signaling"]);
        whatever(script.wake());
        assert_eq!(script.now_ms, at);
    }
}

/// §5.9, §20.15: letting go for an upgrade says nothing to Zoom; a deliberate stop does, once, and waits 5 s at most.
#[test]
fn only_a_deliberate_stop_is_told_to_zoom() {
    let mut script = Script::running(&[Leg::Audio]);
    let outputs = script.ask(Ask::Suspend);
    assert!(!outputs.iter().any(|output| output.starts_with("send")), "{outputs:?}");
    let close = format!(r#"send signaling {{"msg_type":21,"rtms_stream_id":"{STREAM}"}}"#);
    let mut script = Script::running(&[Leg::Audio]);
    script.play(&[
        Line(1_000, asked(Ask::Stop), &[&close], Wake::At(6_000)),
        Line(1_001, asked(Ask::Stop), &[], Wake::At(6_000)),
        Line(6_000, Do::Wake, &[], Wake::At(8_000)),
        Line(
            8_000,
            Do::Wake,
            &["close signaling", "close audio", "…", "end ended zoom_rtms_receiver_request_close …"],
            Wake::Never,
        ),
    ]);
}

/// A session of a process that started again an hour after the notice, in a pause.
fn paused() -> Script {
    let hour_ago = NOTICE_MS - 3_600_000;
    let paused_at = Some(SourceTime::from_unix_ms(NOTICE_MS - 10_000));
    let known = SessionConfig { rejoins: true, notice_unix_ms: hour_ago, paused_at, ..config(&[Leg::Audio]) };
    let (mut script, _) = Script::begin(known);
    script.join(&[Leg::Audio]);
    script
}

/// §10.2, §11.4: a pause outlives the process, and its end is told by whatever shows it.
#[test]
fn a_pause_that_began_before_a_restart_ends_once() {
    for resumption in [
        r#"{"msg_type":9,"state":4,"timestamp":1767225610000}"#,
        r#"{"msg_type":8,"state":6,"timestamp":1767225610000}"#,
        r#"{"msg_type":11,"state":2,"timestamp":1767225610000}"#,
    ] {
        let mut script = paused();
        nothing(script.message(Leg::Signaling, r#"{"msg_type":9,"state":3,"timestamp":1767225601000}"#));
        nothing(script.message(Leg::Signaling, ALIVE));
        assert_eq!(script.message(Leg::Signaling, resumption), [r#"{"at":1767225610000,"event":"resumed"}"#]);
        nothing(script.message(Leg::Signaling, resumption));
    }
    let mut script = paused();
    let outputs = script.message(Leg::Audio, &sound(7, NOTICE_MS));
    assert!(outputs.contains(&format!(r#"{{"at":{NOTICE_MS},"event":"resumed"}}"#)), "{outputs:?}");
}

/// §10.2: media that was made 5 s after a pause began, and not a day after it, shows that it is over.
#[test]
fn media_ends_a_pause_from_5_seconds_to_a_day_after_its_beginning() {
    let began_ms = NOTICE_MS - 10_000;
    for (after_ms, ends) in [(4_999, false), (5_000, true), (86_399_999, true), (86_400_000, false)] {
        let outputs = paused().message(Leg::Audio, &sound(7, began_ms + after_ms));
        assert_eq!(outputs.iter().any(|output| output.contains("resumed")), ends, "{after_ms}: {outputs:?}");
    }
}

/// §10.1: a session that is paused and stopped is followed by one that is not paused.
#[test]
fn a_new_session_within_the_stream_ends_the_pause_of_the_one_before() {
    let mut script = Script::running(&[Leg::Audio]);
    let mut say = |state: i64| {
        script.message(Leg::Signaling, &format!(r#"{{"msg_type":9,"state":{state},"timestamp":1767226000000}}"#))
    };
    assert_eq!(say(3), [r#"{"at":1767226000000,"event":"paused"}"#]);
    nothing(say(5));
    assert_eq!(say(2), [r#"{"at":1767226000000,"event":"resumed"}"#]);
    nothing(say(2));
}

/// §9.1, §11.4: after a restart the notice is old, and media tells the time before any event does. Old media turns no clock
/// back, and absurd media none at all.
#[test]
fn media_tells_the_time() {
    let joined = |script: &mut Script, id: i64| {
        let message = format!(r#"{{"msg_type":6,"event":{{"event_type":3,"participants":[{{"user_id":{id}}}]}}}}"#);
        let outputs = script.message(Leg::Signaling, &message);
        let told: serde_json::Value = serde_json::from_str(&outputs[0]).expect("an event");
        told["at"].as_i64().expect("a time")
    };
    let mut script = paused();
    assert_eq!(joined(&mut script, 1), NOTICE_MS - 3_600_000, "all that is known");
    whatever(script.message(Leg::Audio, &sound(7, NOTICE_MS)));
    assert_eq!(joined(&mut script, 2), NOTICE_MS);
    for absurd in [5, NOTICE_MS - 60_000, NOTICE_MS + 2 * 24 * 3_600_000, 253_402_300_799_999] {
        whatever(script.message(Leg::Audio, &sound(7, absurd)));
        whatever(script.message(Leg::Audio, &sound(7, absurd)));
        assert_eq!(joined(script.at(1_000), absurd), NOTICE_MS + 1_000, "{absurd}");
    }
    let (mut script, _) = Script::begin(SessionConfig { notice_unix_ms: 0, ..config(&[Leg::Audio]) });
    script.join(&[Leg::Audio]);
    whatever(script.message(Leg::Audio, &sound(7, 5)));
    whatever(script.message(Leg::Audio, &sound(7, NOTICE_MS)));
    assert_eq!(joined(&mut script, 1), NOTICE_MS);
}

/// §8.4, §11.4: times that count from the beginning of the stream are read after a restart too; what Zoom says of that
/// beginning now counts more than what an earlier owner knew.
#[test]
fn second_0_outlives_a_restart() {
    let origin = Some(SourceTime::from_unix_ms(1_767_225_600_000));
    let (mut script, _) = Script::begin(SessionConfig { rejoins: true, origin, ..config(&[Leg::Transcript]) });
    script.join(&[Leg::Transcript]);
    let say = |script: &mut Script, text: &str| {
        let content = format!(r#""user_id":7,"start_time":6200,"end_time":8900,"data":"{text}""#);
        script.message(Leg::Transcript, &format!(r#"{{"msg_type":17,"content":{{{content}}}}}"#))
    };
    let told = say(&mut script, "a");
    assert!(told[0].contains(r#""start":1767225606200,"end":1767225608900"#), "{told:?}");
    let first = r#"{"msg_type":6,"event":{"event_type":1,"timestamp":1767225600500}}"#;
    assert_eq!(script.message(Leg::Signaling, first), [r#"{"control":"first_packet","at":1767225600500}"#]);
    nothing(script.message(Leg::Signaling, first));
    let told = say(&mut script, "b");
    assert!(told[0].contains(r#""start":1767225606700,"end":1767225609400"#), "{told:?}");
}
