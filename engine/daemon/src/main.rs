//! The binary: configuration, command line, wiring, signals.
//!
//! What does not belong here: anything that decides about media, protocols or storage; that is each crate's own.

mod cli;
mod command;
mod config;
mod engine;
mod failure;
mod logging;
mod meter;
mod reload;
mod runtime;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    command::execute(cli::Cli::parse())
}
