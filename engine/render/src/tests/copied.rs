//! Videos whose pictures are copied.

use media::{AudioCodec, SampleRate};
use model::VideoPlan;

use super::{
    judge::{assert_decodes, assert_shape, chirp_offset_ms, is_silent, lumas, make, picture_times_ms, render, sound},
    meeting::Meeting,
    sources::{grey_of, pictures, send_l16_chirp, send_opus_chirp, send_pictures},
};
use crate::{Damage, VideoChoice, View, plan};

/// Six seconds: a camera from 1.2 s on that is never off, chirps of Opus at 1 s and at 3.007 s.
fn meeting() -> Meeting {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::Opus, SampleRate::HZ_48000);
    send_opus_chirp(&mut meeting, 7, 1_000);
    send_opus_chirp(&mut meeting, 8, 3_007);
    send_pictures(&mut meeting, 7, 1_200, &pictures(160, 96, 119, 1_000));
    meeting.end(6_000);
    meeting
}

#[test]
fn a_copied_file_has_every_picture_at_its_time_and_the_sound_where_it_was_said() {
    let mut meeting = meeting();
    let timeline = meeting.timeline();
    let choice = plan(&timeline, VideoPlan::Auto, View::default());
    assert_eq!(choice.video, VideoChoice::Copy, "{}", choice.reason);
    let made = make(&mut meeting, &timeline, choice);
    assert_eq!(made.outcome.damage, Damage::default());
    for path in [&made.plain, &made.growing] {
        assert_decodes(path);
        let mut times: Vec<i64> = (0..119).map(|n| 1_200 + 40 * n).collect();
        times[0] = 0;
        assert_eq!(picture_times_ms(path), times);
        for (n, luma) in lumas(path).into_iter().enumerate() {
            assert!(luma.abs_diff(grey_of(n)) <= 3, "picture {n} has {luma}");
        }
        let sound = sound(path);
        for at_ms in [1_000, 3_007] {
            let (offset_ms, fit) = chirp_offset_ms(&sound, at_ms);
            assert!((offset_ms - 2.5).abs() <= 1.0 && fit > 0.95, "{offset_ms} ms, fit {fit}");
        }
        assert!(is_silent(&sound, 0, 990) && is_silent(&sound, 1_500, 3_000) && is_silent(&sound, 3_500, 5_990));
    }
    assert_shape(&made.plain, 6.0);
}

#[test]
fn the_same_meeting_gives_the_same_bytes() {
    let mut meeting = meeting();
    let timeline = meeting.timeline();
    for asked in [VideoPlan::Copy, VideoPlan::Compose] {
        let first = render(&mut meeting, &timeline, plan(&timeline, asked, View::default()));
        assert!(first == render(&mut meeting, &timeline, plan(&timeline, asked, View::default())));
    }
}

#[test]
fn a_forced_copy_keeps_the_last_picture_over_a_gap_and_until_the_end() {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    send_l16_chirp(&mut meeting, 7, 0);
    let pictures = pictures(160, 96, 50, 25);
    send_pictures(&mut meeting, 7, 20, &pictures[..25]);
    send_pictures(&mut meeting, 7, 5_000, &pictures[25..]);
    meeting.end(9_990);
    let timeline = meeting.timeline();
    assert_eq!(plan(&timeline, VideoPlan::Auto, View::default()).video, VideoChoice::Compose);
    let made = make(&mut meeting, &timeline, plan(&timeline, VideoPlan::Copy, View::default()));
    assert_decodes(&made.plain);
    assert_shape(&made.plain, 9.99);
    let mut times: Vec<i64> = (0..25).map(|n| 20 + 40 * n).chain((0..25).map(|n| 5_000 + 40 * n)).collect();
    times[0] = 0;
    assert_eq!(picture_times_ms(&made.plain), times);
    let (offset_ms, fit) = chirp_offset_ms(&sound(&made.plain), 0);
    assert!(offset_ms.abs() <= 0.1 && fit > 0.95, "{offset_ms} ms, fit {fit}");
}

#[test]
fn a_forced_copy_of_a_camera_that_comes_late_begins_late() {
    let mut meeting = Meeting::new();
    send_pictures(&mut meeting, 7, 3_000, &pictures(160, 96, 50, 25));
    meeting.end(5_000);
    let timeline = meeting.timeline();
    let made = make(&mut meeting, &timeline, plan(&timeline, VideoPlan::Copy, View::default()));
    assert_decodes(&made.plain);
    assert_eq!(picture_times_ms(&made.plain), (0..50).map(|n| 3_000 + 40 * n).collect::<Vec<_>>());
}

#[test]
fn what_cannot_be_read_is_counted_and_the_rest_is_made() {
    let mut meeting = meeting();
    let timeline = meeting.timeline();
    let packet = timeline.audio[0].frames[3].locator.offset as usize;
    let picture = timeline.video.frames[60].locator.offset as usize;
    let damaged = timeline.audio[1].frames[5].locator.offset as usize;
    meeting.payloads[packet] = bytes::Bytes::new();
    meeting.payloads[picture] = bytes::Bytes::new();
    let bytes = meeting.payloads[damaged].len();
    meeting.payloads[damaged] = vec![0xFF; bytes].into();
    let made = make(&mut meeting, &timeline, plan(&timeline, VideoPlan::Auto, View::default()));
    assert_eq!(made.outcome.damage, Damage { unreadable: 2, sound: 1, ..Damage::default() });
    assert_shape(&made.plain, 6.0);
    assert_eq!(picture_times_ms(&made.plain).len(), 118);
}

#[test]
fn pictures_of_which_nobody_can_decode_one_are_not_copied() {
    let good = pictures(160, 96, 8, 1);
    // The parameter sets as they were, and nothing that a slice could be.
    let broken = |picture: &bytes::Bytes| {
        let slice = picture.windows(5).position(|bytes| bytes[..4] == [0, 0, 0, 1] && bytes[4] & 31 == 5).unwrap();
        bytes::Bytes::from([&picture[..slice], &[0, 0, 0, 1, 0x65, 0xFF, 0xFF, 0xFF]].concat())
    };
    for (whole, is_copied) in [(8, false), (3, true)] {
        let mut meeting = Meeting::new();
        let all =
            good.iter().enumerate().map(|(n, picture)| if n == whole { picture.clone() } else { broken(picture) });
        send_pictures(&mut meeting, 7, 0, &all.collect::<Vec<_>>());
        meeting.end(320);
        let timeline = meeting.timeline();
        let planned = plan(&timeline, VideoPlan::Copy, View::default());
        assert_eq!(planned.video, VideoChoice::Copy, "the plan takes them for what they say");
        let choice = crate::tried(&timeline, planned, &mut meeting);
        assert_eq!(choice.video == VideoChoice::Copy, is_copied, "{}", choice.reason);
        if !is_copied {
            assert_decodes(&make(&mut meeting, &timeline, choice).plain);
        }
    }
}
