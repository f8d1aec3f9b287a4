//! Whatever a log holds, each artifact of it plays, or failed with a code that is written down; none hangs.

use std::{path::Path, process::Command, sync::Arc, time::Duration};

use catalog::Catalog;
use hub::Hub;
use journal::LogDir;
use model::{Artifact, ArtifactFormat, ArtifactState, RecordingConfig, VideoPlan};
use store::Store;

use super::{
    broken::{self, Broken},
    capture,
    parts::copy,
    sync::small,
};
use crate::{
    Settings,
    clock::unix_ms,
    desk::Desk,
    fixture::{begun, end, settings},
};

/// How long everything of one log may take: far more than it does.
const PATIENCE: Duration = Duration::from_secs(120);
/// Longer than the catalogue puts off what is tried again.
const LATER_MS: i64 = 24 * 3_600_000;
/// Where codes are written down.
const CODES: &str = include_str!("../../../../docs/reference/codes.md");

/// Makes everything of a log as jobs do, and answers what became of each artifact; files are in `dir`.
async fn made(log: &Broken, config: RecordingConfig, dir: &Path) -> Vec<Artifact> {
    let catalog = Catalog::open(dir).await.unwrap();
    let store = Store::open(&dir.join("store")).unwrap();
    let id = begun(&catalog, 1, config).await;
    capture::write(LogDir::of(dir, id), 0, log.arrivals.iter().cloned()).await;
    end(&catalog, id).await;
    let settings = Arc::new(Settings { video: small(), ..settings(dir) });
    // What panics is tried again, and has to come to an end as well.
    for attempt in 0.. {
        let Some(job) = catalog.claim_render(unix_ms() + attempt * LATER_MS).await.unwrap() else { break };
        let (catalog, store) = (catalog.clone(), store.clone());
        let desk = Desk { settings: Arc::clone(&settings), catalog, store, hub: Hub::new(), rolled: None };
        desk.run(job, Arc::default()).await;
    }
    let recording = catalog.capture(id).await.unwrap().unwrap().recording.unwrap();
    for artifact in &recording.artifacts {
        copy(&store, recording.id, artifact, dir).await;
    }
    recording.artifacts
}

/// What is wrong with an artifact that claims to be done, or has not come to an end.
fn faults(artifact: &Artifact, dir: &Path, may_complain: bool) -> Vec<String> {
    match (artifact.state, artifact.sub_code.as_deref()) {
        (ArtifactState::Done, None) if artifact.files.is_empty() => vec!["done without a file".to_owned()],
        (ArtifactState::Done, None) => {
            let path = |name: &str| dir.join(format!("{}-{name}", artifact.id));
            let files = artifact.files.iter().map(|file| (path(&file.name), file.media_type.as_str()));
            files.filter_map(|(path, media_type)| unplayable(&path, media_type, may_complain)).collect()
        }
        (ArtifactState::Failed, Some(code)) if CODES.contains(&format!("| `{code}` |")) => Vec::new(),
        (state, code) => vec![format!("{} is {state:?} with the code {code:?}", artifact.kind.name())],
    }
}

/// What foreign programs say against a file; symphonia has read it before it was published. Of pictures that were damaged when they
/// came they `may_complain` while they show them.
fn unplayable(file: &Path, media_type: &str, may_complain: bool) -> Option<String> {
    let what = match media_type {
        "application/json" => {
            let text = std::fs::read(file).unwrap();
            return serde_json::from_slice::<serde_json::Value>(&text).err().map(|error| error.to_string());
        }
        "video/mp4" => "v:0",
        media_type if media_type.starts_with("audio/") => "a:0",
        _ => return None,
    };
    // A few milliseconds of MP3 are too few to be recognised.
    let is_mp3 = media_type == "audio/mpeg";
    let format: &[&str] = if is_mp3 { &["-f", "mp3"] } else { &[] };
    let run = |program: &str, before: &[&str], after: &[&str]| {
        let done =
            Command::new(program).args(["-v", "warning"]).args(format).args(before).arg(file).args(after).output();
        let done = done.unwrap();
        let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
        let is_fine = done.status.success() && (may_complain || said.is_empty());
        (is_fine, String::from_utf8(done.stdout).unwrap(), said)
    };
    // Pictures of one moment have times that a coarser clock than the file's cannot tell apart.
    let (decodes, _, complaints) = run("ffmpeg", &["-i"], &["-enc_time_base:v", "-1", "-f", "null", "-"]);
    let count = ["-count_frames", "-select_streams", what, "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0"];
    let (is_read, frames, said) = run("ffprobe", &count, &[]);
    let shows = frames.trim().trim_end_matches(',').parse::<u64>().is_ok_and(|frames| frames > 0);
    let told = || format!("{}: {frames} frames; {said} {complaints}", file.display()).chars().take(500).collect();
    (!(decodes && is_read && shows)).then(told)
}

/// Everything of which something can be made, with pictures copied wherever they can be.
fn everything() -> RecordingConfig {
    RecordingConfig {
        video_plan: VideoPlan::Copy,
        audio_mixed: vec![ArtifactFormat::M4a, ArtifactFormat::Mp3],
        audio_separate: vec![ArtifactFormat::Ogg],
        video_separate: true,
        ..RecordingConfig::of_an_app()
    }
}

/// What failed of a log, with its codes; what is done has to play.
async fn failed(log: &Broken, config: RecordingConfig) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let may_complain = log.pictures && config.video_plan == VideoPlan::Copy;
    let artifacts = tokio::time::timeout(PATIENCE, made(log, config, dir.path())).await;
    let artifacts = artifacts.unwrap_or_else(|_| panic!("{}: it hangs", log.name));
    let found: Vec<String> = artifacts.iter().flat_map(|artifact| faults(artifact, dir.path(), may_complain)).collect();
    assert!(found.is_empty(), "{}: {found:#?}", log.name);
    let told = |artifact: &Artifact| Some(format!("{}: {}", artifact.kind.name(), artifact.sub_code.as_ref()?));
    artifacts.iter().filter_map(told).collect()
}

/// Judges logs with everything that can be made of them, and with a video that is composed in any case.
async fn judge(logs: Vec<Broken>) {
    for log in logs {
        let composed = RecordingConfig { video_plan: VideoPlan::Compose, ..RecordingConfig::of_an_app() };
        for (config, most) in [(everything(), 3), (composed, 1)] {
            let failed = failed(&log, config).await;
            // Only where nothing lasts is nothing made.
            let expected = if log.arrivals.is_empty() { most } else { 0 };
            assert_eq!(failed.len(), expected, "{}: {failed:?}", log.name);
            assert!(failed.iter().all(|code| code.ends_with("nothing_to_render")), "{failed:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_of_little_ends_in_files_that_play_or_codes_that_are_written_down() {
    judge(broken::little()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_of_damaged_media_ends_in_files_that_play() {
    judge(broken::damaged()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_no_clock_can_have_stamped_ends_in_files_that_play() {
    judge(broken::stamped()).await;
}

#[test]
fn a_file_that_does_not_play_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("noise.mp4");
    std::fs::write(&file, [7; 5_000]).unwrap();
    for media_type in ["video/mp4", "audio/mp4", "audio/ogg", "application/json"] {
        assert!(unplayable(&file, media_type, true).is_some(), "{media_type}");
    }
}
