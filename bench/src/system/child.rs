//! Runs a program from its start to its end on one core, and answers what it took. Processes that run for as long as somebody
//! wants them are in `process`.

use std::{
    ffi::OsString,
    fs::{self, File},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use serde::{Deserialize, Serialize};

use super::{cores::pin_thread, process::configures_hansard, usage::usage};
use crate::failure::Failure;

/// How often it is looked after: what it holds at most is known this exactly.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How much of its output explains why it failed.
const LAST_LINES: usize = 12;

/// A program and how it is run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Errand<'a> {
    /// What messages call it.
    pub(crate) name: &'a str,
    /// The program.
    pub(crate) program: &'a Path,
    /// Its arguments.
    pub(crate) args: &'a [OsString],
    /// The directory it works in; its output goes there as `<name>.log`.
    pub(crate) dir: &'a Path,
    /// The core it runs on, with everything that it starts.
    pub(crate) core: usize,
    /// The core of this thread, which lends its own to the child for a moment.
    pub(crate) own_core: usize,
}

/// What a whole process took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Spent {
    /// From its start to its end.
    pub(crate) wall_s: f64,
    /// CPU seconds in its own code, exact to 0.01.
    pub(crate) cpu_user_s: f64,
    /// CPU seconds in the kernel, exact to 0.01.
    pub(crate) cpu_system_s: f64,
    /// The most memory that was resident.
    pub(crate) peak_bytes: u64,
}

impl Spent {
    /// CPU seconds of both kinds.
    pub(crate) fn cpu_s(&self) -> f64 {
        self.cpu_user_s + self.cpu_system_s
    }
}

impl Errand<'_> {
    /// Runs it, and waits. Variables of the environment that configure Hansard are not passed on.
    ///
    /// # Errors
    /// If it cannot be started, or fails; then with what it said last.
    pub(crate) fn run(self) -> Result<Spent, Failure> {
        let log = self.dir.join(format!("{}.log", self.name));
        let output = File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        let mut command = Command::new(self.program);
        command.args(self.args).current_dir(self.dir).stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        for (key, _) in std::env::vars_os().filter(|(key, _)| configures_hansard(key)) {
            command.env_remove(key);
        }
        let began = Instant::now();
        // A child inherits the cores of the thread that starts it.
        pin_thread(self.core)?;
        let started = command.spawn();
        pin_thread(self.own_core)?;
        let mut child = Ended(started.map_err(|error| format!("{}: {error}", self.program.display()))?);
        let peak_bytes = child.watch()?;
        let wall_s = began.elapsed().as_secs_f64();
        // It has ended and was not waited for, so that the kernel still has its account.
        let used = usage(child.0.id())?;
        let status = child.0.wait()?;
        if !status.success() {
            let text = fs::read_to_string(&log).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
            return Err(format!("{} ended with {status}\n{last}", self.name).into());
        }
        Ok(Spent { wall_s, cpu_user_s: used.user_s, cpu_system_s: used.system_s, peak_bytes })
    }
}

/// A child that does not outlive its owner.
struct Ended(Child);

impl Ended {
    /// Waits for its end without taking note of it, and answers the most memory that it held.
    fn watch(&self) -> Result<u64, Failure> {
        let pid = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw).ok_or("a process id beyond the range")?;
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        let mut peak_bytes = 0;
        while waitid(WaitId::Pid(pid), ended)?.is_none() {
            // The account of `wait` would hold what this process had when it started the child.
            peak_bytes = peak_bytes.max(usage(self.0.id())?.peak_bytes);
            thread::sleep(LOOK_EVERY);
        }
        Ok(peak_bytes)
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        // Both do nothing once it was waited for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Cores;

    fn run(script: &str, dir: &Path) -> Result<Spent, Failure> {
        let cores = Cores::of_this_process().unwrap();
        let args: Vec<OsString> = vec!["-c".into(), script.into()];
        let (core, own_core) = (cores.subject, cores.own);
        Errand { name: "errand", program: Path::new("/bin/sh"), args: &args, dir, core, own_core }.run()
    }

    #[test]
    fn what_a_program_took_is_known_after_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let spent = run("n=0; while [ $n -lt 200000 ]; do n=$((n+1)); done", dir.path()).unwrap();
        assert!(spent.cpu_s() > 0.0 && spent.wall_s > 0.0 && spent.peak_bytes > 100_000, "{spent:?}");
    }

    #[test]
    fn a_program_that_fails_is_quoted() {
        let dir = tempfile::tempdir().unwrap();
        let failure = run("echo no such codec >&2; exit 3", dir.path()).unwrap_err().to_string();
        assert!(failure.contains("errand ended with exit status: 3") && failure.contains("no such codec"), "{failure}");
    }
}
