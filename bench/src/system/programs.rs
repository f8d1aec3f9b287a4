//! Where the programs are that are measured. Starting them is in `process` and `child`.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::failure::Failure;

/// This program, which is also the floor and the mix.
///
/// # Errors
/// If the system does not say.
pub(crate) fn bench() -> Result<PathBuf, Failure> {
    Ok(env::current_exe()?)
}

/// The engine that was named, or the one beside this program.
///
/// # Errors
/// If there is none.
pub(crate) fn hansard(named: Option<&Path>) -> Result<PathBuf, Failure> {
    let hansard =
        named.map_or_else(|| Ok(bench()?.with_file_name("hansard")), |named| Ok::<_, Failure>(named.into()))?;
    let missing = |error| format!("{}: {error}; build it, or name it with --hansard", hansard.display());
    Ok(fs::canonicalize(&hansard).map_err(missing)?)
}
