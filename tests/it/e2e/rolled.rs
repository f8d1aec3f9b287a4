//! Videos that are made while their meetings go on: they are those that are made afterwards, byte by byte.

use std::{fs, process::Command};

use super::{media, stage};

/// Whose video was made while the meeting went on: for how many renders it held, and for how many it had to be begun again.
fn rolled(played: &stage::Played) -> (f64, f64) {
    let count = |outcome| played.daemon.metric(&format!("hansard_rolled_renders_total{{outcome=\"{outcome}\"}}"));
    (count("used"), count("begun_again"))
}

/// The video was made as it is planned, and is the one that the command line makes of the log alone.
fn assert_is_made_afterwards_as_well(played: &stage::Played, plan: &str) {
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
    let played = stage::play("copyable", 36, 1.0);
    assert_eq!(rolled(&played), (1.0, 0.0));
    assert_is_made_afterwards_as_well(&played, "copy");
}

/// It looks as if the pictures could be copied, until somebody shares a screen. What is made of the rest by the end depends on the machine.
#[test]
fn a_video_whose_plan_flips_while_its_meeting_goes_on_is_the_one_that_is_made_afterwards() {
    let played = stage::play("meeting", 60, 2.0);
    let (used, begun_again) = rolled(&played);
    assert!((used + begun_again - 1.0).abs() < f64::EPSILON, "{used} used, {begun_again} begun again");
    assert_is_made_afterwards_as_well(&played, "compose");
}
