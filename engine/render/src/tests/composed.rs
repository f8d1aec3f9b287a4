//! Videos whose pictures are composed.

use media::{AudioCodec, SampleRate, TrackKind};
use model::{Control, LossCause, VideoPlan};

use super::{
    judge::{assert_decodes, assert_shape, chirp_offset_ms, is_silent, lumas, make, picture_times_ms, small, sound},
    meeting::{Meeting, ZERO},
    sources::{grey_of, pictures, send_l16_chirp, send_pictures},
};
use crate::{Damage, MixedVideo, RenderError, VideoChoice, View, plan};

const BLACK: u8 = 0;
/// The grey of a card.
const CARD: u8 = 37;

/// What is shown at a moment, by the times and the brightness of the pictures.
fn shown_at(times_ms: &[i64], lumas: &[u8], at_ms: i64) -> u8 {
    let index = times_ms.partition_point(|time_ms| *time_ms <= at_ms);
    lumas[index - 1]
}

#[test]
fn a_composed_file_follows_the_speaker_and_is_black_2_s_after_the_last_picture() {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    send_pictures(&mut meeting, 1, 0, &pictures(160, 96, 50, 250));
    // Another speaker with a portrait camera; two pictures come before the first one that can be decoded by itself.
    let portrait = pictures(96, 160, 52, 25);
    send_pictures(&mut meeting, 2, 2_000, &portrait[23..]);
    send_l16_chirp(&mut meeting, 2, 6_003);
    meeting.end(7_100);
    let timeline = meeting.timeline();
    let choice = plan(&timeline, VideoPlan::Auto, View::default());
    assert_eq!(choice.video, VideoChoice::Compose);
    let made = make(&mut meeting, &timeline, choice);
    assert_decodes(&made.plain);
    assert_decodes(&made.growing);
    assert_shape(&made.plain, 7.1);
    assert_eq!(made.outcome.damage, Damage { without_key: 2, ..Damage::default() });

    let (times, lumas) = (picture_times_ms(&made.plain), lumas(&made.plain));
    assert_eq!(times.len(), lumas.len());
    let assert_shown = |at_ms: i64, luma: u8| {
        let shown = shown_at(&times, &lumas, at_ms);
        assert!(shown.abs_diff(luma) <= 6, "{shown} is shown at {at_ms} ms instead of {luma}");
    };
    for n in 0..50 {
        assert_shown(40 * n as i64, grey_of(n));
    }
    assert_shown(2_040, grey_of(49));
    for n in 25..52 {
        assert_shown(2_000 + 40 * (n as i64 - 23), grey_of(n));
    }
    let last_ms = 2_000 + 40 * 28;
    assert_shown(last_ms + 1_990, grey_of(51));
    assert_shown(last_ms + 2_050, BLACK);
    // Somebody speaks who is not seen.
    assert_shown(6_050, CARD);
    assert_shown(7_090, CARD);

    let sound = sound(&made.plain);
    let (offset_ms, fit) = chirp_offset_ms(&sound, 6_003);
    assert!(offset_ms.abs() <= 0.1 && fit > 0.95, "{offset_ms} ms, fit {fit}");
    assert!(is_silent(&sound, 0, 5_990));
}

#[test]
fn pictures_that_were_dropped_are_not_decoded_over() {
    let mut meeting = Meeting::new();
    let pictures = pictures(160, 96, 100, 50);
    send_pictures(&mut meeting, 1, 0, &pictures[..20]);
    send_pictures(&mut meeting, 1, 1_200, &pictures[30..]);
    let at = |ms| media::SourceTime::from_unix_ms(ZERO + ms);
    meeting.control(Control::Dropped {
        kind: TrackKind::Video,
        frames: 10,
        from: at(800),
        to: at(1_160),
        cause: LossCause::Ours,
        reason: model::DropReason::Buffer,
    });
    meeting.end(4_000);
    let timeline = meeting.timeline();
    let made = make(&mut meeting, &timeline, plan(&timeline, VideoPlan::Compose, View::default()));
    assert_eq!(made.outcome.damage, Damage { without_key: 20, ..Damage::default() });
    assert_decodes(&made.plain);
}

#[test]
fn a_meeting_without_cameras_is_sound_over_cards() {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    send_l16_chirp(&mut meeting, 1, 500);
    send_l16_chirp(&mut meeting, 2, 2_000);
    meeting.end(3_333);
    let timeline = meeting.timeline();
    let made = make(&mut meeting, &timeline, plan(&timeline, VideoPlan::Copy, View::default()));
    assert_eq!(made.outcome.choice.video, VideoChoice::Compose);
    assert_decodes(&made.plain);
    assert_shape(&made.plain, 3.333);
    let (times, lumas) = (picture_times_ms(&made.plain), lumas(&made.plain));
    assert!(shown_at(&times, &lumas, 450) <= 2);
    assert!([530, 3_300].iter().all(|at_ms| shown_at(&times, &lumas, *at_ms).abs_diff(CARD) <= 2));
    let sound = sound(&made.plain);
    for at_ms in [500, 2_000] {
        let (offset_ms, fit) = chirp_offset_ms(&sound, at_ms);
        assert!(offset_ms.abs() <= 0.1 && fit > 0.95, "{offset_ms} ms, fit {fit}");
    }
}

#[test]
fn two_who_speak_at_once_are_both_heard() {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    for source in [1, 2] {
        send_l16_chirp(&mut meeting, source, 500);
    }
    meeting.end(1_500);
    let timeline = meeting.timeline();
    let made = make(&mut meeting, &timeline, plan(&timeline, VideoPlan::Auto, View::default()));
    let sound = sound(&made.plain);
    let loudest = sound.iter().fold(0.0_f32, |loudest, sample| loudest.max(sample.abs()));
    assert!((0.7..0.9).contains(&loudest), "{loudest}");
}

#[test]
fn pictures_that_cannot_be_decoded_are_counted() {
    let mut meeting = Meeting::new();
    let mut all = pictures(160, 96, 30, 10);
    all[10] = vec![0, 0, 0, 1, 0x65, 0xFF, 0xFF, 0xFF].into();
    send_pictures(&mut meeting, 1, 0, &all);
    meeting.end(1_200);
    let timeline = meeting.timeline();
    let made = make(&mut meeting, &timeline, plan(&timeline, VideoPlan::Compose, View::default()));
    assert_eq!(made.outcome.damage, Damage { pictures: 1, without_key: 9, ..Damage::default() });
    assert_decodes(&made.plain);
}

#[test]
fn an_empty_capture_makes_no_video() {
    let timeline = Meeting::new().timeline();
    let refused = MixedVideo::new(timeline.clone(), plan(&timeline, VideoPlan::Auto, View::default()), small());
    assert!(matches!(refused.err(), Some(RenderError::Nothing)));
}
