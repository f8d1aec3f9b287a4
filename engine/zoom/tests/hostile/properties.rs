//! What must hold of any bytes, whoever sends them. Each function panics where it does not hold, of the code as it is or of
//! whatever is handed to it in its place: that faults are found is shown in `faults`.

use media::{Pool, TrackKind};
use model::{Fault, Secret};
use serde_json::{Value, value::RawValue};
use zoom::{
    WebhookError, WireError, signature,
    webhook::{
        LATE_S, Notice, SignedHeaders, StartNotice, Verified, answer_challenge, canonical_body, parse,
        parse_notice_json, verify,
    },
    wire::{
        Incoming, Person, media::MediaMessage, media::decode, outgoing::keep_alive_reply, read,
        scan as scan_of_the_session,
    },
};

/// A way of reading media messages that takes some and leaves others.
pub(crate) type Scan = for<'a> fn(&'a [u8]) -> Option<MediaMessage<'a>>;

/// A way of reading any message.
pub(crate) type Read = for<'a> fn(&'a [u8]) -> Result<Incoming<'a>, WireError>;

/// A way of reading a webhook's body.
pub(crate) type Parse = fn(&[u8]) -> Result<Notice, WebhookError>;

/// A way of telling whether a webhook is genuine.
pub(crate) type Verify = fn(&[Secret<String>], &SignedHeaders<'_>, &[u8], i64) -> Result<Verified, WebhookError>;

/// A way of dealing with the body of a webhook.
#[derive(Clone, Copy)]
pub(crate) struct Bodies {
    /// Writes it again.
    pub(crate) canonical: fn(&[u8]) -> Option<Vec<u8>>,
    /// Reads it.
    pub(crate) parse: Parse,
    /// Answers the challenge in it.
    pub(crate) answer: fn(&Secret<String>, &str) -> Result<String, WebhookError>,
}

/// What the daemon does with bodies.
pub(crate) const BODIES: Bodies = Bodies { canonical: canonical_body, parse, answer: answer_challenge };

/// The longest error, in bytes: it must not repeat a message.
const ERROR_LIMIT_BYTES: usize = 400;

/// The latest time of a media message, in milliseconds since the Unix epoch: the end of the year 9999.
const TIME_LIMIT_MS: i64 = 253_402_300_799_999;

/// Whatever the scanner takes means the same to serde; whether it took `message`.
pub(crate) fn scan_equals_serde(message: &[u8]) -> bool {
    agree(scan_of_the_session, message)
}

/// Whatever `scan` takes means the same to the messages' reader and to a parser that knows nothing of messages.
pub(crate) fn agree(scan: Scan, message: &[u8]) -> bool {
    let Some(fast) = scan(message) else { return false };
    match read(message) {
        Ok(Incoming::Media(slow)) => assert_eq!(fast, slow, "{}", message.escape_ascii()),
        other => panic!("{}: {fast:?}, but {other:?}", message.escape_ascii()),
    }
    let json: Value = serde_json::from_slice(message).expect("what was taken is JSON");
    let content = &json["content"];
    let kind = match json["msg_type"].as_i64() {
        Some(14) => TrackKind::Audio,
        Some(15) => TrackKind::Video,
        Some(16) => TrackKind::Share,
        other => panic!("{}: {other:?} is no media", message.escape_ascii()),
    };
    assert_eq!(fast.kind, kind);
    assert_eq!(Some(fast.user_id), content["user_id"].as_i64());
    assert_eq!(Some(fast.timestamp_ms), content["timestamp"].as_i64());
    assert_eq!(Some(&*fast.data_base64), content["data"].as_str().map(str::as_bytes));
    assert_eq!(fast.user_name.as_deref(), content["user_name"].as_str());
    assert_eq!(fast.length, content["length"].as_u64());
    true
}

/// Any message is understood or refused, within bounds; whether it was understood.
pub(crate) fn read_any_message(message: &[u8]) -> bool {
    within_bounds(read, message)
}

/// Whatever `read` makes of a message is within bounds; whether it understood it.
pub(crate) fn within_bounds(read: Read, message: &[u8]) -> bool {
    let incoming = match read(message) {
        Ok(incoming) => incoming,
        Err(error) => {
            assert!(error.to_string().len() <= ERROR_LIMIT_BYTES, "{error}");
            assert!(error.code().starts_with("zoom_rtms_"));
            return false;
        }
    };
    assert!(depth(message) <= 32, "{}", message.escape_ascii());
    let length = message.len();
    let is_bounded = |person: &Person<'_>| person.user_name.as_ref().is_none_or(|name| name.len() <= length);
    match incoming {
        Incoming::Media(media) => {
            assert!((0..=TIME_LIMIT_MS).contains(&media.timestamp_ms));
            assert!(media.user_name.as_ref().is_none_or(|name| name.len() <= length));
            assert!(media.data_base64.len() <= length);
            match decode(&mut Pool::new(1024), &media) {
                Ok(payload) => {
                    assert_eq!(payload.len().div_ceil(3) * 4, media.data_base64.len());
                    let _ = media.contradicts(&payload);
                }
                Err(error) => assert!(error.to_string().len() <= ERROR_LIMIT_BYTES),
            }
        }
        Incoming::KeepAlive(request) => {
            let reply = keep_alive_reply(&request);
            assert!(reply.len() <= 600);
            // Half a letter of UTF-16 is echoed like anything else, so the parser must not decode it.
            let reply: &RawValue = serde_json::from_slice(&reply).expect("we send JSON");
            assert!(reply.get().starts_with(r#"{"msg_type":13"#));
        }
        Incoming::Event(event) => {
            assert!(event.people.len() <= length / 8 + 1 && event.people.iter().all(is_bounded));
        }
        Incoming::Transcript(content) => {
            assert!(content.text.len() <= length && content.speaker.as_ref().is_none_or(is_bounded));
        }
        Incoming::Chat(content) => {
            assert!(content.text.len() <= length && content.sender.as_ref().is_none_or(is_bounded));
            assert!(content.receiver.as_ref().is_none_or(is_bounded));
        }
        Incoming::SignalingReply(reply) => {
            let urls = reply.urls;
            for url in [urls.audio, urls.video, urls.share, urls.transcript, urls.chat, urls.all].into_iter().flatten()
            {
                assert!(!url.is_empty() && url.len() <= length);
            }
            assert!(reply.reason.len() <= length);
        }
        Incoming::MediaReply(reply) => assert!(reply.reason.len() <= length),
        Incoming::VideoReply(reply) => assert!(reply.reason.len() <= length),
        Incoming::Unknown { msg_type } => {
            assert!(!matches!(msg_type, 2 | 4 | 6 | 8 | 9 | 11 | 12 | 14..=18 | 20 | 22..=27 | 29))
        }
        Incoming::StreamState(_) | Incoming::SessionState(_) | Incoming::CloseReply { .. } | Incoming::Note => {}
    }
    true
}

/// How deep brackets nest outside of strings.
fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut is_escaped) = (0_usize, 0, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Any body is understood or refused; what is understood is bounded and survives being stored. Whether it was understood.
pub(crate) fn webhook_parse(body: &[u8]) -> bool {
    well_dealt_with(BODIES, body)
}

/// Whatever is made of a body is bounded and survives being stored; whether it was understood.
pub(crate) fn well_dealt_with(Bodies { canonical, parse, answer }: Bodies, body: &[u8]) -> bool {
    let write_again = canonical;
    let canonical = write_again(body);
    if let Some(canonical) = &canonical {
        assert!(canonical.len() <= body.len());
        assert_eq!(write_again(canonical).as_ref(), Some(canonical), "written again, it stays as it is");
    }
    let notice = match parse(body) {
        Ok(notice) => notice,
        Err(error) => {
            assert!(error.to_string().len() <= ERROR_LIMIT_BYTES, "{error}");
            return false;
        }
    };
    if body.len() <= 256 << 10 {
        let canonical = canonical.expect("what is understood can be written again");
        assert_eq!(parse(&canonical).as_ref(), Ok(&notice), "and then says the same");
    }
    match notice {
        Notice::Started(start) => well_kept(&start),
        Notice::Stopped(stop) => assert!(is_id(&stop.stream_id) && stop.meeting_uuid.is_none_or(|id| is_id(&id))),
        Notice::Interrupted(notice) => {
            assert!(is_id(&notice.stream_id) && notice.server_urls.is_none_or(|urls| urls.len() <= 2_048));
        }
        Notice::UrlValidation { plain_token } => {
            if let Ok(answer) = answer(&secret(), &plain_token) {
                assert!(!plain_token.contains(':') && (1..=128).contains(&plain_token.len()));
                let answer: Value = serde_json::from_str(&answer).expect("we answer JSON");
                assert_eq!(answer["plainToken"], plain_token);
            }
        }
        Notice::Concurrency(notice) => {
            assert!([notice.account_id, notice.operator_id, notice.meeting_uuid].iter().flatten().all(|id| is_id(id)));
        }
        Notice::RequestStatus { payload } => assert!(payload.is_none_or(|payload| payload.len() <= 4 << 10)),
        Notice::Other { event } => assert!(event.chars().count() <= 64),
    }
    true
}

fn well_kept(start: &StartNotice) {
    assert!(is_id(&start.meeting_uuid) && is_id(&start.stream_id));
    assert!((1..=2_048).contains(&start.server_urls.len()) && !start.server_urls.chars().any(char::is_control));
    let optional = [&start.operator_id, &start.account_id, &start.meeting_number];
    assert!(optional.into_iter().flatten().all(|id| is_id(id)));
    assert!(!start.json.contains("\"signature\":") || !start.json.contains("SECRET"));
    // The payload is stored whole, and a fraction in a field that nobody reads may change in its last digit.
    let stored = parse_notice_json(&start.json).expect("what is stored can be read");
    assert_eq!(StartNotice { json: start.json.clone(), ..stored }, *start, "what is stored reads the same");
}

fn is_id(id: &str) -> bool {
    (1..=512).contains(&id.len()) && !id.chars().any(char::is_control)
}

/// The secret under which the corpus is signed.
pub(crate) fn secret() -> Secret<String> {
    Secret::new("wh-secret-0001".to_owned())
}

/// The moment at which the corpus is received, in seconds since the Unix epoch.
const NOW_UNIX_S: i64 = 1_767_225_603;

/// A request is genuine exactly if it carries the signature of its body, as it came or written again, and is not too old.
/// The input is the signature, the timestamp and the body, with a newline after each of the first two. Whether it was taken.
pub(crate) fn webhook_verify(input: &[u8]) -> bool {
    only_what_was_signed(verify, input)
}

/// `verify` takes exactly what was signed in time, and says of it what is so; whether it took `input`.
pub(crate) fn only_what_was_signed(verify: Verify, input: &[u8]) -> bool {
    let mut parts = input.splitn(3, |byte| *byte == b'\n');
    let mut line = || parts.next().and_then(|line| str::from_utf8(line).ok());
    let (claimed, timestamp) = (line(), line());
    let body = parts.next().unwrap_or_default();
    let secrets = [Secret::new("another".to_owned()), secret()];
    let outcome = verify(&secrets, &SignedHeaders { signature: claimed, timestamp }, body, NOW_UNIX_S);
    let expected = claimed.zip(timestamp).and_then(|(claimed, timestamp)| {
        let fits = |body: &[u8]| {
            secrets.iter().position(|secret| claims(claimed, &signature::webhook(secret, timestamp, body)))
        };
        let as_it_came = fits(body).map(|secret_index| (secret_index, false));
        let signed = as_it_came.or_else(|| Some((fits(&canonical_body(body)?)?, true)));
        let stamp: i64 = timestamp.trim().parse().ok()?;
        // Only milliseconds are as large.
        let age_s = NOW_UNIX_S.saturating_sub(if stamp >= 100_000_000_000 { stamp / 1_000 } else { stamp });
        let (secret_index, is_rewritten) = signed.filter(|_| (-300..=LATE_S).contains(&age_s))?;
        Some(Verified { secret_index, age_s, is_rewritten })
    });
    assert_eq!(outcome.as_ref().ok(), expected.as_ref(), "{}", input.escape_ascii());
    if let Ok(verified) = &outcome {
        assert_eq!(verified.is_fresh(), verified.age_s.abs() <= 300);
    }
    outcome.is_ok()
}

/// Digits may be of either case.
fn claims(claimed: &str, signature: &str) -> bool {
    claimed
        .strip_prefix("v0=")
        .is_some_and(|digits| Some(digits.to_ascii_lowercase().as_str()) == signature.strip_prefix("v0="))
}
