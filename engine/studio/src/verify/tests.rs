//! Files as renders make them, and files that are not what they should be.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use media::SourceTime;
use model::{Control, Entry, Epoch, Locator, Record, VideoPlan};
use render::{MixedVideo, PayloadError, Payloads, Settings, Step};
use timeline::{Builder, Timeline};

use super::*;
use crate::file::Growing;

const ZERO_MS: i64 = 1_767_225_600_000;

struct NoPayloads;

impl Payloads for NoPayloads {
    fn read(&mut self, at: Locator) -> Result<Bytes, PayloadError> {
        Err(PayloadError { at, reason: "there is none".to_owned() })
    }
}

/// A silent meeting of so many milliseconds.
fn silence(length_ms: i64) -> Timeline {
    let at = |ms| SourceTime::from_unix_ms(ZERO_MS + ms);
    let controls = [
        Control::FirstPacket { at: at(0) },
        Control::Ended {
            code: "meeting_ended".to_owned(),
            cut_short: false,
            stop_reason: Some(6),
            at: Some(at(length_ms)),
        },
    ];
    let mut builder = Builder::new();
    for (offset, control) in controls.into_iter().enumerate() {
        let record = Record { arrived_unix_ns: 0, epoch: Epoch(1), entry: Entry::Control(control) };
        builder.push(&record, Locator { segment: 1, offset: offset as u64, len: 0 });
    }
    builder.build()
}

/// Renders it as a job does.
fn rendered(dir: &Path, timeline: Timeline) -> PathBuf {
    let choice = render::plan(&timeline, VideoPlan::Auto, render::View::default());
    let settings = Settings { canvas_width: 64, canvas_height: 36, ..Settings::default() };
    let mut video = MixedVideo::new(timeline, choice, settings).expect("a video");
    let mut growing = Growing::create(dir.join("growing.mp4")).expect("a file");
    let finish = loop {
        match video.step(&mut NoPayloads).expect("a step") {
            Step::Append(pieces) => growing.append(&pieces).expect("room"),
            Step::Done(finish) => break finish,
        }
    };
    let plain = dir.join("plain.mp4");
    growing.finish(finish, &plain).expect("room");
    plain
}

#[test]
fn a_file_of_any_length_is_sound() {
    // Lengths on and off the grids of 20 ms (a block of the mix) and 21.3 ms (a frame of AAC).
    for length_ms in (7_000..7_001).chain((1_000..1_050).step_by(3)) {
        let dir = tempfile::tempdir().expect("a directory");
        let timeline = silence(length_ms);
        let end = timeline.end;
        assert_eq!(end, Position::from_ms(length_ms));
        let facts = verify_mp4(&rendered(dir.path(), timeline), end).unwrap_or_else(|error| panic!("{error}"));
        assert!((facts.seconds - end.seconds()).abs() < 1e-4, "{facts:?} instead of {length_ms} ms");
    }
}

#[test]
fn a_file_of_another_length_is_unsound() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = rendered(dir.path(), silence(1_000));
    for other_ms in [900, 995, 1_005, 1_100] {
        let refused = verify_mp4(&file, Position::from_ms(other_ms));
        assert!(matches!(refused, Err(StudioError::Unsound { .. })), "{other_ms} ms: {refused:?}");
    }
}

#[test]
fn a_cut_file_is_unsound() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = rendered(dir.path(), silence(1_000));
    let bytes = std::fs::read(&file).expect("a file");
    std::fs::write(&file, &bytes[..bytes.len() - 100]).expect("room");
    let refused = verify_mp4(&file, Position::from_ms(1_000));
    assert!(matches!(refused, Err(StudioError::Unsound { .. })), "{refused:?}");
}
