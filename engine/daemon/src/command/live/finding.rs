//! One line of what was found.

use serde::Serialize;

/// How well it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Grade {
    /// It works.
    Ok,
    /// It works, or could not be looked at; something should be known.
    Warn,
    /// It does not work.
    Fail,
}

/// What was found about one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What was looked at.
    pub(super) what: String,
    /// How well it looks.
    pub(super) grade: Grade,
    /// What was seen, and what to do.
    pub(super) text: String,
}

impl Finding {
    pub(super) fn new(what: impl Into<String>, grade: Grade, text: impl Into<String>) -> Self {
        Self { what: what.into(), grade, text: text.into() }
    }

    /// As a line for people.
    pub(super) fn line(&self) -> String {
        let grade = match self.grade {
            Grade::Ok => "ok  ",
            Grade::Warn => "warn",
            Grade::Fail => "FAIL",
        };
        format!("{grade}  {:<24}  {}", self.what, self.text)
    }
}
