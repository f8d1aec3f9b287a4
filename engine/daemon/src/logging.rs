//! Where log lines go: standard error, at the level that the configuration names.

use std::io::{self, IsTerminal};

use tracing_subscriber::{EnvFilter, filter::LevelFilter, fmt};

use crate::failure::Failure;

/// Starts logging; a second call in one process changes nothing.
///
/// # Errors
/// If `level` is neither a level nor a list of directives.
pub(crate) fn start(level: &str) -> Result<(), Failure> {
    let filter = filter(level).map_err(|reason| format!("log.level: {reason}"))?;
    let lines = fmt().with_env_filter(filter).with_ansi(io::stderr().is_terminal()).with_writer(io::stderr);
    // Only a second start in one process fails, and the first one's settings then stay.
    let _ = lines.try_init();
    Ok(())
}

/// What `level` lets through. A single word that is no level would be taken for the name of a crate, and silence all others.
pub(crate) fn filter(level: &str) -> Result<EnvFilter, String> {
    let lone_word = !level.contains([',', '=', '[']);
    match EnvFilter::try_new(level) {
        Ok(filter) if !lone_word || level.trim().parse::<LevelFilter>().is_ok() => Ok(filter),
        _ => Err(format!(
            "{level:?} is no level; write off, error, warn, info, debug or trace, or directives such as info,ingest=debug"
        )),
    }
}
