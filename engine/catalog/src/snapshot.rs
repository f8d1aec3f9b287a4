//! A catalogue read as it lies there, without changing it: for looking at a data directory that no process holds. What is
//! right and what is wrong in it is the business of whoever compares it with the files.
//!
//! SQLite changes files even where it only reads, for the database's own log must be gone through first; so a copy is opened,
//! in the system's directory for temporary files.

use std::{
    fs::{self, File, TryLockError},
    path::Path,
};

use model::{Artifact, CaptureId, CaptureStatus, Epoch, RecordingId, RecordingState, SequencedEvent};
use sqlx::{ConnectOptions, Row, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

use crate::{
    CatalogError, artifacts,
    catalog::{check_key, file, now_unix_ms},
    column::{read_id, read_name, read_number},
    events, generation,
    migrate::migrate,
    seal::Seal,
};

/// How many damages of the database are listed.
const DAMAGES: &str = "PRAGMA integrity_check(20)";

/// Finds what [`Survey::captures`] holds.
const CAPTURES: &str = "SELECT id, app, status, epoch, stored, recorded, coalesce(joins, recording_id) AS shared,
         (SELECT max(at_unix_ms) FROM status_change WHERE capture = capture.id) AS changed_at_unix_ms,
         (SELECT count(*) FROM crash WHERE crash.capture = capture.id AND at_unix_ms > ?) AS crashes,
         EXISTS (SELECT 1 FROM job WHERE job.capture = capture.id AND kind = 'start'
                 AND state IN ('queued', 'claimed')) AS starts,
         EXISTS (SELECT 1 FROM job WHERE job.capture = capture.id AND kind = 'render'
                 AND state IN ('queued', 'claimed')) AS renders,
         log_removed_at_unix_ms IS NOT NULL AS log_removed,
         EXISTS (SELECT 1 FROM job WHERE job.capture = capture.id AND kind IN ('purge', 'purge_logs', 'purge_artifact')
                 AND state IN ('queued', 'claimed')) AS purges,
         (SELECT finished_at_unix_ms IS NOT NULL FROM audit WHERE audit.capture = capture.id ORDER BY n LIMIT 1) AS deleted
     FROM capture ORDER BY created_at_unix_ms, id";

/// Everything that a catalogue says about files, and what is wrong within itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// What SQLite finds damaged, in its own words.
    pub damages: Vec<String>,
    /// How the key file fits.
    pub key: KeyFit,
    /// How often the directory was opened, as the database counts.
    pub generation: u64,
    /// The same as the file beside it counts.
    pub generation_beside: u64,
    /// Every capture, oldest first.
    pub captures: Vec<SurveyedCapture>,
    /// Every recording.
    pub recordings: Vec<SurveyedRecording>,
}

/// How the key file fits the secrets of the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyFit {
    /// It sealed them.
    #[default]
    Fits,
    /// There is none.
    Missing,
    /// It is another one, or damaged.
    Wrong,
}

/// What a catalogue says about one capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyedCapture {
    /// Which.
    pub id: CaptureId,
    /// The app of its stream.
    pub app: String,
    /// Where it stands.
    pub status: CaptureStatus,
    /// The epoch of its last owner; 0 if it had none.
    pub epoch: Epoch,
    /// Whether anything of it is stored, and so whether it has a log.
    pub stored: bool,
    /// Whether media of it was received.
    pub recorded: bool,
    /// The recording that its media belongs to.
    pub recording: RecordingId,
    /// When its status changed last, in milliseconds of this machine's wall clock since the Unix epoch.
    pub changed_at_unix_ms: i64,
    /// How many of its owners crashed since the moment that was asked for.
    pub crashes: u32,
    /// Whether it is to be started, or taken up again.
    pub starts: bool,
    /// Whether a render in its name waits or was under way.
    pub renders: bool,
    /// Whether a purge in its name waits or was under way.
    pub purges: bool,
    /// Whether its log was given up, and is gone once no purge waits.
    pub log_removed: bool,
    /// Whether its content was deleted, and whether that is finished.
    pub deleted: Option<bool>,
}

/// What a catalogue says about one recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyedRecording {
    /// Which.
    pub id: RecordingId,
    /// Where it stands.
    pub state: RecordingState,
    /// What was made of it.
    pub artifacts: Vec<Artifact>,
}

/// A copy of a catalogue, whose directory nobody else opens meanwhile.
pub struct Snapshot {
    db: SqliteConnection,
    key: KeyFit,
    generation_beside: u64,
    _copy: TempDir,
    _lock: File,
}

impl Snapshot {
    /// Copies the database in `dir` and opens the copy. Holds `dir/catalog.lock` so that no daemon starts meanwhile; changes
    /// nothing in `dir`.
    ///
    /// # Errors
    /// [`CatalogError::Locked`] if a daemon runs; if there is no catalogue, there is no room for the copy, or the database
    /// is newer than this program or damaged beyond reading.
    pub async fn open(dir: &Path) -> Result<Self, CatalogError> {
        let lock = share(&dir.join("catalog.lock"))?;
        let copy = tempfile::tempdir().map_err(|source| file("make a copy in", &std::env::temp_dir(), source))?;
        let path = copy.path().join("catalog.sqlite");
        for name in ["catalog.sqlite", "catalog.sqlite-wal"] {
            let from = dir.join(name);
            if name == "catalog.sqlite" || from.exists() {
                fs::copy(&from, copy.path().join(name)).map_err(|source| file("copy", &from, source))?;
            }
        }
        let mut db = SqliteConnectOptions::new().filename(&path).connect().await?;
        migrate(&mut db, now_unix_ms()).await?;
        let key_path = dir.join("seal.key");
        // A key that does not exist would be made.
        let key = if !key_path.exists() {
            KeyFit::Missing
        } else {
            match Seal::open(&key_path) {
                Ok(seal) if check_key(&mut db, &seal, &key_path).await.is_ok() => KeyFit::Fits,
                _ => KeyFit::Wrong,
            }
        };
        let generation_beside = generation::read(&dir.join(generation::FILE))?;
        Ok(Self { db, key, generation_beside, _copy: copy, _lock: lock })
    }

    /// Everything that the catalogue says about files, with the crashes since a moment.
    ///
    /// # Errors
    /// If the database is damaged beyond reading.
    pub async fn survey(&mut self, crashed_since_unix_ms: i64) -> Result<Survey, CatalogError> {
        let damages = sqlx::query(DAMAGES).fetch_all(&mut self.db).await?;
        let damages: Result<Vec<String>, sqlx::Error> = damages.iter().map(|row| row.try_get(0)).collect();
        let rows = sqlx::query(CAPTURES).bind(crashed_since_unix_ms).fetch_all(&mut self.db).await?;
        let mut recordings = Vec::new();
        for row in sqlx::query("SELECT id FROM recording ORDER BY id").fetch_all(&mut self.db).await? {
            let id = read_id(&row, "id")?;
            if let Some(held) = artifacts::load(&mut self.db, id).await? {
                recordings.push(SurveyedRecording { id, state: held.state, artifacts: held.artifacts });
            }
        }
        Ok(Survey {
            damages: damages?.into_iter().filter(|damage| damage != "ok").collect(),
            key: self.key,
            generation: generation::stored(&mut self.db).await?,
            generation_beside: self.generation_beside,
            captures: rows.iter().map(capture_of).collect::<Result<_, _>>()?,
            recordings,
        })
    }

    /// Every event of a capture, in order.
    ///
    /// # Errors
    /// If the database fails or holds something unreadable.
    pub async fn events(&mut self, capture: CaptureId) -> Result<Vec<SequencedEvent>, CatalogError> {
        events::all(&mut self.db, capture).await
    }
}

fn capture_of(row: &sqlx::sqlite::SqliteRow) -> Result<SurveyedCapture, CatalogError> {
    let is = |column: &'static str| Ok::<bool, CatalogError>(read_number::<u8>(row, column)? > 0);
    Ok(SurveyedCapture {
        id: read_id(row, "id")?,
        app: row.try_get("app")?,
        status: read_name(row, "status")?,
        epoch: Epoch(read_number(row, "epoch")?),
        stored: is("stored")?,
        recorded: is("recorded")?,
        recording: read_id(row, "shared")?,
        changed_at_unix_ms: row.try_get::<Option<i64>, _>("changed_at_unix_ms")?.unwrap_or_default(),
        crashes: read_number(row, "crashes")?,
        starts: is("starts")?,
        renders: is("renders")?,
        purges: is("purges")?,
        log_removed: is("log_removed")?,
        deleted: row.try_get("deleted")?,
    })
}

/// Holds the lock together with others who only look.
fn share(path: &Path) -> Result<File, CatalogError> {
    let lock = File::open(path).map_err(|source| file("open", path, source))?;
    match lock.try_lock_shared() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(CatalogError::Locked { path: path.into() }),
        Err(TryLockError::Error(source)) => Err(file("lock", path, source)),
    }
}

#[cfg(test)]
mod tests;
