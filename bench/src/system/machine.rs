//! What this machine is, for whoever reads the figures later.

use std::{fs, process::Command, thread};

use serde::{Deserialize, Serialize};

use super::{Cores, proc};

/// The facts of a machine; what could not be learned is empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Machine {
    /// The model of its processor.
    pub(crate) cpu: String,
    /// How many cores this program may use.
    pub(crate) cores: usize,
    /// Its memory.
    pub(crate) memory_mib: u64,
    /// The release of its kernel.
    pub(crate) kernel: String,
    /// The compiler's version.
    pub(crate) rustc: String,
    /// The commit that was measured, `-dirty` if there was more than that.
    pub(crate) commit: String,
    /// `release`, or `debug`, whose figures say nothing.
    pub(crate) profile: String,
    /// Who ran on which core.
    pub(crate) used: Cores,
}

/// The facts of this machine. To be asked before this thread is pinned.
pub(crate) fn machine(used: Cores) -> Machine {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    Machine {
        cpu: proc::field(&read("/proc/cpuinfo"), "model name").unwrap_or_default().to_owned(),
        cores: thread::available_parallelism().map_or(0, usize::from),
        memory_mib: proc::number(&read("/proc/meminfo"), "MemTotal").unwrap_or(0) / 1024,
        kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
        rustc: said(Command::new("rustc").arg("--version")),
        commit: said(Command::new("git").args(["describe", "--always", "--dirty", "--exclude=*"])),
        profile: if cfg!(debug_assertions) { "debug" } else { "release" }.to_owned(),
        used,
    }
}

fn said(command: &mut Command) -> String {
    let output = command.output().ok().filter(|output| output.status.success());
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
