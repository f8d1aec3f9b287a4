//! Messages in every form that the field has seen, and the agreement of the two roads that read media.

use std::borrow::Cow;

use ::media::{Pool, TrackKind};
use proptest::{prelude::*, sample::Index};

use super::{
    media::{MediaMessage, decode},
    *,
};
use crate::WireError;

fn media(message: &str) -> MediaMessage<'_> {
    match read(message.as_bytes()) {
        Ok(Incoming::Media(media)) => media,
        other => panic!("{message}: {other:?}"),
    }
}

fn usual(user_id: i64) -> MediaMessage<'static> {
    MediaMessage {
        kind: TrackKind::Audio,
        user_id,
        user_name: Some(Cow::Borrowed("Ada")),
        timestamp_ms: 1_767_225_604_020,
        data_base64: Cow::Borrowed(b"AAAA"),
        length: Some(3),
    }
}

#[test]
fn the_usual_form_takes_the_fast_road_in_any_order() {
    for message in [
        r#"{"msg_type":14,"content":{"user_id":7,"user_name":"Ada","timestamp":1767225604020,"length":3,"data":"AAAA"}}"#,
        r#"{"content":{"data":"AAAA","length":3,"timestamp":1767225604020,"user_name":"Ada","user_id":7},"msg_type":14}"#,
        "{\n\t\"content\" : {\n\t\t\"user_name\" : \"Ada\", \"data\" : \"AAAA\", \"length\" : 3,\r\n\
         \"timestamp\" : 1767225604020, \"user_id\" : 7 }, \"msg_type\" : 14\n}\n",
    ] {
        assert_eq!(scan(message.as_bytes()), Some(usual(7)), "{message}");
        assert_eq!(media(message), usual(7), "{message}");
    }
}

#[test]
fn unusual_forms_take_the_slow_road_and_mean_the_same() {
    for message in [
        r#"{"msg_type":14,"content":{"user_id":"7","user_name":"Ada","timestamp":1767225604020.0,"length":"3","data":"AAAA"}}"#,
        r#"{"msgType":"14","content":{"userId":7,"userName":"\u0041da","timestamp":"1767225604020","length":3,"data":"A\u0041AA"}}"#,
        r#"{"msg_type":14,"content":"AAAA","user_id":7,"user_name":"Ada","timestamp":1767225604020,"length":3}"#,
        r#"{"msg_type":14,"new":{"deep":[1,{}]},"content":{"user_id":7,"user_name":"Ada","timestamp":1767225604020,"length":3,"data":"AAAA","extra":null}}"#,
        r#"{"msg_type":14,"content":{"channel_id":"7","user_name":"Ada","timestamp":1767225604020,"length":3,"data":"AAAA"}}"#,
    ] {
        assert_eq!(scan(message.as_bytes()), None, "{message}");
        assert_eq!(media(message), usual(7), "{message}");
    }
}

#[test]
fn a_party_named_by_a_word_keeps_one_number() {
    let message = |channel: &str| {
        let message =
            format!(r#"{{"msg_type":14,"content":{{"channel_id":"{channel}","timestamp":1,"data":"AAAA"}}}}"#);
        media(&message).user_id
    };
    assert_eq!(message("caller"), message("caller"));
    assert_ne!(message("caller"), message("callee"));
    assert!(message("caller") > i64::from(u32::MAX));
}

#[test]
fn what_cannot_be_media_is_refused_with_a_reason() {
    let cases = [
        ("", "zoom_rtms_malformed_message"),
        ("{", "zoom_rtms_malformed_message"),
        ("[]", "zoom_rtms_malformed_message"),
        ("null", "zoom_rtms_malformed_message"),
        (r#"{"content":{}}"#, "zoom_rtms_field_missing"),
        (r#"{"msg_type":"SIGNALING_HAND_SHAKE_REQ"}"#, "zoom_rtms_malformed_message"),
        (r#"{"msg_type":14}"#, "zoom_rtms_field_missing"),
        (r#"{"msg_type":14,"content":7}"#, "zoom_rtms_malformed_message"),
        (r#"{"msg_type":14,"content":{"user_id":7,"data":"AAAA"}}"#, "zoom_rtms_field_missing"),
        (r#"{"msg_type":14,"content":{"user_id":7,"timestamp":1}}"#, "zoom_rtms_field_missing"),
        (r#"{"msg_type":14,"content":{"user_id":7,"timestamp":-1,"data":"AAAA"}}"#, "zoom_rtms_absurd_timestamp"),
        (
            r#"{"msg_type":14,"content":{"user_id":7,"timestamp":9223372036854775807,"data":""}}"#,
            "zoom_rtms_absurd_timestamp",
        ),
        (r#"{"msg_type":14,"content":{"user_id":7.5,"timestamp":1,"data":"AAAA"}}"#, "zoom_rtms_malformed_message"),
        (
            r#"{"msg_type":14,"msg_type":14,"content":{"user_id":7,"timestamp":1,"data":"AAAA"}}"#,
            "zoom_rtms_malformed_message",
        ),
        (
            r#"{"msg_type":14,"content":{"user_id":7,"user_id":8,"timestamp":1,"data":"AAAA"}}"#,
            "zoom_rtms_malformed_message",
        ),
    ];
    for (message, code) in cases {
        assert_eq!(scan(message.as_bytes()), None, "{message}");
        let error = read(message.as_bytes()).expect_err(message);
        assert_eq!(model::Fault::code(&error), code, "{message}: {error}");
    }
    let deep = format!(r#"{{"msg_type":14,"content":{}}}"#, "[".repeat(100_000));
    assert!(matches!(read(deep.as_bytes()), Err(WireError::TooDeep { .. })));
}

#[test]
fn payloads_are_decoded_and_bad_ones_refused() {
    let mut pool = Pool::new(1024);
    let mut payload = |data: &'static [u8]| {
        let message = MediaMessage { data_base64: Cow::Borrowed(data), ..usual(7) };
        decode(&mut pool, &message)
    };
    assert_eq!(payload(b"").as_deref(), Ok(&b""[..]));
    assert_eq!(payload(b"AAAA").as_deref(), Ok(&[0, 0, 0][..]));
    assert_eq!(payload(b"/+8=").as_deref(), Ok(&[0xff, 0xef][..]));
    assert_eq!(payload(b"/w==").as_deref(), Ok(&[0xff][..]));
    for bad in [&b"A"[..], b"AA", b"AAA", b"A===", b"AA=A", b"AAA\n", b"A-_A", b"AAAA AAAA", b"AA==AAAA"] {
        assert_eq!(payload(bad), Err(WireError::BadBase64 { length_bytes: bad.len() }), "{}", bad.escape_ascii());
    }
}

#[test]
fn a_length_that_contradicts_is_noticed() {
    assert!(!usual(7).contradicts(&[0; 3]));
    assert!(usual(7).contradicts(&[0; 4]));
    assert!(!MediaMessage { length: None, ..usual(7) }.contradicts(&[0; 4]));
}

#[test]
fn a_keep_alive_is_echoed_to_the_byte() {
    let cases = [
        (r#"{"msg_type":12,"timestamp":1767225610000}"#, r#"{"msg_type":13,"timestamp":1767225610000}"#),
        (r#"{"msg_type":12,"timestamp":"1767225610000"}"#, r#"{"msg_type":13,"timestamp":"1767225610000"}"#),
        (
            r#"{"timestamp" : 1.50, "sequence" : 266 ,"msg_type":12}"#,
            r#"{"msg_type":13,"sequence":266,"timestamp":1.50}"#,
        ),
        (r#"{"msg_type":12,"timestamp":18446744073709551616}"#, r#"{"msg_type":13,"timestamp":18446744073709551616}"#),
        (r#"{"msg_type":12}"#, r#"{"msg_type":13}"#),
    ];
    for (request, reply) in cases {
        let Ok(Incoming::KeepAlive(keep_alive)) = read(request.as_bytes()) else { panic!("{request}") };
        assert_eq!(outgoing::keep_alive_reply(&keep_alive), reply.as_bytes(), "{request}");
    }
    let long = format!(r#"{{"msg_type":12,"timestamp":"{}"}}"#, "x".repeat(300));
    let Ok(Incoming::KeepAlive(keep_alive)) = read(long.as_bytes()) else { panic!("a keep-alive") };
    assert!(keep_alive.timestamp.is_none(), "nobody makes us send what they like");
}

#[test]
fn addresses_come_as_a_table_or_as_one() {
    let urls = |urls: &str| {
        let message = format!(r#"{{"msg_type":2,"status_code":0,"media_server":{{"server_urls":{urls}}}}}"#);
        match read(message.as_bytes()) {
            Ok(Incoming::SignalingReply(reply)) => reply.urls,
            other => panic!("{message}: {other:?}"),
        }
    };
    let own = |url: &str| Some(url.to_owned());
    let table = urls(r#"{"audio":"wss://a","share":"wss://s","video":"","chat":null,"srtp":{"x":1}}"#);
    assert_eq!(table, MediaUrls { audio: own("wss://a"), share: own("wss://s"), ..MediaUrls::default() });
    assert_eq!(urls(r#"{"deskshare":"wss://s"}"#).share, own("wss://s"));
    assert_eq!(urls(r#""wss://all""#), MediaUrls { all: own("wss://all"), ..MediaUrls::default() });
    assert_eq!(urls("null"), MediaUrls::default());
}

#[test]
fn answers_are_read_in_both_spellings() {
    let read_reply = |message: &'static str| match read(message.as_bytes()) {
        Ok(Incoming::MediaReply(reply)) => reply,
        other => panic!("{message}: {other:?}"),
    };
    let reply = read_reply(r#"{"msg_type":4,"status_code":0,"payload_encryption":true,"media_params":null}"#);
    assert_eq!((reply.status, reply.encrypted, reply.audio), (0, true, None));
    let reply = read_reply(
        r#"{"msg_type":4,"status_code":"22","reason":"no","payload_encrypted":false,
            "media_params":{"audio":{"codec":"4","sample_rate":3},"deskshare":{"codec":5}}}"#,
    );
    assert_eq!((reply.status, &*reply.reason, reply.encrypted), (22, "no", false));
    assert_eq!(reply.audio.map(|echo| (echo.codec, echo.sample_rate, echo.channel)), Some((Some(4), Some(3), None)));
    assert_eq!(reply.share.map(|echo| echo.codec), Some(Some(5)));
    assert_eq!(read_reply(r#"{"msg_type":4}"#).status, -1);
}

#[test]
fn states_give_their_reason_under_either_name() {
    let state = |message: &'static str| match read(message.as_bytes()) {
        Ok(Incoming::StreamState(update) | Incoming::SessionState(update)) => update,
        other => panic!("{message}: {other:?}"),
    };
    let cases = [
        (r#"{"msg_type":8,"state":4,"reason":6,"timestamp":1}"#, (4, Some(6), Some(1))),
        (r#"{"msg_type":9,"state":"5","stop_reason":"6"}"#, (5, Some(6), None)),
        (r#"{"msg_type":8,"state":1,"reason":"ok"}"#, (1, None, None)),
        (r#"{"msg_type":20,"state":1,"timestamp":1767225600}"#, (1, None, Some(1_767_225_600))),
        (r#"{"msg_type":11}"#, (-1, None, None)),
    ];
    for (message, expected) in cases {
        let update = state(message);
        assert_eq!((update.state, update.stop_reason, update.timestamp), expected, "{message}");
    }
}

#[test]
fn people_of_an_event_come_as_a_list_as_one_or_within_it() {
    let people = |event: &str| -> Vec<(i64, Option<String>)> {
        let message = format!(r#"{{"msg_type":6,"event":{{"event_type":3,{event}}}}}"#);
        match read(message.as_bytes()) {
            Ok(Incoming::Event(event)) => event
                .people
                .iter()
                .map(|person| (person.user_id, person.user_name.as_deref().map(str::to_owned)))
                .collect(),
            other => panic!("{message}: {other:?}"),
        }
    };
    let ada = vec![(7, Some("Ada".to_owned()))];
    assert_eq!(people(r#""participants":[{"user_id":7,"user_name":"Ada"}]"#), ada);
    assert_eq!(people(r#""participants":[{"user_id":"7","user_name":"Ada","x":[]},{"user_name":"nobody"}]"#), ada);
    assert_eq!(people(r#""participants":{"user_id":7,"user_name":"Ada"}"#), ada);
    assert_eq!(people(r#""user_id":7,"user_name":"Ada","participants":null"#), ada);
    assert_eq!(people(r#""participants":"none""#), []);
}

#[test]
fn transcript_and_chat_are_read_in_new_and_old_form() {
    let message = r#"{"msg_type":17,"content":{"user_id":7,"user_name":"Ada","language":9,"timestamp":1,"start_time":2,
        "end_time":3,"data":"Shall we \"begin\"?"}}"#;
    let Ok(Incoming::Transcript(content)) = read(message.as_bytes()) else { panic!("a transcript") };
    assert_eq!(&*content.text, "Shall we \"begin\"?");
    assert_eq!((content.timestamp, content.start_time, content.end_time), (Some(1), Some(2), Some(3)));
    let old = r#"{"msg_type":17,"content":"Hello","user_id":"7","timestamp":1}"#;
    let Ok(Incoming::Transcript(content)) = read(old.as_bytes()) else { panic!("a transcript") };
    assert_eq!((&*content.text, content.speaker.map(|speaker| speaker.user_id)), ("Hello", Some(7)));
    let new = r#"{"msg_type":18,"content":{"timestamp":1,"message_id":"m","parent_message_id":"","operation_type":3,
        "sender":{"user_id":7,"user_name":"Ada"},"receiver":null,"data":"text","files":[]}}"#;
    let Ok(Incoming::Chat(chat)) = read(new.as_bytes()) else { panic!("a chat message") };
    assert_eq!((chat.message_id.as_deref(), chat.parent_id, chat.operation), (Some("m"), None, 3));
    assert_eq!((chat.sender.map(|sender| sender.user_id), chat.receiver), (Some(7), None));
    let old = r#"{"msg_type":18,"content":{"timestamp":1,"data":"text","user_id":7}}"#;
    let Ok(Incoming::Chat(chat)) = read(old.as_bytes()) else { panic!("a chat message") };
    assert_eq!((chat.operation, chat.sender.map(|sender| sender.user_id), &*chat.text), (1, Some(7), "text"));
}

#[test]
fn unknown_messages_are_known_as_such() {
    assert!(matches!(read(br#"{"msg_type":99,"x":[{}]}"#), Ok(Incoming::Unknown { msg_type: 99 })));
    assert!(matches!(read(br#"{"msg_type":23,"content":{"any":"thing"}}"#), Ok(Incoming::Note)));
}

/// A media message, mostly of the usual form, and pieces that are not.
fn any_message() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        4 => (0_i64..2_000_000_000_000).prop_map(|n| n.to_string()),
        1 => any::<i64>().prop_map(|n| n.to_string()),
        1 => any::<f64>().prop_filter("JSON", |n| n.is_finite()).prop_map(|n| n.to_string()),
        1 => "(-?[0-9]{1,20}|-0|01|1e3|1\\.0|null|true|\"[0-9]{1,3}\"|\\{\\}|\\[\\])",
    ];
    let text = prop_oneof![
        4 => "[A-Za-z0-9+/]{0,24}={0,2}".prop_map(|text| format!("\"{text}\"")),
        2 => "\\PC{0,8}".prop_map(|text| format!("\"{text}\"")),
        1 => "\"(\\\\u0041|\\\\n|\\\\\"|\\\\|\t|é|a){0,4}\"",
        1 => Just("null".to_owned()),
    ];
    let field = prop_oneof![
        (Just("user_id"), scalar.clone()),
        (Just("timestamp"), scalar.clone()),
        (Just("length"), scalar.clone()),
        (Just("data"), text.clone()),
        (Just("user_name"), text),
        (prop_oneof![Just("userId"), Just("channel_id"), Just("x"), Just("")], scalar.clone()),
    ];
    let usual = (0_i64..100, 0_i64..2_000_000_000_000, "[A-Za-z0-9+/]{0,24}={0,2}").prop_map(|(id, at, data)| {
        vec![("user_id", id.to_string()), ("timestamp", at.to_string()), ("data", format!("\"{data}\""))]
    });
    let kind = prop_oneof![8 => (14_u8..=16).prop_map(|n| n.to_string()), 1 => scalar];
    let space = prop_oneof![6 => Just(""), 1 => Just(" "), 1 => Just("\n\t")];
    (usual, proptest::collection::vec(field, 0..3), any::<Index>(), kind, space, any::<bool>()).prop_map(
        |(mut fields, extra, place, kind, space, content_first)| {
            for field in extra {
                let place = place.index(fields.len() + 1);
                fields.insert(place, field);
            }
            let fields: Vec<String> =
                fields.iter().map(|(key, value)| format!("{space}\"{key}\"{space}:{space}{value}{space}")).collect();
            let content = format!("\"content\":{space}{{{}}}", fields.join(","));
            let kind = format!("\"msg_type\":{space}{kind}{space}");
            let (first, second) = if content_first { (content, kind) } else { (kind, content) };
            format!("{space}{{{first}{space},{second}}}{space}")
        },
    )
}

/// Whatever the fast road takes, the slow one reads the same.
fn agree(message: &[u8]) -> Result<bool, TestCaseError> {
    let Some(fast) = scan(message) else { return Ok(false) };
    match read(message) {
        Ok(Incoming::Media(slow)) => prop_assert_eq!(fast, slow),
        other => prop_assert!(false, "{}: {:?} but {:?}", message.escape_ascii(), fast, other),
    }
    Ok(true)
}

proptest! {
    // `PROPTEST_CASES` asks for more.
    #![proptest_config(ProptestConfig { cases: cases(4_096), ..ProptestConfig::default() })]

    #[test]
    fn both_roads_agree_on_generated_messages(message in any_message()) {
        agree(message.as_bytes())?;
    }

    #[test]
    fn both_roads_agree_on_mutated_messages(
        message in any_message(),
        changes in proptest::collection::vec((any::<Index>(), any::<u8>(), 0..4_u8), 1..4),
    ) {
        let mut message = message.into_bytes();
        for (place, byte, operation) in changes {
            let place = place.index(message.len());
            match operation {
                0 => message[place] = byte,
                1 => message.insert(place, byte),
                2 if message.len() > 1 => drop(message.remove(place)),
                _ => message.truncate(place.max(1)),
            }
        }
        agree(&message)?;
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(message in proptest::collection::vec(any::<u8>(), 0..200)) {
        agree(&message)?;
        drop(read(&message));
    }
}

fn cases(ordinary: u32) -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(ordinary)
}

#[test]
fn most_generated_messages_take_the_fast_road() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let taken = (0..1_000)
        .filter(|_| {
            let message = any_message().new_tree(&mut runner).expect("a message").current();
            scan(message.as_bytes()).is_some()
        })
        .count();
    assert!(taken > 200, "the property would prove little: {taken} of 1000");
}
