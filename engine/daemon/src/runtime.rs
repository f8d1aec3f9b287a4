//! The asynchronous runtime that every command uses, and what the daemon asks of the system.

use std::{
    io,
    num::NonZeroUsize,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::runtime::{Builder, Runtime};

/// What the name of every worker's thread begins with.
pub(crate) const WORKER: &str = "worker-";

/// A runtime with a worker per core. Its threads have names that tell workers from those which may wait for the disk.
pub(crate) fn build() -> io::Result<Runtime> {
    let workers = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let started = AtomicUsize::new(0);
    // Workers are started first.
    let name = move || match started.fetch_add(1, Ordering::Relaxed) {
        number if number < workers => format!("{WORKER}{number}"),
        number => format!("blocking-{}", number - workers),
    };
    let runtime = Builder::new_multi_thread().worker_threads(workers).enable_all().thread_name_fn(name).build()?;
    // A thread that is asked for later may start earlier and take a worker's place: nothing asks before each has found its own,
    // done nothing and parked.
    let metrics = runtime.metrics();
    while (0..workers).any(|worker| metrics.worker_park_count(worker) == 0) {
        thread::yield_now();
    }
    Ok(runtime)
}

/// Lets this process open as many files as the system allows it at all: a capture holds seven, and the usual limit of 1024
/// would end the 145th.
pub(crate) fn allow_open_files() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        Ok(()) => tracing::debug!(files = limit.maximum, "limit of open files raised"),
        Err(error) => tracing::warn!(files = limit.current, %error, "the limit of open files cannot be raised"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_of_open_files_is_as_high_as_it_can_be() {
        allow_open_files();
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
    }

    #[test]
    fn workers_are_told_by_their_names() {
        let name = || thread::current().name().map(str::to_owned).expect("a name");
        let runtime = build().expect("a runtime");
        let (worker, blocking) = runtime.block_on(async {
            let worker = tokio::spawn(async move { name() }).await.expect("no panic");
            (worker, tokio::task::spawn_blocking(name).await.expect("no panic"))
        });
        assert!(worker.starts_with(WORKER), "{worker}");
        assert!(blocking.starts_with("blocking-"), "{blocking}");
    }
}
