//! Who is there, who speaks, what is said and written.

use model::{Audience, ChatMessage, Event, EventBody, Participant, ParticipantId, Pii};

use super::*;

#[must_use]
fn event(script: &mut Script, body: &str) -> Vec<String> {
    script.message(Leg::Signaling, &format!(r#"{{"msg_type":6,"event":{{{body}}}}}"#))
}

#[test]
fn people_come_go_speak_and_share() {
    let mut script = Script::running(&[Leg::Audio]);
    let cases = [
        (
            r#""event_type":3,"timestamp":1767225603010,"participants":[{"user_id":7,"user_name":"Ada"},{"user_id":8}]"#,
            vec![
                r#"{"at":1767225603010,"event":"joined","participant":{"id":7,"name":"Ada"}}"#,
                r#"{"at":1767225603010,"event":"joined","participant":{"id":8,"name":null}}"#,
            ],
        ),
        (
            r#""event_type":2,"timestamp":1767225605500,"user_id":8,"user_name":"Grace""#,
            vec![
                r#"{"at":1767225605500,"event":"renamed","participant":{"id":8,"name":"Grace"}}"#,
                r#"{"at":1767225605500,"event":"active_speaker","id":8}"#,
            ],
        ),
        (r#""event_type":2,"timestamp":1767225605600,"user_id":8,"user_name":"Grace""#, vec![]),
        (
            r#""event_type":5,"timestamp":1767225606000,"user_id":7"#,
            vec![r#"{"at":1767225606000,"event":"share_on","id":7}"#],
        ),
        (r#""event_type":6,"timestamp":1767225607000"#, vec![r#"{"at":1767225607000,"event":"share_off","id":7}"#]),
        (
            r#""event_type":8,"timestamp":1767225607000,"participants":[{"user_id":7}]"#,
            vec![r#"{"at":1767225607000,"event":"video_on","id":7}"#],
        ),
        (
            r#""event_type":4,"timestamp":1767225608000,"participants":[{"user_id":8},{"user_id":99}]"#,
            vec![r#"{"at":1767225608000,"event":"left","id":8}"#],
        ),
        (r#""event_type":99,"timestamp":1767225608000"#, vec![]),
    ];
    for (body, expected) in cases {
        assert_eq!(event(&mut script, body), expected, "{body}");
    }
    assert_eq!(script.session.counters().unknown, 1);
}

#[test]
fn an_event_without_a_time_gets_the_platforms_time_by_our_count() {
    let mut script = Script::running(&[Leg::Audio]);
    let outputs = event(script.at(1_000), r#""event_type":3,"participants":[{"user_id":7}]"#);
    assert_eq!(
        outputs,
        [format!(r#"{{"at":{},"event":"joined","participant":{{"id":7,"name":null}}}}"#, NOTICE_MS + 1_000)]
    );
}

#[test]
fn a_new_name_in_sound_is_told_once_and_stale_ones_on_pictures_are_not() {
    let mut script = Script::running(&[Leg::Audio, Leg::Video]);
    whatever(event(
        &mut script,
        r#""event_type":3,"timestamp":1767225603010,"participants":[{"user_id":7,"user_name":"A."}]"#,
    ));
    let stale = r#"{"msg_type":15,"content":{"user_id":7,"user_name":"Somebody","timestamp":1,"data":"AAAA"}}"#;
    assert_eq!(script.message(Leg::Video, stale), ["media video/7 1 000000"]);
    let first = script.message(Leg::Audio, &sound(7, 5));
    assert_eq!(first[0], r#"{"at":5,"event":"renamed","participant":{"id":7,"name":"Ada"}}"#);
    assert_eq!(script.message(Leg::Audio, &sound(7, 25)), ["media audio/7 25 000102"]);
}

#[test]
fn late_sound_of_somebody_who_left_is_kept_but_does_not_bring_them_back() {
    let mut script = Script::running(&[Leg::Audio]);
    whatever(event(&mut script, r#""event_type":3,"timestamp":1767225603010,"participants":[{"user_id":7}]"#));
    whatever(event(&mut script, r#""event_type":4,"timestamp":1767225604010,"participants":[{"user_id":7}]"#));
    assert_eq!(script.message(Leg::Audio, &sound(7, 5)), ["media audio/7 5 000102"]);
}

/// C2, §11.2: the roster is rebuilt and told once.
#[test]
fn after_a_reconnect_only_differences_are_told() {
    let mut script = Script::running(&[Leg::Audio]);
    whatever(event(
        &mut script,
        r#""event_type":3,"timestamp":1767225603010,"participants":[{"user_id":7},{"user_id":8}]"#,
    ));
    whatever(event(&mut script, r#""event_type":2,"timestamp":1767225603020,"user_id":7"#));
    nothing(script.live_until(20_000, &[Leg::Signaling, Leg::Audio]));
    whatever(script.closed(Leg::Signaling, Close::Broken));
    script.join(&[Leg::Audio]);
    let roster = r#""event_type":3,"timestamp":1767225623010,"participants":[{"user_id":7},{"user_id":9}]"#;
    assert_eq!(
        event(&mut script, roster),
        [r#"{"at":1767225623010,"event":"joined","participant":{"id":9,"name":null}}"#]
    );
    assert_eq!(event(&mut script, r#""event_type":2,"timestamp":1767225623020,"user_id":7"#), Vec::<String>::new());
    assert_eq!(script.wake_ms(), Some(25_000));
    let left = script.wake();
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].ends_with(r#""event":"left","id":8}"#), "{left:?}");
}

/// §11.4: the same after a restart of the process.
#[test]
fn after_a_restart_only_differences_are_told() {
    let person = |id: i64| Participant { id: ParticipantId(id), name: Some(Pii::new(format!("P{id}"))) };
    let present = vec![person(7), person(8)];
    let sharer = Some(ParticipantId(7));
    let (mut script, _) = Script::begin(SessionConfig { present, sharer, ..config(&[Leg::Audio]) });
    script.join(&[Leg::Audio]);
    let roster =
        r#""event_type":3,"timestamp":1767225603010,"participants":[{"user_id":7,"user_name":"P7"},{"user_id":9}]"#;
    assert_eq!(
        event(&mut script, roster),
        [r#"{"at":1767225603010,"event":"joined","participant":{"id":9,"name":null}}"#]
    );
    assert_eq!(event(&mut script, r#""event_type":5,"timestamp":1767225603020,"user_id":7"#), Vec::<String>::new());
    let left = script.wake();
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].ends_with(r#""event":"left","id":8}"#), "{left:?}");
}

#[test]
fn transcript_is_told_with_its_speaker_language_and_bounds_in_any_unit() {
    let mut script = Script::running(&[Leg::Transcript]);
    whatever(event(&mut script, r#""event_type":1,"timestamp":1767225600000"#));
    whatever(event(
        &mut script,
        r#""event_type":3,"timestamp":1767225603010,"participants":[{"user_id":7,"user_name":"Ada"}]"#,
    ));
    let mut say = |times: &str, text: &str| {
        let content = format!(r#""user_id":7,"language":14,{times},"data":"{text}""#);
        script.message(Leg::Transcript, &format!(r#"{{"msg_type":17,"content":{{{content}}}}}"#))
    };
    let told = |start: i64, end: i64, text: &str| {
        vec![format!(
            r#"{{"at":{start},"event":"transcript","speaker":{{"id":7,"name":"Ada"}},"text":"{text}","start":{start},"end":{end},"language":"de"}}"#
        )]
    };
    assert_eq!(
        say(r#""timestamp":1767225606200,"start_time":1767225606200,"end_time":1767225608900"#, "ms"),
        told(1_767_225_606_200, 1_767_225_608_900, "ms")
    );
    assert_eq!(
        say(r#""start_time":1767225606200000,"end_time":1767225608900000"#, "us"),
        told(1_767_225_606_200, 1_767_225_608_900, "us")
    );
    assert_eq!(
        say(r#""start_time":6200,"end_time":8900"#, "relative"),
        told(1_767_225_606_200, 1_767_225_608_900, "relative")
    );
    assert_eq!(
        say(r#""timestamp":1767225607000,"start_time":1767225608900,"end_time":1767225606200"#, "reversed"),
        told(1_767_225_607_000, 1_767_225_607_000, "reversed")
    );
    assert_eq!(say(r#""timestamp":1767225607000"#, "bare"), told(1_767_225_607_000, 1_767_225_607_000, "bare"));
    assert_eq!(say(r#""timestamp":1767225607000"#, "bare"), Vec::<String>::new(), "repeated after a reconnect");
    assert_eq!(say(r#""timestamp":1767225607000"#, "  "), Vec::<String>::new());
}

#[test]
fn chat_is_told_with_what_was_done_to_it() {
    let mut script = Script::running(&[Leg::Chat]);
    let mut write = |content: &str| {
        script.message(Leg::Chat, &format!(r#"{{"msg_type":18,"content":{{"timestamp":1767225700000,{content}}}}}"#))
    };
    let content = r#""message_id":"m-1","parent_message_id":"","operation_type":1,"sender":{"user_id":7,"user_name":"Ada"},"receiver":null,"data":"Link""#;
    assert_eq!(
        write(content),
        [
            r#"{"at":1767225700000,"event":"chat","message_id":"m-1","parent_id":null,"operation":"new","sender":{"id":7,"name":"Ada"},"receiver":null,"audience":null,"text":"Link"}"#
        ]
    );
    assert_eq!(write(content), Vec::<String>::new(), "repeated after a reconnect");
    let deleted = write(r#""message_id":"m-1","operation_type":2,"data":"""#);
    assert!(deleted[0].contains(r#""operation":"delete""#), "{deleted:?}");
    let unknown = write(r#""message_id":"m-1","operation_type":77"#);
    assert!(unknown[0].starts_with(r#"{"control":"note","leg":"chat""#), "{unknown:?}");
}

/// §8.5: who could read it is told by Zoom's number, and by the receiver only where there is none; what only Zoom's words
/// tell is kept beside it.
#[test]
fn chat_is_told_with_who_could_read_it() {
    let told = |session: &str, receiver: &str| -> (ChatMessage, bool) {
        let mut script = Script::running(&[Leg::Chat]);
        let outputs = script.message(
            Leg::Chat,
            &format!(r#"{{"msg_type":18,"content":{{"timestamp":1767225700000,"data":"Hi","receiver":{receiver}{session}}}}}"#),
        );
        let event: Event = serde_json::from_str(&outputs[0]).expect("an event");
        let EventBody::Chat(message) = event.body else { panic!("{outputs:?}") };
        (message, outputs.iter().any(|output| output.starts_with(r#"{"control":"note","leg":"chat""#)))
    };
    let grace = r#"{"user_id":8,"user_name":"Grace"}"#;
    for (session, receiver, audience, is_for_everyone, is_noted) in [
        (r#","chat_session":{"type":1}"#, "null", Some(Audience::Everyone), true, false),
        (r#","chat_session":{"type":1}"#, grace, Some(Audience::Everyone), true, false),
        (r#","chat_session":{"type":2}"#, grace, Some(Audience::Individual), false, false),
        (r#","chat_session":{"type":2}"#, "null", Some(Audience::Individual), false, false),
        (r#","chat_session":{"type":3,"id":"g"}"#, "null", Some(Audience::Group), false, true),
        (r#","chat_session":{"type":"4"}"#, "null", Some(Audience::HostsAndPanelists), false, true),
        (r#","chat_session":{"type":5}"#, grace, Some(Audience::IndividualWithHostsAndPanelists), false, true),
        (r#","chat_session":{"type":6}"#, "null", Some(Audience::Other), false, true),
        (r#","chat_session":{}"#, grace, None, false, false),
        ("", "null", None, true, false),
    ] {
        let (message, noted) = told(session, receiver);
        assert_eq!(message.audience, audience, "{session} {receiver}");
        assert_eq!((message.is_for_everyone(), noted), (is_for_everyone, is_noted), "{session} {receiver}");
    }
}

/// A log of a release that knew of no audience is read as it was meant.
#[test]
fn chat_of_an_older_log_is_read() {
    for (receiver, is_for_everyone) in [("null", true), (r#"{"id":8,"name":"Grace"}"#, false)] {
        let older = format!(
            r#"{{"at":1767225700000,"event":"chat","message_id":"m-1","parent_id":null,"operation":"new","sender":{{"id":7,"name":"Ada"}},"receiver":{receiver},"text":"Link"}}"#
        );
        let event: Event = serde_json::from_str(&older).expect("an event");
        let EventBody::Chat(message) = event.body else { panic!("{older}") };
        assert_eq!((message.audience, message.is_for_everyone()), (None, is_for_everyone));
    }
}

/// §8.4: a piece of transcript that is none of somebody's words is no event, and is kept.
#[test]
fn a_transcript_that_is_not_told_is_kept_word_for_word() {
    let mut script = Script::running(&[Leg::Transcript]);
    let message = r#"{"msg_type":17,"content":{"user_id":7,"timestamp":1767225607000,"attribute":3,"data":"Hm"}}"#;
    let outputs = script.message(Leg::Transcript, message);
    assert!(outputs.len() == 1 && outputs[0].starts_with(r#"{"control":"note","leg":"transcript""#), "{outputs:?}");
}

#[test]
fn what_is_not_understood_is_kept_word_for_word() {
    let mut script = Script::running(&[Leg::Audio]);
    let message = r#"{"msg_type":23,"content":{"language":9}}"#;
    let note = serde_json::json!({ "control": "note", "leg": "audio", "message": message });
    let outputs = script.message(Leg::Audio, message);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&outputs[0]).expect("JSON"), note);
    let group = event(&mut script, r#""event_type":10,"timestamp":1767225700000,"chat_groups":[]"#);
    assert!(group[0].starts_with(r#"{"control":"note","leg":"signaling""#), "{group:?}");
}

/// What is kept word for word has a limit, and what is beyond it is counted.
#[test]
fn a_message_is_kept_word_for_word_up_to_64_kib() {
    let message = |length: usize| {
        let frame = r#"{"msg_type":23,"content":""}"#.len();
        format!(r#"{{"msg_type":23,"content":"{}"}}"#, "x".repeat(length - frame))
    };
    let mut script = Script::running(&[Leg::Audio]);
    assert_eq!(script.message(Leg::Audio, &message(65_536)).len(), 1);
    nothing(script.message(Leg::Audio, &message(65_537)));
    assert_eq!(script.session.counters().unknown, 1);
}

/// C2, §5.5: whoever leaves while sharing shares no more, whether that was said or missed in an outage.
#[test]
fn the_share_of_somebody_who_left_is_over() {
    let mut script = Script::running(&[Leg::Audio]);
    whatever(event(
        &mut script,
        r#""event_type":3,"timestamp":1767225603010,"participants":[{"user_id":7},{"user_id":8}]"#,
    ));
    whatever(event(&mut script, r#""event_type":5,"timestamp":1767225606000,"user_id":7"#));
    assert_eq!(
        event(&mut script, r#""event_type":4,"timestamp":1767225608000,"participants":[{"user_id":7}]"#),
        [r#"{"at":1767225608000,"event":"share_off","id":7}"#, r#"{"at":1767225608000,"event":"left","id":7}"#]
    );
    whatever(event(&mut script, r#""event_type":5,"timestamp":1767225609000,"user_id":8"#));
    whatever(script.at(10_000).closed(Leg::Signaling, Close::Broken));
    script.join(&[Leg::Audio]);
    whatever(event(&mut script, r#""event_type":3,"timestamp":1767225610000,"participants":[{"user_id":9}]"#));
    let outputs = script.live_until(20_000, &[Leg::Signaling, Leg::Audio]);
    let told: Vec<&str> =
        outputs.iter().filter_map(|output| output.split_once(r#""event":"#)).map(|(_, rest)| rest).collect();
    assert_eq!(told, [r#""share_off","id":8}"#, r#""left","id":8}"#]);
}

/// §5.5: whoever speaks or shares must be here, whether or not that was announced.
#[test]
fn whoever_speaks_or_shares_without_having_been_announced_has_come() {
    for (event_type, what) in [(2, "active_speaker"), (5, "share_on")] {
        let mut script = Script::running(&[Leg::Audio]);
        let body = format!(r#""event_type":{event_type},"timestamp":1767225606000,"user_id":7,"user_name":"Ada""#);
        assert_eq!(
            event(&mut script, &body),
            [
                r#"{"at":1767225606000,"event":"joined","participant":{"id":7,"name":"Ada"}}"#.to_owned(),
                format!(r#"{{"at":1767225606000,"event":"{what}","id":7}}"#),
            ]
        );
    }
}

/// §5.5: whoever comes back and shares again has begun to share, and a late end of the share before ends nothing of theirs.
#[test]
fn a_share_after_the_sharer_left_is_another_one() {
    let mut script = Script::running(&[Leg::Audio]);
    let share = r#""event_type":5,"timestamp":1767225606000,"user_id":7"#;
    whatever(event(&mut script, share));
    whatever(event(&mut script, r#""event_type":4,"timestamp":1767225607000,"participants":[{"user_id":7}]"#));
    whatever(event(&mut script, r#""event_type":3,"timestamp":1767225608000,"participants":[{"user_id":7}]"#));
    assert_eq!(event(&mut script, share), [r#"{"at":1767225606000,"event":"share_on","id":7}"#]);
}

/// C15: names of 10 kB are cut, and keep their odd letters: whoever shows them makes them harmless.
#[test]
fn a_name_that_is_too_long_to_be_one_is_cut() {
    let mut script = Script::running(&[Leg::Audio]);
    let long = "\u{202e}../ü".repeat(2_000);
    let outputs = event(
        &mut script,
        &format!(r#""event_type":3,"timestamp":1,"participants":[{{"user_id":7,"user_name":"{long}"}}]"#),
    );
    let name: String = long.chars().take(256).collect();
    assert!(outputs[0].ends_with(&format!(r#""participant":{{"id":7,"name":"{name}"}}}}"#)), "{outputs:?}");
    let again =
        format!(r#"{{"msg_type":14,"content":{{"user_id":7,"user_name":"{long}","timestamp":5,"data":"AAEC"}}}}"#);
    assert_eq!(script.message(Leg::Audio, &again), ["media audio/7 5 000102"], "the same name");
}

/// C15: a thousand people come and go a hundred a second; each is told once, in order.
#[test]
fn a_storm_of_people_is_told_in_order() {
    let mut script = Script::running(&[Leg::Audio]);
    let mut told = Vec::new();
    for (event_type, word) in [(3, "joined"), (4, "left")] {
        for tick in 0..10_i64 {
            let people: Vec<String> = (0..100).map(|n| format!(r#"{{"user_id":{}}}"#, 1 + tick * 100 + n)).collect();
            let at = 1_767_225_603_000 + tick * 1_000;
            let body = format!(r#""event_type":{event_type},"timestamp":{at},"participants":[{}]"#, people.join(","));
            let outputs = event(&mut script, &body);
            assert_eq!(outputs.len(), 100);
            assert!(event(&mut script, &body).is_empty(), "told once");
            told.extend(outputs.into_iter().map(|output| {
                assert!(output.contains(word) && output.contains(&at.to_string()), "{output}");
                output
            }));
        }
    }
    let id = |output: &String| -> i64 {
        let value: serde_json::Value = serde_json::from_str(output).expect("JSON");
        value["id"].as_i64().or(value["participant"]["id"].as_i64()).expect("an id")
    };
    assert!(told.iter().map(id).eq((1..=1_000).chain(1..=1_000)));
}

/// C15: ten thousand people are listed. What announces somebody beyond them is kept, and so is their sound; once there is room,
/// they are listed when Zoom names them again.
#[test]
fn whoever_comes_beyond_ten_thousand_is_heard_and_noted_but_not_listed() {
    let people = |ids: std::ops::RangeInclusive<i64>| -> String {
        let people: Vec<String> = ids.map(|id| format!(r#"{{"user_id":{id}}}"#)).collect();
        format!(r#""event_type":3,"timestamp":1767225603000,"participants":[{}]"#, people.join(","))
    };
    let mut script = Script::running(&[Leg::Audio]);
    assert_eq!(event(&mut script, &people(1..=9_999)).len(), 9_999);
    let outputs = event(&mut script, &people(9_999..=10_001));
    assert_eq!(outputs[0], r#"{"at":1767225603000,"event":"joined","participant":{"id":10000,"name":null}}"#);
    assert!(outputs[1].starts_with(r#"{"control":"note","leg":"signaling""#) && outputs[1].contains("10001"));
    assert_eq!(outputs.len(), 2);
    assert_eq!(script.message(Leg::Audio, &sound(10_001, 5)), ["media audio/10001 5 000102"]);
    assert_eq!(
        event(&mut script, r#""event_type":2,"timestamp":1767225603000,"user_id":10001"#),
        [r#"{"at":1767225603000,"event":"active_speaker","id":10001}"#]
    );
    let left = |id: i64| format!(r#""event_type":4,"timestamp":1767225604000,"participants":[{{"user_id":{id}}}]"#);
    nothing(event(&mut script, &left(10_001)));
    assert_eq!(event(&mut script, &left(1)), [r#"{"at":1767225604000,"event":"left","id":1}"#]);
    assert_eq!(
        event(&mut script, &people(10_001..=10_001)),
        [r#"{"at":1767225603000,"event":"joined","participant":{"id":10001,"name":null}}"#]
    );
}

/// C2, §11.2: a connection that is lost in the middle of its join burst proves nobody's absence.
#[test]
fn nobody_leaves_because_a_join_burst_was_interrupted() {
    let join = |ids: &str| format!(r#""event_type":3,"timestamp":1767225603010,"participants":[{ids}]"#);
    let mut script = Script::running(&[Leg::Audio]);
    assert_eq!(event(&mut script, &join(r#"{"user_id":7},{"user_id":8},{"user_id":9}"#)).len(), 3);
    whatever(script.at(10_000).closed(Leg::Signaling, Close::Broken));
    script.join(&[Leg::Audio]);
    nothing(event(&mut script, &join(r#"{"user_id":7}"#)));
    whatever(script.at(13_000).closed(Leg::Signaling, Close::Broken));
    nothing(script.closed(Leg::Signaling, unreachable()));
    let outputs = script.pass_until(16_000);
    assert!(outputs.iter().all(|output| output.starts_with("open")), "{outputs:?}");
    script.join(&[Leg::Audio]);
    nothing(event(&mut script, &join(r#"{"user_id":8},{"user_id":7}"#)));
    let left = script.live_until(30_000, &[Leg::Signaling, Leg::Audio]);
    assert!(left.len() == 1 && left[0].ends_with(r#""event":"left","id":9}"#), "{left:?}");
}
