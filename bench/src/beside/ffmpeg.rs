//! Runs the `ffmpeg` command line where nothing is measured.

use std::{ffi::OsString, path::Path, process::Command};

use crate::failure::Failure;

/// Its name, found by the search path.
pub(super) const PROGRAM: &str = "ffmpeg";

/// Runs it in a directory, and answers what it said.
///
/// # Errors
/// If there is none, or it fails.
pub(super) fn ffmpeg(dir: &Path, args: impl IntoIterator<Item = impl Into<OsString>>) -> Result<String, Failure> {
    let args = args.into_iter().map(Into::into);
    let output = Command::new(PROGRAM)
        .args(["-y", "-hide_banner", "-nostdin", "-nostats"])
        .args(args)
        .current_dir(dir)
        .output()
        .map_err(|error| format!("{PROGRAM}: {error}; `scripts/setup --test` installs it"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Err(format!("{PROGRAM} ended with {}\n{said}", output.status).into());
    }
    Ok(said)
}
