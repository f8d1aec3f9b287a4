//! Starts a process on its core and ends it again, by its own id. Dropping one kills it.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    process::{Child, Command},
    time::timeout,
};

use super::cores::pin_thread;
use crate::failure::Failure;

/// How many lines of its output explain why a process ended.
const LAST_LINES: usize = 12;

/// Whether a variable of the environment would change what is measured.
pub(super) fn configures_hansard(key: &OsStr) -> bool {
    let key = key.to_string_lossy();
    key.starts_with("HANSARD_") || key.starts_with("ZOOM_")
}

/// How to start a process.
#[derive(Clone, Debug)]
pub(crate) struct Launch<'a> {
    /// What messages call it.
    pub(crate) name: &'static str,
    /// The program.
    pub(crate) program: &'a Path,
    /// Its arguments.
    pub(crate) args: Vec<OsString>,
    /// The core it runs on.
    pub(crate) core: usize,
    /// The core of this thread, which lends its own to the child for a moment.
    pub(crate) own_core: usize,
    /// Where both of its outputs go.
    pub(crate) output: PathBuf,
}

/// A process that we started.
#[derive(Debug)]
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    pid: u32,
    output: PathBuf,
}

impl Process {
    /// Starts it. Variables of the environment that configure Hansard are not passed on.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub(crate) fn start(launch: Launch<'_>) -> Result<Self, Failure> {
        let Launch { name, program, args, core, own_core, output } = launch;
        let file = File::create(&output).map_err(|error| format!("{}: {error}", output.display()))?;
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).kill_on_drop(true);
        for (key, _) in std::env::vars_os().filter(|(key, _)| configures_hansard(key)) {
            command.env_remove(key);
        }
        // A child inherits the cores of the thread that starts it.
        pin_thread(core)?;
        let started = command.spawn();
        pin_thread(own_core)?;
        let child = started.map_err(|error| format!("{}: {error}; build it, or name it", program.display()))?;
        let pid = child.id().ok_or("a process without an id")?;
        Ok(Self { name, child, pid, output })
    }

    /// Its id.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Fails if it has ended.
    ///
    /// # Errors
    /// What it said last.
    pub(crate) fn check_alive(&mut self) -> Result<(), Failure> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(self.ended(status)),
        }
    }

    /// Waits for it to end by itself.
    ///
    /// # Errors
    /// If it does not end in time, or ends with a failure.
    pub(crate) async fn finish(mut self, patience: Duration) -> Result<(), Failure> {
        match timeout(patience, self.child.wait()).await {
            Ok(status) => {
                let status = status?;
                if status.success() { Ok(()) } else { Err(self.ended(status)) }
            }
            Err(_) => Err(format!("{} did not end within {patience:?}\n{}", self.name, self.last_words()).into()),
        }
    }

    /// Asks it to end, and answers whether it did within `patience`; otherwise it is killed.
    ///
    /// # Errors
    /// If the system refuses.
    pub(crate) async fn stop(mut self, patience: Duration) -> Result<bool, Failure> {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw).ok_or("a process id beyond the range")?;
        kill_process(pid, Signal::TERM)?;
        if timeout(patience, self.child.wait()).await.is_ok() {
            return Ok(true);
        }
        self.child.kill().await?;
        Ok(false)
    }

    fn ended(&self, status: ExitStatus) -> Failure {
        format!("{} ended with {status}\n{}", self.name, self.last_words()).into()
    }

    /// The last lines of its output.
    pub(crate) fn last_words(&self) -> String {
        let text = fs::read_to_string(&self.output).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
    }
}
