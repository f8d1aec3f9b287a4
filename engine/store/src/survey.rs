//! What lies in a store, found without changing it. Which of it should be there is in the catalogue.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    ObjectKey, StoreError,
    secret_file::file,
    staging,
    store::{checksum, listed, open_regular},
};

/// What lies in a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreSurvey {
    objects: PathBuf,
    /// The keys of the objects, with their length in bytes.
    pub keys: Vec<(ObjectKey, u64)>,
    /// Files that were being written.
    pub staged: Vec<PathBuf>,
    /// What nobody of us put there.
    pub strays: Vec<PathBuf>,
}

impl StoreSurvey {
    /// Lists the store in a directory; nothing if there is none.
    ///
    /// # Errors
    /// If a directory cannot be read.
    pub fn of(dir: &Path) -> Result<Self, StoreError> {
        let mut survey = Self { objects: dir.join("objects"), ..Self::default() };
        for staged in sorted(&dir.join("incoming"))? {
            survey.staged.extend(staging::files(&staged)?);
        }
        survey.staged.sort_unstable();
        for recording in sorted(&survey.objects)? {
            if !recording.is_dir() {
                survey.strays.push(recording);
                continue;
            }
            for artifact in sorted(&recording)? {
                if !artifact.is_dir() {
                    survey.strays.push(artifact);
                    continue;
                }
                for path in sorted(&artifact)? {
                    match (key(&path), fs::symlink_metadata(&path)) {
                        (Some(key), Ok(metadata)) if metadata.is_file() => survey.keys.push((key, metadata.len())),
                        _ => survey.strays.push(path),
                    }
                }
            }
        }
        Ok(survey)
    }

    /// The SHA-256 of an object, lower-case hexadecimal. Costs the reading of the whole object.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn sha256(&self, key: &ObjectKey) -> Result<String, StoreError> {
        let path = self.objects.join(key.to_string());
        let mut source = open_regular(&path).map_err(file("open", &path))?;
        Ok(checksum(&mut source).map_err(file("read", &path))?.1)
    }
}

/// The key of what lies at `<recording>/<artifact>/<name>`.
fn key(path: &Path) -> Option<ObjectKey> {
    let mut parts = path.iter().rev().map(|part| part.to_str());
    let (name, artifact, recording) = (parts.next()??, parts.next()??, parts.next()??);
    ObjectKey::new(recording.parse().ok()?, artifact.parse().ok()?, name).ok()
}

fn sorted(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let mut paths = listed(dir)?;
    paths.sort_unstable();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use model::{ArtifactId, RecordingId};

    use super::*;
    use crate::Store;

    #[tokio::test]
    async fn what_was_published_is_told_from_what_was_being_written_and_from_what_is_foreign() {
        let dir = tempfile::tempdir().expect("a directory");
        assert_eq!(StoreSurvey::of(dir.path()).expect("listed").keys, [], "there is no store");
        assert!(fs::read_dir(dir.path()).expect("listed").next().is_none(), "and none was made");
        let store = Store::open(dir.path()).expect("a store");
        let (recording, artifact) = (RecordingId::new(1, [1; 10]), ArtifactId::new(2, [2; 10]));
        let key = ObjectKey::new(recording, artifact, "a.txt").expect("a key");
        let made = store.put(&key, "text", "text/plain").await.expect("stored");
        let staged = store.staging_of(recording);
        fs::write(&staged, "half").expect("written");
        let objects = dir.path().join("objects");
        let strays = [objects.join("README"), objects.join(format!("{recording}/{artifact}/Mine"))];
        for stray in &strays {
            fs::write(stray, "x").expect("written");
        }
        let mut survey = StoreSurvey::of(dir.path()).expect("listed");
        assert_eq!(survey.sha256(&key).expect("read"), made.sha256);
        assert_eq!((survey.keys.clone(), survey.staged.clone()), (vec![(key.clone(), 4)], vec![staged]));
        survey.strays.sort_unstable();
        let mut expected = strays.to_vec();
        expected.sort_unstable();
        assert_eq!(survey.strays, expected);
        fs::remove_file(objects.join(key.to_string())).expect("removed");
        assert!(survey.sha256(&key).is_err());
    }
}
