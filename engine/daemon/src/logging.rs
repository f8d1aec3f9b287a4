//! Where log lines go: standard error, at the level that the configuration names.

use std::io::{self, IsTerminal};

use tracing_subscriber::{EnvFilter, fmt};

use crate::failure::Failure;

/// Starts logging; a second call in one process changes nothing.
///
/// # Errors
/// If `level` is neither a level nor a list of directives.
pub(crate) fn start(level: &str) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(level).map_err(|error| format!("log.level: {error}"))?;
    let lines = fmt().with_env_filter(filter).with_ansi(io::stderr().is_terminal()).with_writer(io::stderr);
    // Only a second start in one process fails, and the first one's settings then stay.
    let _ = lines.try_init();
    Ok(())
}
