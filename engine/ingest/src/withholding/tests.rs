use bytes::Bytes;
use media::{Frame, Track, TrackKind};
use model::{ParticipantId, Pii, Utterance, platform::Leg};

use super::*;

fn frame(at_ms: i64) -> Entry {
    let track = Track { kind: TrackKind::Audio, source: 7 };
    Entry::Media(Frame { track, at: SourceTime::from_unix_ms(at_ms), payload: Bytes::from_static(b"sound") })
}

fn said(at_ms: i64) -> EventBody {
    let at = SourceTime::from_unix_ms(at_ms);
    EventBody::Transcript(Utterance {
        speaker: None,
        text: Pii::new("words".to_owned()),
        start: at,
        end: at,
        language: None,
    })
}

fn told(event: Option<Event>) -> Option<(EventBody, i64)> {
    event.map(|event| (event.body, event.at.unix_ms()))
}

#[test]
fn while_a_customer_pauses_nothing_passes_of_what_is_heard_or_said_and_who_is_there_is_told_all_the_same() {
    let now = Instant::now();
    let note = Entry::Control(Control::Note { leg: Leg::Chat, message: "{}".to_owned() });
    let mut withholding = Withholding::default();
    for (is_withheld, at_ms) in [(false, 1_000), (true, 1_100_000), (false, 3_000_000)] {
        withholding.ask(is_withheld, now);
        assert_eq!(withholding.passes(&frame(at_ms), true, now), !is_withheld, "sound");
        assert_eq!(withholding.passes(&note, true, now), !is_withheld, "what is kept word for word");
        assert_eq!(withholding.tells(&said(at_ms)), !is_withheld, "words");
        assert!(withholding.tells(&EventBody::Left { id: ParticipantId(7) }), "who is there");
        assert!(withholding.passes(&Entry::Control(Control::ClockStepped { by_ms: 1 }), true, now));
    }
}

#[test]
fn what_was_made_in_a_pause_and_comes_after_it_does_not_pass() {
    let now = Instant::now();
    let mut withholding = Withholding::default();
    withholding.passes(&frame(10_000), true, now);
    withholding.ask(true, now);
    assert!(withholding.tells(&said(9_000)), "what was said before comes late");
    assert!(!withholding.tells(&said(10_000)));
    let later = now + Duration::from_secs(20);
    withholding.ask(false, later);
    for (at_ms, passes) in [(29_999, false), (12_000, false), (30_000, true), (40_000, true)] {
        assert_eq!(withholding.passes(&frame(at_ms), true, later), passes, "sound of {at_ms}");
        assert_eq!(withholding.tells(&said(at_ms)), passes, "words of {at_ms}");
    }
    let set_back = 30_000 - LATEST_MS;
    assert!(withholding.passes(&frame(set_back), true, later), "so late is nothing: a clock was set");
}

#[test]
fn after_a_crash_all_that_comes_first_may_be_late_so_this_machines_clock_tells_when_a_pause_ends() {
    let now = Instant::now();
    let wall_ms = ms(SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970"));
    for (late_ms, is_believed) in [(30_000, true), (LATEST_MS + 60_000, false)] {
        let mut withholding = Withholding::new(true, false);
        withholding.passes(&frame(wall_ms - late_ms), true, now);
        withholding.ask(false, now);
        let passes = withholding.passes(&frame(wall_ms - late_ms + 1_000), true, now);
        assert_eq!(passes, !is_believed, "{late_ms} ms late");
        assert!(withholding.passes(&frame(wall_ms + 60_000), true, now));
    }
}

#[test]
fn a_pause_is_told_once_at_the_platforms_time() {
    let now = Instant::now();
    let mut withholding = Withholding::default();
    withholding.passes(&frame(50_000), true, now);
    let later = now + Duration::from_millis(300);
    assert_eq!(told(withholding.ask(true, later)), Some((EventBody::Paused, 50_300)));
    assert_eq!(told(withholding.ask(true, later)), None);
    withholding.passes(&frame(58_000), true, later);
    assert_eq!(told(withholding.ask(false, later)), Some((EventBody::Resumed, 58_000)));
    assert_eq!(told(withholding.ask(false, later)), None);
}

#[test]
fn pauses_of_both_sides_are_one_until_both_are_over() {
    let now = Instant::now();
    let mut withholding = Withholding::default();
    assert!(withholding.ask(true, now).is_some());
    assert!(!withholding.tells(&EventBody::Paused), "it is told already");
    assert_eq!(withholding.ask(false, now), None, "the platform still withholds");
    assert!(withholding.is_on());
    assert!(withholding.tells(&EventBody::Resumed));
    assert!(!withholding.is_on());
    assert!(withholding.tells(&EventBody::Paused));
    assert_eq!(withholding.ask(true, now), None);
    assert!(!withholding.tells(&EventBody::Resumed), "the customer still withholds");
    assert_eq!(withholding.ask(false, now).map(|event| event.body), Some(EventBody::Resumed));
}

#[test]
fn what_is_withheld_does_not_say_when_a_recording_begins() {
    let now = Instant::now();
    let first = Entry::Control(Control::FirstPacket { at: SourceTime::from_unix_ms(1) });
    let mut withholding = Withholding::new(true, false);
    assert!(!withholding.passes(&first, false, now));
    assert!(withholding.passes(&first, true, now), "one that has begun is not changed by it");
    withholding.ask(false, now);
    assert!(withholding.passes(&first, false, now));
}
