//! Who is who, and by what name.

use super::*;

fn joined(ms: i64, id: ParticipantId, name: Option<&str>) -> Event {
    let participant = Participant { id, name: name.map(|name| Pii::new(name.to_owned())) };
    at(ms, EventBody::Joined { participant })
}

fn left(ms: i64, id: ParticipantId) -> Event {
    at(ms, EventBody::Left { id })
}

/// Everybody: number, name and label.
fn everybody(told: &Told) -> Vec<(i64, Option<String>, String)> {
    let attendance = told.proceedings().attendance;
    let person = |who: &crate::document::attendance::Attendee| {
        (who.person.number().expect("a number"), who.person.name().map(str::to_owned), who.label.clone())
    };
    attendance.attendees().iter().map(person).collect()
}

fn labels(names: &[&str]) -> Vec<String> {
    let people = names.iter().zip(1..).map(|(name, id)| named(ParticipantId(id), name)).collect();
    everybody(&Told { people, ..Told::default() }).into_iter().map(|(_, _, label)| label).collect()
}

#[test]
fn a_late_name_is_patched_in_wherever_somebody_is_named() {
    let mut told = Told::saying(vec![said(Some(Participant { id: ADA, name: None }), "Hello", 1_000, 2_000)]);
    told.events = vec![
        joined(0, ADA, None),
        at(500, EventBody::VideoOn { id: ADA }),
        at(5_000, EventBody::Renamed { participant: named(ADA, "Ada") }),
        at(6_000, EventBody::Renamed { participant: named(ADA, "Ada L.") }),
    ];
    told.people = vec![named(ADA, "Ada L.")];
    told.speech = vec![span(ADA, 1_000, 2_000)];
    let told = told.proceedings();
    assert_eq!(parsed(&transcript_json(&told))[0]["participant"]["name"], "Ada L.");
    assert_eq!(parsed(&speaker_timeline_json(&told))[0]["participant"]["name"], "Ada L.");
    let events = parsed(&participant_events_json(&told));
    let names: Vec<_> =
        events.as_array().expect("a list").iter().map(|event| event["participant"]["name"].as_str()).collect();
    // A change of name tells the name of its moment.
    assert_eq!(names, ["Ada L.", "Ada L.", "Ada L.", "Ada L.", "Ada", "Ada L."].map(Some));
}

#[test]
fn two_people_with_one_name_are_told_apart_in_the_order_in_which_they_came() {
    let told = Told {
        people: vec![named(ADA, "Ada"), named(BOB, "Ada")],
        events: vec![joined(0, BOB, Some("Ada")), joined(9_000, ADA, Some("Ada"))],
        ..Told::default()
    };
    let name = || Some("Ada".to_owned());
    assert_eq!(everybody(&told), [(ADA.0, name(), "Ada (2)".to_owned()), (BOB.0, name(), "Ada".to_owned())]);
}

#[test]
fn nobody_can_take_the_label_of_somebody_else() {
    assert_eq!(labels(&["Ada", "Ada (2)", "Ada", "Ada"]), ["Ada", "Ada (2)", "Ada (3)", "Ada (4)"]);
    assert_eq!(labels(&["Ada", "ADA", " Ada\u{200b} ", "A\u{202e}da"]), ["Ada", "ADA (2)", "Ada (3)", "Ada (4)"]);
    assert_eq!(labels(&["", "Participant 1", "\u{202e}"]), ["Participant 1", "Participant 1 (2)", "Participant 3"]);
    assert_eq!(labels(&["שרה", "👩‍💻", "👩💻"]), ["שרה", "👩‍💻", "👩💻 (2)"]);
    let long = "x".repeat(300);
    assert_eq!(labels(&[&long])[0], format!("{}…", "x".repeat(64)));
}

#[test]
fn whoever_comes_back_under_the_same_number_is_one_person() {
    for again in [Some("Ada"), None] {
        let told = Told {
            people: vec![named(ADA, "Ada")],
            events: vec![joined(0, ADA, Some("Ada")), left(5_000, ADA), joined(9_000, ADA, again)],
            ..Told::default()
        };
        assert_eq!(everybody(&told), [(ADA.0, Some("Ada".to_owned()), "Ada".to_owned())]);
    }
}

#[test]
fn whoever_comes_back_under_another_number_is_somebody_else_whatever_the_name() {
    let told = Told {
        people: vec![named(ADA, "Ada"), named(BOB, "Ada")],
        events: vec![joined(0, ADA, Some("Ada")), left(5_000, ADA), joined(9_000, BOB, Some("Ada"))],
        ..Told::default()
    };
    let labels: Vec<String> = everybody(&told).into_iter().map(|(_, _, label)| label).collect();
    assert_eq!(labels, ["Ada", "Ada (2)"]);
}

#[test]
fn a_number_that_comes_back_with_another_name_is_two_people_each_with_their_own_words() {
    let told = Told {
        people: vec![named(ADA, "Mallory")],
        events: vec![joined(0, ADA, Some("Ada")), left(5_000, ADA), joined(9_000, ADA, Some("Mallory"))],
        utterances: vec![
            said(Some(named(ADA, "Ada")), "Mine.", 1_000, 2_000),
            said(Some(named(ADA, "Ada")), "Not mine.", 9_000, 9_500),
        ],
        speech: vec![span(ADA, 1_000, 2_000), span(ADA, 9_000, 9_500)],
        end_ms: 10_000,
        ..Told::default()
    };
    assert_eq!(transcript_text(&told.proceedings()), "[00:00:01] Ada: Mine.\n[00:00:09] Mallory: Not mine.\n");
    assert_eq!(parsed(&speaker_timeline_json(&told.proceedings()))[1]["participant"]["name"], "Mallory");
    let people = parsed(&participants_json(&told.proceedings()));
    assert_eq!((&people[0]["id"], &people[0]["name"]), (&json!(ADA.0), &json!("Ada")));
    assert_eq!((&people[1]["id"], &people[1]["name"]), (&json!(ADA.0), &json!("Mallory")));
}

#[test]
fn a_new_name_without_a_leave_is_the_same_person() {
    let told = Told {
        people: vec![named(ADA, "Ada L.")],
        events: vec![joined(0, ADA, Some("Ada")), joined(2_000, ADA, Some("Ada L.")), left(5_000, ADA)],
        ..Told::default()
    };
    assert_eq!(everybody(&told), [(ADA.0, Some("Ada L.".to_owned()), "Ada L.".to_owned())]);
}

#[test]
fn a_name_beyond_what_people_can_enter_is_cut_before_it_is_repeated() {
    let told = Told { people: vec![named(ADA, &"é".repeat(60_000))], ..Told::default() };
    assert_eq!(everybody(&told)[0].1.as_ref().map(|name| name.chars().count()), Some(256));
}
