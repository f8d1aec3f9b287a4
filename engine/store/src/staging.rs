//! Directories in which files of one recording are made by somebody who may see nothing else of the store. Publishing is in `store`.

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::{StoreError, secret_file::file};

/// A directory of its own, removed with everything in it when it is dropped.
#[derive(Debug)]
pub struct StagingDir {
    path: PathBuf,
}

impl StagingDir {
    pub(crate) fn create(path: PathBuf) -> Result<Self, StoreError> {
        fs::DirBuilder::new().mode(0o700).create(&path).map_err(file("create", &path))?;
        Ok(Self { path })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for StagingDir {
    fn drop(&mut self) {
        match fs::remove_dir_all(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(path = %self.path.display(), %error, "temporary files stay behind");
            }
            _ => {}
        }
    }
}

/// The files of something that was staged: a file alone, or those of a directory.
pub(crate) fn files(staged: &Path) -> Result<Vec<PathBuf>, StoreError> {
    if !is_dir(staged) {
        return Ok(vec![staged.to_owned()]);
    }
    let entries = fs::read_dir(staged).map_err(file("read", staged))?;
    entries.map(|entry| Ok(entry.map_err(file("read", staged))?.path())).collect()
}

/// Whether it is a directory, and no link to one.
pub(crate) fn is_dir(staged: &Path) -> bool {
    fs::symlink_metadata(staged).is_ok_and(|metadata| metadata.is_dir())
}

/// When somebody last wrote to it.
pub(crate) fn written(staged: &Path) -> Option<SystemTime> {
    let of = |path: &Path| fs::symlink_metadata(path).and_then(|metadata| metadata.modified()).ok();
    let own = of(staged);
    files(staged).ok()?.iter().map(|file| of(file)).chain([own]).max().flatten()
}
