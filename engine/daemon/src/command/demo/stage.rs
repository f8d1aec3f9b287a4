//! Plays one simulated meeting into a daemon on loopback, and waits until everything is made.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use fixtures::{Options, Report, Simulator};
use model::{Artifact, ArtifactState, Capture, CaptureStatus, Recording, Secret};
use rustix::time::{ClockId, clock_gettime};
use store::ObjectKey;
use tokio::net::TcpListener;

use super::display::Display;
use crate::{
    cli::DemoArgs,
    config::{ApiKey, ApiKeys, App, Config, Scope, SecretRef, Server, Space, Storage, Zoom},
    engine::Engine,
    failure::Failure,
    meter,
};

/// Clock ticks a second in `/proc`: `USER_HZ`, 100 on every architecture that the engine runs on.
const TICKS_A_SECOND: f64 = 100.0;
/// How long artifacts may take beyond the meeting: composing can be slower than real time on a small machine.
const RENDER_PATIENCE: Duration = Duration::from_secs(120);
/// How often the catalogue is asked how far it is.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What came out.
pub(super) struct Outcome {
    pub(super) recording: Recording,
    pub(super) dir: PathBuf,
    pub(super) files: Vec<MadeFile>,
    pub(super) gaps: usize,
    pub(super) report: Report,
    pub(super) cpu_seconds: f64,
    pub(super) render_seconds: f64,
    missing: Vec<String>,
}

/// One file of an artifact, copied out.
pub(super) struct MadeFile {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
}

impl Outcome {
    /// The artifacts that are not done.
    pub(super) fn missing(&self) -> &[String] {
        &self.missing
    }

    /// The one object that `--json` prints.
    pub(super) fn summary(&self) -> serde_json::Value {
        serde_json::json!({
            "recording_id": self.recording.id,
            "dir": self.dir,
            "files": self.files.iter().map(|file| file.path.file_name().map(|name| name.to_string_lossy()))
                .collect::<Vec<_>>(),
            "gaps": self.gaps,
        })
    }
}

/// Runs the whole demonstration.
pub(super) async fn play(args: &DemoArgs) -> Result<Outcome, Failure> {
    check_places(args)?;
    let scratch = tempfile::tempdir()?;
    let data_dir = args.data.clone().unwrap_or_else(|| scratch.path().join("data"));
    let cpu_before = cpu_seconds();
    let display = Display::start(args.seconds, args.speed);

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let options = Options {
        scenario: args.scenario.parse()?,
        duration: Duration::from_secs(args.seconds),
        time_scale: args.speed,
        webhook_url: Some(format!("http://{address}/zoom-webhook")),
        ..Options::default()
    };
    let config = config(&options, format!("http://{address}"), data_dir);
    let simulator = Simulator::start(options).await?;
    let ca = simulator.ca_pem().to_owned();
    let engine = Engine::start(&config, listener, Some(ca.as_bytes()), meter::start()?).await?;
    display.say(&format!("daemon on {}, simulated Zoom on {}", engine.addr(), simulator.addr()));

    let playing = tokio::spawn(simulator.run());
    let report = display.meeting(playing).await?;
    let ended = Instant::now();
    let capture = display.rendering(wait_until_over(&engine, RENDER_PATIENCE)).await?;
    let render_seconds = ended.elapsed().as_secs_f64();
    let recording = capture.recording.clone().ok_or_else(|| no_recording(&capture))?;
    let (files, missing) = collect(&engine, &recording, &args.out).await?;
    let gaps = gaps(&args.out)?;
    engine.stop().await;
    let cpu_seconds = cpu_seconds() - cpu_before;
    Ok(Outcome { recording, dir: args.out.clone(), files, gaps, report, cpu_seconds, render_seconds, missing })
}

/// Finds out before the meeting, not after it, whether there is room for what comes out.
fn check_places(args: &DemoArgs) -> Result<(), Failure> {
    let out = &args.out;
    fs::create_dir_all(out)
        .and_then(|()| tempfile::tempfile_in(out).map(drop))
        .map_err(|error| format!("--out {}: {error}; name a directory that can be written to", out.display()))?;
    match &args.data {
        // The meeting is the same each time, and a daemon captures a meeting only once.
        Some(data) if data.join("catalog.sqlite").exists() => {
            Err(format!("--data {}: it holds an earlier demonstration; name a new directory", data.display()).into())
        }
        _ => Ok(()),
    }
}

fn config(options: &Options, public_url: String, data_dir: PathBuf) -> Config {
    let literal = |text: &str| SecretRef::Literal(Secret::new(text.to_owned()));
    Config {
        server: Server { public_url, ..Server::default() },
        data: Storage { dir: data_dir, reserve_mib: 0, space: Space::smallest(), ..Storage::default() },
        zoom: Zoom {
            apps: vec![App::new(
                "demo",
                &options.client_id,
                literal(&options.client_secret),
                literal(&options.webhook_secret),
            )],
            allowed_hosts: vec!["127.0.0.1".to_owned(), "localhost".to_owned()],
            ..Zoom::default()
        },
        api: ApiKeys {
            keys: vec![ApiKey {
                name: "demo".to_owned(),
                key: Some(literal("demo")),
                sha256: None,
                project: model::Project::default(),
                scope: Scope::default(),
            }],
        },
        ..Config::default()
    }
}

async fn wait_until_over(engine: &Engine, patience: Duration) -> Result<Capture, Failure> {
    let started = Instant::now();
    loop {
        let newest = engine.catalog.captures(&catalog::Filter::default(), None, 1).await?.items.into_iter().next();
        match newest {
            Some(capture) if capture.latest().status.is_terminal() => return Ok(capture),
            _ if started.elapsed() > patience => {
                return Err("the artifacts were not made in time; run again with --data DIR and look at the log".into());
            }
            _ => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

fn no_recording(capture: &Capture) -> Failure {
    let latest = capture.latest();
    debug_assert_eq!(latest.status, CaptureStatus::Fatal);
    let code = latest.sub_code.as_deref().unwrap_or("unknown");
    format!("nothing was captured: {code}: {}", latest.message.as_deref().unwrap_or("no message")).into()
}

/// Copies every file of every artifact that is done, and names those that are not.
async fn collect(engine: &Engine, recording: &Recording, out: &Path) -> Result<(Vec<MadeFile>, Vec<String>), Failure> {
    fs::create_dir_all(out).map_err(|error| format!("{}: {error}", out.display()))?;
    let mut files = Vec::new();
    for artifact in &recording.artifacts {
        for file in &artifact.files {
            let key = ObjectKey::new(recording.id, artifact.id, &file.name)?;
            let path = out.join(&file.name);
            let mut copy =
                tokio::fs::File::create(&path).await.map_err(|error| format!("{}: {error}", path.display()))?;
            let (mut source, bytes, _) = engine.store.open_read(&key).await?;
            tokio::io::copy(&mut source, &mut copy).await.map_err(|error| format!("{}: {error}", path.display()))?;
            files.push(MadeFile { path, bytes });
        }
    }
    let unfinished = recording.artifacts.iter().filter(|artifact| artifact.state != ArtifactState::Done);
    Ok((files, unfinished.map(named).collect()))
}

fn named(artifact: &Artifact) -> String {
    match &artifact.sub_code {
        Some(code) => format!("{} ({code})", artifact.kind.name()),
        None => artifact.kind.name().to_owned(),
    }
}

/// How many gaps the quality report declares; that somebody was muted is none.
fn gaps(out: &Path) -> Result<usize, Failure> {
    let path = out.join("quality.json");
    let Ok(text) = fs::read_to_string(&path) else { return Ok(0) };
    let quality: serde_json::Value = serde_json::from_str(&text)?;
    let gaps = quality["gaps"].as_array().into_iter().flatten();
    Ok(gaps.filter(|gap| gap["cause"] != "muted").count())
}

/// The processor time that this process has used, and its workers that are over, in seconds.
fn cpu_seconds() -> f64 {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    let own_seconds = used.tv_sec as f64 + used.tv_nsec as f64 / 1e9;
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // proc(5): the name in brackets is the second field, the times of children are the 16th and 17th.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    let ticks: u64 = fields.skip(13).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    own_seconds + ticks as f64 / TICKS_A_SECOND
}
