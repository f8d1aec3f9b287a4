//! Videos that are made while their meetings go on: they are those that are made afterwards, byte by byte.

use std::{fs, process::Command};

use super::{media, stage};

/// Plays a meeting whose video is begun while it goes on, and has it made once more of the log alone.
fn assert_is_made_meanwhile(scenario: &str, seconds: u64, plan: &str) {
    let played = stage::play(scenario, seconds, 2.0);
    let used = played.daemon.metric("hansard_rolled_renders_total{outcome=\"used\"}");
    assert!((used - 1.0).abs() < f64::EPSILON, "{used} videos were made while their meetings went on");
    let quality = played.json("quality.json");
    assert_eq!(quality["video"]["plan"], plan, "{quality:#}");
    let file = played.file("video_mixed.mp4");
    media::assert_streams(&file, played.seconds());
    media::assert_decodes(&file);

    let dir = tempfile::tempdir().unwrap();
    let afterwards = dir.path().join("afterwards.mp4");
    let mut command = Command::new(stage::binary());
    command.args(["render", played.capture["id"].as_str().unwrap(), "--out"]).arg(&afterwards);
    let output = command.arg("--data").arg(played.daemon.data_dir()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(fs::read(&file).unwrap() == fs::read(&afterwards).unwrap(), "the files differ");
}

#[test]
fn a_copied_video_that_was_made_while_its_meeting_went_on_is_the_one_that_is_made_afterwards() {
    assert_is_made_meanwhile("copyable", 48, "copy");
}

/// It looks as if the pictures could be copied, until somebody shares a screen.
#[test]
fn a_video_whose_plan_flips_while_its_meeting_goes_on_is_the_one_that_is_made_afterwards() {
    assert_is_made_meanwhile("meeting", 60, "compose");
}
