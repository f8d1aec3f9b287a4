//! Names of objects, checked once. Where they lie on disk is in `store`.

use std::fmt;

use model::{ArtifactId, RecordingId};

use crate::StoreError;

/// The longest name of an object, in bytes.
const NAME_BYTES: usize = 100;

/// Names one object: a file of an artifact of a recording. Written `recording/artifact/name`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectKey {
    recording: RecordingId,
    artifact: ArtifactId,
    name: String,
}

impl ObjectKey {
    /// Takes the parts of a key; the name is 1 to 100 of `[a-z0-9_.-]` and does not begin with a dot.
    ///
    /// # Errors
    /// If the name is another one.
    pub fn new(recording: RecordingId, artifact: ArtifactId, name: &str) -> Result<Self, StoreError> {
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-');
        if name.is_empty() || name.len() > NAME_BYTES || name.starts_with('.') || !name.bytes().all(allowed) {
            return Err(StoreError::BadName { name: name.chars().take(NAME_BYTES).collect() });
        }
        Ok(Self { recording, artifact, name: name.to_owned() })
    }

    /// Whose recording it belongs to.
    pub const fn recording(&self) -> RecordingId {
        self.recording
    }

    /// Which artifact it is a file of.
    pub const fn artifact(&self) -> ArtifactId {
        self.artifact
    }

    /// Its name within the artifact.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.recording, self.artifact, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Result<ObjectKey, StoreError> {
        ObjectKey::new(RecordingId::new(1, [1; 10]), ArtifactId::new(2, [2; 10]), name)
    }

    #[test]
    fn names_of_our_own_files_are_taken() {
        for name in ["video_mixed.mp4", "transcript.vtt", "a", "part-1.json", "0"] {
            assert_eq!(key(name).expect("a good name").name(), name);
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        let long = "a".repeat(101);
        for name in [
            "",
            ".",
            "..",
            "../x",
            "a/b",
            "/etc/passwd",
            "a\\b",
            "a\0",
            "A",
            "ä",
            "a b",
            "a%2eb",
            "a\r\nb",
            ".hidden",
            &long,
        ] {
            assert!(matches!(key(name), Err(StoreError::BadName { .. })), "{name:?}");
        }
    }
}
