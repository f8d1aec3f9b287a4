//! A meeting with a shared screen in a gallery, as a customer asks for it.

use fixtures::{
    MeetingReport,
    counter::{self, Placement},
};
use serde_json::json;

use super::{media, ordered, stage};

const CANVAS: (usize, usize) = (1280, 720);

#[test]
fn a_gallery_shows_everybody_who_is_there_and_the_slide_beside_them() {
    let wanted = json!({
        "video_mixed_layout": "gallery_view_v2",
        "video_mixed_participant_video_when_screenshare": "beside",
    });
    let played = ordered::play(stage::options("meeting", 30, 2.0), &wanted);
    let quality = played.json("quality.json");
    assert_eq!(quality["video"]["plan"], "compose", "{quality:#}");
    let reason = quality["video"]["reason"].as_str().unwrap();
    assert!(reason.contains("gallery_view_v2"), "{reason}");
    let file = played.file("video_mixed.mp4");
    media::assert_streams(&file, played.seconds());
    media::assert_decodes(&file);
    media::assert_symphonia_reads(&file);
    let pictures = media::viewed(&file, CANVAS.0, CANVAS.1);
    assert_slide(played.meeting(), &pictures);
    assert_tiles(played.meeting(), &pictures);
}

fn seconds(meeting: &MeetingReport, unix_ms: i64) -> f64 {
    (unix_ms - meeting.first_packet_ms) as f64 / 1000.0
}

/// In the middle of the share its area shows one of the pack's slides, and no other one, as ffmpeg scales it.
fn assert_slide(meeting: &MeetingReport, pictures: &[(f64, Vec<u8>)]) {
    let share = meeting.shares.first().unwrap();
    let middle = (seconds(meeting, share.start_ms) + seconds(meeting, share.end_ms)) / 2.0;
    let (_, picture) = pictures.iter().find(|(at, _)| *at >= middle).unwrap();
    let area = Placement { left: 0.0, top: 72.0, width: 1024.0, height: 576.0 };
    let shown = counter::read_placed(picture, CANVAS.0, area).expect("a slide is shown");
    let difference = |slide: &fixtures::Slide| {
        let slide = media::scaled_still(slide.jpeg, 1024, 576);
        let rows = picture.chunks_exact(CANVAS.0).skip(72).flat_map(|row| &row[..1024]);
        let sum: u64 = rows.zip(&slide).map(|(shown, sent)| u64::from(shown.abs_diff(*sent))).sum();
        sum as f64 / slide.len() as f64
    };
    for slide in &fixtures::pack().slides {
        let difference = difference(slide);
        assert_eq!(difference < 2.0, slide.counter == shown, "slide {}: {difference:.2}", slide.counter);
    }
}

/// Where the tiles of a grid lie, by the reference (recording-api §9.2).
fn tiles(count: usize) -> Vec<(f64, f64, f64, f64)> {
    let columns = (1..).find(|columns| columns * columns >= count).unwrap();
    let rows = count.div_ceil(columns);
    let (most_width, most_height) = ((1280 - 4 * (columns - 1)) / columns, (720 - 4 * (rows - 1)) / rows);
    let width = most_width.min(most_height * 16 / 9);
    let height = width * 9 / 16;
    let place = |n: usize| {
        let (row, column) = (n / columns, n % columns);
        let in_row = columns.min(count - row * columns);
        let left = (1280 - in_row * width - (in_row - 1) * 4) / 2 + column * (width + 4);
        let top = (720 - rows * height - (rows - 1) * 4) / 2 + row * (height + 4);
        (left as f64, top as f64, width as f64, height as f64)
    };
    (0..count).map(place).collect()
}

/// While nobody shares, whoever is seen is seen in one of as many tiles as there are people, at the right moment.
fn assert_tiles(meeting: &MeetingReport, pictures: &[(f64, Vec<u8>)]) {
    let (mut right, mut checked) = (0, 0);
    let near = |at: f64, unix_ms: i64| (at - seconds(meeting, unix_ms)).abs() < 0.2;
    for run in &meeting.video_runs {
        let camera = fixtures::pack().camera(&run.clip).unwrap();
        let start = seconds(meeting, run.first_ms);
        for (at, picture) in pictures {
            let into_run = at - start;
            let is_shared = meeting.shares.iter().any(|share| {
                (seconds(meeting, share.start_ms) - 0.2..seconds(meeting, share.end_ms) + 0.2).contains(at)
            });
            let is_turbulent = meeting
                .presence
                .iter()
                .any(|stay| near(*at, stay.joined_ms) || stay.left_ms.is_some_and(|left_ms| near(*at, left_ms)));
            if into_run < 0.0 || into_run >= run.frames as f64 * 0.04 || is_shared || is_turbulent {
                continue;
            }
            checked += 1;
            let is_there = |joined_ms: i64, left_ms: Option<i64>| {
                seconds(meeting, joined_ms) <= *at && left_ms.is_none_or(|left_ms| seconds(meeting, left_ms) > *at)
            };
            let people = meeting.presence.iter().filter(|stay| is_there(stay.joined_ms, stay.left_ms)).count();
            let index = run.first_index as i64 + (into_run / 0.04).floor() as i64;
            let len = camera.frames.len() as i64;
            let allowed = [index - 1, index, index + 1].map(|index| index.rem_euclid(len) as u16);
            let seen = tiles(people).into_iter().filter(|(left, top, width, height)| {
                let inner = Placement::letterboxed(camera.width, camera.height, *width as u32, *height as u32);
                let placement = Placement { left: inner.left + left, top: inner.top + top, ..inner };
                let shown = counter::read_placed(picture, CANVAS.0, placement);
                shown.is_some_and(|shown| allowed.contains(&shown))
            });
            right += usize::from(seen.count() == 1);
        }
    }
    assert!(checked > 200, "{checked} pictures were judged");
    assert!(right as f64 >= checked as f64 * 0.97, "{right} of {checked} pictures show what they should");
}
