//! Objects on a local disk. Under the store's directory, `incoming/` holds files that are being written and `objects/`
//! those that are finished, as `<recording>/<artifact>/<name>`; a file moves from one to the other at once and whole.
//!
//! An object is published in this order: its bytes are read for their checksum, synced, the directories made and synced,
//! the file renamed, its directory synced. Only then is it answered, so that what the catalogue lists is on disk. These are
//! procedures P and X of `docs/design/durability.md`.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Component, Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use model::{ArtifactFile, ArtifactId, RecordingId};
use sha2::{Digest, Sha256};

use crate::{
    ObjectKey, StagingDir, StoreError,
    secret_file::{file, random_name, sync_dir},
    staging::{self, is_dir},
};

/// How much is read at once for a checksum, in bytes.
const READ_BYTES: usize = 256 * 1024;

/// How long nobody may have written to a staged file before it counts as left behind by a process that died.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// A store of objects; clones share it.
#[derive(Clone, Debug)]
pub struct Store {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    incoming: PathBuf,
    objects: PathBuf,
    /// Distinguishes the staged files of this opening from those of others.
    opening: String,
    staged: AtomicU64,
}

impl Store {
    /// Opens the store in a directory, creating it at the first start, and removes what a process that died left behind: the directories
    /// of whoever made files at once, because none of them outlives the process that has the store, and staged files after a day.
    ///
    /// # Errors
    /// If a directory cannot be made or read.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let (incoming, objects) = (dir.join("incoming"), dir.join("objects"));
        let above = dir.parent().unwrap_or(dir);
        create_dirs(above, &incoming)?;
        create_dirs(above, &objects)?;
        sweep(&incoming, SystemTime::now())?;
        let opening = random_name()?;
        Ok(Self { shared: Arc::new(Shared { incoming, objects, opening, staged: AtomicU64::new(0) }) })
    }

    /// A path that nobody else gets, for a file that is to be published. Nothing is there yet.
    pub fn staging(&self) -> PathBuf {
        let n = self.shared.staged.fetch_add(1, Ordering::Relaxed);
        self.shared.incoming.join(format!("{}-{n}", self.shared.opening))
    }

    /// As [`Store::staging`], for a file of one recording: [`Store::delete_recording`] removes it with the rest.
    pub fn staging_of(&self, recording: RecordingId) -> PathBuf {
        let n = self.shared.staged.fetch_add(1, Ordering::Relaxed);
        self.shared.incoming.join(format!("{recording}.{}-{n}", self.shared.opening))
    }

    /// A directory that nobody else gets, for files of one recording that are to be published. [`Store::delete_recording`] removes it
    /// with the rest.
    ///
    /// # Errors
    /// If it cannot be made.
    pub async fn staging_dir_of(&self, recording: RecordingId) -> Result<StagingDir, StoreError> {
        let path = self.staging_of(recording);
        self.blocking(&path.clone(), move || StagingDir::create(path)).await
    }

    /// Publishes a staged file under a key, in place of what was there, and answers its length and checksum. Afterwards
    /// the staged path is free. The writer must have finished with the file, and need not have synced it.
    ///
    /// # Errors
    /// If the path is not a regular file that was staged here, or the disk refuses; the staged file then stays.
    pub async fn publish(&self, staged: &Path, key: &ObjectKey, media_type: &str) -> Result<ArtifactFile, StoreError> {
        if !self.is_staged(staged) {
            return Err(StoreError::NotStaged { path: staged.into() });
        }
        let (store, path, to, media_type) = (self.clone(), staged.to_owned(), key.clone(), media_type.to_owned());
        self.blocking(staged, move || store.publish_now(&path, &to, media_type)).await
    }

    /// Whether a file would lie where this store tells to write, or in a directory there.
    fn is_staged(&self, path: &Path) -> bool {
        let below = path.strip_prefix(&self.shared.incoming).unwrap_or(Path::new(""));
        (1..=2).contains(&below.components().count())
            && below.components().all(|part| matches!(part, Component::Normal(_)))
    }

    /// Publishes bytes under a key, in place of what was there, and answers their length and checksum.
    ///
    /// # Errors
    /// If the disk refuses.
    pub async fn put(
        &self,
        key: &ObjectKey,
        bytes: impl Into<Bytes>,
        media_type: &str,
    ) -> Result<ArtifactFile, StoreError> {
        let (store, to, media_type, bytes) = (self.clone(), key.clone(), media_type.to_owned(), bytes.into());
        let staged = self.staging_of(key.recording());
        self.blocking(&staged.clone(), move || {
            let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&staged);
            let result = written
                .and_then(|mut file| file.write_all(&bytes))
                .map_err(file("write", &staged))
                .and_then(|()| store.publish_now(&staged, &to, media_type));
            if result.is_err() {
                // What is left is swept a day later if this fails too.
                let _ = fs::remove_file(&staged);
            }
            result
        })
        .await
    }

    /// Opens an object for reading, with its length in bytes and the moment it was written.
    ///
    /// # Errors
    /// If there is no such object, or the disk refuses.
    pub async fn open_read(&self, key: &ObjectKey) -> Result<(tokio::fs::File, u64, SystemTime), StoreError> {
        let path = self.path(key);
        let key = key.clone();
        self.blocking(&path.clone(), move || {
            let opened = open_regular(&path).and_then(|file| {
                let metadata = file.metadata()?;
                Ok((file, metadata.len(), metadata.modified()?))
            });
            match opened {
                Ok((file, len, written)) => Ok((tokio::fs::File::from_std(file), len, written)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    Err(StoreError::Missing { key: key.to_string() })
                }
                Err(error) => Err(file("open", &path)(error)),
            }
        })
        .await
    }

    /// Deletes an object for good; false if there was none, which is made sure to stay so.
    ///
    /// # Errors
    /// If the disk refuses.
    pub async fn delete(&self, key: &ObjectKey) -> Result<bool, StoreError> {
        let path = self.path(key);
        let objects = self.shared.objects.clone();
        self.blocking(&path.clone(), move || {
            let was_there = match fs::remove_file(&path) {
                Ok(()) => true,
                Err(error) if error.kind() == io::ErrorKind::NotFound => false,
                Err(error) => return Err(file("delete", &path)(error)),
            };
            for dir in path.ancestors().skip(1).take_while(|dir| *dir != objects) {
                // An attempt before this one may have died before its names were gone for good.
                if dir.is_dir() {
                    sync_dir(dir)?;
                    // Refused as long as other objects are in it.
                    if fs::remove_dir(dir).is_err() {
                        return Ok(was_there);
                    }
                }
            }
            sync_dir(&objects).map(|()| was_there)
        })
        .await
    }

    /// Deletes every object of an artifact for good that has none of these names; answers how many there were. Nobody may be making
    /// any more of it.
    ///
    /// # Errors
    /// If the disk refuses; what is left is deleted by the next call.
    pub async fn keep_only(
        &self,
        recording: RecordingId,
        artifact: ArtifactId,
        names: Vec<String>,
    ) -> Result<u64, StoreError> {
        let dir = self.shared.objects.join(recording.to_string()).join(artifact.to_string());
        self.blocking(&dir.clone(), move || {
            let mut removed = 0;
            for path in listed(&dir)? {
                let is_kept = path.file_name().is_some_and(|name| names.iter().any(|kept| name == kept.as_str()));
                if !is_kept {
                    delete_file(&path)?;
                    removed += 1;
                }
            }
            if removed > 0 {
                sync_dir(&dir)?;
            }
            Ok(removed)
        })
        .await
    }

    /// Deletes every object of an artifact for good; answers how many files there were and their length in bytes. Nobody may be
    /// making any more of it.
    ///
    /// # Errors
    /// If the disk refuses; what is left is deleted by the next call.
    pub async fn delete_artifact(
        &self,
        recording: RecordingId,
        artifact: ArtifactId,
    ) -> Result<(u64, u64), StoreError> {
        let dir = self.shared.objects.join(recording.to_string());
        let of_artifact = dir.join(artifact.to_string());
        self.blocking(&of_artifact.clone(), move || {
            if !dir.exists() {
                return Ok((0, 0));
            }
            // Also where it is gone already: whoever removed it may have died before the disk knew.
            let removed = if of_artifact.exists() { delete_artifact(&of_artifact)? } else { (0, 0) };
            sync_dir(&dir).map(|()| removed)
        })
        .await
    }

    /// Deletes every object of a recording for good, and what was staged for it; answers how many files there were and
    /// their length in bytes. Nobody may be making any more of it.
    ///
    /// # Errors
    /// If the disk refuses; what is left is deleted by the next call.
    pub async fn delete_recording(&self, recording: RecordingId) -> Result<(u64, u64), StoreError> {
        let dir = self.shared.objects.join(recording.to_string());
        let (objects, incoming) = (self.shared.objects.clone(), self.shared.incoming.clone());
        self.blocking(&dir.clone(), move || {
            let mut removed = delete_staged(&incoming, recording)?;
            for artifact in listed(&dir)? {
                let (files, bytes) = delete_artifact(&artifact)?;
                removed = (removed.0 + files, removed.1 + bytes);
            }
            match fs::remove_dir(&dir) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(file("delete", &dir)(error)),
                _ => sync_dir(&objects).map(|()| removed),
            }
        })
        .await
    }

    fn path(&self, key: &ObjectKey) -> PathBuf {
        self.shared.objects.join(key.recording().to_string()).join(key.artifact().to_string()).join(key.name())
    }

    /// P2 to P6.
    fn publish_now(&self, staged: &Path, key: &ObjectKey, media_type: String) -> Result<ArtifactFile, StoreError> {
        let mut source = open_regular(staged).map_err(file("open", staged))?;
        let (bytes, sha256) = checksum(&mut source).map_err(file("read", staged))?;
        fail::fail_point!("store::written");
        source.sync_all().map_err(file("sync", staged))?;
        let path = self.path(key);
        let dir = path.parent().unwrap_or(&self.shared.objects);
        create_dirs(&self.shared.objects, dir)?;
        fs::rename(staged, &path).map_err(file("publish", &path))?;
        fail::fail_point!("store::renamed");
        sync_dir(dir)?;
        fail::fail_point!("store::published");
        Ok(ArtifactFile { name: key.name().to_owned(), media_type, bytes, sha256 })
    }

    /// Runs disk work on a thread where it may wait.
    async fn blocking<T: Send + 'static>(
        &self,
        path: &Path,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match tokio::task::spawn_blocking(work).await {
            Ok(result) => result,
            Err(_) => Err(StoreError::Abandoned { path: path.into() }),
        }
    }
}

/// Deletes what was staged for a recording, by this process or one that died.
fn delete_staged(incoming: &Path, recording: RecordingId) -> Result<(u64, u64), StoreError> {
    let prefix = format!("{recording}.");
    let mut removed = (0, 0);
    for path in listed(incoming)? {
        if path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(&prefix)) {
            for file in staging::files(&path)? {
                removed.1 += delete_file(&file)?;
                removed.0 += 1;
            }
            delete_dir(&path)?;
        }
    }
    sync_dir(incoming).map(|()| removed)
}

/// Deletes a file and answers its length in bytes.
fn delete_file(path: &Path) -> Result<u64, StoreError> {
    let bytes = fs::symlink_metadata(path).map_or(0, |metadata| metadata.len());
    fs::remove_file(path).map_err(file("delete", path))?;
    Ok(bytes)
}

/// Deletes the directory of an artifact with what lies in it.
fn delete_artifact(dir: &Path) -> Result<(u64, u64), StoreError> {
    let mut removed = (0, 0);
    for path in listed(dir)? {
        removed.1 += delete_file(&path)?;
        removed.0 += 1;
    }
    fs::remove_dir(dir).map_err(file("delete", dir))?;
    Ok(removed)
}

/// Deletes a directory that is empty, if it is one.
fn delete_dir(path: &Path) -> Result<(), StoreError> {
    if is_dir(path) { fs::remove_dir(path).map_err(file("delete", path)) } else { Ok(()) }
}

/// What lies in a directory; nothing if it does not exist.
pub(crate) fn listed(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    match fs::read_dir(dir) {
        Ok(entries) => entries.map(|entry| Ok(entry.map_err(file("read", dir))?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(file("read", dir)(error)),
    }
}

/// Opens a regular file without following a link in its last part.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    let no_follow = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(no_follow.bits().cast_signed()).open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
    }
}

/// The length and the SHA-256 of what a reader holds.
pub(crate) fn checksum(source: &mut impl Read) -> io::Result<(u64, String)> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; READ_BYTES];
    let mut bytes = 0;
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return Ok((bytes, hex::encode(hash.finalize()))),
            Ok(read) => {
                hash.update(buffer.get(..read).unwrap_or_default());
                bytes += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Makes `dir`, which lies under `root`, with all between, and makes each durable in the one above it; also those that are
/// there already, because whoever made them may have died before that.
fn create_dirs(root: &Path, dir: &Path) -> Result<(), StoreError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(file("create", dir))?;
    let above = dir.ancestors().skip(1);
    above.take_while(|above| above.starts_with(root)).try_for_each(sync_dir)
}

/// Removes the directories of whoever made files, and staged files that nobody has written to for a day.
fn sweep(incoming: &Path, now: SystemTime) -> Result<(), StoreError> {
    for entry in fs::read_dir(incoming).map_err(file("read", incoming))? {
        let path = entry.map_err(file("read", incoming))?.path();
        let idle = staging::written(&path).and_then(|written| now.duration_since(written).ok());
        if is_dir(&path) || idle.is_some_and(|idle| idle > ABANDONED) {
            for staged in staging::files(&path)? {
                fs::remove_file(&staged).map_err(file("remove", &staged))?;
                tracing::info!(path = %staged.display(), "a file that was never published was removed");
            }
            delete_dir(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
