//! Each participant's pictures as files of their own: where they begin and end, what they show, and whose sound they have.

use std::ops::Range;

use media::{AudioCodec, SampleRate, TrackKind};
use model::{EventBody, ParticipantId};
use schema::document::PartKind;

use super::{
    council::{SECOND_SLIDE_MS, SHARED_MS, SHARER, SMALL, TALL, TALL_OFF_MS, WIDE, council},
    judge::{self, Made, assert_decodes, assert_shape, counters, is_silent, make_with, picture_at, picture_times_ms},
    ledger::talk,
    meeting::Meeting,
};
use crate::{Settings, VideoChoice, VideoPart, video_parts, video_parts_list, without_mix};

fn told(parts: &[VideoPart]) -> Vec<(i64, PartKind, i64, i64)> {
    parts.iter().map(|part| (part.who.0, part.kind, part.start.ms(), part.end.ms())).collect()
}

fn made(meeting: &mut Meeting, part: &VideoPart) -> Made {
    let mut timeline = part.timeline(&without_mix(&meeting.timeline())).unwrap();
    let choice = part.choice(&mut timeline);
    let settings = part.settings(&timeline, Settings::default(), meeting);
    make_with(meeting, &timeline, choice, settings)
}

/// Sends the pictures of the 1280x720 clip that lie in a stretch, at their place in it.
fn film(meeting: &mut Meeting, source: i64, ms: Range<i64>) {
    let clip = fixtures::pack().camera("wide").unwrap();
    for at_ms in ms.step_by(40) {
        let frame = clip.frames[(at_ms / 40) as usize % clip.frames.len()];
        meeting.media(TrackKind::Video, source, at_ms, frame);
    }
}

/// Sends a tone as loud as speech.
fn hum(meeting: &mut Meeting, source: i64, ms: Range<i64>) {
    for at_ms in ms.step_by(20) {
        let samples = (0..320_i16).flat_map(|n| (if n / 20 % 2 == 0 { 8_000_i16 } else { -8_000 }).to_le_bytes());
        meeting.media(TrackKind::Audio, source, at_ms, samples.collect::<Vec<u8>>());
    }
}

#[test]
fn everybody_who_is_seen_or_shares_has_a_part_that_shows_only_that() {
    let mut meeting = council();
    hum(&mut meeting, SHARER, 3_500..4_500);
    let parts = video_parts(&meeting.timeline());
    assert_eq!(parts.left_out, 0);
    assert_eq!(
        told(&parts.parts),
        [
            (WIDE, PartKind::Webcam, 0, 8_000),
            // Of pictures of one moment each lies a millisecond after the one before.
            (SMALL, PartKind::Webcam, 1, 8_000),
            (TALL, PartKind::Webcam, 2, TALL_OFF_MS + 2),
            (SHARER, PartKind::Screenshare, SHARED_MS.start, SHARED_MS.end),
        ]
    );
    for part in &parts.parts {
        let made = made(&mut meeting, part);
        assert_shape(&made.plain, (part.end.ms() - part.start.ms()) as f64 / 1_000.0);
        assert_decodes(&made.plain);
        let sound = judge::sound(&made.plain);
        let into_part = |ms: i64| (ms - part.start.ms()) as usize;
        let silent = is_silent(&sound, into_part(3_600), into_part(4_400));
        assert_eq!(silent, part.who.0 != SHARER, "{:?} of {:?}", part.kind, part.who);
    }
}

#[test]
fn a_camera_is_copied_and_a_screen_of_stills_is_drawn_at_its_own_size() {
    let mut meeting = council();
    let parts = video_parts(&meeting.timeline()).parts;
    let sizes = [(1_280, 720), (640, 360), (360, 640)];
    for (part, (width, height)) in parts.iter().zip(sizes) {
        let camera = made(&mut meeting, part);
        assert_eq!(camera.outcome.choice.video, VideoChoice::Copy, "{}", camera.outcome.choice.reason);
        let expected: Vec<Option<u16>> = (0..(part.end.ms() / 40) as u16).map(Some).collect();
        assert_eq!(counters(&camera.plain, width, height), expected);
    }
    let screen = made(&mut meeting, &parts[3]);
    assert_eq!(screen.outcome.choice.video, VideoChoice::Compose);
    let times_ms = picture_times_ms(&screen.plain);
    let luma = |at_ms: i64| picture_at(&screen.plain, &times_ms, at_ms, &["-pix_fmt", "gray", "-f", "rawvideo"]);
    let slide = video::still::dimensions(fixtures::pack().slides[1].jpeg).unwrap();
    let (first, second) = (luma(1_000), luma(SECOND_SLIDE_MS - SHARED_MS.start + 1_000));
    assert_eq!(first.len(), (slide.1 * slide.2) as usize);
    let differing = first.iter().zip(&second).filter(|(a, b)| a.abs_diff(**b) > 40).count();
    assert!(differing * 100 > first.len(), "the second slide is another one: {differing}");
}

#[test]
fn another_part_begins_after_a_restart_a_return_and_a_long_pause_and_not_after_a_short_one() {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    let id = ParticipantId(WIDE);
    film(&mut meeting, WIDE, 0..2_000);
    // Somebody else is seen for a while.
    film(&mut meeting, SMALL, 2_000..4_000);
    film(&mut meeting, WIDE, 4_000..6_000);
    meeting.event(6_000, EventBody::VideoOff { id });
    meeting.event(7_900, EventBody::VideoOn { id });
    film(&mut meeting, WIDE, 8_000..10_000);
    // Nothing came for longer than a picture may stay.
    film(&mut meeting, WIDE, 22_000..24_000);
    talk(&mut meeting, WIDE, 0, 24_000);
    meeting.end(24_000);
    assert_eq!(
        told(&video_parts(&meeting.timeline()).parts),
        [
            (WIDE, PartKind::Webcam, 0, 6_000),
            (SMALL, PartKind::Webcam, 2_000, 4_000),
            (WIDE, PartKind::Webcam, 8_000, 10_000),
            (WIDE, PartKind::Webcam, 22_000, 24_000),
        ]
    );
}

#[test]
fn nothing_that_cannot_be_decoded_is_copied() {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    film(&mut meeting, WIDE, 0..1_000);
    film(&mut meeting, SMALL, 1_000..1_040);
    // Back without a picture that can be decoded by itself, which comes at second 2.
    film(&mut meeting, WIDE, 1_400..3_000);
    meeting.end(3_000);
    let parts = video_parts(&meeting.timeline()).parts;
    let wide = parts.iter().find(|part| part.who.0 == WIDE).unwrap();
    let made = made(&mut meeting, wide);
    assert_decodes(&made.plain);
    let expected: Vec<Option<u16>> = (0..25).chain(50..75).map(Some).collect();
    assert_eq!(counters(&made.plain, 1_280, 720), expected);
}

#[test]
fn parts_are_listed_with_what_they_show() {
    let timeline = council().timeline();
    let parts = video_parts(&timeline).parts;
    let list: serde_json::Value = serde_json::from_slice(&video_parts_list(&timeline, &parts).bytes).unwrap();
    let listed: Vec<(&str, &str, f64)> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|part| {
            (part["type"].as_str().unwrap(), part["file"].as_str().unwrap(), part["duration"].as_f64().unwrap())
        })
        .collect();
    assert_eq!(listed[2], ("webcam", "part-0003.mp4", 5.0));
    assert_eq!(listed[3], ("screenshare", "part-0004.mp4", 3.0));
}

#[test]
fn where_everybodys_sound_is_one_mix_a_part_is_silent() {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    film(&mut meeting, WIDE, 0..2_000);
    talk(&mut meeting, 0, 0, 2_000);
    meeting.end(2_000);
    let parts = video_parts(&meeting.timeline()).parts;
    let made = made(&mut meeting, &parts[0]);
    assert!(is_silent(&judge::sound(&made.plain), 0, 2_000));
}
