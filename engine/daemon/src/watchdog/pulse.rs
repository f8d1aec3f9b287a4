//! Decides from one look after another whether the daemon makes progress (fault-matrix J8). Looks are counted and not
//! seconds, because a process that was paused as a whole has not hung. How it is looked at is in `vitals`.

use std::time::Duration;

/// How many looks in a row must find no progress before it is a hang.
pub(super) const LOOKS: u32 = 10;
/// How many of them raise a doubt.
const DOUBTS: u32 = 2;

/// How far a worker of the runtime has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Worker {
    /// How often it went to sleep and woke up: odd while it sleeps.
    pub(super) parks: u64,
    /// How long it has worked, as far as it counted that.
    pub(super) busy: Duration,
}

impl Worker {
    const fn sleeps(self) -> bool {
        self.parks % 2 == 1
    }
}

/// What one look found.
#[derive(Clone, Debug)]
pub(super) struct Vitals {
    /// How often the runtime has run a task that it must run once a look.
    pub(super) beats: u64,
    pub(super) workers: Vec<Worker>,
    /// Whether a worker waits for the disk, which may take as long as it likes.
    pub(super) waits_for_disk: bool,
    /// A shell that ended although nobody had told it to.
    pub(super) ended: Option<&'static str>,
}

/// What a look comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It works.
    Alive,
    /// It may hang, or be busy.
    Doubtful,
    /// It hangs, and nothing but its end will help.
    Hung(Hang),
}

/// What hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hang {
    /// The runtime runs no tasks.
    Runtime,
    /// A worker does not come back from a task.
    Worker(usize),
    /// A shell has ended.
    Shell(&'static str),
}

impl Hang {
    /// A sentence on it.
    pub(super) fn sentence(self) -> String {
        match self {
            Self::Runtime => "no task is run any more".to_owned(),
            Self::Worker(number) => format!("worker {number} does not come back from a task"),
            Self::Shell(name) => format!("{name} has ended although nobody told it to"),
        }
    }
}

/// What earlier looks found.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    last: Option<Vitals>,
    /// For how many looks the runtime was silent.
    silent: u32,
    /// For how many looks each worker stood still.
    still: Vec<u32>,
}

impl Pulse {
    /// Takes a look in.
    pub(super) fn take(&mut self, now: Vitals) -> Verdict {
        if let Some(name) = now.ended {
            return Verdict::Hung(Hang::Shell(name));
        }
        let Some(last) = self.last.replace(now.clone()) else { return Verdict::Alive };
        self.silent = if now.beats == last.beats { self.silent + 1 } else { 0 };
        self.still.resize(now.workers.len(), 0);
        for (still, (now, last)) in self.still.iter_mut().zip(now.workers.iter().zip(&last.workers)) {
            *still = if now == last && !now.sleeps() { *still + 1 } else { 0 };
        }
        if now.waits_for_disk {
            // It is slow, and known to be: that is told by readiness and metrics.
            self.silent = 0;
            self.still.fill(0);
        }
        if self.silent >= LOOKS {
            Verdict::Hung(Hang::Runtime)
        } else if let Some(number) = self.still.iter().position(|still| *still >= LOOKS) {
            Verdict::Hung(Hang::Worker(number))
        } else if self.silent >= DOUBTS || self.still.iter().any(|still| *still >= DOUBTS) {
            Verdict::Doubtful
        } else {
            Verdict::Alive
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vitals(beats: u64, workers: &[(u64, u64)]) -> Vitals {
        let worker = |(parks, busy_ms): &(u64, u64)| Worker { parks: *parks, busy: Duration::from_millis(*busy_ms) };
        Vitals { beats, workers: workers.iter().map(worker).collect(), waits_for_disk: false, ended: None }
    }

    /// The verdicts on so many looks, each made from its number.
    fn verdicts(looks: u64, look: impl Fn(u64) -> Vitals) -> Vec<Verdict> {
        let mut pulse = Pulse::default();
        (0..looks).map(|number| pulse.take(look(number))).collect()
    }

    #[test]
    fn workers_that_sleep_and_workers_that_work_all_the_time_are_alive() {
        let found = verdicts(100, |number| vitals(number, &[(7, 5), (4, number), (2 * number, 0)]));
        assert!(found.iter().all(|verdict| *verdict == Verdict::Alive), "{found:?}");
    }

    #[test]
    fn a_worker_that_stands_still_in_a_task_hangs_after_ten_looks_and_is_doubted_before() {
        let found = verdicts(11, |number| vitals(number, &[(number, 0), (4, 5)]));
        assert_eq!(found[..2], [Verdict::Alive; 2]);
        assert!(found[2..10].iter().all(|verdict| *verdict == Verdict::Doubtful), "{found:?}");
        assert_eq!(found[10], Verdict::Hung(Hang::Worker(1)));
    }

    #[test]
    fn a_runtime_that_runs_no_task_hangs_after_ten_looks() {
        // Its workers look alive: they search for work, and never find ours.
        let found = verdicts(11, |number| vitals(3, &[(number, 0), (2 * number, 5)]));
        assert_eq!((found[9], found[10]), (Verdict::Doubtful, Verdict::Hung(Hang::Runtime)));
    }

    #[test]
    fn a_pause_of_the_whole_process_is_one_look_however_long_it_is() {
        let found = verdicts(20, |number| vitals(number / 2, &[(2 * (number / 2), 5)]));
        assert!(found.iter().all(|verdict| *verdict == Verdict::Alive), "{found:?}");
    }

    #[test]
    fn a_slow_disk_is_no_hang_for_as_long_as_it_is_waited_for() {
        let stuck = |waits_for_disk| move |_| Vitals { waits_for_disk, ..vitals(1, &[(2, 5)]) };
        assert!(verdicts(100, stuck(true)).iter().all(|verdict| *verdict == Verdict::Alive));
        assert!(matches!(verdicts(11, stuck(false))[10], Verdict::Hung(_)), "the control");
    }

    #[test]
    fn a_shell_that_ended_by_itself_is_a_hang_at_once() {
        let found = verdicts(1, |_| Vitals { ended: Some("ingest"), ..vitals(1, &[]) });
        assert_eq!(found, [Verdict::Hung(Hang::Shell("ingest"))]);
    }
}
