//! Names for the files that a render makes, in one directory, and their removal if nobody wants them. What grows there is in `file`.

use std::{
    cell::Cell,
    io,
    path::{Path, PathBuf},
};

/// Names files in a directory.
#[derive(Debug)]
pub(crate) struct Staging {
    dir: PathBuf,
    stem: String,
    named: Cell<u64>,
}

impl Staging {
    /// Names begin with `stem`, which makes them its own where the directory holds other files.
    pub(crate) fn new(dir: impl Into<PathBuf>, stem: impl Into<String>) -> Self {
        Self { dir: dir.into(), stem: stem.into(), named: Cell::new(0) }
    }

    /// A place that it has not named before. Nothing is there yet.
    pub(crate) fn place(&self) -> PathBuf {
        let n = self.named.get() + 1;
        self.named.set(n);
        self.dir.join(format!("{}{n}.part", self.stem))
    }

    /// What the file at such a place is called in its directory.
    pub(crate) fn name_of(place: &Path) -> String {
        place.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// A file that is whole; removed when it is dropped before it is handed over, by a panic too.
pub(crate) struct Plain {
    path: PathBuf,
}

impl Plain {
    /// One that is about to be written there.
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// From now on it is the business of whoever hears where it is.
    pub(crate) fn keep(mut self) -> PathBuf {
        std::mem::take(&mut self.path)
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            discard(&self.path);
        }
    }
}

/// Removes a file that nobody will publish, unless it is gone.
fn discard(path: &Path) {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(path = %path.display(), %error, "a temporary file stays behind");
        }
        _ => {}
    }
}
