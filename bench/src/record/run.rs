//! One run and its file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{BesideResult, CaptureFigures, CaptureResult, LiveResult, RenderResult};
use crate::{failure::Failure, system::Machine};

/// Everything that one call measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Run {
    /// The form of the file, [`Run::FORMAT`].
    pub(crate) format: u32,
    /// The day, in UTC.
    pub(crate) date: String,
    /// What the run is called.
    pub(crate) name: String,
    /// Where it was made.
    pub(crate) machine: Machine,
    /// The capture scenarios, in the order in which they were asked for.
    pub(crate) capture: Vec<CaptureResult>,
    /// The render, if one was asked for.
    pub(crate) render: Option<RenderResult>,
    /// The jobs that were done beside another program, in the order in which they were asked for.
    pub(crate) beside: Vec<BesideResult>,
    /// The customer's side, as far as it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) live: Option<LiveResult>,
}

impl Run {
    /// The form that is written.
    pub(crate) const FORMAT: u32 = 1;

    /// Writes it into a directory of runs, and answers where. A run of the same day and name is replaced.
    ///
    /// # Errors
    /// If date or name cannot be part of a file's name, or the file cannot be written.
    pub(crate) fn write(&self, runs: &Path) -> Result<PathBuf, Failure> {
        let plain = |text: &str| {
            let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
            !text.is_empty() && !text.starts_with('.') && text.chars().all(allowed)
        };
        if !plain(&self.date) || !plain(&self.name) {
            return Err("date and name of a run are made of letters, digits, '-', '_' and '.'".into());
        }
        let path = runs.join(format!("{}-{}.json", self.date, self.name));
        let at = |error| format!("{}: {error}", path.display());
        fs::create_dir_all(runs).map_err(at)?;
        fs::write(&path, serde_json::to_string_pretty(self)? + "\n").map_err(at)?;
        Ok(path)
    }

    /// Reads a run. What the rounds of captures come to is reckoned anew, so that runs of all ages can be compared.
    ///
    /// # Errors
    /// If the file cannot be read, is no run, or was written by a later program.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut run: Self = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        for result in &mut run.capture {
            result.median = CaptureFigures::of(result.meetings, &result.rounds);
        }
        match run.format {
            1..=Self::FORMAT => Ok(run),
            format => Err(format!("{}: format {format} is not known here", path.display()).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_comes_back_from_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let run = Run { format: 1, date: "2026-01-31".into(), name: "x".into(), ..Run::default() };
        let path = run.write(dir.path()).unwrap();
        assert_eq!(path.file_name().unwrap(), "2026-01-31-x.json");
        assert_eq!(Run::read(&path).unwrap(), run);
    }

    #[test]
    fn what_the_rounds_of_a_kept_run_come_to_is_reckoned_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.json");
        let round = r#"{"engine": {"keep_alive_worst_ms": 7}}"#;
        let kept =
            format!(r#"{{"format": 1, "capture": [{{"rounds": [{round}], "median": {{"keep_alive_worst_ms": 5}}}}]}}"#);
        fs::write(&path, kept).unwrap();
        assert_eq!(Run::read(&path).unwrap().capture[0].median.unwrap().keep_alive_worst_ms, 7.0);
    }

    #[test]
    fn a_name_cannot_lead_elsewhere() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["../x", "", ".x", "a b"] {
            let run = Run { format: 1, date: "2026-01-31".into(), name: name.into(), ..Run::default() };
            assert!(run.write(dir.path()).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_file_of_a_later_program_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.json");
        fs::write(&path, r#"{"format": 99}"#).unwrap();
        assert!(Run::read(&path).unwrap_err().to_string().contains("99"));
    }
}
