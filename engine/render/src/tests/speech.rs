//! Who spoke when, against speech whose place is known: the sentences of the media pack begin with 60 ms of silence at least
//! and end with 120.

use fixtures::{Sound, pack};
use media::{AudioCodec, SampleRate, TrackKind};
use model::{EventBody, ParticipantId};

use super::meeting::Meeting;

const LEAD_MS: i64 = 60;
const TAIL_MS: i64 = 120;

/// Sends a sound as 16 kHz L16 from `at_ms` on and answers where it ends.
fn send_l16(meeting: &mut Meeting, source: i64, at_ms: i64, sound: &'static Sound) -> i64 {
    (0..sound.slots()).zip((at_ms..).step_by(20)).fold(at_ms, |_, (slot, at_ms)| {
        meeting.media(TrackKind::Audio, source, at_ms, sound.l16_slot(slot));
        at_ms + 20
    })
}

/// Where somebody spoke, in milliseconds.
fn spoken(meeting: &Meeting, who: i64) -> Vec<(i64, i64)> {
    let timeline = meeting.timeline();
    let turns = timeline.speech.iter().filter(|turn| turn.who == ParticipantId(who));
    turns.map(|turn| (turn.start.ms(), turn.end.ms())).collect()
}

#[test]
fn known_speech_is_found_to_40_ms_in_an_open_microphone() {
    for sentence in &pack().sentences {
        let mut meeting = Meeting::new();
        meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
        let from_ms = send_l16(&mut meeting, 7, 0, &pack().quiet);
        let to_ms = send_l16(&mut meeting, 7, from_ms, &sentence.sound);
        send_l16(&mut meeting, 7, to_ms, &pack().quiet);
        let turns = spoken(&meeting, 7);
        let (Some((start_ms, _)), Some((_, end_ms))) = (turns.first(), turns.last()) else {
            panic!("{}: nobody speaks", sentence.name)
        };
        assert!(*start_ms >= from_ms + LEAD_MS - 40 && *end_ms <= to_ms - TAIL_MS + 40, "{}: {turns:?}", sentence.name);
        let spoken_ms: i64 = turns.iter().map(|(from, to)| to - from).sum();
        assert!(spoken_ms * 10 >= (to_ms - from_ms - LEAD_MS - TAIL_MS) * 7, "{}: {turns:?}", sentence.name);
    }
}

#[test]
fn two_who_speak_at_once_into_open_microphones_are_both_found() {
    let sentences = &pack().sentences;
    let (first, second) = (&sentences[0].sound, &sentences[1].sound);
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    // The platform names only one of them.
    meeting.event(0, EventBody::ActiveSpeaker { id: ParticipantId(7) });
    send_l16(&mut meeting, 7, 1_000, first);
    send_l16(&mut meeting, 8, 1_500, second);
    let (seven, eight) = (spoken(&meeting, 7), spoken(&meeting, 8));
    assert!(seven.first().is_some_and(|(start, _)| (1_000..1_300).contains(start)), "{seven:?}");
    assert!(eight.first().is_some_and(|(start, _)| (1_500..1_800).contains(start)), "{eight:?}");
    assert!(seven.last().unwrap().1 > eight[0].0, "they overlap");
}
