//! Answers and what they mean, in virtual time.

use bytes::Bytes;

use super::*;

const NOW: i64 = 1_767_225_600_000;
const DAY_MS: i64 = 24 * 3_600_000;

fn run(since_unix_ms: i64, latest_unix_ms: i64) -> Option<FailingRun> {
    Some(FailingRun { since_unix_ms, latest_unix_ms })
}

fn answered(status: u16, retry_after: Option<&str>) -> Heard {
    Heard::of(Ok(HttpResponse {
        status,
        date: None,
        retry_after: retry_after.map(str::to_owned),
        content_type: None,
        body: Bytes::new(),
    }))
}

fn again(at_unix_ms: i64) -> Verdict {
    Verdict { consequence: Consequence::Again { at_unix_ms }, disable: None }
}

#[test]
fn only_2xx_is_a_success_and_redirects_are_failures() {
    for status in [200, 201, 202, 204, 299] {
        let heard = answered(status, None);
        assert_eq!(judge(&heard, 0, run(0, 0), NOW).consequence, Consequence::Delivered, "{status}");
        assert_eq!(heard.code, None);
    }
    for (status, code) in [
        (301, "receiver_redirects"),
        (307, "receiver_redirects"),
        (304, "receiver_redirects"),
        (400, "receiver_refuses"),
        (404, "receiver_refuses"),
        (429, "receiver_refuses"),
        (500, "receiver_refuses"),
        (100, "receiver_refuses"),
    ] {
        let heard = answered(status, None);
        assert_eq!(heard.code, Some(code), "{status}");
        assert_eq!(judge(&heard, 0, None, NOW), again(NOW + 5_000), "{status}");
    }
}

#[test]
fn what_could_not_be_reached_is_tried_again_whatever_the_reason() {
    let timeout = DialError::Timeout { host: "hooks.example:443".to_owned(), phase: "an answer", limit_ms: 15_000 };
    let refused = DialError::Refused { address: String::new(), refusal: dial::Refusal::Malformed };
    for error in [timeout, refused] {
        let code = error.code();
        let heard = Heard::of(Err(error));
        assert_eq!((heard.status, heard.code), (None, Some(code)));
        assert_eq!(judge(&heard, 1, None, NOW), again(NOW + 300_000));
    }
}

#[test]
fn after_eight_attempts_a_message_is_dead_and_its_receiver_is_not_disabled() {
    let heard = answered(500, None);
    let mut now = NOW;
    for attempts in 0..7 {
        let Consequence::Again { at_unix_ms } = judge(&heard, attempts, run(NOW, now - 36_000_000), now).consequence
        else {
            panic!("attempt {attempts} is not the last");
        };
        now = at_unix_ms;
    }
    assert_eq!(now - NOW, 99_305_000, "27 h 35 min 5 s after the first");
    assert_eq!(
        judge(&heard, 7, run(NOW, now - 36_000_000), now),
        Verdict { consequence: Consequence::Dead, disable: None }
    );
}

#[test]
fn a_receiver_that_is_gone_is_disabled_at_once_and_one_that_fails_for_five_days_then() {
    let dead = |why| Verdict { consequence: Consequence::Dead, disable: Some(why) };
    assert_eq!(judge(&answered(410, Some("5")), 0, None, NOW), dead(WebhookDisabled::Gone));
    let heard = answered(503, None);
    let yesterday = NOW - DAY_MS;
    assert_eq!(judge(&heard, 1, run(NOW - FAILING_MS + 1, yesterday), NOW), again(NOW + 300_000));
    assert_eq!(judge(&heard, 1, run(NOW - FAILING_MS, yesterday), NOW), dead(WebhookDisabled::Failing));
    assert_eq!(judge(&answered(200, None), 1, run(NOW - FAILING_MS, yesterday), NOW).disable, None, "it works again");
}

#[test]
fn neither_a_first_attempt_nor_one_after_a_day_of_silence_disables_a_receiver() {
    let heard = answered(503, None);
    let long_ago = NOW - 10 * FAILING_MS;
    assert_eq!(judge(&heard, 0, run(long_ago, NOW - DAY_MS), NOW), again(NOW + 5_000));
    assert_eq!(judge(&heard, 1, run(long_ago, NOW - DAY_MS - 1), NOW), again(NOW + 300_000));
    let control = judge(&heard, 1, run(long_ago, NOW - DAY_MS), NOW);
    assert_eq!(control.disable, Some(WebhookDisabled::Failing));
}

#[test]
fn a_pause_that_the_receiver_asks_for_is_kept_within_bounds_in_either_form() {
    for (text, expected) in [
        ("120", 120_000),
        (" 120 ", 120_000),
        ("Thu, 01 Jan 2026 00:02:00 GMT", 120_000),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 5_000),
        ("1", 5_000),
        ("0", 5_000),
        ("-1", 5_000),
        ("soon", 5_000),
        ("", 5_000),
        ("999999999999999999", 36_000_000),
        ("99999999999999999999", 5_000),
    ] {
        assert_eq!(judge(&answered(429, Some(text)), 0, None, NOW), again(NOW + expected), "{text:?}");
    }
}
