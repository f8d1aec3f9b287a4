//! The catalogue as a whole: opening, health, closing. What it can do for captures, artifacts, jobs and events is in the
//! modules named after them.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, SystemTime},
};

use sqlx::{
    ConnectOptions, Connection as _, Row, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{
    CatalogError, generation,
    migrate::migrate,
    news::{Messenger, News},
    seal::Seal,
    writer::{Work, Writer},
};

/// How many reads run at once.
const READERS: u32 = 4;

/// How long SQLite waits for a lock that a foreign tool, such as a backup, holds.
pub(crate) const BUSY: Duration = Duration::from_secs(5);

/// How long emptying SQLite's own log waits for those who read it, and everybody who writes with it; it is tried again.
const LOG_BUSY: Duration = Duration::from_millis(200);

/// How long a trivial write may take in a catalogue that is well.
const HEALTHY: Duration = Duration::from_secs(1);

/// What is sealed at the first start, to recognise the key later.
const SEAL_CHECK: &str = "hansard";

/// The catalogue. Clones share it; the directory is free again once [`Catalog::close`] returned or all are dropped.
#[derive(Clone)]
pub struct Catalog {
    writer: Writer,
    messenger: Messenger,
    readers: SqlitePool,
    options: SqliteConnectOptions,
    pub(crate) seal: Arc<Seal>,
    /// How many captures may be open.
    room: Arc<AtomicU32>,
}

/// A data directory that no other process uses.
#[derive(Debug)]
pub struct HeldDir {
    dir: PathBuf,
    lock: File,
}

impl Catalog {
    /// Makes a data directory and those above it that are missing, makes the name of each durable that was not there (nothing in
    /// it outlives a power cut before that, `docs/design/durability.md`), and holds `dir/catalog.lock` for as long as the
    /// answer, or the catalogue that is opened in it, lives.
    ///
    /// # Errors
    /// If another process holds it, or the disk refuses.
    pub fn hold(dir: &Path) -> Result<HeldDir, CatalogError> {
        create_dirs(dir).map_err(|source| file("create", dir, source))?;
        Ok(HeldDir { lock: lock(&dir.join("catalog.lock"))?, dir: dir.to_owned() })
    }

    /// Holds a directory and opens the catalogue in it.
    ///
    /// # Errors
    /// As [`Catalog::hold`] and [`Catalog::open_in`].
    pub async fn open(dir: &Path) -> Result<Self, CatalogError> {
        Self::open_in(Self::hold(dir)?).await
    }

    /// Opens `catalog.sqlite`, creating database and key (`seal.key`) at the first start.
    ///
    /// # Errors
    /// If the database is newer than this program or damaged, or the key file is not the one that belongs to it.
    pub async fn open_in(HeldDir { dir, lock }: HeldDir) -> Result<Self, CatalogError> {
        let key_path = dir.join("seal.key");
        let path = dir.join("catalog.sqlite");
        // Created here for its mode, which SQLite then gives to the files it puts beside it.
        private(&path)?;
        let seal = Seal::open(&key_path)?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            // What is deleted is overwritten, so that nothing of a meeting whose consent was withdrawn stays in free pages.
            .pragma("secure_delete", "ON")
            .pragma("journal_size_limit", "67108864");
        let mut db = options.clone().connect().await?;
        migrate(&mut db, now_unix_ms()).await?;
        // A process that died may have left in the log what it had deleted.
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut db).await?;
        check_key(&mut db, &seal, &key_path).await?;
        if generation::advance(&mut db, &dir).await? {
            tracing::warn!(
                "the catalogue is older than the files beside it, as after a restored backup; nothing is deleted, and \
                 `hansard recover --check` lists what it does not know"
            );
        }
        let messenger = Messenger::default();
        messenger.listen(&mut db).await?;
        let readers =
            SqlitePoolOptions::new().max_connections(READERS).connect_with(options.clone().read_only(true)).await?;
        Ok(Self {
            writer: Writer::start(db, lock, messenger.clone()),
            messenger,
            readers,
            options,
            seal: Arc::new(seal),
            room: Arc::new(AtomicU32::new(u32::MAX)),
        })
    }

    /// Whether a trivial write is durable within a second.
    pub async fn healthy(&self) -> bool {
        let write = self.write(|db| {
            Box::pin(async move {
                sqlx::query("INSERT INTO meta (name, value) VALUES ('pulse', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
                    .bind(now_unix_ms().to_be_bytes().to_vec())
                    .execute(db)
                    .await?;
                Ok(())
            })
        });
        matches!(tokio::time::timeout(HEALTHY, write).await, Ok(Ok(())))
    }

    /// From now on, refuses to open captures beyond this many; those that are open go on. At first there is no bound.
    pub fn allow_open_captures(&self, most: u32) {
        self.room.store(most, Ordering::Relaxed);
    }

    /// How many captures may be open.
    pub(crate) fn room(&self) -> u32 {
        self.room.load(Ordering::Relaxed)
    }

    /// Whether it takes no operation any more: it was closed, or its writer broke.
    pub fn is_closed(&self) -> bool {
        self.writer.is_closed()
    }

    /// Waits until something new was written, for one who waits for that; what came since the last wait is remembered. Nothing is lost
    /// if the future is dropped.
    pub async fn news(&self, of: News) {
        self.messenger.wait(of).await;
    }

    /// How many groups of operations were committed since it was opened.
    pub fn commits(&self) -> u64 {
        self.writer.commits()
    }

    /// Commits what waits, closes the database and frees the directory; every clone refuses from then on.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Moves everything out of the database's own log and empties it, so that what was overwritten is in no file any more.
    ///
    /// # Errors
    /// [`CatalogError::LogInUse`] if somebody still reads a state that is in it after 200 ms; if the database fails.
    pub async fn truncate_log(&self) -> Result<(), CatalogError> {
        let mut db = self.options.clone().busy_timeout(LOG_BUSY).connect().await?;
        // SQLite gives up without an error after waiting for readers.
        let gave_up: i64 = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut db).await?.try_get(0)?;
        db.close().await?;
        if gave_up == 0 { Ok(()) } else { Err(CatalogError::LogInUse) }
    }

    /// Has `work` done by the writer and answers once it is durable.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, CatalogError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T> + Send + 'static,
    {
        self.writer.run(work).await
    }

    /// The way to the writer, for its own tests.
    #[cfg(test)]
    pub(crate) const fn writer(&self) -> &Writer {
        &self.writer
    }

    /// Begins a read of one unchanging state; dropping it ends it.
    pub(crate) async fn read(&self) -> Result<sqlx::Transaction<'static, sqlx::Sqlite>, CatalogError> {
        match self.readers.begin().await {
            Err(sqlx::Error::PoolClosed) => Err(CatalogError::Closed),
            other => Ok(other?),
        }
    }
}

/// This machine's wall clock, in milliseconds since the Unix epoch.
pub(crate) fn now_unix_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Makes a directory and those above it, and the name of each one durable that was not there.
fn create_dirs(dir: &Path) -> io::Result<()> {
    if dir.as_os_str().is_empty() || dir.is_dir() {
        return Ok(());
    }
    let above = dir.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    create_dirs(above)?;
    match fs::create_dir(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => File::open(above)?.sync_all(),
    }
}

fn lock(path: &Path) -> Result<File, CatalogError> {
    let lock = private(path)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(CatalogError::Locked { path: path.into() }),
        Err(TryLockError::Error(source)) => Err(file("lock", path, source)),
    }
}

/// Opens a file, creating it readable by its owner only.
fn private(path: &Path) -> Result<File, CatalogError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(|source| file("open", path, source))
}

/// Whether the key sealed the secrets of the database; the first one does.
pub(crate) async fn check_key(db: &mut SqliteConnection, seal: &Seal, path: &Path) -> Result<(), CatalogError> {
    let known = sqlx::query("SELECT value FROM meta WHERE name = 'seal_check'").fetch_optional(&mut *db).await?;
    match known {
        Some(row) => {
            let sealed: &[u8] = row.try_get(0)?;
            match seal.open_sealed(b"meta", sealed) {
                Some(text) if text == SEAL_CHECK => Ok(()),
                _ => Err(CatalogError::WrongKey { path: path.into() }),
            }
        }
        None => {
            sqlx::query("INSERT INTO meta (name, value) VALUES ('seal_check', ?)")
                .bind(seal.seal(b"meta", SEAL_CHECK)?)
                .execute(db)
                .await?;
            Ok(())
        }
    }
}

pub(crate) fn file(doing: &'static str, path: &Path, source: io::Error) -> CatalogError {
    CatalogError::File { doing, path: path.into(), source }
}

#[cfg(test)]
mod tests;
