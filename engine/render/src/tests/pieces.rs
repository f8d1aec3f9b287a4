//! Real pictures that do not come as one whole access unit a message, or are not what was agreed.

use bytes::Bytes;
use media::{AudioCodec, SampleRate, TrackKind, VideoCodec};
use model::{Control, VideoPlan, platform::Leg};
use video::h264::{NalKind, nals};

use super::{
    judge::{assert_decodes, assert_shape, chirp_offset_ms, counters, make, render, sound},
    meeting::Meeting,
    sources::{send_l16_chirp, send_pictures},
};
use crate::{Damage, SoundOutcome, VideoChoice, View, plan, quality};

/// The size of the clip, whose pictures 0 and 50 are key pictures.
const SIZE: (usize, usize) = (1280, 720);

/// The first three seconds of a camera.
fn clip() -> Vec<Bytes> {
    let camera = fixtures::pack().camera("wide").unwrap();
    camera.frames[..75].iter().map(|frame| Bytes::from_static(frame)).collect()
}

/// A meeting of 3 s with a chirp at 1 s, whose picture `n` comes as the messages that `cut` makes of it.
fn meeting(mut cut: impl FnMut(usize, Bytes) -> Vec<Bytes>) -> Meeting {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    send_l16_chirp(&mut meeting, 7, 1_000);
    for (n, picture) in clip().into_iter().enumerate() {
        for message in cut(n, picture) {
            meeting.media(TrackKind::Video, 7, 40 * n as i64, message);
        }
    }
    meeting.end(3_000);
    meeting
}

/// Asserts that the same files come out as of a meeting with whole pictures, copied and composed.
fn assert_same_as_whole(mut meeting: Meeting) {
    let mut whole = self::meeting(|_, picture| vec![picture]);
    for (asked, choice) in [(VideoPlan::Auto, VideoChoice::Copy), (VideoPlan::Compose, VideoChoice::Compose)] {
        let (expected, timeline) = (whole.timeline(), meeting.timeline());
        assert_eq!((timeline.video.damaged, timeline.video.frames.len()), (0, 75));
        let planned = plan(&timeline, asked, View::default());
        assert_eq!(planned.video, choice, "{}", planned.reason);
        let made = render(&mut meeting, &timeline, planned);
        assert_eq!(made.2.damage, Damage::default());
        assert!(
            made == render(&mut whole, &expected, plan(&expected, asked, View::default())),
            "{asked:?}: other bytes"
        );
    }
}

#[test]
fn pictures_over_two_messages_make_the_very_same_file() {
    assert_same_as_whole(meeting(|_, picture| {
        let half = picture.len() * 2 / 3;
        vec![picture.slice(..half), picture.slice(half..)]
    }));
}

#[test]
fn pictures_over_a_message_for_each_unit_make_the_very_same_file() {
    assert_same_as_whole(meeting(|_, picture| {
        nals(&picture).map(|nal| [&[0, 0, 0, 1], nal.bytes].concat().into()).collect()
    }));
}

/// The negative control: a piece that is left out is missed, by the plan's file and by its decoder.
#[test]
fn a_piece_that_is_missing_makes_another_file() {
    let mut cut = meeting(|n, picture| {
        let half = picture.len() * 2 / 3;
        if n == 60 { vec![picture.slice(..half)] } else { vec![picture] }
    });
    let mut whole = meeting(|_, picture| vec![picture]);
    let (expected, timeline) = (whole.timeline(), cut.timeline());
    let expected = render(&mut whole, &expected, plan(&expected, VideoPlan::Auto, View::default()));
    assert!(expected != render(&mut cut, &timeline, plan(&timeline, VideoPlan::Auto, View::default())));
}

#[test]
fn a_copied_file_of_pieces_shows_every_picture() {
    let mut meeting = meeting(|_, picture| {
        let half = picture.len() / 2;
        vec![picture.slice(..half), picture.slice(half..)]
    });
    let timeline = meeting.timeline();
    let made = make(&mut meeting, &timeline, plan(&timeline, VideoPlan::Auto, View::default()));
    assert_decodes(&made.plain);
    assert_shape(&made.plain, 3.0);
    assert_eq!(counters(&made.plain, SIZE.0, SIZE.1), (0..75).map(Some).collect::<Vec<_>>());
}

#[test]
fn stills_where_h264_was_agreed_are_shown_and_remarked_on() {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    send_l16_chirp(&mut meeting, 7, 1_000);
    let slides = &fixtures::pack().slides;
    for (n, slide) in slides.iter().take(4).enumerate() {
        if n == 0 {
            let (agreed, found) = (VideoCodec::H264, VideoCodec::Jpeg);
            meeting.control(Control::Contradicted { leg: Leg::Video, agreed, found });
        }
        meeting.media(TrackKind::Video, 7, 1_000 * n as i64, slide.jpeg);
    }
    meeting.end(4_000);
    let timeline = meeting.timeline();
    let planned = plan(&timeline, VideoPlan::Copy, View::default());
    assert_eq!(planned.video, VideoChoice::Compose, "{}", planned.reason);
    let made = make(&mut meeting, &timeline, planned);
    assert_eq!(made.outcome.damage, Damage::default());
    assert_decodes(&made.plain);
    assert_shape(&made.plain, 4.0);
    let mut shown = counters(&made.plain, 320, 180);
    shown.dedup();
    assert_eq!(shown, (0..4).map(Some).collect::<Vec<_>>());
    let told = quality(&timeline, Some(&made.outcome), &SoundOutcome::default(), &[]);
    assert_eq!((told.damaged, told.skipped, told.remarks.len()), (0, 0, 1));
    assert!(told.remarks[0].contains("H.264") && told.remarks[0].contains("JPEG"), "{}", told.remarks[0]);
}

#[test]
fn a_stream_that_turns_into_stills_and_back_is_shown_from_its_key_pictures_on() {
    let all = clip();
    let mut meeting = Meeting::new();
    send_pictures(&mut meeting, 7, 0, &all[..25]);
    meeting.media(TrackKind::Video, 7, 1_000, fixtures::pack().slides[3].jpeg);
    send_pictures(&mut meeting, 7, 1_040, &all[26..75]);
    meeting.end(3_000);
    let timeline = meeting.timeline();
    let made = make(&mut meeting, &timeline, plan(&timeline, VideoPlan::Auto, View::default()));
    // Pictures 26 to 49 need one that the decoder no longer has.
    assert_eq!(made.outcome.damage, Damage { without_key: 24, ..Damage::default() });
    assert_decodes(&made.plain);
    let mut shown = counters(&made.plain, 320, 180);
    shown.dedup();
    assert_eq!(shown, (0..25).chain([3]).chain(50..75).map(Some).collect::<Vec<_>>());
}

#[test]
fn a_late_key_picture_and_damaged_ones_cost_pictures_and_never_sound() {
    let mut late = meeting(|n, picture| if n == 0 { Vec::new() } else { vec![picture] });
    let mut damaged = meeting(|n, picture| {
        let mut bytes = picture.to_vec();
        if n == 50 {
            // The slice's header and all that follows.
            let slice = nals(&picture).find(|nal| nal.kind == NalKind::Idr).unwrap().bytes;
            let at = slice.as_ptr() as usize - picture.as_ptr() as usize;
            bytes[at + 1..].fill(0xFF);
        }
        vec![bytes.into()]
    });
    let mut whole = meeting(|_, picture| vec![picture]);
    let timeline = whole.timeline();
    let expected = sound(&make(&mut whole, &timeline, plan(&timeline, VideoPlan::Compose, View::default())).plain);
    assert!(chirp_offset_ms(&expected, 1_000).1 > 0.95);
    for meeting in [&mut late, &mut damaged] {
        let timeline = meeting.timeline();
        let made = make(meeting, &timeline, plan(&timeline, VideoPlan::Compose, View::default()));
        assert_decodes(&made.plain);
        assert_shape(&made.plain, 3.0);
        assert!(sound(&made.plain) == expected, "the sound differs");
        let told = quality(&timeline, Some(&made.outcome), &SoundOutcome::default(), &[]);
        assert!(told.damaged + told.skipped >= 25, "{told:?}");
    }
}
