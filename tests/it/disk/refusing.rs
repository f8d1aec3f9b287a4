//! A disk that refuses (fault matrix B2, B3, B7): what is held in memory goes to the next segment, and recording goes on by
//! itself.

use std::{
    fs,
    panic::{self, AssertUnwindSafe},
    slice,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::json;

use super::{
    judge, process,
    stage::{Scene, wait_for, wait_within},
};
use crate::e2e::{holes, media, stage};

/// When recording must have resumed after space came back (fault matrix B2).
const RESUMED: Duration = Duration::from_secs(5);
/// What a capture of a steady meeting may need of memory in all, with the renders after it, in bytes.
const MEMORY_BYTES: u64 = 512 << 20;

/// Has the disk fail by these rules for a while in the middle of a meeting; nothing may be lost by it. Meanwhile health must
/// be `unwell`.
fn fails_for(rules: &str, time: Duration, unwell: &str) {
    let scene = Scene::recording(time.as_secs() + 12);
    assert_eq!(scene.health(), "ready");
    let (segments, cpu, hits) = (scene.segments(), process::cpu_time(scene.daemon.pid()), scene.faults.hits());
    let well = std::thread::scope(|scope| {
        let told = scope.spawn(|| wait_within(time, unwell, || (scene.health() == unwell).then_some(())));
        let well = scene.suffer(rules, time);
        told.join().unwrap();
        well
    });
    let (cpu, hits) = (process::cpu_time(scene.daemon.pid()) - cpu, scene.faults.hits() - hits);
    let resumed = scene.resumed_after(well);
    let segments = scene.segments() - segments;
    wait_for("a daemon that is ready", || (scene.health() == "ready").then_some(()));
    judge::tell(&format!(
        "{rules:?}: {hits} calls failed in {time:?}, {cpu:?} of the processor, {segments} more segments, resumed after {resumed:?}"
    ));
    assert!(resumed <= RESUMED, "{resumed:?}");
    assert!(segments >= 1, "the segment that failed was written to again");
    // A loop without a pause makes thousands.
    assert!((1..40 * time.as_secs() as usize).contains(&hits), "{hits} calls in {time:?}");
    assert!(cpu < time / 2, "{cpu:?} of the processor in {time:?}");
    let pid = scene.daemon.pid();
    let (played, _faults) = scene.finish();
    let peak_bytes = process::peak_bytes(pid);
    assert!(peak_bytes < MEMORY_BYTES, "{peak_bytes} bytes");
    judge::assert_whole(&played);
}

#[test]
fn syncs_that_fail_for_ten_seconds_cost_nothing() {
    fails_for(".mcap sync EIO", Duration::from_secs(10), "degraded");
}

#[test]
fn writes_that_fail_for_ten_seconds_cost_nothing() {
    fails_for("captures/ write EIO", Duration::from_secs(10), "degraded");
}

#[test]
fn a_full_disk_costs_nothing_once_there_is_room_again() {
    fails_for("* any ENOSPC", Duration::from_secs(10), "not_ready");
}

#[test]
fn a_volume_that_turns_read_only_costs_nothing_once_it_can_be_written_again() {
    let rules = ["open", "write", "rename", "unlink", "mkdir"].map(|call| format!("* {call} EROFS")).join("\n");
    fails_for(&rules, Duration::from_secs(6), "not_ready");
}

/// Every call on the way to a durable batch fails once: of a new segment its file, its name, its bytes, their sync; then the
/// bytes and the sync of the next batch.
#[test]
fn each_call_of_the_log_may_find_no_room_once_and_nothing_is_lost() {
    let scene = Scene::recording(42);
    for (calls, fault) in [("any", "ENOSPC"), ("sync", "EIO"), ("write", "EIO")] {
        for skip in 0..if calls == "any" { 7 } else { 2 } {
            let (before, segments) = (scene.faults.hits(), scene.segments());
            scene.faults.set(&format!("captures/ {calls} {fault} {skip} 1"));
            scene.wait_for_hit(before);
            let resumed = scene.resumed_after(SystemTime::now());
            assert!(resumed <= RESUMED, "{calls} {fault} {skip}: {resumed:?}");
            wait_for("the next segment", || (scene.segments() > segments).then_some(()));
        }
    }
    let (played, faults) = scene.finish();
    assert_eq!(faults.hits(), 11);
    judge::assert_whole(&played);
}

/// The same of the catalogue, while a meeting begins, is recorded, ends and is rendered.
#[test]
fn each_call_of_the_catalogue_may_find_no_room_and_nothing_is_lost() {
    let scene = Scene::recording(24);
    for (calls, fault) in [("write", "ENOSPC"), ("sync", "ENOSPC"), ("sync", "EIO")] {
        for skip in 0..4 {
            let before = scene.faults.hits();
            // People speak, and health is asked by every test that waits: there is always something to commit.
            scene.faults.set(&format!("catalog {calls} {fault} {skip} 1"));
            wait_for("a commit that fails", || {
                scene.health();
                (scene.faults.hits() > before).then_some(())
            });
        }
    }
    wait_for("a catalogue that commits", || (scene.health() == "ready").then_some(()));
    let (played, faults) = scene.finish();
    assert_eq!(faults.hits(), 12);
    judge::assert_whole(&played);
}

#[test]
fn a_capture_that_finds_no_room_at_its_beginning_is_kept_in_memory_until_there_is() {
    let scene = Scene::begin(stage::options("copyable", 14, 1.0), "captures/ any ENOSPC");
    scene.daemon.wait_for_recording();
    scene.daemon.wait_for_frames(600);
    assert!(scene.faults.hits() > 0);
    assert_eq!(scene.segments(), 0);
    scene.faults.clear();
    let resumed = scene.resumed_after(SystemTime::now());
    assert!(resumed <= RESUMED, "{resumed:?}");
    let (played, _faults) = scene.finish();
    judge::assert_whole(&played);
}

/// Somebody tidies up where he should not: what was in it is gone, and nothing else is.
#[test]
fn a_log_that_is_removed_underneath_us_goes_on_in_a_new_one() {
    let scene = Scene::recording(14);
    scene.daemon.wait_for_frames(600);
    fs::remove_dir_all(scene.daemon.log_dir(&scene.capture()).parent().unwrap()).unwrap();
    let removed = SystemTime::now();
    let resumed = scene.resumed_after(removed);
    let (played, _faults) = scene.finish();
    let (holes, declared) = (holes::in_log(&played), holes::declared(&played));
    judge::tell(&format!("resumed after {resumed:?}, {holes:?} is missing, {declared:?} is declared"));
    assert_eq!(played.second_0_ms(), played.meeting().first_packet_ms, "the recording begins when it began");
    assert_eq!((holes.len(), declared.len()), (2, 2));
    for (hole, gap) in holes.iter().zip(&declared) {
        // Pictures that build on lost ones are lost with them, up to the next key frame.
        let longer_ms = gap.end_ms - hole.end_ms;
        let key_frame_ms = if gap.track == "video" { 1_000 } else { 0 };
        assert_eq!((&gap.track, gap.start_ms, hole.start_ms), (&hole.track, 0, 0));
        assert!((0..=key_frame_ms + holes::TOLERANCE_MS).contains(&longer_ms), "{hole:?} {gap:?}");
    }
    assert!(resumed <= RESUMED, "{resumed:?}");
    let removed_ms = removed.duration_since(UNIX_EPOCH).unwrap().as_millis() as i64 - played.meeting().first_packet_ms;
    assert!(holes.iter().all(|hole| hole.end_ms <= removed_ms + 1_000), "{holes:?}");
    media::assert_decodes(&played.file("video_mixed.mp4"));
    judge::assert_tidy(&played.daemon, slice::from_ref(&played.capture));
    // The control of every test here: their judge notices what is missing.
    let judged = panic::catch_unwind(AssertUnwindSafe(|| judge::assert_whole(&played)));
    assert!(judged.is_err(), "the judge is content with a log that lost its beginning");
}

/// Ten times faster than a meeting, and with sound as it was spoken, so that what memory may hold is soon full.
#[test]
fn what_finds_no_room_in_memory_either_is_declared_as_our_fault() {
    let words = json!({ "transcript": { "provider": { "meeting_captions": {} } }, "video_mixed_mp4": null });
    let scene = Scene::asked_for(stage::options("copyable", 240, 10.0), "audio = \"l16\"", &words);
    scene.daemon.wait_for_recording();
    scene.faults.set("captures/ any ENOSPC");
    wait_for("a picture that is dropped", || {
        (scene.daemon.metric("hansard_media_dropped_frames_total") > 100.0).then_some(())
    });
    scene.faults.clear();
    let resumed = scene.resumed_after(SystemTime::now());
    let pid = scene.daemon.pid();
    let played = scene.finish_without_video();
    let holes = judge::assert_declared_as_ours(&played);
    let peak_bytes = process::peak_bytes(pid);
    judge::tell(&format!("resumed after {resumed:?}, {} gaps, {peak_bytes} bytes at most", holes.len()));
    assert!(resumed <= RESUMED, "{resumed:?}");
    assert!(!holes.is_empty() && holes.iter().all(|hole| hole.track == "video"), "{holes:?}");
    assert!(peak_bytes < MEMORY_BYTES, "{peak_bytes} bytes");
}
