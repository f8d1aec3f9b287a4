//! Messages that nobody should send.

use proptest::prelude::*;

use super::*;

fn skipped(code: &str, count: u64) -> String {
    format!(r#"{{"control":"skipped","leg":"audio","code":"{code}","count":{count}}}"#)
}

/// C9: a bad message is skipped and counted, and the log is not flooded.
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

/// C9: fifty in a row, and not forty-nine, cost the connection.
#[test]
fn fifty_bad_messages_in_a_row_make_a_connection_anew() {
    let mut script = Script::running(&[Leg::Audio]);
    whatever(script.at(5_000).message(Leg::Audio, "no json"));
    for _ in 0..48 {
        assert_eq!(script.message(Leg::Audio, "no json"), Vec::<String>::new());
    }
    whatever(script.message(Leg::Audio, &sound(7, 5)));
    for _ in 0..49 {
        assert_eq!(script.message(Leg::Audio, "no json"), Vec::<String>::new(), "the row was broken");
    }
    assert_eq!(
        script.message(Leg::Audio, "no json"),
        [
            "close audio".to_owned(),
            skipped("zoom_rtms_malformed_message", 98),
            r#"{"control":"leg_lost","leg":"audio","cause":"zoom_rtms_unreadable","ago_ms":0}"#.to_owned(),
            "open audio wss://m.zoom.us/audio 1048576".to_owned(),
        ]
    );
}

/// C9: any message that is read breaks the row, and one that takes the slow road is counted.
#[test]
fn a_message_without_media_breaks_the_row_as_well() {
    let mut script = Script::running(&[Leg::Audio]);
    script.set_clock(5_000);
    for _ in 0..2 {
        for _ in 0..49 {
            whatever(script.message(Leg::Audio, "no json"));
        }
        assert_eq!(script.message(Leg::Audio, r#"{"msg_type":12}"#), [r#"send audio {"msg_type":13}"#]);
    }
    assert_eq!(script.session.counters().slow, 0);
    whatever(script.message(Leg::Audio, &sound(7, 5).replace("\"timestamp\":5", "\"timestamp\":\"5\"")));
    assert_eq!(script.session.counters().slow, 1);
}

/// C9: a row does not go on from one connection to the next.
#[test]
fn a_new_connection_has_a_row_of_its_own() {
    let mut script = Script::running(&[Leg::Audio]);
    script.set_clock(5_000);
    for _ in 0..49 {
        whatever(script.message(Leg::Audio, "no json"));
    }
    whatever(script.closed(Leg::Audio, Close::Broken));
    script.opened(Leg::Audio);
    assert_eq!(script.message(Leg::Audio, "no json"), [skipped("zoom_rtms_malformed_message", 1)]);
}

/// C12: a payload of another length than its message says is kept, and counted.
#[test]
fn a_payload_of_another_length_than_is_said_is_kept_and_counted() {
    let mut script = Script::running(&[Leg::Audio]);
    for (length, contradicting) in [(3, 0), (4, 1)] {
        let message = sound(7, 5).replace("\"data\"", &format!("\"length\":{length},\"data\""));
        assert_eq!(script.message(Leg::Audio, &message).last().map(String::as_str), Some("media audio/7 5 000102"));
        assert_eq!(script.session.counters().contradicting, contradicting);
    }
}

/// C10: declared as what it is.
#[test]
fn a_message_that_is_too_large_costs_the_connection_and_is_declared() {
    let mut script = Script::running(&[Leg::Audio]);
    assert_eq!(
        script.at(5_000).closed(Leg::Audio, Close::TooLarge),
        [
            skipped("message_too_large", 1),
            r#"{"control":"leg_lost","leg":"audio","cause":"message_too_large","ago_ms":0}"#.to_owned(),
            "open audio wss://m.zoom.us/audio 1048576".to_owned(),
        ]
    );
    assert_eq!(script.session.counters().bad, 1);
}

/// C9, §18.29: answers without a question.
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
        r#"{"msg_type":2,"status_code":2}"#.to_owned(),
        r#"{"msg_type":2,"status_code":8}"#.to_owned(),
        r#"{"msg_type":2,"status_code":45}"#.to_owned(),
        r#"{"msg_type":4,"status_code":0}"#.to_owned(),
        r#"{"msg_type":4,"status_code":2}"#.to_owned(),
        r#"{"msg_type":4,"status_code":0,"media_params":{"audio":{"codec":0}}}"#.to_owned(),
        r#"{"msg_type":4,"status_code":22}"#.to_owned(),
        r#"{"msg_type":4,"status_code":16}"#.to_owned(),
        r#"{"msg_type":6,"event":{"event_type":7}}"#.to_owned(),
        r#"{"msg_type":6,"event":{"event_type":4,"participants":[{"user_id":7}]}}"#.to_owned(),
        r#"{"msg_type":8,"state":3}"#.to_owned(),
        r#"{"msg_type":9,"state":3}"#.to_owned(),
        r#"{"msg_type":12,"timestamp":1}"#.to_owned(),
        sound(7, NOTICE_MS),
        "garbage".to_owned(),
        OFFER_ONLY_ALL.to_owned(),
        r#"{"msg_type":2,"status_code":0,"media_server":{}}"#.to_owned(),
        r#"{"msg_type":2,"status_code":0,"protocol_version":2}"#.to_owned(),
        r#"{"msg_type":4,"status_code":0,"media_params":{"audio":{"codec":1},"chat":{}}}"#.to_owned(),
        r#"{"msg_type":4,"status_code":10}"#.to_owned(),
        r#"{"msg_type":4,"status_code":14}"#.to_owned(),
        r#"{"msg_type":4,"status_code":17}"#.to_owned(),
        r#"{"msg_type":4,"status_code":29}"#.to_owned(),
        r#"{"msg_type":4,"status_code":47}"#.to_owned(),
        r#"{"msg_type":6,"event":{"event_type":7,"media_type":2}}"#.to_owned(),
        r#"{"msg_type":6,"event":{"event_type":8,"participants":[{"user_id":7},{"user_id":8}]}}"#.to_owned(),
        r#"{"msg_type":6,"event":{"event_type":9,"participants":[{"user_id":7}]}}"#.to_owned(),
        r#"{"msg_type":6,"event":{"event_type":2,"user_id":8}}"#.to_owned(),
        r#"{"msg_type":8,"state":2,"reason":14}"#.to_owned(),
        r#"{"msg_type":15,"content":{"user_id":7,"timestamp":5,"data":"/9j/"}}"#.to_owned(),
        r#"{"msg_type":17,"content":{"user_id":7,"timestamp":5,"data":"Hi"}}"#.to_owned(),
        r#"{"msg_type":29,"user_id":7,"status_code":0}"#.to_owned(),
        r#"{"msg_type":29,"user_id":8,"status_code":4}"#.to_owned(),
    ];
    let message = proptest::sample::select(messages);
    let close = proptest::sample::select(vec![
        Close::Broken,
        Close::TooLarge,
        Close::Peer(None),
        Close::Peer(Some(1000)),
        Close::Unreachable { code: "connect_failed", message: String::new(), permanent: false },
        Close::Unreachable { code: "tls_bad_certificate", message: String::new(), permanent: true },
        Close::Unreachable { code: "address_host_not_allowed", message: String::new(), permanent: true },
    ]);
    let ask = proptest::sample::select(vec![
        Ask::Stop,
        Ask::Stopped { reason: Some(6) },
        Ask::Stopped { reason: Some(8) },
        Ask::Moved { url: "wss://three.zoom.us".to_owned() },
        Ask::Moved { url: "wss://one.zoom.us,wss://two.zoom.us".to_owned() },
        Ask::Suspend,
    ]);
    let hint = proptest::sample::select(vec![
        Ask::Interrupted,
        Ask::Watch { participant: Some(model::ParticipantId(8)) },
        Ask::Watch { participant: None },
    ]);
    prop_oneof![
        6 => leg().prop_map(Input::Opened),
        8 => (leg(), message.clone()).prop_map(|(leg, message)| Input::Message(leg, Bytes::from(message))),
        2 => (leg(), message).prop_map(|(leg, message)| Input::Late(leg, Bytes::from(message))),
        4 => (leg(), close).prop_map(|(leg, close)| Input::Closed(leg, close)),
        2 => leg().prop_map(Input::Heard),
        2 => hint.prop_map(Input::Command),
        1 => ask.prop_map(Input::Command),
    ]
}

/// What the shell knows, and what it may expect.
struct Shell {
    session: Session,
    connected: [bool; Leg::ALL.len()],
    /// Whose camera was asked for and when, until Zoom answers or the connection is gone.
    subscription: Option<(i64, Instant)>,
    /// Whether an owner before us, or we, held the stream.
    rejoins: bool,
    was_ready: bool,
    is_over: bool,
}

impl Shell {
    fn new(config: SessionConfig, now: Instant) -> Self {
        let rejoins = config.rejoins || config.was_held;
        let session = Session::new(config, now);
        let connected = [false; Leg::ALL.len()];
        Self { session, connected, subscription: None, rejoins, was_ready: false, is_over: false }
    }

    /// Whether the machine may hear of this at all: the shell tells only of connections that were asked for.
    fn may_tell(&mut self, input: &Input) -> bool {
        match input {
            Input::Opened(leg) | Input::Message(leg, _) | Input::Heard(leg) => self.connected[leg.index()],
            Input::Closed(leg, _) => std::mem::replace(&mut self.connected[leg.index()], false),
            // A connection that was closed may be followed by the next one while its last messages come.
            Input::Late(..) | Input::Command(_) => true,
        }
    }

    /// Forgets a subscription that this input answers or makes void.
    fn note(&mut self, input: &Input) {
        let is_void = match input {
            Input::Closed(leg, _) => matches!(leg, Leg::Signaling | Leg::Video | Leg::All),
            Input::Message(Leg::Signaling, message) => {
                let message: serde_json::Value = serde_json::from_slice(message).unwrap_or_default();
                message["msg_type"] == 29 && self.subscription.is_some_and(|(id, _)| message["user_id"] == id)
            }
            _ => false,
        };
        if is_void {
            self.subscription = None;
        }
    }

    fn check(&mut self, now: Instant) -> Result<(), TestCaseError> {
        while let Some(output) = self.session.poll_output() {
            prop_assert!(!self.is_over, "after the end: {}", show(&output));
            match &output {
                Output::Open(leg, _) => {
                    prop_assert!(!std::mem::replace(&mut self.connected[leg.index()], true), "a second {leg}");
                    let is_split = self.connected[1..6].contains(&true);
                    prop_assert!(!(is_split && self.connected[Leg::All.index()]), "one for all beside one for a kind");
                    prop_assert!(self.connected[0], "{leg} without signaling");
                }
                Output::Close(leg) => {
                    prop_assert!(std::mem::replace(&mut self.connected[leg.index()], false));
                    self.note(&Input::Closed(*leg, Close::Broken));
                }
                Output::Send(leg, message) => {
                    prop_assert!(self.connected[leg.index()], "{}", show(&output));
                    let message: serde_json::Value = serde_json::from_slice(message).expect("JSON");
                    if message["msg_type"] == 28 {
                        let id = message["user_id"].as_i64().expect("a number");
                        let is_free = self.subscription.is_none_or(|(_, at)| now >= at + Duration::from_secs(10));
                        prop_assert!(is_free, "{:?} is not answered", self.subscription);
                        self.subscription = Some((id, now));
                    }
                }
                Output::Ping(leg) => prop_assert!(self.connected[leg.index()], "{}", show(&output)),
                Output::End(end) => {
                    let may_restart = end.may_restart && (self.rejoins || self.was_ready);
                    prop_assert_eq!(may_restart, end.may_restart, "nobody held it: {:?}", end);
                    prop_assert_eq!(self.connected, [false; Leg::ALL.len()]);
                    self.is_over = true;
                }
                Output::Record(Entry::Control(model::Control::LegReady { leg: Leg::Signaling, .. })) => {
                    self.was_ready = true;
                }
                Output::Record(_) | Output::Event(_) => {}
            }
        }
        prop_assert_eq!(self.session.poll_timeout().is_none(), self.is_over, "a wake-up until the end, and none after");
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_024, ..ProptestConfig::default() })]

    /// C1, C4, C9, I7: a leg is opened only when it is closed, sent on only when it is open, nothing follows the end, one
    /// subscription is open at a time, and without a network the end comes within the windows.
    #[test]
    fn the_contract_holds_whatever_happens(
        inputs in proptest::collection::vec((any_input(), 0_u64..4_000), 1..160),
        is_voice in proptest::bool::weighted(0.1),
        rejoins in proptest::bool::weighted(0.3),
        was_held in proptest::bool::weighted(0.3),
    ) {
        let start = Instant::now();
        let mut now = start;
        let config = config(&[Leg::Audio, Leg::Video, Leg::Chat]);
        let want = Wants { video: VideoWant::Participant, ..config.want };
        let product = if is_voice { crate::Product::Phone } else { crate::Product::Meeting };
        let mut shell = Shell::new(SessionConfig { want, product, rejoins, was_held, ..config }, start);
        shell.check(now)?;
        for (input, pause_ms) in inputs {
            if !shell.may_tell(&input) {
                continue;
            }
            shell.note(&input);
            shell.session.handle_input(input, now);
            shell.check(now)?;
            now += Duration::from_millis(pause_ms);
            if shell.session.poll_timeout().is_some_and(|at| at <= now) {
                shell.session.handle_timeout(now);
                shell.check(now)?;
            }
        }
        // From here on the network is gone.
        let gone_at = now;
        loop {
            for leg in Leg::ALL {
                if shell.may_tell(&Input::Closed(leg, Close::Broken)) {
                    shell.note(&Input::Closed(leg, Close::Broken));
                    shell.session.handle_input(Input::Closed(leg, Close::Broken), now);
                    shell.check(now)?;
                }
            }
            let Some(at) = shell.session.poll_timeout() else { break };
            now = now.max(at);
            prop_assert!(now <= gone_at + Duration::from_secs(57 + 100 + 1), "the capture is stuck");
            shell.session.handle_timeout(now);
            shell.check(now)?;
        }
        prop_assert!(shell.is_over);
    }
}
