//! Whose a capture is: a project, called a tenant elsewhere, sees its own objects and nobody else's. Which key belongs to
//! which project is the operator's decision (`daemon`), who asks is found out in `api`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The longest name of a project, in bytes.
const LONGEST_BYTES: usize = 64;

/// The name of a project: 1 to 64 small letters, digits, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Project(String);

impl Project {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl Default for Project {
    /// The project of whoever has only one.
    fn default() -> Self {
        Self("default".to_owned())
    }
}

/// A text that names no project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a project has a name of 1 to 64 small letters, digits, `-` and `_`")]
pub struct NoProject;

impl FromStr for Project {
    type Err = NoProject;

    fn from_str(name: &str) -> Result<Self, NoProject> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
        if (1..=LONGEST_BYTES).contains(&name.len()) && name.bytes().all(is_plain) {
            Ok(Self(name.to_owned()))
        } else {
            Err(NoProject)
        }
    }
}

impl TryFrom<String> for Project {
    type Error = NoProject;

    fn try_from(name: String) -> Result<Self, NoProject> {
        name.parse()
    }
}

impl From<Project> for String {
    fn from(project: Project) -> Self {
        project.0
    }
}

impl fmt::Display for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_has_a_plain_name() {
        for name in ["a", "default", "team-7_eu", &"x".repeat(64)] {
            assert_eq!(name.parse::<Project>().map(String::from), Ok(name.to_owned()));
        }
        for name in ["", "A", "a b", "é", "a/b", "a.b", &"x".repeat(65)] {
            assert_eq!(name.parse::<Project>(), Err(NoProject), "{name}");
        }
    }
}
