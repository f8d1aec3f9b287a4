//! What was on its way when we closed its connection.

use super::*;

const SOUND: &str = r#"{"msg_type":14,"content":{"user_id":7,"timestamp":1767225621000,"data":"AAAA"}}"#;
const KEPT: &str = "media audio/7 1767225621000 000000";
const WORDS: &str = r#"{"msg_type":17,"content":{"user_id":7,"user_name":"Ann","start_time":1767225620000,"end_time":1767225621000,"data":"hello"}}"#;

impl Script {
    #[must_use]
    fn late(&mut self, leg: Leg, message: &str) -> Vec<String> {
        self.input(Input::Late(leg, Bytes::from(message.to_owned())))
    }
}

/// A stream that moves while sound and words flow: all connections are closed, and made anew elsewhere.
fn moving() -> Script {
    let mut script = Script::running(&[Leg::Audio, Leg::Transcript]);
    whatever(script.live_until(20_000, &[Leg::Signaling, Leg::Audio, Leg::Transcript]));
    let outputs = script.ask(Ask::Moved { url: "wss://three.zoom.us".to_owned() });
    assert!(outputs.iter().any(|output| output == "close signaling"), "{outputs:?}");
    script
}

#[test]
fn media_and_words_that_were_on_their_way_are_kept() {
    let mut script = moving();
    let outputs = script.late(Leg::Audio, SOUND);
    assert_eq!(outputs.last().map(String::as_str), Some(KEPT));
    let outputs = script.late(Leg::Transcript, WORDS);
    assert!(outputs.iter().any(|output| output.contains("hello")), "{outputs:?}");
}

/// The negative control: a message on a connection that is closed for the machine, and not said to be late.
#[test]
fn what_comes_on_a_connection_that_does_not_hold_counts_only_if_it_is_late() {
    let mut script = moving();
    nothing(script.message(Leg::Audio, SOUND));
}

#[test]
fn whatever_else_comes_late_is_stale() {
    let mut script = moving();
    nothing(script.late(Leg::Audio, ALIVE));
    nothing(script.late(Leg::Audio, r#"{"msg_type":12,"timestamp":1}"#));
    nothing(script.late(Leg::Signaling, r#"{"msg_type":8,"state":4,"reason":6,"timestamp":1767225620000}"#));
    nothing(script.late(Leg::Signaling, SOUND));
    for _ in 0..100 {
        nothing(script.late(Leg::Audio, "{"));
    }
    assert_eq!(script.session.counters().bad, 100);
}

/// What lies between the two connections is declared missing once the second one holds.
#[test]
fn nothing_is_kept_behind_the_first_message_of_the_next_connection() {
    let mut script = Script::running(&[Leg::Audio, Leg::Video]);
    whatever(script.live_until(20_000, &[Leg::Signaling, Leg::Audio, Leg::Video]));
    whatever(script.closed(Leg::Audio, Close::Broken));
    assert_eq!(script.late(Leg::Audio, SOUND).last().map(String::as_str), Some(KEPT));
    whatever(script.opened(Leg::Audio));
    assert_eq!(script.late(Leg::Audio, SOUND).last().map(String::as_str), Some(KEPT));
    whatever(script.message(Leg::Audio, r#"{"msg_type":4,"status_code":0}"#));
    nothing(script.late(Leg::Audio, SOUND));
}
