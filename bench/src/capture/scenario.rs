//! What is played, and with which programs.

use std::path::{Path, PathBuf};

use crate::{
    cli::CaptureArgs,
    failure::Failure,
    system::{self, Cores},
};

/// One capture scenario.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    /// How many meetings run at once.
    pub(super) meetings: u32,
    /// How long each lasts.
    pub(super) seconds: u32,
    /// How often it is played.
    pub(super) rounds: u32,
    /// The engine and the simulator.
    pub(super) hansard: PathBuf,
    /// This program, for the floor.
    pub(super) bench: PathBuf,
    /// Below which temporary directories are made.
    pub(super) scratch: PathBuf,
    /// Who runs where.
    pub(super) cores: Cores,
}

impl Scenario {
    /// What the simulator plays: the active speaker's sound, 720p25 at 1.5 Mbit/s, transcript; its ledger counts without
    /// hashing, so that the simulator stays cheaper than what is measured.
    pub(super) const PLAYED: &str = "load-unhashed";

    /// A scenario for each number of meetings.
    ///
    /// # Errors
    /// If there is no engine to measure.
    pub(crate) fn from_args(args: &CaptureArgs, scratch: &Path, cores: Cores) -> Result<Vec<Self>, Failure> {
        let (bench, hansard) = (system::bench()?, system::hansard(args.hansard.as_deref())?);
        let of = |meetings: &u32| Self {
            meetings: *meetings,
            seconds: args.seconds,
            rounds: args.capture_rounds,
            hansard: hansard.clone(),
            bench: bench.clone(),
            scratch: scratch.to_owned(),
            cores,
        };
        Ok(args.meetings.iter().map(of).collect())
    }
}
