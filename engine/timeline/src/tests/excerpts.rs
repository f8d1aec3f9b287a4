//! What an excerpt holds, and what it leaves out.

use std::collections::BTreeSet;

use media::{SourceTime, TrackKind};
use model::{EventBody, Excerpt, LossCause, ParticipantId, Pii, Utterance, platform::Leg};
use proptest::prelude::*;

use super::script::{Script, ZERO, somebody};
use crate::{ExcerptError, Timeline};

const ADA: ParticipantId = ParticipantId(1);
const BOB: ParticipantId = ParticipantId(2);

/// Ten seconds: Ada's camera with a key picture every two seconds and both voices; a slide at second 1.
fn meeting() -> Script {
    let mut script = Script::ready();
    script.event(0, EventBody::Joined { participant: somebody(1, "Ada") });
    script.event(0, EventBody::Joined { participant: somebody(2, "Bob") });
    for n in 0..250 {
        if n % 50 == 0 { script.idr(1, 40 * n) } else { script.delta(1, 40 * n) }
    }
    script.talk(1, 0, 10_000);
    script.talk(2, 4_000, 6_000);
    script.media(TrackKind::Share, 2, 1_000, vec![0xFF, 0xD8, 0xFF, 1]);
    script.event(1_000, EventBody::ShareOn { id: BOB });
    script.event(4_000, said(1, "before and in it", 4_000, 5_500));
    script.event(7_000, said(2, "after it", 7_000, 8_000));
    script.ended(Some(10_000));
    script
}

fn said(who: i64, text: &str, from_ms: i64, to_ms: i64) -> EventBody {
    EventBody::Transcript(Utterance {
        speaker: Some(somebody(who, "")),
        text: Pii::new(text.to_owned()),
        start: SourceTime::from_unix_ms(ZERO + from_ms),
        end: SourceTime::from_unix_ms(ZERO + to_ms),
        language: None,
    })
}

fn stretch(from_ms: u64, to_ms: u64) -> Excerpt {
    Excerpt { from_ms, to_ms: Some(to_ms), ..Excerpt::default() }
}

fn places(timeline: &Timeline) -> Vec<i64> {
    timeline.video.frames.iter().map(|frame| frame.at.ms()).collect()
}

#[test]
fn the_whole_is_an_excerpt_of_itself() {
    let whole = meeting().build();
    assert!(Excerpt::default().is_whole());
    assert_eq!(whole.excerpt(&Excerpt::default()).unwrap(), whole);
}

#[test]
fn a_stretch_begins_at_second_0_and_holds_what_lies_in_it() {
    let part = meeting().build().excerpt(&stretch(5_000, 7_000)).unwrap();
    assert_eq!((part.origin.unix_ms(), part.end.ms()), (ZERO + 5_000, 2_000));
    let sound: Vec<_> = part
        .audio
        .iter()
        .map(|track| (track.source, track.frames.len(), track.frames[0].at.ms(), track.end().ms()))
        .collect();
    assert_eq!(sound, [(1, 100, 0, 2_000), (2, 50, 0, 1_000)]);
    let turns: Vec<_> = part.speech.iter().map(|turn| (turn.who.0, turn.start.ms(), turn.end.ms())).collect();
    assert_eq!(turns, [(1, 0, 2_000), (2, 0, 1_000)]);
    let words: Vec<_> = part
        .utterances
        .iter()
        .map(|said| (said.text.expose().as_str(), part.position(said.start).ms(), part.position(said.end).ms()))
        .collect();
    assert_eq!(words, [("before and in it", 0, 500)]);
    // The slide of second 1 is still up.
    assert_eq!(part.share.frames.iter().map(|slide| slide.at.ms()).collect::<Vec<_>>(), [-4_000]);
    assert_eq!(part.ended.map(|ended| ended.cut_short), Some(false));
}

#[test]
fn pictures_before_it_are_kept_from_the_key_picture_that_they_need() {
    let whole = meeting().build();
    let at = places(&whole.excerpt(&stretch(5_000, 7_000)).unwrap());
    assert_eq!((at.first(), at.last(), at.len()), (Some(&-1_000), Some(&1_960), 75));
    let at_a_key_picture = places(&whole.excerpt(&stretch(6_000, 7_000)).unwrap());
    assert_eq!((at_a_key_picture.first(), at_a_key_picture.len()), (Some(&0), 25));
}

#[test]
fn no_picture_before_a_gap_helps_those_behind_it() {
    let mut script = Script::ready();
    script.live(0, 3_400, 0);
    script.lost(Leg::Video);
    script.wait_until(4_600);
    script.leg(Leg::Video, None);
    for n in 115..200 {
        if n == 150 { script.idr(1, 40 * n) } else { script.delta(1, 40 * n) }
    }
    let whole = script.build();
    assert!(whole.gaps.iter().any(|gap| gap.kind == Leg::Video && gap.end.ms() == 4_600), "{:?}", whole.gaps);
    // The last key picture before second 5 lies before the gap.
    assert_eq!(places(&whole.excerpt(&stretch(5_000, 7_000)).unwrap()).first(), Some(&0));
    assert_eq!(places(&whole.excerpt(&stretch(3_200, 7_000)).unwrap()).first(), Some(&-200));
}

#[test]
fn whoever_is_left_out_is_neither_heard_nor_seen_nor_named() {
    let whole = meeting().build();
    let without = |who| whole.excerpt(&Excerpt { without: BTreeSet::from([who]), ..Excerpt::default() }).unwrap();
    let no_ada = without(ADA);
    assert!(no_ada.video.frames.is_empty());
    assert_eq!(no_ada.audio.iter().map(|track| track.source).collect::<Vec<_>>(), [2]);
    assert_eq!(no_ada.people.keys().collect::<Vec<_>>(), [&BOB]);
    assert!(!format!("{no_ada:?}").contains("before and in it"));
    let no_bob = without(BOB);
    assert!(no_bob.share.frames.is_empty() && no_bob.speech.iter().all(|turn| turn.who == ADA));
    assert_eq!(no_bob.video, whole.video);
    let of_bob =
        |event: &&model::Event| matches!(&event.body, EventBody::Joined { participant } if participant.id == BOB);
    assert_eq!(whole.events.iter().filter(of_bob).count(), 1);
    assert_eq!(no_bob.events.iter().filter(of_bob).count(), 0);
}

#[test]
fn what_cannot_be_cut_out_is_refused() {
    let whole = meeting().build();
    let empty = |from_ms, to_ms| ExcerptError::Empty { from_ms, to_ms, end_ms: 10_000 };
    assert_eq!(whole.excerpt(&stretch(5_000, 5_000)), Err(empty(5_000, 5_000)));
    assert_eq!(whole.excerpt(&stretch(60_000, 70_000)), Err(empty(60_000, 10_000)));
    let nobody = ParticipantId(99);
    let without = Excerpt { without: BTreeSet::from([nobody]), ..Excerpt::default() };
    assert_eq!(whole.excerpt(&without), Err(ExcerptError::Unknown(nobody)));
    let mut mix = Script::ready();
    mix.talk(0, 0, 1_000);
    mix.event(0, EventBody::Joined { participant: somebody(1, "Ada") });
    let without = Excerpt { without: BTreeSet::from([ADA]), ..Excerpt::default() };
    assert_eq!(mix.build().excerpt(&without), Err(ExcerptError::Mixed));
}

#[test]
fn gaps_are_cut_to_the_stretch() {
    let mut script = Script::ready();
    script.live(0, 3_000, 0);
    script.lost(Leg::Audio);
    script.lost(Leg::Video);
    script.wait_until(6_000);
    script.leg(Leg::Audio, None);
    script.leg(Leg::Video, None);
    script.live(6_000, 9_000, 0);
    let part = script.build().excerpt(&stretch(4_000, 7_000)).unwrap();
    let gaps: Vec<_> = part.gaps.iter().map(|gap| (gap.kind, gap.start.ms(), gap.end.ms(), gap.cause)).collect();
    assert_eq!(gaps, [(Leg::Audio, 0, 2_000, LossCause::Network), (Leg::Video, 0, 2_000, LossCause::Network)]);
}

proptest! {
    #[test]
    fn two_stretches_hold_what_one_does(middle_ms in 1_u64..9_999) {
        let whole = meeting().build();
        let (first, second) = (whole.excerpt(&stretch(0, middle_ms)).unwrap(), whole.excerpt(&stretch(middle_ms, 10_000)).unwrap());
        prop_assert_eq!(first.end.ms() + second.end.ms(), 10_000);
        let packets = |of: &Timeline| of.audio.iter().map(|track| track.frames.len()).sum::<usize>();
        prop_assert_eq!(packets(&first) + packets(&second), packets(&whole));
        let shown = |of: &Timeline| of.video.frames.iter().filter(|frame| frame.at.micros() >= 0).count();
        prop_assert_eq!(shown(&first) + shown(&second), shown(&whole));
    }
}

#[test]
fn a_share_that_ends_after_the_stretch_is_known_to_go_on_until_then() {
    let mut script = meeting();
    script.event(9_000, EventBody::ShareOff { id: Some(BOB) });
    let part = script.build().excerpt(&stretch(0, 5_000)).unwrap();
    assert!(part.events.iter().any(|event| matches!(event.body, EventBody::ShareOff { .. })));
}

#[test]
fn what_one_source_begins_with_hides_nothing_of_another() {
    let mut script = Script::ready();
    script.idr(1, 0);
    script.idr(2, 20);
    (1..50).for_each(|n| script.delta(2, 40 * n + 20));
    script.idr(1, 2_000);
    script.delta(2, 2_020);
    script.ended(Some(4_000));
    let part = script.build().excerpt(&stretch(2_000, 3_000)).unwrap();
    let first = part.video.frames.iter().find(|frame| frame.source == 2).unwrap();
    assert!(first.key && first.at.micros() < 0, "{first:?}");
}

#[test]
fn pictures_around_somebody_who_is_left_out_do_not_follow_each_other() {
    let mut script = Script::ready();
    script.event(0, EventBody::Joined { participant: somebody(2, "Bob") });
    script.idr(1, 0);
    script.idr(2, 40);
    script.delta(2, 400);
    script.delta(1, 440);
    script.ended(Some(1_000));
    let whole = script.build();
    assert_eq!(whole.gaps, []);
    let part = whole.excerpt(&Excerpt { without: BTreeSet::from([BOB]), ..Excerpt::default() }).unwrap();
    assert!(
        part.gaps.iter().any(|gap| gap.kind == Leg::Video && (gap.start.ms(), gap.end.ms()) == (40, 401)),
        "{:?}",
        part.gaps
    );
}

#[test]
fn nobody_is_left_out_of_pictures_that_may_be_anybodys() {
    let mut script = meeting();
    script.idr(0, 9_980);
    let without = Excerpt { without: BTreeSet::from([ADA]), ..Excerpt::default() };
    assert_eq!(script.build().excerpt(&without), Err(ExcerptError::Mixed));
}

#[test]
fn pictures_between_those_of_somebody_who_is_left_out_and_is_sent_at_the_same_time_follow_each_other() {
    let mut script = Script::ready();
    for n in 0..100 {
        for who in [1, 2, 3] {
            if n == 0 { script.idr(who, 40 * n) } else { script.delta(who, 40 * n + who) }
        }
    }
    let whole = script.build();
    let part = whole.excerpt(&Excerpt { without: BTreeSet::from([BOB]), ..Excerpt::default() }).unwrap();
    assert_eq!(part.video.frames.len(), 200);
    assert_eq!(part.gaps, whole.gaps);
}
