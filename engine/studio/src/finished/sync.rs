//! Sound, pictures and words of finished files are where they were in the meeting, and together.

use std::path::Path;

use journal::LogDir;
use media::AudioCodec;
use model::{Edition, Layout, VideoPlan};
use render::VideoChoice;

use super::{
    capture::Capture,
    judge::{self, Expected, Measured},
    meeting::{Cameras, Fault, Meeting, Moment, Shows, TURN_MS},
    signals::{HEIGHT, WIDTH},
    words,
};

/// Two minutes in which everything happens.
pub(super) const SHORT: Meeting = Meeting {
    turns: 30,
    codec: AudioCodec::L16,
    cameras: Cameras::Each,
    picture_ms: 40,
    lost_every: 30,
    break_every: 1_000,
    sentence_every: 10,
    arrival_ppm: 200,
    fault: None,
};

/// Three hours.
const LONG: Meeting = Meeting {
    turns: 2_700,
    codec: AudioCodec::Opus,
    picture_ms: 1_000,
    lost_every: 300,
    break_every: 60,
    sentence_every: 100,
    arrival_ppm: -200,
    ..SHORT
};

pub(super) fn small() -> render::Settings {
    let (canvas_width, canvas_height) = (WIDTH, HEIGHT);
    render::Settings { canvas_width, canvas_height, ..render::Settings::default() }
}

async fn logged(meeting: &Meeting, dir: &Path) -> LogDir {
    let log = LogDir::at(dir.join("log"));
    Capture::of(meeting).write(log.clone()).await;
    log
}

/// Makes the mixed video of a log, and measures it with the words that are said in it.
fn measured(meeting: &Meeting, log: &LogDir, plan: VideoPlan, layout: Layout) -> Result<Measured, String> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("video_mixed.mp4");
    let edition = Edition { plan, layout, ..Edition::default() };
    let made =
        crate::export(vec![log.clone()], &edition, small(), &file, &crate::Leash::default(), &mut |_| {}).unwrap();
    let is_copied = made.outcome.choice.video == VideoChoice::Copy;
    assert_eq!(is_copied, plan == VideoPlan::Copy, "{}", made.outcome.choice.reason);
    assert_eq!(made.outcome.damage, render::Damage::default());
    let is_seen = |moment: &Moment| match (is_copied, layout) {
        (true, _) | (_, Layout::GalleryView | Layout::GalleryViewV2) => Some(true),
        _ if moment.is_heard || moment.shows == Shows::Screen => Some(true),
        // Whoever does not speak is turned to only where nobody else is.
        _ => None,
    };
    let expected = Expected::of(meeting, (0, meeting.end_ms()), is_seen, |_| true);
    let measured = judge::video(&file, &expected, meeting.turns <= SHORT.turns)?;
    let worst_ms = words::worst_lag_ms(&file, &words::transcript(log))?;
    eprintln!("{plan:?} {layout:?}, {} s: {measured}\n  words: max {worst_ms:.1} ms", meeting.end_ms() / 1_000);
    Ok(measured)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_at_once_in_two_minutes_is_together_in_composed_files() {
    let dir = tempfile::tempdir().unwrap();
    let log = logged(&SHORT, dir.path()).await;
    for layout in [Layout::SpeakerView, Layout::GalleryView] {
        measured(&SHORT, &log, VideoPlan::Compose, layout).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_at_once_in_two_minutes_is_together_in_copied_files() {
    for codec in [AudioCodec::L16, AudioCodec::Opus] {
        let meeting = Meeting { codec, cameras: Cameras::Speaker, ..SHORT };
        let dir = tempfile::tempdir().unwrap();
        let log = logged(&meeting, dir.path()).await;
        measured(&meeting, &log, VideoPlan::Copy, Layout::SpeakerView).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn point_11_what_happens_at_once_in_three_hours_is_together_in_a_copied_file() {
    let meeting = Meeting { cameras: Cameras::Speaker, ..LONG };
    let dir = tempfile::tempdir().unwrap();
    let log = logged(&meeting, dir.path()).await;
    measured(&meeting, &log, VideoPlan::Copy, Layout::SpeakerView).unwrap();
}

/// Five minutes, or as many as `HANSARD_SYNC_MINUTES` says: `scripts/soak` makes three hours of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_at_once_in_a_longer_meeting_is_together_in_composed_files() {
    let minutes: i64 = std::env::var("HANSARD_SYNC_MINUTES").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let meeting = Meeting { turns: minutes * 60_000 / TURN_MS, ..LONG };
    let dir = tempfile::tempdir().unwrap();
    let log = logged(&meeting, dir.path()).await;
    for layout in [Layout::SpeakerView, Layout::GalleryViewV2] {
        measured(&meeting, &log, VideoPlan::Compose, layout).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_track_that_is_late_and_sound_that_drifts_are_found() {
    for fault in [Fault::CamerasLate, Fault::SoundDrifts] {
        let meeting = Meeting { cameras: Cameras::Speaker, fault: Some(fault), ..SHORT };
        let dir = tempfile::tempdir().unwrap();
        let log = logged(&meeting, dir.path()).await;
        let found = measured(&meeting, &log, VideoPlan::Copy, Layout::SpeakerView).unwrap_err();
        assert!(found.starts_with("beep to flash"), "{found}");
    }
}
