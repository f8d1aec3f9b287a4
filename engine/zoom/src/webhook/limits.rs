//! How much of a webhook is taken: every limit as a number, with what is just within it and just beyond.

use super::*;
use crate::WebhookError;

/// The start of a meeting with these fields instead of the usual ones.
fn start(fields: &[(&str, usize)]) -> Result<StartNotice, WebhookError> {
    let length = |field: &str| fields.iter().find(|(name, _)| *name == field).map_or(1, |(_, length)| *length);
    let text = |field: &str| format!(r#""{field}":"{}""#, "x".repeat(length(field)));
    let names = ["meeting_uuid", "rtms_stream_id", "server_urls", "operator_id", "account_id", "meeting_id"];
    let body = format!(r#"{{"event":"meeting.rtms_started","payload":{{{}}}}}"#, names.map(text).join(","));
    match parse(body.as_bytes())? {
        Notice::Started(start) => Ok(start),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_id_has_at_most_512_bytes() {
    for field in ["meeting_uuid", "rtms_stream_id"] {
        assert!(start(&[(field, 512)]).is_ok(), "{field}");
        assert!(matches!(start(&[(field, 513)]), Err(WebhookError::MissingField { .. })), "{field}");
    }
    let optional = ["operator_id", "account_id", "meeting_id"];
    let StartNotice { operator_id, account_id, meeting_number, .. } =
        start(&optional.map(|field| (field, 512))).expect("a start");
    assert!([operator_id, account_id, meeting_number].iter().all(|id| id.as_ref().is_some_and(|id| id.len() == 512)));
    let StartNotice { operator_id, account_id, meeting_number, .. } =
        start(&optional.map(|field| (field, 513))).expect("they may be missing");
    assert_eq!([operator_id, account_id, meeting_number], [None, None, None]);
}

#[test]
fn addresses_have_at_most_2048_bytes() {
    assert!(start(&[("server_urls", 2_048)]).is_ok());
    assert!(matches!(start(&[("server_urls", 2_049)]), Err(WebhookError::MissingField { field: "server_urls", .. })));
    let moved = |length: usize| {
        let body = format!(
            r#"{{"event":"meeting.rtms_interrupted","payload":{{"rtms_stream_id":"s","server_urls":"{}"}}}}"#,
            "x".repeat(length)
        );
        match parse(body.as_bytes()) {
            Ok(Notice::Interrupted(notice)) => notice.server_urls.is_some(),
            other => panic!("{other:?}"),
        }
    };
    assert!(moved(2_048) && !moved(2_049));
}

#[test]
fn a_body_has_at_most_10000_values_whoever_reads_it() {
    // One for the whole, one for each bracket and one for each comma.
    let list = |count: usize| format!("[{}]", vec!["0"; count].join(","));
    let body = |count: usize| format!(r#"{{"event":"meeting.ended","payload":{}}}"#, list(count));
    assert!(parse(body(9_997).as_bytes()).is_ok());
    assert!(matches!(parse(body(9_998).as_bytes()), Err(WebhookError::Malformed { .. })));
    assert!(canonical_body(list(9_999).as_bytes()).is_some());
    assert_eq!(canonical_body(list(10_000).as_bytes()), None);
}

#[test]
fn what_is_handed_on_as_it_is_has_at_most_4_kib() {
    let is_handed_on = |length: usize| {
        let body = format!(r#"{{"event":"rtms.request_status","payload":"{}"}}"#, "x".repeat(length - 2));
        match parse(body.as_bytes()) {
            Ok(Notice::RequestStatus { payload }) => payload.is_some(),
            other => panic!("{other:?}"),
        }
    };
    assert!(is_handed_on(4_096) && !is_handed_on(4_097));
}

#[test]
fn of_an_events_name_64_letters_are_shown() {
    let named = |name: &str| parse(format!(r#"{{"event":"{name}"}}"#).as_bytes());
    let shown = |length: usize| Ok(Notice::Other { event: "ü".repeat(length) });
    assert_eq!(named(&"ü".repeat(64)), shown(64));
    assert_eq!(named(&"ü".repeat(65)), shown(64));
    let long = format!("meeting.{}rtms_started", "x".repeat(65));
    let Err(WebhookError::MissingField { event, .. }) = named(&long) else { panic!("it has no payload") };
    assert_eq!(event, long[..64]);
}
