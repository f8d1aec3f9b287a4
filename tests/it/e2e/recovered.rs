//! What a daemon left behind: looked at by `hansard recover`, found broken where it was broken, taken up by the next start; and
//! held by one daemon only (fault matrix A1, A4, A12, A13).

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use model::CaptureId;
use serde_json::{Value, json};

use super::{
    bad_input::{unix_s, webhook},
    http, stage,
};

/// What `hansard recover` says about a data directory, and its exit status.
fn recover(data: &Path, check: bool) -> (Option<i32>, Value) {
    let mut command = Command::new(stage::binary());
    command.args(["recover", "--json", "--data"]).arg(data);
    if check {
        command.arg("--check");
    }
    let output = command.output().unwrap();
    let said = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (output.status.code(), if said.is_null() { json!(String::from_utf8_lossy(&output.stderr)) } else { said })
}

/// The codes that `hansard recover --check` finds, by how bad they are.
pub(super) fn found(data: &Path) -> (Option<i32>, Vec<String>, Vec<String>) {
    let (status, said) = recover(data, true);
    let of = |grade: &str| {
        let findings = said["findings"].as_array().unwrap_or_else(|| panic!("{said}")).iter();
        let mut codes: Vec<String> = findings
            .filter(|finding| finding["grade"] == grade)
            .map(|finding| finding["code"].as_str().unwrap().to_owned())
            .collect();
        codes.dedup();
        codes
    };
    (status, of("wrong"), of("note"))
}

/// Every file below a directory, with its length and when it was changed.
fn tree(dir: &Path) -> BTreeMap<PathBuf, (u64, SystemTime)> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        files.insert(path.clone(), (metadata.len(), metadata.modified().unwrap()));
        if metadata.is_dir() {
            files.extend(tree(&path));
        }
    }
    files
}

/// A copy that can be broken.
fn copy(data: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for path in tree(data).into_keys() {
        let target = to.path().join(path.strip_prefix(data).unwrap());
        if path.is_dir() { fs::create_dir(target).unwrap() } else { fs::copy(path, target).map(|_| ()).unwrap() }
    }
    to
}

/// The first file below a directory whose path ends so.
fn file(dir: &Path, end: &str) -> PathBuf {
    tree(dir).into_keys().find(|path| path.is_file() && path.to_string_lossy().ends_with(end)).unwrap()
}

/// Turns a bit in the middle of a file.
fn spoil(path: &Path) {
    let bytes = fs::read(path).unwrap();
    turn(path, bytes.len() / 2, bytes);
}

/// Turns a bit where these bytes first stand.
fn spoil_at(path: &Path, mark: &[u8]) {
    let bytes = fs::read(path).unwrap();
    let at = bytes.windows(mark.len()).position(|window| window == mark).unwrap();
    turn(path, at, bytes);
}

fn turn(path: &Path, at: usize, mut bytes: Vec<u8>) {
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// Changes rows of a catalogue.
fn change(data: &Path, statements: &str) {
    let script = "import sqlite3,sys; db=sqlite3.connect(sys.argv[1]); db.executescript(sys.argv[2]); db.close()";
    let database = data.join("catalog.sqlite");
    assert!(Command::new("python3").args(["-c", script]).arg(database).arg(statements).status().unwrap().success());
}

/// A way to break a data directory.
type Break = (&'static str, fn(&Path));

const BREAKS: [Break; 17] = [
    ("log_absent", |data| fs::remove_dir_all(file(data, "000001.mcap").parent().unwrap()).unwrap()),
    ("log_segment_missing", |data| fs::remove_file(file(data, "000001.mcap")).unwrap()),
    // In the middle it might be the index beside a chunk, of which nothing is read.
    ("log_damaged", |data| spoil_at(&file(data, "000002.mcap"), b"audio/")),
    ("log_unreadable", |data| {
        let segment = file(data, "000002.mcap");
        fs::remove_file(&segment).unwrap();
        fs::create_dir(segment).unwrap();
    }),
    ("log_orphan", |data| {
        let log = data.join("captures").join(CaptureId::new(1, [1; 10]).to_string()).join("log");
        fs::create_dir_all(&log).unwrap();
        fs::copy(file(data, "000001.mcap"), log.join("000001.mcap")).unwrap();
    }),
    ("log_epoch_ahead", |data| change(data, "UPDATE capture SET epoch = 1")),
    ("artifact_file_absent", |data| fs::remove_file(file(data, "video_mixed.mp4")).unwrap()),
    ("artifact_file_size", |data| {
        fs::OpenOptions::new().write(true).open(file(data, "transcript.vtt")).unwrap().set_len(5).unwrap();
    }),
    ("artifact_file_damaged", |data| spoil(&file(data, "video_mixed.mp4"))),
    ("artifact_file_orphan", |data| {
        let known = file(data, "transcript.vtt");
        fs::copy(&known, known.with_file_name("other.vtt")).map(drop).unwrap();
    }),
    ("events_hole", |data| change(data, "DELETE FROM event WHERE seq = 2")),
    ("events_not_in_log", |data| {
        change(data, "UPDATE event SET body = replace(body, '\"at\":1', '\"at\":2') WHERE body LIKE '%transcript%'")
    }),
    ("start_missing", |data| change(data, "UPDATE capture SET status = 'in_call_recording'")),
    ("render_missing", |data| change(data, "UPDATE capture SET status = 'call_ended'")),
    ("recording_missing", |data| change(data, "DELETE FROM artifact; DELETE FROM recording")),
    ("catalog_older", |data| fs::write(data.join("generation"), "99\n").unwrap()),
    ("catalog_key_missing", |data| fs::remove_file(data.join("seal.key")).unwrap()),
];

#[test]
fn what_a_killed_daemon_left_is_taken_up_and_in_order_and_whatever_is_broken_afterwards_is_found() {
    let (runtime, simulator, mut daemon) = stage::set_up(stage::options("copyable", 14, 1.0), &["127.0.0.1"]);
    let playing = runtime.spawn(simulator.run());
    let capture = daemon.wait_for_recording();
    daemon.wait_for_frames(400);
    let data = daemon.data_dir();
    let (status, said) = recover(&data, true);
    assert_eq!(status, Some(2), "{said}");
    assert!(said.as_str().is_some_and(|said| said.contains("held by another process")), "{said}");

    daemon.kill();
    let before = tree(&data);
    let (status, steps) = recover(&data, false);
    assert_eq!(status, Some(0), "{steps}");
    assert_eq!(
        (&steps[0]["step"], &steps[0]["capture"], &steps[0]["epoch"]),
        (&json!("take_up"), &capture["id"], &json!(2))
    );
    let (status, wrong, notes) = found(&data);
    assert_eq!((status, wrong.as_slice()), (Some(0), &[][..]), "{notes:?}");
    assert!(notes.iter().any(|code| code == "capture_unfinished"), "{notes:?}");
    assert_eq!(tree(&data), before, "nothing is changed");
    daemon.launch();

    let mut played = stage::finish(daemon, runtime.block_on(playing).unwrap());
    assert_eq!(played.capture["id"], capture["id"]);
    played.daemon.stop();
    let before = tree(&data);
    let (status, wrong, notes) = found(&data);
    assert_eq!((status, wrong.as_slice()), (Some(0), &[][..]), "{notes:?}");
    assert_eq!(recover(&data, false), (Some(0), json!([])));
    assert_eq!(tree(&data), before, "nothing is changed");

    for (code, harm) in BREAKS {
        let broken = copy(&data);
        harm(broken.path());
        let (status, wrong, notes) = found(broken.path());
        assert_eq!(status, Some(1), "{code}: {wrong:?} {notes:?}");
        assert!(wrong.iter().any(|found| found == code), "{code}: {wrong:?} {notes:?}");
    }
    // What is left over or foreign is listed, and no harm.
    let littered = copy(&data);
    fs::write(littered.path().join("store/incoming/half"), "x").unwrap();
    fs::write(littered.path().join("captures/notes.txt"), "x").unwrap();
    let (status, wrong, notes) = found(littered.path());
    assert_eq!((status, wrong.len()), (Some(0), 0));
    assert!(["temporary_file", "stray_file"].iter().all(|code| notes.iter().any(|found| found == code)), "{notes:?}");
    // Where there is no catalogue nothing can be told.
    assert_eq!(recover(littered.path().join("captures").as_path(), true).0, Some(2));
}

/// Fault matrix A2: at the first moment, while it connects, and once media flows again.
#[test]
fn a_daemon_that_is_killed_twenty_times_while_it_recovers_goes_on_as_if_it_had_been_killed_once() {
    let (runtime, simulator, mut daemon) = stage::set_up(stage::options("copyable", 40, 1.0), &["127.0.0.1"]);
    let playing = runtime.spawn(simulator.run());
    let capture = daemon.wait_for_recording();
    daemon.wait_for_frames(400);
    for round in 0..20 {
        daemon.kill();
        daemon.launch();
        match round % 3 {
            0 => {}
            1 => drop(http::get_json(&daemon.url("/api/v1/meeting_direct_connect"))),
            _ => daemon.wait_for_frames(1),
        }
    }
    let mut played = stage::finish(daemon, runtime.block_on(playing).unwrap());
    assert_eq!(played.capture["id"], capture["id"]);
    assert_eq!(played.capture["recordings"].as_array().unwrap().len(), 1);
    played.daemon.stop();
    let (status, wrong, notes) = found(&played.daemon.data_dir());
    assert_eq!((status, wrong.as_slice()), (Some(0), &[][..]), "{notes:?}");
}

#[test]
fn a_second_daemon_on_the_same_data_directory_says_why_it_does_not_start_and_the_first_goes_on() {
    let (runtime, simulator, daemon) = stage::set_up(stage::options("copyable", 6, 1.0), &["127.0.0.1"]);
    let playing = runtime.spawn(simulator.run());
    daemon.wait_for_recording();
    let (status, said) = daemon.start_a_second();
    assert_eq!(status, Some(75), "{said}");
    assert!(said.contains("data.dir") && said.contains("held by another process"), "{said}");
    let report = runtime.block_on(playing).unwrap();
    let played = stage::finish(daemon, report);
    assert_eq!(played.json("quality.json")["grade"], "complete");
}

#[test]
fn webhooks_are_taken_while_a_log_that_hangs_holds_up_recovery() {
    let options = stage::options("copyable", 60, 1.0);
    let secret = options.webhook_secret.clone();
    let (runtime, simulator, mut daemon) = stage::set_up(options, &["127.0.0.1"]);
    let _playing = runtime.spawn(simulator.run());
    let capture = daemon.wait_for_recording();
    daemon.wait_for_frames(400);
    daemon.kill();
    // Nobody ever writes into this pipe, so opening it waits for ever.
    let pipe = daemon.log_dir(&capture).join("000009.mcap");
    let mode = rustix::fs::Mode::RWXU;
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    daemon.launch();
    // It gives up on a webhook after two seconds.
    let body = json!({ "event": "meeting.rtms_started", "event_ts": unix_s() * 1000, "payload": {
        "meeting_uuid": "other==", "operator_id": "o", "rtms_stream_id": "another", "server_urls": "wss://127.0.0.1:1" } });
    assert_eq!(webhook(&daemon.url("/zoom-webhook"), &secret, unix_s(), &body.to_string()), 200);
    let listed = http::get_json(&daemon.url("/api/v1/meeting_direct_connect"));
    let streams: Vec<&Value> =
        listed["results"].as_array().unwrap().iter().map(|one| &one["zoom_rtms"]["rtms_stream_id"]).collect();
    assert!(streams.contains(&&json!("another")), "{listed}");
    // And the capture whose log hangs is taken up all the same.
    daemon.wait_for_frames(100);
}
