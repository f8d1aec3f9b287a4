//! What must be there after the disk was ill.

use std::{collections::BTreeSet, fs, io::Write as _};

use serde_json::Value;

use crate::e2e::{
    holes::{self, Hole},
    ledger, media,
    stage::{Daemon, Played},
};

/// Prints what a run found, for reports.
pub(super) fn tell(what: &str) {
    let _ = writeln!(std::io::stderr(), "{what}");
}

/// Asserts that the log holds everything that was sent, that nothing is missing and nothing declared, and that the recording
/// plays.
pub(super) fn assert_whole(played: &Played) {
    ledger::assert_equal(&played.daemon.log_dir(&played.capture), played.meeting());
    assert_eq!(holes::assert_declared(played), []);
    assert_plays(played);
    assert_tidy(&played.daemon, std::slice::from_ref(&played.capture));
}

/// Asserts that exactly what is missing is declared, as our fault; answers what is missing.
pub(super) fn assert_declared_as_ours(played: &Played) -> Vec<Hole> {
    let holes = holes::assert_declared(played);
    let quality = played.json("quality.json");
    let causes: BTreeSet<&str> =
        quality["gaps"].as_array().unwrap().iter().filter_map(|gap| gap["cause"].as_str()).collect();
    assert!(causes.iter().all(|cause| *cause == "ours"), "{quality:#}");
    holes
}

pub(super) fn assert_plays(played: &Played) {
    let file = played.file("video_mixed.mp4");
    media::assert_streams(&file, played.seconds());
    media::assert_decodes(&file);
}

/// Asserts that the store holds nothing that is not listed, and no temporary file.
pub(super) fn assert_tidy(daemon: &Daemon, captures: &[Value]) {
    let store = daemon.data_dir().join("store");
    let staged: Vec<_> = fs::read_dir(store.join("incoming")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(staged, Vec::<std::path::PathBuf>::new());
    let mut kept = 0;
    for recording in fs::read_dir(store.join("objects")).unwrap() {
        for artifact in fs::read_dir(recording.unwrap().path()).unwrap() {
            kept += fs::read_dir(artifact.unwrap().path()).unwrap().count();
        }
    }
    assert_eq!(kept, captures.iter().map(|capture| listed(capture).len()).sum::<usize>(), "{captures:#?}");
}

/// The files that a capture lists, by artifact and kind of file, and their links.
pub(super) fn listed(capture: &Value) -> Vec<(String, String)> {
    let mut links = Vec::new();
    for recording in capture["recordings"].as_array().unwrap() {
        let artifacts = recording["media_shortcuts"].as_object().into_iter().flatten();
        for (artifact, data) in artifacts.filter_map(|(name, artifact)| Some((name, artifact["data"].as_object()?))) {
            let files = data.iter().filter(|(name, _)| name.ends_with("download_url"));
            links
                .extend(files.filter_map(|(name, url)| Some((format!("{artifact} {name}"), url.as_str()?.to_owned()))));
        }
    }
    links
}
