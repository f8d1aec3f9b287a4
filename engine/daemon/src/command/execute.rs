//! Hands each command of the command line to the module that does it.

use std::process::ExitCode;

#[cfg(feature = "ffmpeg")]
use super::render;
use super::{check, inspect, key, project, recover, run, work, zoom};
#[cfg(feature = "simulator")]
use super::{demo, simulate};
use crate::{
    cli::{Cli, Command},
    config::{self, ConfigError},
    failure::{Failure, Fatal, Reason},
};

/// Runs the command.
pub(crate) fn execute(cli: Cli) -> ExitCode {
    let done = match cli.command {
        Command::Run(args) => run::run(args.config),
        Command::Check(args) => check::check(&args),
        Command::Key(args) => {
            key::print(&args);
            Ok(())
        }
        Command::Project(args) => project::project(args),
        Command::Zoom(args) => {
            config::find(args.config.clone()).map_err(Failure::from).and_then(|config| zoom::zoom(&config, &args))
        }
        Command::Inspect(args) => inspect::inspect(&args),
        #[cfg(feature = "ffmpeg")]
        Command::Render(args) => render::render(&args),
        Command::Work(args) => work::work(&args),
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
            status(&error)
        }
    }
}

/// What a command exits with that failed; 1 for whatever has no status of its own.
fn status(error: &Failure) -> ExitCode {
    let reason = match error.downcast_ref::<Fatal>() {
        Some(fatal) => Some(fatal.reason),
        None => error.downcast_ref::<ConfigError>().map(|_| Reason::Configuration),
    };
    reason.map_or(ExitCode::FAILURE, |reason| ExitCode::from(reason.status()))
}
