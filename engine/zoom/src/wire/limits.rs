//! How much of a message is taken: every limit as a number, with what is just within it and just beyond. What the limits are
//! good for is shown by the crate's hostile tests.

use super::*;
use crate::WireError;

#[test]
fn a_message_has_at_most_100000_values() {
    // One for the whole, one for each bracket and one for each comma.
    let message = |count: usize| format!(r#"{{"msg_type":99,"x":[{}]}}"#, vec!["0"; count].join(","));
    assert!(matches!(read(message(99_997).as_bytes()), Ok(Incoming::Unknown { msg_type: 99 })));
    assert!(matches!(read(message(99_998).as_bytes()), Err(WireError::TooWide { limit: 100_000, .. })));
}

#[test]
fn a_message_without_media_has_at_most_1_mib_and_one_of_words_64_kib() {
    for (msg_type, most) in [(99, 1_048_576), (17, 65_536), (18, 65_536)] {
        let message = |length: usize| {
            let frame = format!(r#"{{"msg_type":{msg_type},"content":{{"data":""}}}}"#).len();
            format!(r#"{{"msg_type":{msg_type},"content":{{"data":"{}"}}}}"#, "x".repeat(length - frame))
        };
        assert!(read(message(most).as_bytes()).is_ok());
        assert!(matches!(read(message(most + 1).as_bytes()), Err(WireError::TooLarge { .. })));
    }
}

#[test]
fn a_keep_alive_gets_back_values_of_at_most_256_bytes() {
    let reply = |length: usize| {
        let value = format!("\"{}\"", "x".repeat(length - 2));
        let message = format!(r#"{{"msg_type":12,"timestamp":{value},"sequence":{value}}}"#);
        match read(message.as_bytes()) {
            Ok(Incoming::KeepAlive(request)) => outgoing::keep_alive_reply(&request).len(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(reply(256), r#"{"msg_type":13,"sequence":,"timestamp":}"#.len() + 2 * 256);
    assert_eq!(reply(257), r#"{"msg_type":13}"#.len());
}

#[test]
fn media_is_made_between_1970_and_the_year_9999() {
    let at = |timestamp: &str| {
        let message = format!(r#"{{"msg_type":14,"content":{{"user_id":7,"timestamp":{timestamp},"data":"AAEC"}}}}"#);
        let (fast, slow) = (scan(message.as_bytes()).is_some(), read(message.as_bytes()));
        assert!(!fast || slow.is_ok(), "{timestamp}");
        slow.map(|_| fast)
    };
    for timestamp in ["0", "253402300799999"] {
        assert!(at(timestamp).is_ok(), "{timestamp}");
    }
    assert_eq!(at("253402300799999").ok(), Some(true), "by the fast road");
    for timestamp in ["-1", "253402300800000"] {
        assert!(matches!(at(timestamp), Err(WireError::AbsurdTime { .. })), "{timestamp}");
    }
}
