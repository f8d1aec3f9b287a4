//! A disk that refuses while artifacts are made (fault matrix B2, B3, B9): no broken artifact is ever listed, the job is tried
//! again, and no temporary file remains.

use std::{collections::BTreeMap, io::Read as _};

use sha2::{Digest, Sha256};

use super::{
    judge,
    stage::{Scene, wait_for},
};
use crate::e2e::{holes, http, ledger, media, stage};

/// How many recordings are made at the same time.
const MEETINGS: usize = 3;
/// How many files a recording has.
const FILES: usize = 15;

/// Each kind of call fails twice, at different files of different recordings.
const FAULTS: &str = "\
store/incoming open ENOSPC 2 2
store/incoming write EIO 3 2
store/incoming sync EIO 4 2
store/objects rename ENOSPC 5 2
store/objects mkdir ENOSPC 3 2
store/objects sync EIO 6 2
";

/// What stood behind a link when it was first listed: its length and its hash.
type Seen = BTreeMap<(String, String), (usize, String)>;

/// Downloads everything that is listed now, and asserts that nothing is other than when it was first listed.
fn look(daemon: &stage::Daemon, seen: &mut Seen) {
    let list = http::get_json(&daemon.url("/api/v1/meeting_direct_connect"));
    for capture in list["results"].as_array().unwrap() {
        for (file, url) in judge::listed(capture) {
            let mut response = http::anonymous(&url);
            assert_eq!(response.status(), 200, "{url}");
            let length: usize = response.headers()["content-length"].to_str().unwrap().parse().unwrap();
            let mut bytes = Vec::new();
            response.body_mut().as_reader().read_to_end(&mut bytes).unwrap();
            assert_eq!(bytes.len(), length, "{url}");
            let found = (length, hex::encode(Sha256::digest(&bytes)));
            let first = seen.entry((capture["id"].to_string(), file)).or_insert_with(|| found.clone());
            assert_eq!(*first, found, "{url} changed after it was listed");
        }
    }
}

#[test]
fn no_broken_artifact_is_listed_and_each_render_is_tried_again() {
    let options = fixtures::Options { meetings: MEETINGS, ..stage::options("copyable", 6, 1.0) };
    let scene = Scene::begin(options, FAULTS);
    let (daemon, report, faults) = scene.end();
    let mut seen = Seen::new();
    let captures = wait_for("all recordings", || {
        look(&daemon, &mut seen);
        let list = http::get_json(&daemon.url("/api/v1/meeting_direct_connect"));
        let captures = list["results"].as_array().unwrap().clone();
        captures.iter().all(|capture| capture["status"]["code"] == "done").then_some(captures)
    });
    look(&daemon, &mut seen);
    assert_eq!((captures.len(), faults.hits(), seen.len()), (MEETINGS, 12, MEETINGS * FILES), "{captures:#?}");
    judge::tell(&format!("{} files of {MEETINGS} recordings, {} calls failed", seen.len(), faults.hits()));
    judge::assert_tidy(&daemon, &captures);
    for capture in &captures {
        let stream = capture["zoom_rtms"]["rtms_stream_id"].as_str().unwrap();
        let meeting = report.meetings.iter().position(|meeting| meeting.rtms_stream_id == stream).unwrap();
        ledger::assert_equal(&daemon.log_dir(capture), &report.meetings[meeting]);
        let files = stage::Files::of(capture);
        let video = files.file("video_mixed.mp4");
        media::assert_streams(&video, 6.0);
        media::assert_decodes(&video);
    }
}

#[test]
fn a_render_that_finds_no_room_waits_for_it() {
    let scene = Scene::recording(8);
    scene.faults.set("store/ any ENOSPC");
    // The meeting ends and its render fails, time and again.
    wait_for("a render that fails", || {
        (scene.daemon.metric("hansard_stage_errors_total") >= 2.0 && scene.faults.hits() >= 2).then_some(())
    });
    assert!(judge::listed(&scene.capture()).is_empty());
    assert_ne!(scene.capture()["status"]["code"], "done");
    let hits = scene.faults.hits();
    assert!(hits < 200, "{hits} calls");
    scene.faults.clear();
    let (played, _faults) = scene.finish();
    assert_eq!(holes::assert_declared(&played), []);
    judge::assert_whole(&played);
}
