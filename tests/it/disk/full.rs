//! A volume that really is full: a small one in memory, or where none may be mounted, one whose room is counted by the byte.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime},
};

use super::{
    judge,
    preload::Faults,
    stage::{Scene, wait_for},
};
use crate::e2e::stage;

/// The room before and after, in bytes; a volume in memory costs only what is in it.
const ROOM_BYTES: u64 = 1 << 30;
/// What is left of it in between, in bytes: about two seconds of a meeting.
const LEFT_BYTES: u64 = 128 << 10;
/// How long it stays full.
const FULL: Duration = Duration::from_secs(8);

/// A volume in memory that is mounted at a directory.
struct Volume(PathBuf);

impl Volume {
    /// Mounts one, if that is permitted here.
    fn mounted(at: &Path) -> Option<Self> {
        std::fs::create_dir(at).unwrap();
        let is_mounted = run("mount", &["-t", "tmpfs", "-o", &format!("size={ROOM_BYTES}"), "hansard-test"], at);
        is_mounted.then(|| Self(at.to_owned()))
    }

    /// Gives it another size.
    fn resize(&self, bytes: u64) {
        assert!(run("mount", &["-o", &format!("remount,size={bytes}")], &self.0), "remount with {bytes} bytes");
    }

    /// The bytes that are used of it.
    fn used_bytes(&self) -> u64 {
        let volume = rustix::fs::statvfs(&self.0).unwrap();
        (volume.f_blocks - volume.f_bfree) * volume.f_frsize
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        // Whoever still has files open there keeps them.
        run("umount", &["-l"], &self.0);
    }
}

fn run(program: &str, args: &[&str], at: &Path) -> bool {
    Command::new(program).args(args).arg(at).output().is_ok_and(|output| output.status.success())
}

#[test]
fn a_volume_that_is_full_for_a_while_is_written_again_once_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let volume = Volume::mounted(&dir.path().join("data"));
    judge::tell(if volume.is_some() { "a small volume in memory" } else { "no mount is permitted: room is counted" });
    let scene = Scene::begin_in(stage::options("copyable", 18, 1.0), "", (Faults::new(), dir));
    scene.daemon.wait_for_recording();
    match &volume {
        Some(volume) => volume.resize(volume.used_bytes() + LEFT_BYTES),
        None => scene.faults.set(&format!("* write room:{LEFT_BYTES}")),
    }
    let began = SystemTime::now();
    wait_for("a log that finds no room", || (scene.daemon.metric("hansard_stage_errors_total") > 0.0).then_some(()));
    std::thread::sleep(FULL.saturating_sub(began.elapsed().unwrap()));
    match &volume {
        Some(volume) => volume.resize(ROOM_BYTES),
        None => scene.faults.clear(),
    }
    let resumed = scene.resumed_after(SystemTime::now());
    let (played, _faults) = scene.finish();
    let holes = judge::assert_declared_as_ours(&played);
    judge::assert_plays(&played);
    judge::tell(&format!("resumed after {resumed:?}, {holes:?} is missing"));
    assert!(resumed <= Duration::from_secs(5), "{resumed:?}");
}
