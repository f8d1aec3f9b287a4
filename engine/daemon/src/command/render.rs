//! `hansard render`: makes another video of a capture log. How is decided in `render`, written in `studio`.

use std::{path::Path, process, sync::Arc, thread};

use indicatif::{ProgressBar, ProgressStyle};
use journal::LogDir;
use model::{CaptureId, Edition, Excerpt, ParticipantId};
use render::VideoChoice;
use studio::Leash;
use tokio::{
    runtime::Builder,
    signal::unix::{SignalKind, signal},
};

use crate::{cli::RenderArgs, config, failure::Failure, wiring::video_settings};

/// How finely progress is shown.
const STEPS: u64 = 1_000;

pub(super) fn render(args: &RenderArgs) -> Result<(), Failure> {
    if args.out.exists() {
        return Err(format!("{}: there is a file already; remove it, or name another", args.out.display()).into());
    }
    let logs = logs(args)?;
    let edition = Edition {
        plan: args.plan,
        layout: args.layout,
        beside_share: args.beside_share,
        excerpt: Excerpt {
            from_ms: args.from.unwrap_or(0),
            to_ms: args.to,
            without: args.without.iter().copied().map(ParticipantId).collect(),
        },
    };
    let settings = match &args.config {
        Some(path) => video_settings(&config::find(Some(path.clone()))?.render),
        None => render::Settings::default(),
    };
    let leash = Arc::new(Leash::default());
    listen(Arc::clone(&leash))?;
    // Shown only where somebody watches: on a terminal.
    let bar = ProgressBar::new(STEPS).with_style(ProgressStyle::with_template("{bar:40} {percent:>3} %, {eta} left")?);
    let mut tell = |share: f64| bar.set_position((share * STEPS as f64) as u64);
    let made = studio::export(logs, &edition, settings, &args.out, &leash, &mut tell);
    bar.finish_and_clear();
    let made = made?;
    let choice = &made.outcome.choice;
    let how = match choice.video {
        VideoChoice::Copy => "copied",
        VideoChoice::Compose => "composed",
    };
    println!("{}: {:.1} s, {how}: {}", args.out.display(), made.length.seconds(), choice.reason);
    let unusable = made.outcome.damage.total();
    if unusable > 0 {
        println!("{unusable} frames were received and could not be used");
    }
    Ok(())
}

/// Lets SIGINT and SIGTERM end the render, which then leaves nothing behind. A second one ends the process.
fn listen(leash: Arc<Leash>) -> Result<(), Failure> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    let (mut interrupt, mut terminate) = {
        let _entered = runtime.enter();
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
    };
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(async {
            for is_second in [false, true] {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                if is_second {
                    process::exit(1);
                }
                leash.interrupt();
            }
        });
    })?;
    Ok(())
}

/// The logs that the arguments name, each of which holds something.
fn logs(args: &RenderArgs) -> Result<Vec<LogDir>, Failure> {
    let mut data = args.data.clone();
    let mut logs = Vec::new();
    for name in &args.captures {
        let log = if Path::new(name).is_dir() {
            LogDir::at(name)
        } else {
            let capture: CaptureId =
                name.parse().map_err(|_| format!("{name}: this is neither the id of a capture nor a directory"))?;
            let data = match &data {
                Some(data) => data,
                None => data.insert(config::find(args.config.clone())?.data.dir),
            };
            LogDir::of(data, capture)
        };
        if log.segments()?.is_empty() {
            return Err(format!("{name}: there is no capture log at {}", log.path().display()).into());
        }
        logs.push(log);
    }
    Ok(logs)
}
