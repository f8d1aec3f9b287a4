//! What a process has used so far, and what the machine's host has taken.

use std::fs;

use super::proc;
use crate::failure::Failure;

/// Clock ticks a second in `/proc`: `USER_HZ`, 100 on every architecture that the engine runs on.
const TICKS_A_SECOND: f64 = 100.0;

/// What a process has used since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Usage {
    /// CPU seconds in its own code, exact to 0.01.
    pub(crate) user_s: f64,
    /// CPU seconds in the kernel, exact to 0.01.
    pub(crate) system_s: f64,
    /// Resident memory now.
    pub(crate) rss_bytes: u64,
    /// The most that was ever resident.
    pub(crate) peak_bytes: u64,
    /// How often its threads that still live gave up or lost their core.
    pub(crate) context_switches: u64,
}

impl Usage {
    /// CPU seconds of both kinds.
    pub(crate) fn cpu_s(&self) -> f64 {
        self.user_s + self.system_s
    }
}

/// What process `pid` has used so far.
///
/// # Errors
/// If there is no such process any more.
pub(crate) fn usage(pid: u32) -> Result<Usage, Failure> {
    let stat = read(pid, "stat")?;
    let status = read(pid, "status")?;
    let (user, system) = proc::ticks(&stat).ok_or("/proc/<pid>/stat has another form than proc(5) says")?;
    let kib = |name| proc::number(&status, name).unwrap_or(0) * 1024;
    Ok(Usage {
        user_s: user as f64 / TICKS_A_SECOND,
        system_s: system as f64 / TICKS_A_SECOND,
        rss_bytes: kib("VmRSS"),
        peak_bytes: kib("VmHWM"),
        context_switches: context_switches(pid)?,
    })
}

fn read(pid: u32, file: &str) -> Result<String, Failure> {
    let path = format!("/proc/{pid}/{file}");
    fs::read_to_string(&path).map_err(|error| format!("{path}: {error}; the process has ended early").into())
}

/// Of all threads: the process' own status counts only its first one.
fn context_switches(pid: u32) -> Result<u64, Failure> {
    let mut sum = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread may end between its listing and its reading.
        let Ok(status) = fs::read_to_string(thread?.path().join("status")) else { continue };
        let names = ["voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"];
        sum += names.into_iter().filter_map(|name| proc::number(&status, name)).sum::<u64>();
    }
    Ok(sum)
}

/// The clock ticks that the host of a virtual machine has taken from it, and all ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Steal {
    stolen: u64,
    all: u64,
}

impl Steal {
    /// The share that was stolen since `earlier`, from 0 to 1: how much of a measurement is noise of the host.
    pub(crate) fn share_since(self, earlier: Self) -> f64 {
        let all = self.all.saturating_sub(earlier.all).max(1);
        self.stolen.saturating_sub(earlier.stolen) as f64 / all as f64
    }
}

/// What was stolen so far; nothing where the kernel does not say.
pub(crate) fn steal() -> Steal {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let (stolen, all) = proc::stolen(&stat).unwrap_or_default();
    Steal { stolen, all }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory() {
        let used = usage(std::process::id()).unwrap();
        assert!(used.rss_bytes > 0 && used.peak_bytes >= used.rss_bytes / 2, "{used:?}");
    }

    #[test]
    fn a_process_that_does_not_exist_is_named() {
        let error = usage(u32::MAX).unwrap_err().to_string();
        assert!(error.contains("/proc/4294967295/stat"), "{error}");
    }

    #[test]
    fn the_stolen_share_is_of_the_time_between() {
        let (earlier, later) = (Steal { stolen: 5, all: 100 }, Steal { stolen: 15, all: 300 });
        assert_eq!(later.share_since(earlier), 0.05);
        assert_eq!(earlier.share_since(earlier), 0.0);
    }
}
