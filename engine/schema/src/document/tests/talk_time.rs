//! How long everybody spoke.

use proptest::{collection::vec, prelude::*};

use super::*;

const CY: ParticipantId = ParticipantId(16_780_288);

fn talk_time(speech: Vec<Turn>, utterances: Vec<Utterance>, end_ms: i64) -> Value {
    let people = vec![named(ADA, "Ada"), named(BOB, "Bob"), named(CY, "Cy")];
    parsed(&talk_time_json(&Told { people, speech, utterances, end_ms, ..Told::default() }.proceedings()))
}

#[test]
fn the_sums_of_a_meeting_are_those_of_its_speech() {
    let ada = Some(named(ADA, "Ada"));
    let speech = vec![
        span(ADA, 1_000, 4_000),
        span(BOB, 3_500, 5_001),
        span(ADA, 5_900, 6_400),
        span(ADA, 9_000, 12_000),
        span(BOB, 12_000, 13_000),
    ];
    let utterances = vec![
        said(ada.clone(), "Shall we begin? It's 9.30.", 1_000, 4_000),
        said(ada, "我们", 9_000, 12_000),
        said(None, "whose?", 9_000, 12_000),
    ];
    let document = talk_time(speech, utterances, 20_000);
    assert_eq!(document["duration_seconds"], 20.0);
    assert_eq!(document["speech_seconds"], 8.501);
    assert_eq!(document["silence_seconds"], 11.499);
    assert_eq!(document["overlap_seconds"], 0.5);
    let person = |id: ParticipantId, name: &str| json!({ "id": id.0, "name": name, "is_host": null, "platform": "unknown", "extra_data": {}, "email": null });
    let stamp = |relative: f64, absolute: &str| json!({ "relative": relative, "absolute": absolute });
    assert_eq!(
        document["participants"],
        json!([
            {
                "participant": person(ADA, "Ada"), "label": "Ada", "spoken_seconds": 6.5, "share": 0.7221, "turns": 2,
                "longest_turn_seconds": 5.4, "words": 7, "words_per_minute": 64.6, "interruptions": 0,
                "overlap_seconds": 0.5, "first_spoke": stamp(1.0, "2026-01-01T00:00:01.000000Z"),
                "last_spoke": stamp(12.0, "2026-01-01T00:00:12.000000Z"),
            },
            {
                "participant": person(BOB, "Bob"), "label": "Bob", "spoken_seconds": 2.501, "share": 0.2779, "turns": 2,
                "longest_turn_seconds": 1.501, "words": 0, "words_per_minute": 0.0, "interruptions": 1,
                "overlap_seconds": 0.5, "first_spoke": stamp(3.5, "2026-01-01T00:00:03.500000Z"),
                "last_spoke": stamp(13.0, "2026-01-01T00:00:13.000000Z"),
            },
            {
                "participant": person(CY, "Cy"), "label": "Cy", "spoken_seconds": 0.0, "share": 0.0, "turns": 0,
                "longest_turn_seconds": 0.0, "words": 0, "words_per_minute": null, "interruptions": 0,
                "overlap_seconds": 0.0, "first_spoke": null, "last_spoke": null,
            },
        ])
    );
}

#[test]
fn who_begins_at_the_same_moment_or_the_moment_another_ends_interrupts_nobody() {
    let document = talk_time(vec![span(ADA, 0, 1_000), span(BOB, 0, 1_000), span(CY, 1_000, 2_000)], Vec::new(), 2_000);
    let interruptions: Vec<&Value> =
        document["participants"].as_array().expect("a list").iter().map(|who| &who["interruptions"]).collect();
    assert_eq!(interruptions, [0, 0, 0]);
    assert_eq!(document["overlap_seconds"], 1.0);
}

fn ms(value: &Value) -> i64 {
    (value.as_f64().expect("seconds") * 1000.0).round() as i64
}

proptest! {
    #[test]
    fn every_millisecond_is_counted_as_often_as_people_speak_in_it(
        spans in vec((0..3_usize, 0..2_000_i64, 0..500_i64), 0..40),
        end_ms in 1..2_200_i64,
    ) {
        let people = [ADA, BOB, CY];
        let mut speech: Vec<Turn> =
            spans.iter().map(|(who, from, lasts)| span(people[*who], *from, from + lasts)).collect();
        speech.sort_by_key(|turn| turn.start);
        let speaks = |at_ms: i64, who: ParticipantId| {
            speech.iter().any(|turn| turn.who == who && (turn.start.ms()..turn.end.ms()).contains(&at_ms))
        };
        let counts: Vec<[bool; 3]> = (0..end_ms).map(|at_ms| people.map(|who| speaks(at_ms, who))).collect();
        let many = |count: &[bool; 3]| count.iter().filter(|speaks| **speaks).count();
        let document = talk_time(speech.clone(), Vec::new(), end_ms);
        let any = counts.iter().filter(|count| many(count) > 0).count() as i64;
        prop_assert_eq!(ms(&document["speech_seconds"]), any);
        prop_assert_eq!(ms(&document["silence_seconds"]), end_ms - any);
        prop_assert_eq!(ms(&document["overlap_seconds"]), counts.iter().filter(|count| many(count) > 1).count() as i64);
        for (index, who) in document["participants"].as_array().expect("a list").iter().enumerate() {
            let spoken = counts.iter().filter(|count| count[index]).count() as i64;
            prop_assert_eq!(ms(&who["spoken_seconds"]), spoken);
            let overlap = counts.iter().filter(|count| count[index] && many(count) > 1).count() as i64;
            prop_assert_eq!(ms(&who["overlap_seconds"]), overlap);
        }
    }
}
