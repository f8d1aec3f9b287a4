//! Where log lines go: standard error, at the level that the configuration names.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    io::{self, IsTerminal},
    panic::{self, PanicHookInfo},
    thread,
};

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
    panic::set_hook(Box::new(tell));
    Ok(())
}

/// Logs a panic without what was put into its sentence, which may be a name or what somebody said.
fn tell(panicked: &PanicHookInfo<'_>) {
    let place = panicked.location().map(ToString::to_string);
    let sentence =
        panicked.payload().downcast_ref::<&'static str>().copied().unwrap_or("not shown: it may be personal");
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
    tracing::error!(
        thread = thread::current().name(),
        place,
        sentence,
        backtrace,
        "a panic, which is a defect of Hansard; please report it"
    );
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
