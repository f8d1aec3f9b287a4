//! What is seen in each layout, read from the finished file: the counters of cameras and slides in their tiles.

use fixtures::counter::{Placement, read_placed};
use model::{BesideShare, EventBody, Layout, ParticipantId, VideoPlan};

use super::{
    council::{END_MS, council},
    judge::{
        Made, assert_decodes, assert_shape, lumas, make_with, picture_at, picture_digests, picture_times_ms,
        pictures_at, small,
    },
    meeting::{Meeting, somebody},
};
use crate::{Damage, Settings, VideoChoice, View, Work, layout::places, plan};

const CANVAS: (u32, u32) = (1280, 720);

fn made(layout: Layout, beside_share: BesideShare) -> Made {
    let mut meeting = council();
    let timeline = meeting.timeline();
    let choice = plan(&timeline, VideoPlan::Auto, View { layout, beside_share });
    assert_eq!(choice.video, VideoChoice::Compose, "{}", choice.reason);
    let made = make_with(&mut meeting, &timeline, choice, Settings::default());
    assert_eq!(made.outcome.damage, Damage::default());
    assert!(made.outcome.shift_micros <= 20_000);
    assert_decodes(&made.plain);
    assert_shape(&made.plain, END_MS as f64 / 1_000.0);
    made
}

/// The counter of a source of that size in an area, at each of these moments.
fn counters(made: &Made, at_ms: &[i64], size: (u32, u32), area: picture::Rect) -> Vec<Option<u16>> {
    let inner = picture::fit(size.0, size.1, area);
    let placement =
        Placement { left: inner.x.into(), top: inner.y.into(), width: inner.width.into(), height: inner.height.into() };
    let read = |luma: Vec<u8>| read_placed(&luma, CANVAS.0 as usize, placement);
    pictures_at(&made.plain, at_ms).into_iter().map(read).collect()
}

fn tile(layout: Layout, beside_share: BesideShare, shared: bool, tiles: usize, index: usize) -> picture::Rect {
    places(View { layout, beside_share }, CANVAS, shared, tiles).tiles[index]
}

fn frames(at_ms: &[i64]) -> Vec<Option<u16>> {
    at_ms.iter().map(|at_ms| Some((at_ms / 40) as u16)).collect()
}

const FULL: picture::Rect = picture::Rect { x: 0, y: 0, width: CANVAS.0, height: CANVAS.1 };
const BEFORE: [i64; 3] = [0, 1_000, 2_960];
const DURING: [i64; 3] = [3_040, 4_440, 5_800];
const AFTER: [i64; 3] = [6_040, 7_000, 7_960];

#[test]
fn the_speaker_view_shows_the_speaker_alone_and_beside_a_screen() {
    for beside_share in [BesideShare::Overlap, BesideShare::Beside] {
        let made = made(Layout::SpeakerView, beside_share);
        assert_eq!(counters(&made, &BEFORE, (1280, 720), FULL), frames(&BEFORE));
        let screen = places(View { layout: Layout::SpeakerView, beside_share }, CANVAS, true, 1);
        let slides = counters(&made, &DURING, (1280, 720), screen.screen.unwrap());
        // A tile over the slide covers a part of its counter.
        let is_whole = beside_share == BesideShare::Beside;
        assert_eq!(slides, if is_whole { [Some(1), Some(1), Some(2)] } else { [None; 3] });
        // The word passes at 4.5 s to a camera whose only key picture is its first.
        assert_eq!(counters(&made, &[4_400], (1280, 720), screen.tiles[0]), frames(&[4_400]));
        assert_eq!(counters(&made, &[4_600, 5_800], (640, 360), screen.tiles[0]), frames(&[4_600, 5_800]));
        // From 6.5 s on the word is with a camera that is off.
        assert_eq!(counters(&made, &[6_040, 6_440], (640, 360), FULL), frames(&[6_040, 6_440]));
        assert_eq!(counters(&made, &[6_600, 7_960], (640, 360), FULL), [None, None]);
    }
}

#[test]
fn everybody_has_a_tile_and_the_slide_its_place() {
    let (layout, beside_share) = (Layout::GalleryViewV2, BesideShare::Beside);
    let made = made(layout, beside_share);
    for (index, size) in [(0, (1280, 720)), (1, (640, 360)), (2, (360, 640))] {
        let alone = tile(layout, beside_share, false, 4, index);
        assert_eq!(counters(&made, &BEFORE, size, alone), frames(&BEFORE), "tile {index}");
        let after = if index == 2 { vec![None; 3] } else { frames(&AFTER) };
        assert_eq!(counters(&made, &AFTER, size, alone), after, "tile {index}");
    }
    let screen = places(View { layout, beside_share }, CANVAS, true, 4).screen.unwrap();
    assert_eq!(counters(&made, &DURING, (1280, 720), screen), [Some(1), Some(1), Some(2)]);
}

#[test]
fn a_gallery_of_cameras_gives_the_tile_of_one_that_is_off_to_the_others() {
    let (layout, beside_share) = (Layout::GalleryView, BesideShare::Hide);
    let made = made(layout, beside_share);
    let first = |tiles| tile(layout, beside_share, false, tiles, 0);
    assert_eq!(counters(&made, &BEFORE, (1280, 720), first(3)), frames(&BEFORE));
    assert_eq!(counters(&made, &AFTER, (1280, 720), first(2)), frames(&AFTER));
    assert_eq!(counters(&made, &DURING, (1280, 720), FULL), [Some(1), Some(1), Some(2)]);
}

#[test]
fn what_is_not_on_the_canvas_is_not_decoded_and_what_stays_is_not_drawn_again() {
    let gallery = made(Layout::GalleryViewV2, BesideShare::Overlap).work;
    // Every camera all the time, and each slide once.
    assert_eq!(gallery.decoded, 200 + 200 + 125 + 2);
    // The sharer's card at the start, when the share begins, and over its second slide; one for the camera that goes off; both when
    // the share is over.
    assert_eq!((gallery.cards, gallery.most_feeds), (1 + 1 + 1 + 1 + 2, 4));
    assert_eq!(gallery.encoded, 200);

    let hidden = made(Layout::GalleryViewV2, BesideShare::Hide).work;
    // Of the cameras only what the pictures after the share need: the wide one has a key picture where it ends, the others have
    // none, or nothing to show.
    assert_eq!(hidden.decoded, (75 + 50) + 200 + 75 + 2);
    assert_eq!(hidden.drawn, (75 + 50) * 2 + 75 + 2);
    // Nothing changes while a slide stays but for the second one: each second is encoded all the same.
    assert_eq!(hidden.encoded, 75 + (2 + 2) + 50);
}

#[test]
fn a_screen_alone_costs_two_pictures_and_a_canvas_a_second() {
    let mut meeting = council();
    meeting.records.retain(|(record, _)| {
        !matches!(&record.entry, model::Entry::Media(frame) if frame.track.kind == media::TrackKind::Video)
    });
    let timeline = meeting.timeline();
    let choice = plan(&timeline, VideoPlan::Auto, View::default());
    let made = make_with(&mut meeting, &timeline, choice, Settings::default());
    // The speaker is known to have a camera, and shown as a card.
    assert_eq!((made.work.decoded, made.work.most_feeds), (2, 1));
    assert!(made.work.encoded <= 8 + 5, "{:?}", made.work);
}

#[test]
fn audio_only_is_black_once_a_second_and_costs_two_pictures() {
    let mut meeting = council();
    let timeline = meeting.timeline();
    let view = View { layout: Layout::AudioOnly, ..View::default() };
    let made = make_with(&mut meeting, &timeline, plan(&timeline, VideoPlan::Auto, view), Settings::default());
    assert_decodes(&made.plain);
    assert_shape(&made.plain, END_MS as f64 / 1_000.0);
    assert_eq!(picture_times_ms(&made.plain), (0..8).map(|s| 1_000 * s).collect::<Vec<_>>());
    assert!(lumas(&made.plain).iter().all(|luma| *luma <= 1));
    assert_eq!(made.work, Work { encoded: 2, ..Work::default() });
    assert_eq!(made.outcome.damage, Damage::default());
}

#[test]
fn the_same_log_gives_the_same_pictures_twice() {
    let digest = || picture_digests(&made(Layout::GalleryView, BesideShare::Overlap).plain);
    let first = digest();
    assert_eq!(first.len(), 200);
    assert!(first == digest());
}

#[test]
fn the_card_of_a_number_that_is_another_person_later_has_that_persons_name() {
    let cards = |second: &str| {
        let mut meeting = Meeting::new();
        meeting.event(0, EventBody::Joined { participant: somebody(7, "Ada") });
        meeting.event(3_000, EventBody::Left { id: ParticipantId(7) });
        meeting.event(4_000, EventBody::Joined { participant: somebody(7, second) });
        meeting.end(8_000);
        let timeline = meeting.timeline();
        let view = View { layout: Layout::GalleryViewV2, beside_share: BesideShare::Overlap };
        let choice = plan(&timeline, VideoPlan::Compose, view);
        let made = make_with(&mut meeting, &timeline, choice, small());
        let times_ms = picture_times_ms(&made.plain);
        [1_000, 6_000].map(|at_ms| picture_at(&made.plain, &times_ms, at_ms, &["-pix_fmt", "gray", "-f", "rawvideo"]))
    };
    let differing =
        |[first, second]: [Vec<u8>; 2]| first.iter().zip(&second).filter(|(a, b)| a.abs_diff(**b) > 60).count();
    assert!(differing(cards("Bob")) > 20);
    assert_eq!(differing(cards("Ada")), 0, "the control");
}
