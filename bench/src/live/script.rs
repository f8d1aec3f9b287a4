//! A meeting in which much is written: each message of chat carries its number, by which whoever hears it knows when it was sent.

use std::fmt::Write as _;

/// A script for the simulator: `per_second` messages of about `message_bytes` each, from the first second to the last but one.
pub(super) fn chatty(seconds: u32, per_second: u32, message_bytes: usize) -> String {
    let mut script = format!("scenario staged\nduration {seconds}s\n0s join ada\n0s join grace\n");
    let apart_ms = 1_000 / per_second.max(1);
    let padding = "x".repeat(message_bytes);
    for number in 0..seconds.saturating_sub(2).saturating_mul(per_second) {
        let at_ms = 1_000 + number * apart_ms;
        // Writing into a text cannot fail.
        let _ = writeln!(script, "{at_ms}ms write ada n{number:06} {padding}");
    }
    script
}

/// The number of the message in an event, or in the words of one.
pub(super) fn number_in(text: &str) -> Option<u64> {
    let digits = text.split_once("\"text\":\"n").map_or_else(|| text.strip_prefix('n'), |(_, rest)| Some(rest))?;
    digits.get(..6)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_has_a_number_that_is_found_in_what_is_told_of_it() {
        let script = chatty(5, 4, 10);
        assert_eq!(script.lines().filter(|line| line.contains(" write ada n")).count(), 12);
        assert!(script.ends_with("3750ms write ada n000011 xxxxxxxxxx\n"), "{script}");
        assert_eq!(number_in(r#"{"data":{"text":"n000011 xx","to":null}}"#), Some(11));
        assert_eq!(number_in("n000007 xx"), Some(7));
        assert_eq!(number_in(r#"{"data":{"text":"hello"}}"#), None);
        assert!(fixtures::Script::parse(&script).is_ok());
    }
}
