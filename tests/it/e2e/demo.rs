//! The first command of the README.

use std::process::Command;

use serde_json::Value;

use super::{media, stage};
use crate::judge;

#[test]
fn the_demo_makes_every_artifact_and_says_so_in_its_last_line() {
    let out = tempfile::tempdir().unwrap();
    let output = Command::new(stage::binary())
        .args(["demo", "--seconds", "9", "--scenario", "flash-beep", "--json", "--out"])
        .arg(out.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let summary: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!(summary["gaps"], 0);
    let files: Vec<&str> = summary["files"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for name in ["video_mixed.mp4", "transcript.json", "transcript.vtt", "participant_events.json", "meeting.json"] {
        assert!(files.contains(&name), "{name} is not in {files:?}");
        assert!(out.path().join(name).exists());
    }
    media::assert_streams(&out.path().join("video_mixed.mp4"), 9.0);
    assert_flashes_and_beeps_meet(&out.path().join("video_mixed.mp4"));
}

/// A flash and a beep at each full second, within 40 ms of it and of each other.
fn assert_flashes_and_beeps_meet(file: &std::path::Path) {
    let heard = media::heard(file);
    let loud = |from: usize| heard[from..(from + 80).min(heard.len())].iter().any(|sample| sample.abs() > judge::BEEP);
    let beeps: Vec<f64> = (80..heard.len() - 80)
        .step_by(80)
        .filter(|at| loud(*at) && !(at.saturating_sub(4_000)..*at).step_by(80).any(loud))
        .map(|at| at as f64 / 16_000.0)
        .collect();
    let pictures = media::seen(file, 1280, 720);
    let bright = |picture: &[u8]| {
        let lower = &picture[picture.len() / 2..];
        lower.iter().map(|luma| u64::from(*luma)).sum::<u64>() / lower.len() as u64 > 180
    };
    let flashes: Vec<f64> =
        pictures.windows(2).filter(|pair| bright(&pair[1].1) && !bright(&pair[0].1)).map(|pair| pair[1].0).collect();
    assert!(beeps.len() >= 6 && flashes.len() >= 6, "beeps at {beeps:?}, flashes at {flashes:?}");
    for flash in flashes {
        assert!((flash - flash.round()).abs() <= 0.04, "a flash at {flash} s");
        let nearest = beeps.iter().map(|beep| (beep - flash).abs()).fold(f64::INFINITY, f64::min);
        assert!(nearest <= 0.04, "the flash at {flash} s has no beep beside it: {beeps:?}");
    }
}
