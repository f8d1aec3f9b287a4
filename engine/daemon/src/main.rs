//! The binary: configuration, command line, wiring, signals.
//!
//! What does not belong here: anything that decides about media, protocols or storage; that is each crate's own.

mod activation;
mod cli;
mod command;
mod config;
mod engine;
mod failure;
#[cfg(feature = "fault-points")]
mod fault_points;
mod logging;
mod meter;
mod reload;
mod runtime;
mod supervisor;
mod watchdog;
mod wiring;
mod workers;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    #[cfg(feature = "fault-points")]
    let _armed = fault_points::arm();
    command::execute(cli::Cli::parse())
}
