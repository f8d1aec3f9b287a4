//! The controls of the properties: implementations with one fault each, which the bred messages must bring to light, beside
//! the one without a name that has none.

use std::{borrow::Cow, collections::BTreeMap, panic};

use model::Secret;
use serde_json::{Value, value::RawValue};
use zoom::{
    WebhookError, WireError, signature,
    webhook::{Notice, SignedHeaders, Verified, answer_challenge, canonical_body, parse, verify},
    wire::{Incoming, KeepAlive, media::MediaMessage, read, scan},
};

use super::{
    breed::{Dice, corpus, half_and_half, mutant},
    million::seed,
    properties::{
        BODIES, Bodies, Parse, Read, Scan, Verify, agree, only_what_was_signed, well_dealt_with, within_bounds,
    },
};

/// How many messages a fault may hide from.
const TRIES: u32 = 60_000;

/// Whether `property` fails of a message of the herd, or of one that `make` makes.
fn is_found(
    herd: &[Vec<u8>],
    make: fn(&mut Dice, &[Vec<u8>], &mut Vec<u8>),
    property: impl Fn(&[u8]) -> bool + panic::RefUnwindSafe,
) -> bool {
    let fails = |message: &[u8]| panic::catch_unwind(|| property(message)).is_err();
    let mut dice = Dice::new(seed());
    let mut message = Vec::new();
    herd.iter().any(|message| fails(message))
        || (0..TRIES).any(|_| {
            make(&mut dice, herd, &mut message);
            fails(&message)
        })
}

#[test]
fn a_scanner_that_reads_otherwise_than_serde_is_found() {
    fn drops_empty_names(message: &[u8]) -> Option<MediaMessage<'_>> {
        let mut found = scan(message)?;
        found.user_name = found.user_name.filter(|name| !name.is_empty());
        Some(found)
    }
    fn keeps_32_bits(message: &[u8]) -> Option<MediaMessage<'_>> {
        let found = scan(message)?;
        Some(MediaMessage { user_id: i64::from(found.user_id as i32), ..found })
    }
    fn ignores_what_follows(message: &[u8]) -> Option<MediaMessage<'_>> {
        let end = message.iter().rposition(|byte| *byte == b'}')?;
        scan(message.get(..=end)?)
    }
    let scanners: [(&str, Scan); 4] = [
        ("", scan),
        ("drops empty names", drops_empty_names),
        ("keeps 32 bits", keeps_32_bits),
        ("ignores what follows", ignores_what_follows),
    ];
    for (fault, scan) in scanners {
        let is_found = is_found(&corpus("scan_equals_serde"), half_and_half, |message| agree(scan, message));
        assert_eq!(is_found, !fault.is_empty(), "{fault}");
    }
}

#[test]
fn a_reader_that_stumbles_or_keeps_too_much_is_found() {
    fn wants_text(message: &[u8]) -> Result<Incoming<'_>, WireError> {
        str::from_utf8(message).expect("text");
        read(message)
    }
    fn knows_no_depth(message: &[u8]) -> Result<Incoming<'_>, WireError> {
        match read(message) {
            Err(WireError::TooDeep { .. }) => Ok(Incoming::Note),
            other => other,
        }
    }
    fn believes_any_time(message: &[u8]) -> Result<Incoming<'_>, WireError> {
        match read(message) {
            Ok(Incoming::Media(media)) if media.timestamp_ms == 1 => {
                Ok(Incoming::Media(MediaMessage { timestamp_ms: -1, ..media }))
            }
            other => other,
        }
    }
    fn forgets_a_type(message: &[u8]) -> Result<Incoming<'_>, WireError> {
        match read(message) {
            Ok(Incoming::VideoReply(_)) => Ok(Incoming::Unknown { msg_type: 29 }),
            other => other,
        }
    }
    fn repeats_the_message(message: &[u8]) -> Result<Incoming<'_>, WireError> {
        read(message).map_err(|_| WireError::Malformed {
            length_bytes: message.len(),
            reason: String::from_utf8_lossy(message).into_owned(),
        })
    }
    fn echoes_everything(message: &[u8]) -> Result<Incoming<'_>, WireError> {
        match (read(message), serde_json::from_slice::<BTreeMap<Cow<'_, str>, &RawValue>>(message)) {
            (Ok(Incoming::KeepAlive(_)), Ok(fields)) => Ok(Incoming::KeepAlive(KeepAlive {
                timestamp: fields.get("timestamp").copied(),
                sequence: fields.get("sequence").copied(),
            })),
            (other, _) => other,
        }
    }
    fn says_it_ten_times(message: &[u8]) -> Result<Incoming<'_>, WireError> {
        match read(message) {
            Ok(Incoming::Transcript(mut content)) => {
                content.text = Cow::Owned(content.text.repeat(10));
                Ok(Incoming::Transcript(content))
            }
            other => other,
        }
    }
    let readers: [(&str, Read); 8] = [
        ("", read),
        ("wants text", wants_text),
        ("knows no depth", knows_no_depth),
        ("believes any time", believes_any_time),
        ("forgets a type", forgets_a_type),
        ("repeats the message", repeats_the_message),
        ("echoes everything", echoes_everything),
        ("says it ten times", says_it_ten_times),
    ];
    let herd: Vec<Vec<u8>> = ["read_any_message", "scan_equals_serde"].into_iter().flat_map(corpus).collect();
    for (fault, read) in readers {
        let is_found = is_found(&herd, mutant, |message| within_bounds(read, message));
        assert_eq!(is_found, !fault.is_empty(), "{fault}");
    }
}

#[test]
fn a_parser_that_stumbles_or_keeps_too_much_is_found() {
    /// A field of the payload, however long.
    fn field(body: &[u8], name: &str) -> Option<String> {
        let root: Value = serde_json::from_slice(body).ok()?;
        Some(root.pointer(&format!("/payload/{name}"))?.as_str()?.to_owned())
    }
    fn wants_a_payload(body: &[u8]) -> Result<Notice, WebhookError> {
        let notice = parse(body)?;
        let root: Value = serde_json::from_slice(body).expect("what was read is JSON");
        assert!(root["payload"].is_object());
        Ok(notice)
    }
    fn keeps_long_names(body: &[u8]) -> Result<Notice, WebhookError> {
        let notice = parse(body)?;
        let root: Value = serde_json::from_slice(body).expect("what was read is JSON");
        Ok(match (notice, root["event"].as_str()) {
            (Notice::Other { .. }, Some(event)) => Notice::Other { event: event.to_owned() },
            (other, _) => other,
        })
    }
    fn keeps_long_ids(body: &[u8]) -> Result<Notice, WebhookError> {
        let mut notice = parse(body)?;
        if let Notice::Started(start) = &mut notice {
            start.operator_id = field(body, "operator_id").or(start.operator_id.take());
        }
        Ok(notice)
    }
    fn keeps_long_addresses(body: &[u8]) -> Result<Notice, WebhookError> {
        let mut notice = parse(body)?;
        if let Notice::Interrupted(notice) = &mut notice {
            notice.server_urls = field(body, "server_urls");
        }
        Ok(notice)
    }
    fn keeps_the_signature(body: &[u8]) -> Result<Notice, WebhookError> {
        let mut notice = parse(body)?;
        if let Notice::Started(start) = &mut notice {
            start.json = String::from_utf8_lossy(body).into_owned();
        }
        Ok(notice)
    }
    fn turns_ids(body: &[u8]) -> Result<Notice, WebhookError> {
        let mut notice = parse(body)?;
        if let Notice::Started(start) = &mut notice {
            start.meeting_uuid.make_ascii_lowercase();
        }
        Ok(notice)
    }
    fn answers_anything(secret: &Secret<String>, plain_token: &str) -> Result<String, WebhookError> {
        let answer = answer_challenge(secret, "token")?;
        Ok(answer.replace(r#""token""#, &Value::from(plain_token).to_string()))
    }
    fn writes_spaces(body: &[u8]) -> Option<Vec<u8>> {
        let mut written = canonical_body(body)?;
        written.push(b' ');
        Some(written)
    }
    fn drops_spaces_that_count(body: &[u8]) -> Option<Vec<u8>> {
        let mut written = canonical_body(body)?;
        written.retain(|byte| *byte != b' ');
        Some(written)
    }
    let parsers: [(&str, Parse); 6] = [
        ("wants a payload", wants_a_payload),
        ("keeps long names", keeps_long_names),
        ("keeps long ids", keeps_long_ids),
        ("keeps long addresses", keeps_long_addresses),
        ("keeps the signature", keeps_the_signature),
        ("turns ids", turns_ids),
    ];
    let others = [
        ("", BODIES),
        ("answers anything", Bodies { answer: answers_anything, ..BODIES }),
        ("writes spaces", Bodies { canonical: writes_spaces, ..BODIES }),
        ("drops spaces that count", Bodies { canonical: drops_spaces_that_count, ..BODIES }),
    ];
    let faulty = parsers.map(|(fault, parse)| (fault, Bodies { parse, ..BODIES }));
    for (fault, bodies) in faulty.into_iter().chain(others) {
        let is_found = is_found(&corpus("webhook_parse"), mutant, |body| well_dealt_with(bodies, body));
        assert_eq!(is_found, !fault.is_empty(), "{fault}");
    }
}

#[test]
fn a_verifier_that_takes_what_was_not_signed_is_found() {
    let verifiers: [(&str, Verify); 9] = [
        ("", verify),
        ("compares a prefix", |secrets, headers, body, now_unix_s| {
            let (claimed, timestamp) = (headers.signature.unwrap_or_default(), headers.timestamp.unwrap_or_default());
            let mut signed = secrets.iter().map(|secret| signature::webhook(secret, timestamp, body));
            let fits = |signed: &String| claimed.len() == signed.len() && claimed.get(..19) == signed.get(..19);
            let signed = signed.find(fits);
            let signature = signed.as_deref().or(headers.signature);
            verify(secrets, &SignedHeaders { signature, ..*headers }, body, now_unix_s)
        }),
        ("takes any version", |secrets, headers, body, now_unix_s| {
            let signature = headers.signature.map(|claimed| format!("v0{}", claimed.get(2..).unwrap_or_default()));
            verify(secrets, &SignedHeaders { signature: signature.as_deref(), ..*headers }, body, now_unix_s)
        }),
        ("signs no time", |secrets, headers, body, now_unix_s| {
            // The one of the corpus, so that another one in its place changes nothing.
            let timestamp = headers.timestamp.map(|_| "1767225601");
            verify(secrets, &SignedHeaders { timestamp, ..*headers }, body, now_unix_s)
        }),
        ("signs half a body", |secrets, headers, body, now_unix_s| {
            let end = body.iter().rposition(|byte| *byte == b'}').map_or(body.len(), |end| end + 1);
            verify(secrets, headers, &body[..end], now_unix_s)
        }),
        ("knows one secret", |secrets, headers, body, now_unix_s| verify(&secrets[..1], headers, body, now_unix_s)),
        ("names another secret", |secrets, headers, body, now_unix_s| {
            verify(secrets, headers, body, now_unix_s).map(|verified| Verified { secret_index: 0, ..verified })
        }),
        ("takes any age", |secrets, headers, body, now_unix_s| match verify(secrets, headers, body, now_unix_s) {
            Err(WebhookError::Stale { age_s }) => Ok(Verified { secret_index: 1, age_s, is_rewritten: false }),
            other => other,
        }),
        ("finds everything fresh", |secrets, headers, body, now_unix_s| {
            verify(secrets, headers, body, now_unix_s).map(|verified| Verified { age_s: 0, ..verified })
        }),
    ];
    for (fault, verify) in verifiers {
        let is_found = is_found(&corpus("webhook_verify"), mutant, |request| only_what_was_signed(verify, request));
        assert_eq!(is_found, !fault.is_empty(), "{fault}");
    }
}
