//! The chat with its changes applied.

use model::{Audience, ChatMessage, ChatOperation};

use super::*;

pub(super) fn chat(
    id: &str,
    sender: Option<Participant>,
    receiver: Option<Participant>,
    operation: ChatOperation,
    text: &str,
) -> EventBody {
    EventBody::Chat(ChatMessage {
        message_id: (!id.is_empty()).then(|| id.to_owned()),
        parent_id: None,
        operation,
        sender,
        receiver,
        audience: None,
        text: Pii::new(text.to_owned()),
    })
}

fn ada(ms: i64, id: &str, operation: ChatOperation, text: &str) -> Event {
    at(ms, chat(id, Some(named(ADA, "Ada")), None, operation, text))
}

fn answered(parent: &str, mut event: Event) -> Event {
    if let EventBody::Chat(message) = &mut event.body {
        message.parent_id = Some(parent.to_owned());
    }
    event
}

/// Of a message the text, and when it was written, changed and deleted, in seconds.
type Line = (Option<String>, f64, Option<f64>, Option<f64>);

fn log(events: Vec<Event>) -> Vec<Line> {
    let list = parsed(&chat_json(&Told::doing(events).proceedings()));
    let entry = |entry: &Value| {
        (
            entry["text"].as_str().map(str::to_owned),
            entry["timestamp"]["relative"].as_f64().expect("a time"),
            entry["edited_at"]["relative"].as_f64(),
            entry["deleted_at"]["relative"].as_f64(),
        )
    };
    list.as_array().expect("a list").iter().map(entry).collect()
}

fn text(events: Vec<Event>) -> String {
    chat_text(&Told::doing(events).proceedings())
}

use ChatOperation::{AddEmoji, Delete, New, RemoveEmoji, Update};

#[test]
fn an_entry_has_the_documented_shape() {
    let person = |id: ParticipantId, name: &str| json!({ "id": id.0, "name": name, "is_host": null, "platform": "unknown", "extra_data": {}, "email": null });
    let stamp =
        |second: i64| json!({ "relative": second as f64, "absolute": format!("2026-01-01T00:00:0{second}.000000Z") });
    let events = vec![
        ada(1_000, "m1", New, "hi"),
        ada(2_000, "m1", Update, "hi!"),
        at(3_000, chat("m1", Some(named(BOB, "Bob")), None, AddEmoji, "👍")),
    ];
    assert_eq!(
        parsed(&chat_json(&Told::doing(events).proceedings())),
        json!([{
            "message_id": "m1", "parent_id": null, "sender": person(ADA, "Ada"), "receiver": null, "audience": null,
            "text": "hi!", "timestamp": stamp(1), "edited_at": stamp(2), "deleted_at": null,
            "original_missing": false,
            "reactions": [{ "emoji": "👍", "participant": person(BOB, "Bob"), "timestamp": stamp(3) }],
        }])
    );
}

#[test]
fn changes_are_applied_in_the_order_of_their_time_whatever_the_order_in_which_they_came() {
    let last = Some("three".to_owned());
    let events = [ada(1_000, "m1", New, "one"), ada(2_000, "m1", Update, "two"), ada(3_000, "m1", Update, "three")];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let events = order.map(|index: usize| events[index].clone()).to_vec();
        assert_eq!(log(events), [(last.clone(), 1.0, Some(3.0), None)], "{order:?}");
    }
}

#[test]
fn a_deleted_message_keeps_time_and_sender_and_no_text() {
    let events = vec![
        ada(1_000, "m1", New, "secret"),
        ada(2_000, "m1", Delete, ""),
        ada(3_000, "m1", Update, "secret again"),
        ada(4_000, "m1", Delete, ""),
        ada(5_000, "m1", AddEmoji, "👍"),
    ];
    assert_eq!(log(events.clone()), [(None, 1.0, None, Some(2.0))]);
    assert_eq!(text(events.clone()), "[00:00:01] Ada (deleted at 00:00:02):\n");
    let told = Told::doing(events);
    for document in [chat_json(&told.proceedings()), participant_events_json(&told.proceedings())] {
        assert!(!document.contains("secret"), "{document}");
    }
    // At one moment a change comes before the deletion.
    assert_eq!(log(vec![ada(1, "m1", Delete, ""), ada(1, "m1", Update, "x"), ada(1, "m1", New, "y")])[0].0, None);
}

#[test]
fn a_change_whose_message_is_not_in_the_log_tells_what_is_known() {
    let events =
        vec![ada(5_000, "m1", Update, "new text"), ada(6_000, "m2", Delete, ""), ada(7_000, "m3", AddEmoji, "👍")];
    assert_eq!(
        log(events.clone()),
        [(Some("new text".to_owned()), 5.0, Some(5.0), None), (None, 6.0, None, Some(6.0))]
    );
    let list = parsed(&chat_json(&Told::doing(events.clone()).proceedings()));
    assert_eq!((&list[0]["original_missing"], &list[1]["original_missing"]), (&json!(true), &json!(true)));
    assert_eq!(
        text(events.clone()),
        concat!(
            "[00:00:05] Ada (of an earlier message, edited at 00:00:05): new text\n",
            "[00:00:06] Ada (of an earlier message, deleted at 00:00:06):\n"
        )
    );
    // Nobody wrote them while anything was received.
    assert_eq!(participant_events_json(&Told::doing(events).proceedings()), "[]");
}

#[test]
fn a_message_whose_change_is_stamped_before_it_has_the_changed_text_and_its_own_time() {
    let events = vec![ada(1_900, "m1", Update, "new"), ada(2_000, "m1", New, "old")];
    assert_eq!(log(events.clone()), [(Some("new".to_owned()), 2.0, Some(1.9), None)]);
    assert_eq!(parsed(&chat_json(&Told::doing(events).proceedings()))[0]["original_missing"], false);
}

#[test]
fn a_message_that_is_written_twice_is_one_and_messages_without_an_id_stand_alone() {
    assert_eq!(log(vec![ada(1_000, "m1", New, "a"), ada(2_000, "m1", New, "a")]).len(), 1);
    let changed = log(vec![ada(1_000, "m1", New, "a"), ada(2_000, "m1", New, "b")]);
    assert_eq!(changed, [(Some("b".to_owned()), 1.0, Some(2.0), None)]);
    let alone = log(vec![ada(1_000, "", New, "a"), ada(2_000, "", New, "b"), ada(3_000, "", Update, "c")]);
    assert_eq!(alone.len(), 3);
}

#[test]
fn threads_and_private_messages_are_told() {
    let bob = || Some(named(BOB, "Bob"));
    let mut group = ada(4_000, "m4", New, "for the group");
    if let EventBody::Chat(message) = &mut group.body {
        message.audience = Some(Audience::Group);
    }
    let events = vec![
        ada(1_000, "m1", New, "Who has the link?"),
        answered("m1", at(2_000, chat("m2", bob(), None, New, "I do"))),
        at(3_000, chat("m3", bob(), Some(named(ADA, "Ada")), New, "psst")),
        group,
        answered("gone", ada(5_000, "m5", New, "Yes")),
        at(6_000, chat("m6", None, None, New, "boo")),
    ];
    assert_eq!(
        text(events.clone()),
        concat!(
            "[00:00:01] Ada: Who has the link?\n",
            "[00:00:02] Bob (in reply to Ada at 00:00:01): I do\n",
            "[00:00:03] Bob (only to Ada): psst\n",
            "[00:00:04] Ada (only to a group): for the group\n",
            "[00:00:05] Ada (in reply to an earlier message): Yes\n",
            "[00:00:06] Somebody: boo\n",
        )
    );
    let list = parsed(&chat_json(&Told::doing(events).proceedings()));
    assert_eq!((&list[1]["parent_id"], &list[2]["receiver"]["name"]), (&json!("m1"), &json!("Ada")));
}

#[test]
fn an_emoji_is_on_a_message_once_a_person_until_it_is_removed() {
    let bob = |ms, operation| at(ms, chat("m1", Some(named(BOB, "Bob")), None, operation, "👍"));
    let events = vec![
        ada(1_000, "m1", New, "hi"),
        bob(2_000, AddEmoji),
        bob(3_000, AddEmoji),
        ada(3_500, "m1", AddEmoji, "👍"),
        bob(4_000, RemoveEmoji),
        ada(5_000, "m1", RemoveEmoji, "🎉"),
    ];
    let reactions = parsed(&chat_json(&Told::doing(events).proceedings()))[0]["reactions"].clone();
    let told: Vec<(&str, f64)> = reactions
        .as_array()
        .expect("a list")
        .iter()
        .map(|reaction| {
            let who = reaction["participant"]["name"].as_str().expect("a name");
            (who, reaction["timestamp"]["relative"].as_f64().expect("a time"))
        })
        .collect();
    assert_eq!(told, [("Ada", 3.5)]);
}

#[test]
fn no_message_can_look_like_another_one() {
    let written = "first\r\n[00:00:09] Bob: I quit\u{2028}third\n\n";
    assert_eq!(
        text(vec![ada(-1_500, "m1", New, written)]),
        "[-00:00:01] Ada: first\n    [00:00:09] Bob: I quit\n    third\n"
    );
}

#[test]
fn the_chat_says_who_could_read_a_message() {
    let audiences = [
        (Some(Audience::Everyone), "everyone"),
        (Some(Audience::Individual), "individual"),
        (Some(Audience::Group), "group"),
        (Some(Audience::HostsAndPanelists), "hosts_and_panelists"),
        (Some(Audience::IndividualWithHostsAndPanelists), "individual_with_hosts_and_panelists"),
        (Some(Audience::Other), "other"),
        (None, ""),
    ];
    for (audience, word) in audiences {
        // Zoom's word counts, whether or not a receiver is named.
        for receiver in [None, Some(named(BOB, "Bob"))] {
            let is_for_everyone = audience.map_or(receiver.is_none(), |audience| audience == Audience::Everyone);
            let EventBody::Chat(message) = chat("m1", Some(named(ADA, "Ada")), receiver, New, "hi") else {
                panic!("a message")
            };
            let message = ChatMessage { audience, ..message };
            let body = serde_json::to_value(ChatBody::of(&message)).expect("JSON");
            assert_eq!(body["to"], if is_for_everyone { "everyone" } else { "only_bot" }, "{word}");
            let events = vec![at(1_000, EventBody::Chat(message))];
            let list = parsed(&chat_json(&Told::doing(events.clone()).proceedings()));
            assert_eq!(list[0]["audience"].as_str().unwrap_or_default(), word);
            assert_eq!(text(events).contains(" to "), !is_for_everyone, "{word}");
        }
    }
}
