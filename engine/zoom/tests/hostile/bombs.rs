//! JSON bombs at full size: each limit holds, just below it everything is read, and nothing costs more than in proportion to
//! its length. Without the limits it would, which is shown as well.

use std::hint::black_box;

use model::Fault;
use serde_json::Value;
use zoom::{
    webhook::{canonical_body, parse},
    wire::{Incoming, read, scan},
};

use super::meter::{Cost, cost};

/// The longest message that the socket lets through, in bytes.
const MESSAGE_LIMIT_BYTES: usize = 8 << 20;

/// Reads a message over both roads; the code of what is wrong with it.
fn judge(message: &[u8]) -> (Option<&'static str>, Cost) {
    let (scanned, fast) = cost(|| scan(message).is_some());
    assert_eq!(fast.calls, 0, "the hot path allocates nothing");
    let (outcome, slow) = cost(|| read(message).map(|incoming| drop(black_box(incoming))));
    assert!(!scanned || outcome.is_ok());
    (outcome.err().map(|error| error.code()), slow)
}

/// A list of `count` times `element`.
fn list(element: &str, count: usize) -> String {
    let mut out = String::with_capacity((element.len() + 1) * count + 2);
    for place in 0..count {
        out.push(if place == 0 { '[' } else { ',' });
        out.push_str(element);
    }
    out.push(']');
    out
}

/// An object of `count` fields with names of their own.
fn object(count: usize, value: &str) -> String {
    let fields: Vec<String> = (0..count).map(|place| format!("\"k{place}\":{value}")).collect();
    format!("{{{}}}", fields.join(","))
}

fn nested(levels: usize) -> String {
    format!("{}{}", "[".repeat(levels), "]".repeat(levels))
}

#[test]
fn depth_is_limited_to_32_in_every_message() {
    for msg_type in (0..=30).filter(|msg_type| *msg_type != 12) {
        let message = |levels: usize| format!(r#"{{"msg_type":{msg_type},"x":{}}}"#, nested(levels - 1));
        let (code, _) = judge(message(32).as_bytes());
        assert_ne!(code, Some("zoom_rtms_message_too_deep"), "{msg_type}");
        let (code, cost) = judge(message(33).as_bytes());
        assert_eq!(code, Some("zoom_rtms_message_too_deep"), "{msg_type}");
        assert!(cost.calls == 0, "refused before anything is made of it: {cost:?}");
    }
    for bomb in ["[".repeat(1_000_000), r#"{"a":"#.repeat(1_000_000), nested(1_000_000)] {
        let (code, cost) = judge(bomb.as_bytes());
        assert_eq!((code, cost.calls), (Some("zoom_rtms_message_too_deep"), 0));
        assert!(parse(bomb.as_bytes()).is_err() && canonical_body(bomb.as_bytes()).is_none());
    }
    let body = |levels: usize| format!(r#"{{"event":"meeting.ended","payload":{}}}"#, nested(levels - 1));
    assert!(parse(body(32).as_bytes()).is_ok() && parse(body(33).as_bytes()).is_err());
}

#[test]
fn values_are_limited_in_every_message() {
    let places: [(&str, &str); 6] = [
        (r#"{"msg_type":6,"event":{"event_type":3,"participants":"#, "}}"),
        (r#"{"msg_type":2,"media_server":{"server_urls":"#, "}}"),
        (r#"{"msg_type":4,"payload_encrypted":"#, "}"),
        (r#"{"msg_type":18,"content":{"data":"a","files":"#, "}}"),
        (r#"{"msg_type":14,"content":{"user_id":7,"timestamp":1,"data":"AAAA","x":"#, "}}"),
        (r#"{"msg_type":12,"timestamp":"#, "}"),
    ];
    for (before, behind) in places {
        for bomb in [list("0", 1_000_000), list("{}", 500_000), list("[[]]", 300_000), object(1_000_000, "0")] {
            let message = format!("{before}{bomb}{behind}");
            let (code, cost) = judge(message.as_bytes());
            assert_eq!((code, cost.calls), (Some("zoom_rtms_message_too_wide"), 0), "{before}");
        }
        let most = format!("{before}{}{behind}", list(r#"{"user_id":7}"#, 49_000));
        let (code, cost) = judge(most.as_bytes());
        assert_ne!(code, Some("zoom_rtms_message_too_wide"), "{before}");
        assert!(cost.peak_bytes <= 32 * most.len() as u64, "{before}: {cost:?}");
    }
    let body = |count: usize| format!(r#"{{"event":"meeting.ended","payload":{}}}"#, list("0", count));
    assert!(parse(body(9_990).as_bytes()).is_ok());
    let ((), cost) = cost(|| assert!(parse(body(100_000).as_bytes()).is_err()));
    assert!(cost.peak_bytes < 1_000_000, "{cost:?}");
}

/// The control of the two tests above: a parser without the guard holds far more than the message.
#[test]
fn without_limits_a_bomb_costs_many_times_its_length() {
    let bomb = list("{}", 500_000);
    let (value, cost) = cost(|| serde_json::from_str::<Value>(&bomb).expect("JSON"));
    drop(value);
    assert!(cost.peak_bytes > 8 * bomb.len() as u64, "{cost:?}");
}

#[test]
fn words_are_limited_to_64_kib() {
    let text = |length: usize| {
        let frame = r#"{"msg_type":17,"content":{"data":""}}"#.len();
        format!(r#"{{"msg_type":17,"content":{{"data":"{}"}}}}"#, "x".repeat(length - frame))
    };
    let (code, cost) = judge(text(64 << 10).as_bytes());
    assert_eq!(code, None);
    assert!(cost.peak_bytes < 4_096, "the text is borrowed: {cost:?}");
    let (code, _) = judge(text((64 << 10) + 1).as_bytes());
    assert_eq!(code, Some("zoom_rtms_message_too_large"));
}

#[test]
fn media_up_to_the_sockets_limit_is_read_without_a_copy() {
    let media = |data: &str| {
        let frame = format!(r#"{{"msg_type":15,"content":{{"user_id":7,"x":1,"timestamp":1,"data":"{data}"}}}}"#);
        frame.into_bytes()
    };
    let large = media(&"A".repeat(MESSAGE_LIMIT_BYTES - 128));
    let (code, cost) = judge(&large);
    assert_eq!(code, None);
    assert!(cost.peak_bytes < 4_096, "{cost:?}");
    // An escape makes a copy necessary, one, and a buffer for it.
    let escaped = |length: usize| media(&format!("\\u0041{}", "A".repeat(length - 6)));
    let (code, cost) = judge(&escaped(1 << 20));
    assert_eq!(code, None);
    assert!(cost.peak_bytes <= 3 << 20, "{cost:?}");
    let (code, cost) = judge(&escaped((1 << 20) + 4));
    assert_eq!((code, cost.calls), (Some("zoom_rtms_message_too_large"), 0));
    let bare = format!(r#"{{"msg_type":15,"content":"{}","user_id":7,"timestamp":1}}"#, "A".repeat(8 << 20));
    let (code, cost) = judge(bare.as_bytes());
    assert_eq!(code, None);
    assert!(cost.peak_bytes < 4_096, "{cost:?}");
}

#[test]
fn huge_numbers_are_refused_or_read_at_the_cost_of_nothing() {
    let digits = "9".repeat(1_000_000);
    for number in
        [digits.clone(), format!("-{digits}"), format!("0.{digits}"), format!("1e{digits}"), format!("1e-{digits}")]
    {
        for message in [
            format!(r#"{{"msg_type":{number}}}"#),
            format!(r#"{{"msg_type":8,"state":{number}}}"#),
            format!(r#"{{"msg_type":14,"content":{{"user_id":{number},"timestamp":1,"data":"AAAA"}}}}"#),
            format!(r#"{{"msg_type":14,"content":{{"user_id":7,"timestamp":"{number}","data":"AAAA"}}}}"#),
            format!(r#"{{"msg_type":99,"x":{number}}}"#),
        ] {
            let (_, cost) = judge(message.as_bytes());
            assert!(cost.calls < 50 && cost.peak_bytes <= 2 * message.len() as u64, "{cost:?}");
        }
    }
}

#[test]
fn a_repeated_key_is_refused_or_ignored_at_the_cost_of_nothing() {
    for (msg_type, key) in
        [(14, "content"), (6, "event"), (12, "timestamp"), (2, "status_code"), (17, "content"), (99, "x")]
    {
        let fields = vec![format!("\"{key}\":{{}}"); 40_000].join(",");
        let message = format!(r#"{{"msg_type":{msg_type},{fields}}}"#);
        let (code, cost) = judge(message.as_bytes());
        assert_eq!(code.is_none(), key == "x", "{key}");
        assert!(cost.calls < 50 && cost.peak_bytes < 4_096, "{key}: {cost:?}");
    }
    let twice = br#"{"msg_type":14,"content":{"user_id":7,"timestamp":1,"data":"AAAA","data":"BBBB"}}"#;
    assert_eq!(judge(twice).0, Some("zoom_rtms_malformed_message"));
}

#[test]
fn an_error_repeats_nothing_of_a_long_message() {
    for message in [
        format!(r#"{{"msg_type":6,"event":"{}"}}"#, "x".repeat(1 << 20)),
        format!(r#"{{"msg_type":"{}"}}"#, "x".repeat(1 << 20)),
        format!(r#"{{"msg_type":2,"media_server":"{}"}}"#, "x".repeat(1 << 20)),
        format!("{{\"msg_type\":17,\"content\":{{\"data\":\"{}\x01\"}}}}", "x".repeat(1 << 20)),
    ] {
        let (error, cost) = cost(|| read(message.as_bytes()).map(|_| ()).expect_err("refused").to_string());
        assert!(error.len() < 300, "{error}");
        assert!(cost.peak_bytes <= 4 * message.len() as u64, "{cost:?}");
    }
}

#[test]
fn a_keep_alive_is_answered_with_little_whatever_it_asks() {
    let long = format!(r#"{{"msg_type":12,"timestamp":"{}","sequence":{}}}"#, "x".repeat(1 << 19), list("0", 90_000));
    let Ok(Incoming::KeepAlive(request)) = read(long.as_bytes()) else { panic!("a keep-alive") };
    let reply = zoom::wire::outgoing::keep_alive_reply(&request);
    assert_eq!(&reply[..], br#"{"msg_type":13}"#);
}
