//! How many system calls a process makes, as the kernel counts them. As long as those of any process are counted, those of all are slower:
//! that has no place in a window in which processor time is taken, which `usage` does.

use std::{fs, io, process};

use perf_event::{Builder, Counter, events::Tracepoint};
use rustix::io::Errno;

use crate::failure::Failure;

/// Where the kernel has the number of its event for "a system call begins".
const EVENT: &str = "/sys/kernel/tracing/events/raw_syscalls/sys_enter/id";

/// A count that goes on until it is dropped.
#[derive(Debug)]
pub(crate) struct Syscalls {
    /// One for each thread that was there at the beginning; each has those as well that its thread starts.
    counters: Vec<Counter>,
}

impl Syscalls {
    /// Whether the kernel lets this user count; nothing is counted behind it.
    ///
    /// # Errors
    /// As [`Syscalls::of`].
    pub(crate) fn may_be_counted() -> Result<(), Failure> {
        Self::of(process::id()).map(drop)
    }

    /// Counts those of process `pid` from now on, of all threads that it has, and of those that they start.
    ///
    /// # Errors
    /// If there is no such process, or the kernel does not let this user count: it asks for `tracefs` and `CAP_PERFMON`.
    pub(crate) fn of(pid: u32) -> Result<Self, Failure> {
        let refused = |error: io::Error| {
            format!("{EVENT}: {error}; counting asks for root, and for `mount -t tracefs none /sys/kernel/tracing`")
        };
        let event = Tracepoint::with_id(fs::read_to_string(EVENT).map_err(refused)?.trim_end().parse()?);
        let threads = format!("/proc/{pid}/task");
        let mut counters = Vec::new();
        for thread in fs::read_dir(&threads).map_err(|error| format!("{threads}: {error}"))? {
            let thread = thread?.file_name();
            let thread = thread.to_str().and_then(|name| name.parse().ok()).ok_or("a thread has no number")?;
            let mut counter = Builder::new(event);
            // Other processes that it starts are not it.
            counter.observe_pid(thread).include_kernel().inherit(true).inherit_thread(true).enabled(true);
            match counter.build() {
                Ok(counter) => counters.push(counter),
                // It has ended since it was listed.
                Err(error) if error.raw_os_error() == Some(Errno::SRCH.raw_os_error()) => {}
                Err(error) => return Err(refused(error).into()),
            }
        }
        Ok(Self { counters })
    }

    /// How many there were so far.
    ///
    /// # Errors
    /// If the kernel does not say.
    pub(crate) fn so_far(&mut self) -> Result<u64, Failure> {
        self.counters.iter_mut().map(|counter| Ok(counter.read()?)).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    /// How many are counted while a thread that was started meanwhile makes so many; nothing where this user may not count.
    fn counted(calls: u32) -> Option<u64> {
        match Syscalls::of(process::id()) {
            Ok(mut counting) => {
                thread::spawn(move || (0..calls).for_each(|_| thread::yield_now())).join().unwrap();
                Some(counting.so_far().unwrap())
            }
            Err(error) => {
                let text = error.to_string();
                println!("this user may not count: {text}");
                assert!(text.contains("raw_syscalls") && text.contains("root"), "{text}");
                None
            }
        }
    }

    #[test]
    fn the_calls_of_a_thread_that_came_later_are_counted_or_it_is_said_what_that_asks_for() {
        if let (Some(few), Some(many)) = (counted(0), counted(10_000)) {
            println!("{few} and {many} are counted");
            assert!(few < 1_000 && (10_000..11_000).contains(&many), "{few}, {many}");
        }
    }
}
