//! Messages that nobody should send.

use proptest::prelude::*;

use super::*;

fn skipped(code: &str, count: u64) -> String {
    format!(r#"{{"control":"skipped","leg":"audio","code":"{code}","count":{count}}}"#)
}

#[test]
fn bad_messages_are_skipped_and_declared_at_most_once_a_second() {
    let mut script = Script::running(&[Leg::Audio]);
    assert_eq!(script.at(1_000).message(Leg::Audio, "no json"), [skipped("zoom_rtms_malformed_message", 1)]);
    for _ in 0..3 {
        assert_eq!(script.message(Leg::Audio, "no json"), Vec::<String>::new());
    }
    let bad_base64 = r#"{"msg_type":14,"content":{"user_id":7,"timestamp":1,"data":"A"}}"#;
    assert_eq!(script.message(Leg::Audio, bad_base64), Vec::<String>::new());
    assert_eq!(script.wake_ms(), Some(2_000));
    assert_eq!(script.wake(), [skipped("zoom_rtms_bad_base64", 4)]);
    assert_eq!(script.timeout(3_000), Vec::<String>::new());
    assert_eq!(script.message(Leg::Audio, &sound(7, 5)).last().map(String::as_str), Some("media audio/7 5 000102"));
    assert_eq!(script.session.counters().bad, 5);
}

#[test]
fn fifty_bad_messages_in_a_row_make_a_connection_anew() {
    let mut script = Script::running(&[Leg::Audio]);
    script.at(5_000).message(Leg::Audio, "no json");
    for _ in 0..48 {
        assert_eq!(script.message(Leg::Audio, "no json"), Vec::<String>::new());
    }
    script.message(Leg::Audio, &sound(7, 5));
    for _ in 0..49 {
        assert_eq!(script.message(Leg::Audio, "no json"), Vec::<String>::new(), "the row was broken");
    }
    assert_eq!(
        script.message(Leg::Audio, "no json"),
        [
            "close audio".to_owned(),
            skipped("zoom_rtms_malformed_message", 98),
            r#"{"control":"leg_lost","leg":"audio","cause":"zoom_rtms_unreadable"}"#.to_owned(),
            "open audio wss://m.zoom.us/audio 1048576".to_owned(),
        ]
    );
}

#[test]
fn a_message_that_is_too_large_costs_the_connection_and_is_declared() {
    let mut script = Script::running(&[Leg::Audio]);
    assert_eq!(
        script.at(5_000).closed(Leg::Audio, Close::TooLarge),
        [
            skipped("message_too_large", 1),
            r#"{"control":"leg_lost","leg":"audio","cause":"message_too_large"}"#.to_owned(),
            "open audio wss://m.zoom.us/audio 1048576".to_owned(),
        ]
    );
}

#[test]
fn answers_that_nobody_asked_for_change_nothing() {
    let mut script = Script::running(&[Leg::Audio]);
    for (leg, message) in [
        (Leg::Signaling, OFFER_ALL_KINDS),
        (Leg::Signaling, r#"{"msg_type":4,"status_code":0}"#),
        (Leg::Signaling, r#"{"msg_type":22,"status_code":0}"#),
        (Leg::Audio, OFFER_ALL_KINDS),
        (Leg::Audio, r#"{"msg_type":4,"status_code":3}"#),
        (Leg::Video, r#"{"msg_type":12}"#),
        (Leg::Audio, r#"{"msg_type":1}"#),
    ] {
        assert_eq!(script.message(leg, message), Vec::<String>::new(), "{message}");
    }
    assert_eq!(script.opened(Leg::Audio), Vec::<String>::new());
    assert_eq!(script.closed(Leg::Video, Close::Broken), Vec::<String>::new());
}

/// Anything that may happen, likely and unlikely.
fn any_input() -> impl Strategy<Value = Input> {
    let leg = || proptest::sample::select(Leg::ALL.to_vec());
    let messages = vec![
        OFFER_ALL_KINDS.to_owned(),
        r#"{"msg_type":2,"status_code":8}"#.to_owned(),
        r#"{"msg_type":2,"status_code":45}"#.to_owned(),
        r#"{"msg_type":4,"status_code":0}"#.to_owned(),
        r#"{"msg_type":4,"status_code":22}"#.to_owned(),
        r#"{"msg_type":4,"status_code":16}"#.to_owned(),
        r#"{"msg_type":6,"event":{"event_type":7}}"#.to_owned(),
        r#"{"msg_type":6,"event":{"event_type":4,"participants":[{"user_id":7}]}}"#.to_owned(),
        r#"{"msg_type":8,"state":3}"#.to_owned(),
        r#"{"msg_type":9,"state":3}"#.to_owned(),
        r#"{"msg_type":12,"timestamp":1}"#.to_owned(),
        sound(7, NOTICE_MS),
        "garbage".to_owned(),
    ];
    let message = proptest::sample::select(messages);
    let close = proptest::sample::select(vec![
        Close::Broken,
        Close::TooLarge,
        Close::Peer(None),
        Close::Peer(Some(1000)),
        Close::Unreachable { code: "connect_failed", message: String::new(), permanent: false },
        Close::Unreachable { code: "tls_bad_certificate", message: String::new(), permanent: true },
    ]);
    let ask = proptest::sample::select(vec![
        Ask::Stop,
        Ask::Stopped { reason: Some(6) },
        Ask::Moved { url: "wss://three.zoom.us".to_owned() },
        Ask::Suspend,
    ]);
    prop_oneof![
        6 => leg().prop_map(Input::Opened),
        8 => (leg(), message).prop_map(|(leg, message)| Input::Message(leg, Bytes::from(message))),
        4 => (leg(), close).prop_map(|(leg, close)| Input::Closed(leg, close)),
        1 => ask.prop_map(Input::Command),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// A leg is opened only when it is closed, sent on only when it is open, and nothing follows the end.
    #[test]
    fn the_contract_holds_whatever_happens(
        inputs in proptest::collection::vec((any_input(), 0_u64..4_000), 1..120),
    ) {
        let start = Instant::now();
        let mut now = start;
        let mut session = Session::new(config(&[Leg::Audio, Leg::Video, Leg::Chat]), start);
        let mut connected = [false; Leg::ALL.len()];
        let mut is_over = false;
        let mut check = |session: &mut Session, connected: &mut [bool; Leg::ALL.len()]| -> Result<(), TestCaseError> {
            while let Some(output) = session.poll_output() {
                prop_assert!(!is_over, "after the end: {}", show(&output));
                match &output {
                    Output::Open(leg, _) => prop_assert!(!std::mem::replace(&mut connected[leg.index()], true)),
                    Output::Close(leg) => prop_assert!(std::mem::replace(&mut connected[leg.index()], false)),
                    Output::Send(leg, _) => prop_assert!(connected[leg.index()], "{}", show(&output)),
                    Output::End(_) => {
                        prop_assert_eq!(*connected, [false; Leg::ALL.len()]);
                        is_over = true;
                    }
                    Output::Record(_) | Output::Event(_) => {}
                }
            }
            Ok(())
        };
        check(&mut session, &mut connected)?;
        for (input, pause_ms) in inputs {
            // The shell tells only of connections that the machine asked for.
            match &input {
                Input::Opened(leg) | Input::Message(leg, _) if !connected[leg.index()] => continue,
                Input::Closed(leg, _) if !std::mem::replace(&mut connected[leg.index()], false) => continue,
                _ => {}
            }
            session.handle_input(input, now);
            check(&mut session, &mut connected)?;
            now += Duration::from_millis(pause_ms);
            if session.poll_timeout().is_some_and(|at| at <= now) {
                session.handle_timeout(now);
                check(&mut session, &mut connected)?;
            }
        }
        // Left alone, every session comes to an end or holds its connections.
        for _ in 0..2_000 {
            let Some(at) = session.poll_timeout() else { break };
            now = now.max(at);
            session.handle_timeout(now);
            for leg in Leg::ALL {
                check(&mut session, &mut connected)?;
                if std::mem::replace(&mut connected[leg.index()], false) {
                    session.handle_input(Input::Closed(leg, Close::Broken), now);
                }
            }
            check(&mut session, &mut connected)?;
        }
        prop_assert!(session.poll_timeout().is_none(), "a capture without a network ends");
    }
}
