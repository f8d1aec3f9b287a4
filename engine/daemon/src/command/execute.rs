//! Hands each command of the command line to the module that does it.

use std::process::ExitCode;

use super::{check, inspect, recover, run, zoom};
#[cfg(feature = "simulator")]
use super::{demo, simulate};
use crate::{
    cli::{Cli, Command},
    config,
    failure::Failure,
};

/// Runs the command.
pub(crate) fn execute(cli: Cli) -> ExitCode {
    let done = match cli.command {
        Command::Run(args) => run::run(args.config),
        Command::Check(args) => check::check(&args),
        Command::Zoom(args) => {
            config::find(args.config.clone()).map_err(Failure::from).and_then(|config| zoom::zoom(&config, &args))
        }
        Command::Inspect(args) => inspect::inspect(&args),
        Command::Recover(args) => return recover::recover(&args),
        #[cfg(feature = "simulator")]
        Command::Demo(args) => demo::demo(&args),
        #[cfg(feature = "simulator")]
        Command::Simulate(args) => simulate::simulate(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hansard: {error}");
            ExitCode::FAILURE
        }
    }
}
