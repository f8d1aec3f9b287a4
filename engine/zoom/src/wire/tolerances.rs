//! Every spelling of a message that protocol §5 to §8 tolerates, and what each field is worth where it is spelled badly.

use std::borrow::Cow;

use super::*;

fn event(body: &str) -> EventUpdate<'static> {
    let message = format!(r#"{{"msg_type":6,"event":{{{body}}}}}"#);
    match read(message.as_bytes()) {
        Ok(Incoming::Event(event)) => EventUpdate {
            people: event.people.iter().map(|person| named(person.user_id, person.user_name.as_deref())).collect(),
            ..event
        },
        other => panic!("{message}: {other:?}"),
    }
}

fn named(user_id: i64, name: Option<&str>) -> Person<'static> {
    Person { user_id, user_name: name.map(|name| Cow::Owned(name.to_owned())) }
}

fn transcript(message: &str) -> TranscriptContent<'_> {
    match read(message.as_bytes()) {
        Ok(Incoming::Transcript(content)) => content,
        other => panic!("{message}: {other:?}"),
    }
}

fn chat(message: &str) -> ChatContent<'_> {
    match read(message.as_bytes()) {
        Ok(Incoming::Chat(content)) => content,
        other => panic!("{message}: {other:?}"),
    }
}

fn sound(content: &str) -> (i64, Option<String>, Option<u64>) {
    let message = format!(r#"{{"msg_type":14,"content":{{{content},"timestamp":1,"data":"AAAA"}}}}"#);
    match read(message.as_bytes()) {
        Ok(Incoming::Media(media)) => (media.user_id, media.user_name.map(Cow::into_owned), media.length),
        other => panic!("{message}: {other:?}"),
    }
}

/// §5.5: each event of a meeting in its documented form.
#[test]
fn every_event_of_a_meeting_is_read() {
    let at = Some(1_767_225_603_010);
    let cases = [
        (r#""event_type":1,"timestamp":1767225603010"#, 1, vec![]),
        (r#""event_type":2,"timestamp":1767225603010,"user_id":7,"user_name":"Ada""#, 2, vec![named(7, Some("Ada"))]),
        (
            r#""event_type":3,"timestamp":1767225603010,"participants":[{"user_id":7,"user_name":"Ada"},{"user_id":8,"user_name":""}]"#,
            3,
            vec![named(7, Some("Ada")), named(8, None)],
        ),
        (r#""event_type":4,"timestamp":1767225603010,"participants":[{"user_id":7}]"#, 4, vec![named(7, None)]),
        (r#""event_type":5,"timestamp":1767225603010,"user_id":7,"user_name":"Ada""#, 5, vec![named(7, Some("Ada"))]),
        (r#""event_type":6,"timestamp":1767225603010"#, 6, vec![]),
        (r#""event_type":8,"timestamp":1767225603010,"participants":[{"user_id":7}]"#, 8, vec![named(7, None)]),
        (r#""event_type":9,"timestamp":1767225603010,"participants":[{"user_id":7}]"#, 9, vec![named(7, None)]),
        (r#""event_type":12,"timestamp":1767225603010,"chat_groups":[{"id":"g","members":[7]}]"#, 12, vec![]),
    ];
    for (body, event_type, people) in cases {
        assert_eq!(event(body), EventUpdate { event_type, timestamp: at, media_type: None, people }, "{body}");
    }
}

/// §5.5: an interruption may name its media, in any spelling of a number.
#[test]
fn an_interruption_may_name_its_media() {
    let cases =
        [("1", Some(1)), ("\"9\"", Some(9)), ("2.0", Some(2)), ("null", None), ("[1]", None), ("\"audio\"", None)];
    for (json, media_type) in cases {
        assert_eq!(
            event(&format!(r#""event_type":7,"timestamp":1,"media_type":{json}"#)).media_type,
            media_type,
            "{json}"
        );
    }
    assert_eq!(event(r#""event_type":7,"timestamp":1"#).media_type, None);
}

/// §17: the number of version 2 counts only where that of version 1 is missing.
#[test]
fn event_code_is_read_only_without_event_type() {
    assert_eq!(event(r#""event_type":3,"event_code":77"#).event_type, 3);
    assert_eq!(event(r#""event_code":77"#).event_type, 77);
    assert_eq!(event(r#""event_type":null,"event_code":"77""#).event_type, 77);
    assert_eq!(event(r#""timestamp":1"#).event_type, -1);
}

/// §15.3: a party of a call by its channel, or else by its user, under both spellings and with either name.
#[test]
fn a_party_of_a_call_is_read_in_every_spelling() {
    let caller = |name| vec![named(super::field::source_of_channel("ch-1"), name)];
    for (body, people) in [
        (
            r#""paticipant_info":{"channel_id":"ch-1","participant_mode":"caller","display_name":"Ada","user_id":"x"}"#,
            caller(Some("Ada")),
        ),
        (r#""participant_info":[{"channel_id":"ch-1","user_name":"Ada"}]"#, caller(Some("Ada"))),
        (r#""participantInfo":{"channelId":"ch-1","displayName":"Ada"}"#, caller(Some("Ada"))),
        (r#""paticipant_info":{"user_id":"ch-1","phone_number":"+1"}"#, caller(None)),
        (r#""paticipant_info":{"channel_id":"12","display_name":""}"#, vec![named(12, None)]),
        (r#""paticipant_info":{"channel_id":12}"#, vec![named(12, None)]),
        (r#""paticipant_info":{"channel_id":null,"queue_id":"q"}"#, vec![]),
        (r#""paticipant_info":"nobody""#, vec![]),
    ] {
        for event_type in 8..=29 {
            let read = event(&format!(r#""event_type":{event_type},"event_ts":1767225603010,{body}"#));
            assert_eq!((read.event_type, read.timestamp), (event_type, Some(1_767_225_603_010)), "{body}");
            assert_eq!(read.people, people, "{body}");
        }
    }
}

/// §4, §5.5: nothing that decorates an event makes it unreadable.
#[test]
fn an_event_survives_fields_of_any_kind() {
    for value in ["null", "true", "7.5", "-1", "\"x\"", "\"\"", "[[]]", r#"{"a":{}}"#, "1e300", "18446744073709551615"]
    {
        for field in
            ["timestamp", "event_ts", "media_type", "user_id", "user_name", "participants", "paticipant_info", "new"]
        {
            assert_eq!(event(&format!(r#""event_type":3,"{field}":{value}"#)).event_type, 3, "{field}: {value}");
        }
        let read = event(&format!(r#""event_type":3,"participants":[{value},{{"user_id":7}},{{"user_id":{value}}}]"#));
        assert!(read.people.contains(&named(7, None)), "{value}");
        let people = event(&format!(r#""event_type":3,"participants":[{{"user_id":7,"user_name":{value}}}]"#)).people;
        assert_eq!(people.first().map(|person| person.user_id), Some(7), "{value}");
    }
}

/// §18 row 16, §3.2: who sends sound is a number, a string that holds one, any other string, or a channel; else the mix.
#[test]
fn row_16_whoever_sends_sound_has_a_number() {
    let word = super::field::source_of_channel("ch-1");
    for (content, user_id) in [
        (r#""user_id":16778240"#, 16_778_240),
        (r#""user_id":"16778240""#, 16_778_240),
        (r#""user_id":16778240.0"#, 16_778_240),
        (r#""userId":" 16778240 ""#, 16_778_240),
        (r#""user_id":0"#, 0),
        (r#""user_id":-1"#, -1),
        (r#""user_id":"ch-1""#, word),
        (r#""channel_id":"ch-1""#, word),
        (r#""channelId":"ch-1""#, word),
        (r#""user_id":null,"channel_id":"ch-1""#, word),
        (r#""user_id":"","channel_id":"ch-1""#, word),
        (r#""user_id":7,"channel_id":"ch-1""#, 7),
        (r#""new":1"#, 0),
    ] {
        assert_eq!(sound(content).0, user_id, "{content}");
    }
}

/// §8.1: a name or a length that is none does not cost the sound.
#[test]
fn sound_survives_a_senseless_name_or_length() {
    for value in ["null", "true", "7.5", "[]", r#"{"a":1}"#] {
        assert_eq!(sound(&format!(r#""user_id":7,"user_name":{value}"#)).0, 7, "{value}");
        assert_eq!(sound(&format!(r#""user_id":7,"length":{value}"#)).2, None, "{value}");
    }
    assert_eq!(sound(r#""user_id":7,"length":-1"#).2, None);
    assert_eq!(sound(r#""user_id":7,"userName":"Ada","length":"3""#), (7, Some("Ada".to_owned()), Some(3)));
}

/// §18 rows 21 and 22, §8.4: words under either name, times in any unit as they came, a speaker by number or channel.
#[test]
fn rows_21_22_transcripts_are_read_in_every_shape() {
    let documented = r#"{"msg_type":17,"content":{"user_id":16778240,"user_name":"Ada","language":9,"attribute":1,
        "timestamp":1767225606200,"start_time":1767225606200000,"end_time":"2700","data":"Shall we begin?"}}"#;
    let content = TranscriptContent {
        speaker: Some(named(16_778_240, Some("Ada"))),
        text: Cow::Borrowed("Shall we begin?"),
        timestamp: Some(1_767_225_606_200),
        start_time: Some(1_767_225_606_200_000),
        end_time: Some(2_700),
        language: Some(9),
        attribute: Some(1),
    };
    assert_eq!(transcript(documented), content);
    let camel = documented
        .replace("user_id", "userId")
        .replace("user_name", "userName")
        .replace("start_time", "startTime")
        .replace("end_time", "endTime");
    assert_eq!(transcript(&camel), content);
    let words = |content: &str| transcript(&format!(r#"{{"msg_type":17,"content":{content}}}"#)).text.into_owned();
    assert_eq!(words(r#"{"text":"a","is_final":true}"#), "a");
    assert_eq!(words(r#"{"text":"a","data":"b"}"#), "b");
    assert_eq!(words(r#"{"text":"a","data":null}"#), "a");
    assert_eq!(words(r#"{"data":12}"#), "12");
    let speaker = |content: &str| {
        let message = format!(r#"{{"msg_type":17,"content":{content}}}"#);
        transcript(&message).speaker.map(|person| named(person.user_id, person.user_name.as_deref()))
    };
    let caller = super::field::source_of_channel("ch-1");
    assert_eq!(speaker(r#"{"channel_id":"ch-1","data":"a"}"#), Some(named(caller, None)));
    assert_eq!(speaker(r#"{"channel_id":"ch-1","user_name":"Ada","data":"a"}"#), Some(named(caller, Some("Ada"))));
    assert_eq!(speaker(r#"{"data":"a"}"#), None);
    for value in ["null", "true", "[1]", r#"{"a":1}"#, "\"x\"", "0.5"] {
        for field in ["timestamp", "start_time", "end_time", "language", "attribute", "user_name"] {
            assert_eq!(words(&format!(r#"{{"data":"a","{field}":{value}}}"#)), "a", "{field}: {value}");
        }
    }
    assert!(read(br#"{"msg_type":17,"content":{"user_id":7}}"#).is_err(), "no words at all");
}

/// §8: in old deployments `content` is the text itself, and the other fields lie beside it.
#[test]
fn bare_content_takes_its_fields_from_beside_it() {
    let content = transcript(r#"{"msg_type":17,"content":"Hello","channel_id":"7","timestamp":"5","language":14}"#);
    assert_eq!((&*content.text, content.speaker, content.timestamp), ("Hello", Some(named(7, None)), Some(5)));
    assert_eq!(content.language, Some(14));
    let content = chat(r#"{"msg_type":18,"content":"Hi \u0041da","user_id":7,"user_name":"Ada","timestamp":5}"#);
    assert_eq!((&*content.text, content.sender, content.timestamp), ("Hi Ada", Some(named(7, Some("Ada"))), Some(5)));
}

/// §18 row 23, §8.5: chat of July 2026, in camel case, flat as it was before, and with fields that are none.
#[test]
fn row_23_chat_is_read_in_every_form() {
    let documented = r#"{"msg_type":18,"content":{"timestamp":1767225700000,"message_id":"m-0002","parent_message_id":"m-0001",
        "operation_type":4,"chat_session":{"type":2,"id":"c"},"sender":{"user_id":16778240,"user_name":"Ada"},
        "receiver":{"user_id":"7","user_name":"Grace"},"data":"{\"x\":1}","files":[ ],"delete_file_id_list":[]}}"#;
    let content = ChatContent {
        timestamp: Some(1_767_225_700_000),
        message_id: Some(Cow::Borrowed("m-0002")),
        parent_id: Some(Cow::Borrowed("m-0001")),
        operation: 4,
        sender: Some(named(16_778_240, Some("Ada"))),
        receiver: Some(named(7, Some("Grace"))),
        circle: Some(2),
        text: Cow::Borrowed(r#"{"x":1}"#),
        says_more: false,
    };
    assert_eq!(chat(documented), content);
    let camel = documented.replace("message_id", "messageId").replace("parent_messageId", "parentMessageId");
    assert_eq!(chat(&camel.replace("operation_type", "operationType")), content);

    let with = |fields: &str| chat(&format!(r#"{{"msg_type":18,"content":{{{fields}}}}}"#)).says_more;
    for fields in [
        r#""data":"a","files":[{"file_id":"f","file_name":"a.pdf","file_size":12}]"#,
        r#""operation_type":2,"delete_file_id_list":["f"]"#,
        r#""data":"a","chat_session":{"type":3,"id":"g"}"#,
        r#""data":"a","chat_session":{"type":"4"}"#,
        r#""data":{"rich":"text"}"#,
    ] {
        assert!(with(fields), "{fields}");
    }
    for fields in
        [r#""data":"a","files":null"#, r#""data":"a","chat_session":{"type":1}"#, r#""data":null"#, r#""data":"a""#]
    {
        assert!(!with(fields), "{fields}");
    }
    for operation in 1..=5 {
        let message = format!(r#"{{"msg_type":18,"content":{{"operation_type":"{operation}","data":"a"}}}}"#);
        assert_eq!(chat(&message).operation, operation);
    }
    for value in ["null", "true", "[1]", r#"{"a":1}"#, "7.5"] {
        for field in
            ["timestamp", "message_id", "operation_type", "sender", "receiver", "files", "chat_session", "user_id"]
        {
            let message = format!(r#"{{"msg_type":18,"content":{{"data":"a","{field}":{value}}}}}"#);
            assert_eq!(chat(&message).text, "a", "{field}: {value}");
        }
    }
}

/// §8.6, §6.2: messages 23 to 27 have no published form, and whatever they hold is kept by whoever reads them.
#[test]
fn notes_may_hold_anything() {
    for msg_type in 23..=27 {
        for content in ["{}", "null", "[1,2]", r#""text""#, r#"{"targets":[{"language":9}]}"#] {
            let message = format!(r#"{{"msg_type":{msg_type},"content":{content}}}"#);
            assert!(matches!(read(message.as_bytes()), Ok(Incoming::Note)), "{message}");
        }
    }
}

/// §18 rows 13, 14 and 15: answers and states survive what decorates them.
#[test]
fn rows_13_14_15_answers_and_states_survive_fields_of_any_kind() {
    for value in ["null", "true", "[1]", r#"{"a":1}"#, "\"x\"", "0.5", "-7"] {
        for (msg_type, field) in [
            (2, "reason"),
            (2, "sequence"),
            (2, "protocol_version"),
            (4, "reason"),
            (4, "payload_encrypted"),
            (4, "payload_encryption"),
            (8, "timestamp"),
            (8, "rtms_stream_id"),
            (9, "rtms_session_id"),
            (20, "timestamp"),
            (22, "status_code"),
            (29, "user_id"),
            (29, "reason"),
        ] {
            let message = format!(r#"{{"msg_type":{msg_type},"{field}":{value}}}"#);
            assert!(read(message.as_bytes()).is_ok(), "{message}");
        }
    }
    let state = |fields: &str| match read(format!(r#"{{"msg_type":8,"state":4,{fields}}}"#).as_bytes()) {
        Ok(Incoming::StreamState(update)) => (update.stop_reason, update.timestamp),
        other => panic!("{fields}: {other:?}"),
    };
    assert_eq!(state(r#""reason":6"#), (Some(6), None));
    assert_eq!(state(r#""stop_reason":"6","timestamp":1767225600"#), (Some(6), Some(1_767_225_600)));
    assert_eq!(state(r#""reason":"meeting ended","stop_reason":6.0"#), (Some(6), None));
    assert_eq!(state(r#""reason":{"code":6}"#), (None, None));
}
