//! Looks at the daemon from outside of its runtime. What is found is judged in `pulse`.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    runtime::Handle,
    task::AbortHandle,
    time::{MissedTickBehavior, interval},
};

use super::pulse::{Vitals, Worker};
use crate::runtime::WORKER;

/// A part of the daemon that runs until it is told to end.
pub(crate) struct Shell {
    name: &'static str,
    has_ended: Box<dyn Fn() -> bool + Send>,
}

impl Shell {
    /// One of which `has_ended` says whether it still runs.
    pub(crate) fn new(name: &'static str, has_ended: impl Fn() -> bool + Send + 'static) -> Self {
        Self { name, has_ended: Box::new(has_ended) }
    }

    /// One that is a task.
    pub(crate) fn task(name: &'static str, task: AbortHandle) -> Self {
        Self::new(name, move || task.is_finished())
    }
}

/// Where to look.
pub(super) struct Patient {
    runtime: Handle,
    shells: Vec<Shell>,
    beats: Arc<AtomicU64>,
}

impl Patient {
    /// The runtime, which runs a small task `every` so often from now on, and shells that run in it.
    pub(super) fn new(runtime: Handle, shells: Vec<Shell>, every: Duration) -> Self {
        let beats = Arc::<AtomicU64>::default();
        let counted = Arc::downgrade(&beats);
        runtime.spawn(async move {
            let mut ticks = interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
            while let Some(beats) = counted.upgrade() {
                beats.fetch_add(1, Ordering::Relaxed);
                drop(beats);
                ticks.tick().await;
            }
        });
        Self { runtime, shells, beats }
    }

    /// One look.
    pub(super) fn look(&self) -> Vitals {
        let metrics = self.runtime.metrics();
        let workers = (0..metrics.num_workers()).map(|number| Worker {
            parks: metrics.worker_park_unpark_count(number),
            busy: metrics.worker_total_busy_duration(number),
        });
        Vitals {
            beats: self.beats.load(Ordering::Relaxed),
            workers: workers.collect(),
            waits_for_disk: waits_for_disk(),
            ended: self.shells.iter().find(|shell| (shell.has_ended)()).map(|shell| shell.name),
        }
    }
}

/// Whether a worker sleeps without being able to be woken, which is how the system waits for a disk. False where that cannot
/// be told.
fn waits_for_disk() -> bool {
    let Ok(threads) = fs::read_dir("/proc/self/task") else { return false };
    threads.flatten().any(|thread| fs::read_to_string(thread.path().join("stat")).is_ok_and(|stat| is_waiting(&stat)))
}

/// Whether a line of the system about a thread, such as `17 (worker-0) D 1 ...`, is about a worker that waits for a disk.
fn is_waiting(stat: &str) -> bool {
    let Some((name, state)) = stat.split_once('(').and_then(|(_, rest)| rest.rsplit_once(") ")) else { return false };
    name.starts_with(WORKER) && state.starts_with('D')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_that_waits_for_a_disk_is_told_from_others_that_do() {
        assert!(is_waiting("17 (worker-0) D 1 17 0 0"));
        for other in ["17 (worker-0) S 1 17", "17 (blocking-3) D 1 17", "17 (a) worker-0) D 1", "17 (disk-0) D 1", ""] {
            assert!(!is_waiting(other), "{other}");
        }
    }
}
