//! Writes a log once and renders it several times.

use std::{path::Path, thread};

use tempfile::TempDir;
use tokio::runtime;

use super::{copy, log, meeting};
use crate::{
    failure::Failure,
    record::{RenderFigures, RenderResult},
    system::{Cores, pin_thread},
};

/// Makes the log of a meeting of so many minutes, and renders it `rounds` times.
///
/// # Errors
/// If the log cannot be written, the picture would not be copied, or a render fails.
pub(crate) fn measure(minutes: u32, rounds: u32, scratch: &Path, cores: Cores) -> Result<RenderResult, Failure> {
    let dir = TempDir::with_prefix_in("hansard-bench-", scratch)
        .map_err(|error| format!("{}: {error}", scratch.display()))?;
    // A thread of its own, as a render job has, with everything that it starts on one core.
    thread::scope(|scope| {
        let work = || {
            pin_thread(cores.subject)?;
            runtime::Builder::new_current_thread().enable_all().build()?.block_on(work(minutes, rounds, dir.path()))
        };
        let thread = thread::Builder::new().name("render".to_owned()).spawn_scoped(scope, work)?;
        thread.join().unwrap_or_else(|_| Err("the render panicked".into()))
    })
}

async fn work(minutes: u32, rounds: u32, dir: &Path) -> Result<RenderResult, Failure> {
    eprintln!("writing the log of {minutes} min");
    let log_dir = journal::LogDir::at(dir.join("log"));
    log::write(&log_dir, meeting::records(minutes)).await?;
    let mut log_bytes = 0;
    for number in log_dir.segments()? {
        log_bytes += std::fs::metadata(log_dir.segment(number))?.len();
    }
    let store = store::Store::open(&dir.join("store"))?;
    let mut result = RenderResult { minutes, log_bytes, ..RenderResult::default() };
    for number in 1..=rounds {
        let copied = copy::render(&log_dir, &store).await?;
        eprintln!("render {number} of {rounds}: {:.2} s", copied.round.wall_s);
        result.file_bytes = copied.file_bytes;
        result.choice = copied.choice;
        result.rounds.push(copied.round);
    }
    result.median = RenderFigures::of(f64::from(minutes) * 60.0, &result.rounds);
    Ok(result)
}
