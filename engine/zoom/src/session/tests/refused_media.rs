//! Kinds of media that Zoom refuses: for how long, and what makes them come back (protocol §6.4, §11.2).

use super::*;

/// Where media is on another server.
const OFFER_ELSEWHERE: &str = r#"{"msg_type":2,"status_code":0,"media_server":{"server_urls":{
    "audio":"wss://n.zoom.us/audio","video":"wss://n.zoom.us/video","chat":"wss://n.zoom.us/chat"}}}"#;
const AUDIO_ELSEWHERE: &str = "open audio wss://n.zoom.us/audio 1048576";
const CHAT_ELSEWHERE: &str = "open chat wss://n.zoom.us/chat 1048576";

fn status(number: i64) -> String {
    format!(r#"{{"msg_type":4,"status_code":{number}}}"#)
}

/// A session whose chat flows, and whose sound is to be asked for.
fn asking() -> Script {
    let (mut script, _) = Script::begin(config(&[Leg::Audio, Leg::Chat]));
    script.join(&[Leg::Chat]);
    script.opened(Leg::Audio);
    script
}

/// A session whose sound is missing since 10 s, after Zoom refused it like this to the end of its window.
fn missing(refusal: &str) -> (Script, Vec<String>) {
    let mut script = Script::running(&[Leg::Audio, Leg::Chat]);
    nothing(script.live_until(10_000, &[Leg::Signaling, Leg::Audio, Leg::Chat]));
    assert_eq!(script.closed(Leg::Audio, Close::Broken), [&lost("audio", "connection_broken"), OPEN_AUDIO]);
    loop {
        script.opened(Leg::Audio);
        assert_eq!(script.message(Leg::Audio, refusal), ["close audio"]);
        let outputs = script.stir(&[Leg::Signaling, Leg::Chat]);
        if outputs != [OPEN_AUDIO] {
            return (script, outputs);
        }
    }
}

/// Loses signaling and takes it up again with this offer; what follows the handshake.
fn reconnect(script: &mut Script, offer: &str) -> Vec<String> {
    whatever(script.closed(Leg::Signaling, Close::Broken));
    if script.session.legs[Leg::Signaling].stage == crate::session::legs::Stage::Waiting {
        whatever(script.wake());
    }
    script.opened(Leg::Signaling);
    script.message(Leg::Signaling, offer)
}

/// Opens sound, and answers what was asked for: the codec.
fn codec_asked(script: &mut Script) -> Option<i64> {
    let outputs = script.opened(Leg::Audio);
    let message = outputs[0].strip_prefix("send audio ").expect("a handshake");
    let message: serde_json::Value = serde_json::from_str(message).expect("JSON");
    message["media_params"]["audio"]["codec"].as_i64()
}

/// §6.4: what says nothing about the kind itself may pass, and is tried again as any failure is.
#[test]
fn a_refusal_that_may_pass_is_tried_again() {
    for number in [1, 2, 3, 4, 5, 6, 7, 40, 41, 42, 44, 45, 48] {
        let mut script = asking();
        assert_eq!(script.message(Leg::Audio, &status(number)), ["close audio"], "{number}");
        assert_eq!(script.stir(&[Leg::Signaling, Leg::Chat]), [OPEN_AUDIO], "{number}");
        assert!((200..=301).contains(&script.now_ms), "{number}: {}", script.now_ms);
        script.opened(Leg::Audio);
        let ready = script.message(Leg::Audio, TAKEN);
        assert!(ready[0].starts_with(r#"{"control":"leg_ready","leg":"audio""#), "{number}: {ready:?}");
    }
}

/// §6.4, C1: one that does not pass ends with the window of media, in Zoom's words; the others go on.
#[test]
fn a_refusal_that_does_not_pass_is_told_at_the_end_of_the_window() {
    let (mut script, outputs) = missing(&status(41));
    assert_eq!(script.now_ms, 72_000);
    assert_eq!(
        outputs,
        [
            r#"{"control":"leg_refused","leg":"audio","status":41,"code":"zoom_rtms_invalid_client_ready","reason":"Zoom did not accept our readiness for media; report it with the log (status 41)"}"#
        ]
    );
    nothing(script.live_until(200_000, &[Leg::Signaling, Leg::Chat]));
    let outputs = reconnect(&mut script, OFFER_ALL_KINDS);
    assert!(outputs.contains(&OPEN_AUDIO.to_owned()), "a new signaling connection is a new chance: {outputs:?}");
}

/// §6.4: what Zoom said before the connection held is not why it does not come back.
#[test]
fn a_refusal_that_passed_is_forgotten() {
    let mut script = asking();
    assert_eq!(script.message(Leg::Audio, &status(41)), ["close audio"]);
    assert_eq!(script.stir(&[Leg::Signaling, Leg::Chat]), [OPEN_AUDIO]);
    script.opened(Leg::Audio);
    whatever(script.message(Leg::Audio, TAKEN));
    whatever(script.at(5_000).closed(Leg::Signaling, Close::Broken));
    script.join(&[Leg::Chat]);
    let refused = r#"{"control":"leg_refused","leg":"audio","status":null,"code":"zoom_rtms_media_timeout","reason":"the audio connection did not come back within 62 s"}"#;
    nothing(script.live_until(66_999, &[Leg::Signaling, Leg::Chat]));
    assert_eq!(script.live_until(67_000, &[Leg::Signaling, Leg::Chat]), ["close audio", refused]);
}

/// §10.4: when nothing but refused kinds is left, a new stream helps where Zoom gave this one up, or is in trouble.
#[test]
fn a_capture_whose_only_kind_is_refused_may_restart_where_that_may_help() {
    for (number, may_restart) in [(2, true), (3, false), (16, false), (45, true)] {
        let (mut script, _) = Script::begin(config(&[Leg::Audio]));
        script.join(&[]);
        let end = loop {
            script.opened(Leg::Audio);
            assert_eq!(script.message(Leg::Audio, &status(number)), ["close audio"]);
            let outputs = script.stir(&[Leg::Signaling]);
            if outputs != [OPEN_AUDIO] {
                break outputs;
            }
        };
        assert!(end[0].contains(&format!(r#""leg_refused","leg":"audio","status":{number}"#)), "{end:?}");
        assert!(end[3].starts_with("end failed zoom_rtms_no_media"), "{end:?}");
        assert_eq!(end[3].ends_with(" (may restart)"), may_restart, "{number}: {end:?}");
    }
}

/// §5.3: a stream that offers none of what is wanted is left at once, with each kind declared and what to do about it.
#[test]
fn a_stream_that_offers_nothing_that_is_wanted_is_left_at_once() {
    for offered in [r#""video":"wss://m.zoom.us/video""#, ""] {
        let (mut script, _) = Script::begin(config(&[Leg::Audio, Leg::Chat]));
        script.opened(Leg::Signaling);
        let answer = format!(r#"{{"msg_type":2,"status_code":0,"media_server":{{"server_urls":{{{offered}}}}}}}"#);
        let outputs = script.message(Leg::Signaling, &answer);
        let declared = outputs.iter().filter(|output| output.contains("zoom_rtms_not_offered")).count();
        assert_eq!(declared, 2, "{outputs:?}");
        let end = outputs.last().expect("an end");
        assert!(end.starts_with("end failed zoom_rtms_no_media Zoom offers none of the wanted kinds"), "{end}");
    }
}

/// C16: a certificate that is not accepted, on a connection for media.
#[test]
fn a_certificate_that_is_refused_once_costs_no_kind() {
    let (mut script, _) = Script::begin(config(&[Leg::Audio, Leg::Chat]));
    script.join(&[Leg::Chat]);
    let fault = Close::Unreachable { code: "tls_bad_certificate", message: "Expired.".to_owned(), permanent: true };
    nothing(script.closed(Leg::Audio, fault));
    assert_eq!(script.stir(&[Leg::Signaling, Leg::Chat]), [OPEN_AUDIO]);
    script.opened(Leg::Audio);
    assert!(script.message(Leg::Audio, TAKEN)[0].starts_with(r#"{"control":"leg_ready","leg":"audio""#));
}

/// D9: an address of message 2 that the policy forbids costs that kind, until another one is named.
#[test]
fn a_forbidden_address_of_a_kind_drops_that_kind_only() {
    let (mut script, _) = Script::begin(config(&[Leg::Audio, Leg::Chat]));
    script.join(&[Leg::Chat]);
    let forbidden = || Close::Unreachable {
        code: "address_host_not_allowed",
        message: "`wss://evil` is not dialled.".to_owned(),
        permanent: true,
    };
    let refused = r#"{"control":"leg_refused","leg":"audio","status":null,"code":"address_host_not_allowed","reason":"`wss://evil` is not dialled."}"#;
    assert_eq!(script.closed(Leg::Audio, forbidden()), [refused]);
    nothing(script.live_until(100_000, &[Leg::Signaling, Leg::Chat]));
    let chat = script.message(Leg::Chat, r#"{"msg_type":18,"content":{"timestamp":1767225607000,"data":"Hi"}}"#);
    assert_eq!(chat.len(), 1);
    let outputs = reconnect(&mut script, OFFER_ALL_KINDS);
    assert!(!outputs.iter().any(|output| output.starts_with("open audio")), "the same address: {outputs:?}");
    let outputs = reconnect(&mut script, OFFER_ELSEWHERE);
    assert_eq!(outputs[2..], [AUDIO_ELSEWHERE, CHAT_ELSEWHERE]);
}

/// §11.2 scenario 1: what one server refused, and the offers that it made us fall back to, mean nothing to the next.
#[test]
fn another_server_is_asked_for_everything_again() {
    // By a notice, even to the same addresses of media; and by a message 2 that names others.
    for is_told in [true, false] {
        let mut script = asking();
        assert_eq!(script.message(Leg::Audio, &status(22)), ["close audio", OPEN_AUDIO]);
        assert_eq!(codec_asked(&mut script), Some(1), "the second choice");
        whatever(script.message(Leg::Audio, TAKEN));
        whatever(script.at(5_000).closed(Leg::Chat, Close::Broken));
        script.opened(Leg::Chat);
        let refused = script.message(Leg::Chat, &status(13));
        assert!(refused[1].contains(r#""leg_refused","leg":"chat","status":13"#), "{refused:?}");

        let outputs = reconnect(&mut script, OFFER_ALL_KINDS);
        assert!(!outputs.iter().any(|output| output.starts_with("open chat")), "{outputs:?}");
        assert_eq!(codec_asked(&mut script), Some(1), "this server did not take the first choice");
        whatever(script.message(Leg::Audio, TAKEN));

        let outputs = if is_told {
            whatever(script.at(5_100).ask(Ask::Moved { url: "wss://three.zoom.us".to_owned() }));
            script.opened(Leg::Signaling);
            script.message(Leg::Signaling, OFFER_ALL_KINDS)
        } else {
            reconnect(&mut script, OFFER_ELSEWHERE)
        };
        assert!(outputs.iter().any(|output| output.starts_with("open chat")), "{outputs:?}");
        assert_eq!(codec_asked(&mut script), Some(4), "the first choice again");
    }
}

/// §6.1 with §11.2: the flag for everything is tried on the next server although this one did not take it.
#[test]
fn another_server_may_take_the_flag_for_everything() {
    let everything = [Leg::Audio, Leg::Video, Leg::Share, Leg::Transcript, Leg::Chat];
    let (mut script, _) = Script::begin(config(&everything));
    script.opened(Leg::Signaling);
    whatever(script.message(Leg::Signaling, OFFER_ONLY_ALL));
    assert!(script.opened(Leg::All)[0].contains(r#""media_type":32,"#));
    whatever(script.message(Leg::All, &status(14)));
    assert!(script.opened(Leg::All)[0].contains(r#""media_type":31,"#));
    whatever(script.message(Leg::All, TAKEN));
    whatever(script.at(5_000).ask(Ask::Moved { url: "wss://three.zoom.us".to_owned() }));
    script.opened(Leg::Signaling);
    whatever(script.message(Leg::Signaling, OFFER_ONLY_ALL));
    assert!(script.opened(Leg::All)[0].contains(r#""media_type":32,"#));
}

/// §6.4: on the connection for everything, a status about a kind that was not asked for says nothing about the others.
#[test]
fn a_refusal_of_a_kind_that_nobody_asked_for_costs_no_kind() {
    for number in [2, 13, 47] {
        let (mut script, _) = Script::begin(config(&[Leg::Audio, Leg::Video]));
        script.opened(Leg::Signaling);
        whatever(script.message(Leg::Signaling, OFFER_ONLY_ALL));
        script.opened(Leg::All);
        assert_eq!(script.message(Leg::All, &status(number)), ["close all"], "{number}");
        assert_eq!(script.wake(), ["open all wss://m.zoom.us/all 8388608"], "{number}");
        assert!(script.opened(Leg::All)[0].contains(r#""media_type":3,"#), "{number}");
    }
}
