//! How the process of a worker is started: this program again, with pipes in the place of a terminal and next to nothing in its
//! environment. What it is asked for is in `worker` and `stills`.

use std::{ffi::OsString, io, path::PathBuf, process::Stdio};

use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// How a process is started that calls [`crate::work`], or [`crate::develop`] where it is told `--pictures` as well.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The program.
    pub program: PathBuf,
    /// What it is told.
    pub args: Vec<OsString>,
    /// All that it finds in its environment; asked anew for each process.
    pub environment: fn() -> Vec<(OsString, OsString)>,
}

/// A process with the pipes through which it is asked and answers.
pub(crate) struct Launched {
    pub(crate) child: Child,
    pub(crate) requests: ChildStdin,
    pub(crate) answers: ChildStdout,
}

impl Launch {
    /// Starts it, told `beside` as well. It dies with this process, and with what is answered.
    pub(crate) fn start(&self, beside: &[&str]) -> io::Result<Launched> {
        let mut command = Command::new(&self.program);
        command.args(&self.args).args(beside).arg0("hansard").env_clear().envs((self.environment)());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        // What interrupts the daemon from a terminal is no business of its workers.
        command.process_group(0).kill_on_drop(true);
        let mut child = command.spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (requests, answers) = pipes.ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Launched { child, requests, answers })
    }
}

/// How a child died, which is ended if it only closed its pipes.
pub(crate) async fn death_of(child: &mut Child) -> String {
    let _ = child.start_kill();
    match child.wait().await {
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    }
}
