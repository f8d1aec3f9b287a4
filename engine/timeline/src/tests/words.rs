//! How events and transcript are ordered.

use media::SourceTime;
use model::{EventBody, ParticipantId, Pii, Utterance};

use super::script::{Script, ZERO, somebody};

fn said(who: i64, name: &str, start_ms: i64, text: &str) -> EventBody {
    EventBody::Transcript(Utterance {
        speaker: Some(somebody(who, name)),
        text: Pii::new(text.to_owned()),
        start: SourceTime::from_unix_ms(ZERO + start_ms),
        end: SourceTime::from_unix_ms(ZERO + start_ms + 900),
        language: None,
    })
}

#[test]
fn words_said_again_after_a_reconnect_are_kept_once_and_in_order() {
    let mut script = Script::ready();
    for (start_ms, text) in [(2_000, "two"), (1_000, "one"), (2_000, "two"), (2_000, "too")] {
        script.event(start_ms, said(7, "Ada", start_ms, text));
    }
    let timeline = script.build();
    let words: Vec<_> = timeline.utterances.iter().map(|utterance| utterance.text.expose().as_str()).collect();
    assert_eq!(words, ["one", "too", "two"]);
    assert_eq!(timeline.events, []);
}

#[test]
fn events_written_again_after_a_power_cut_are_kept_once() {
    let mut script = Script::ready();
    let joined = |id| EventBody::Joined { participant: somebody(id, "Ada") };
    script.event(500, joined(2));
    script.event(100, joined(1));
    script.event(500, EventBody::Left { id: ParticipantId(1) });
    script.event(500, joined(2));
    let events: Vec<_> =
        script.build().events.into_iter().map(|event| (event.at.unix_ms() - ZERO, event.body)).collect();
    assert_eq!(events, [(100, joined(1)), (500, joined(2)), (500, EventBody::Left { id: ParticipantId(1) })]);
}

#[test]
fn the_latest_name_counts_and_a_stale_one_beside_media_does_not() {
    let mut script = Script::ready();
    script.event(0, EventBody::Joined { participant: somebody(7, "Ada") });
    script.event(900, EventBody::Renamed { participant: somebody(7, "Ada L.") });
    script.event(950, EventBody::Joined { participant: somebody(7, "") });
    script.event(1_000, said(7, "Bob", 1_000, "hello"));
    script.event(2_000, said(8, "Cy", 2_000, "hi"));
    script.packet(9, 0);
    let timeline = script.build();
    let names: Vec<_> =
        timeline.people.values().map(|who| who.name.as_ref().map(|name| name.expose().as_str())).collect();
    assert_eq!(names, [Some("Ada L."), Some("Cy"), None]);
}

#[test]
fn without_media_the_first_event_is_second_0_and_the_last_is_the_end() {
    let mut script = Script::new();
    script.event(3_000, EventBody::Left { id: ParticipantId(1) });
    script.event(1_000, EventBody::Joined { participant: somebody(1, "Ada") });
    let timeline = script.build();
    assert_eq!(timeline.origin.unix_ms(), ZERO + 1_000);
    assert_eq!(timeline.end.ms(), 2_000);
}

#[test]
fn words_with_times_that_cannot_be_true_are_kept_where_their_message_lies() {
    let mut script = Script::ready();
    let with_times = |start_ms: i64, end_ms: i64, text: &str| {
        EventBody::Transcript(Utterance {
            speaker: None,
            text: Pii::new(text.to_owned()),
            start: SourceTime::from_unix_ms(start_ms),
            end: SourceTime::from_unix_ms(end_ms),
            language: None,
        })
    };
    script.event(1_000, with_times(0, 5, "long ago"));
    script.event(2_000, with_times(ZERO + 1_500, i64::MAX, "endless"));
    script.event(3_000, with_times(ZERO + 2_500, ZERO + 2_000, "backwards"));
    script.event(i64::MIN / 2, with_times(0, 0, "nowhere"));
    let timeline = script.build();
    let words: Vec<_> = timeline
        .utterances
        .iter()
        .map(|words| (words.start.unix_ms() - ZERO, words.end.unix_ms() - ZERO, words.text.expose().as_str()))
        .collect();
    assert_eq!(words, [(1_000, 1_000, "long ago"), (1_500, 1_500, "endless"), (2_500, 2_500, "backwards")]);
    assert_eq!(timeline.counts.absurd, 1);
}
