//! The secrets of projects, with which what their receivers are sent is signed. They are kept sealed. Those of single receivers of status
//! webhooks are in `webhooks`; how a signature is made is in `schema`.

use std::path::Path;

use model::{CaptureId, Project, Secret};
use sqlx::{
    ConnectOptions, Connection, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteRow, SqliteSynchronous},
};

use crate::{
    Catalog, CatalogError,
    catalog::BUSY,
    column::{id_bytes, read_name},
    migrate,
    seal::Seal,
    webhooks::OVERLAP_MS,
};

/// Finds the secrets of a project that sign now.
const OF_PROJECT: &str = "SELECT project, secret, iif(previous_until_unix_ms > ?, previous, NULL) AS previous
     FROM project_secret WHERE project = ?";
/// The same of the project of a capture.
const OF_CAPTURE: &str = "SELECT project, secret, iif(previous_until_unix_ms > ?, previous, NULL) AS previous
     FROM project_secret WHERE project = (SELECT project FROM capture WHERE id = ?)";

impl Catalog {
    /// The secrets of the project of a capture, the current one first and the one before for a day after it was replaced; none if the
    /// project has none.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn secrets_of_capture(
        &self,
        capture: CaptureId,
        now_unix_ms: i64,
    ) -> Result<Vec<Secret<String>>, CatalogError> {
        let row = sqlx::query(OF_CAPTURE)
            .bind(now_unix_ms)
            .bind(id_bytes(capture.uuid()))
            .fetch_optional(&mut *self.read().await?)
            .await?;
        row.map_or(Ok(Vec::new()), |row| opened(&self.seal, &row))
    }

    /// The same of a project.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn project_secrets(
        &self,
        project: &Project,
        now_unix_ms: i64,
    ) -> Result<Vec<Secret<String>>, CatalogError> {
        read(&mut *self.read().await?, &self.seal, project, now_unix_ms).await
    }

    /// Gives a project a secret if it has none; true if it had none.
    ///
    /// # Errors
    /// If it could not be made durable.
    pub async fn endow(&self, project: Project, fresh: Secret<String>, now_unix_ms: i64) -> Result<bool, CatalogError> {
        let sealed = self.seal.seal(&place(&project), fresh.expose())?;
        self.write(move |db| Box::pin(async move { insert(db, &project, &sealed, now_unix_ms).await })).await
    }
}

/// The secrets of a catalogue that another process may have open, for a command beside a daemon.
pub struct Vault {
    db: SqliteConnection,
    seal: Seal,
}

impl Vault {
    /// Opens the catalogue of a data directory that a daemon has made.
    ///
    /// # Errors
    /// If there is none, or it is of another release.
    pub async fn open(dir: &Path) -> Result<Self, CatalogError> {
        let path = dir.join("catalog.sqlite");
        std::fs::metadata(&path).map_err(|source| CatalogError::File { doing: "read", path: path.clone(), source })?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(false)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY)
            .pragma("secure_delete", "ON");
        let mut db = options.connect().await?;
        migrate::check(&mut db).await?;
        Ok(Self { db, seal: Seal::open(&dir.join("seal.key"))? })
    }

    /// The secrets of a project that sign now, the current one first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn secrets(&mut self, project: &Project, now_unix_ms: i64) -> Result<Vec<Secret<String>>, CatalogError> {
        read(&mut self.db, &self.seal, project, now_unix_ms).await
    }

    /// Puts a secret in the place of a project's, which signs beside it for a day; or gives it its first.
    ///
    /// # Errors
    /// If it could not be made durable.
    pub async fn rotate(
        &mut self,
        project: &Project,
        fresh: &Secret<String>,
        now_unix_ms: i64,
    ) -> Result<(), CatalogError> {
        let sealed = self.seal.seal(&place(project), fresh.expose())?;
        sqlx::query(
            "INSERT INTO project_secret (project, secret, created_at_unix_ms) VALUES (?, ?, ?)
             ON CONFLICT (project) DO UPDATE SET previous = secret, previous_until_unix_ms = ?, secret = excluded.secret,
                 rotated_at_unix_ms = excluded.created_at_unix_ms",
        )
        .bind(project.name())
        .bind(sealed)
        .bind(now_unix_ms)
        .bind(now_unix_ms.saturating_add(OVERLAP_MS))
        .execute(&mut self.db)
        .await?;
        Ok(())
    }

    /// Closes it.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn close(self) -> Result<(), CatalogError> {
        Ok(self.db.close().await?)
    }
}

async fn read(
    db: &mut SqliteConnection,
    seal: &Seal,
    project: &Project,
    now_unix_ms: i64,
) -> Result<Vec<Secret<String>>, CatalogError> {
    let row = sqlx::query(OF_PROJECT).bind(now_unix_ms).bind(project.name()).fetch_optional(db).await?;
    row.map_or(Ok(Vec::new()), |row| opened(seal, &row))
}

async fn insert(
    db: &mut SqliteConnection,
    project: &Project,
    sealed: &[u8],
    now_unix_ms: i64,
) -> Result<bool, CatalogError> {
    let done = sqlx::query(
        "INSERT INTO project_secret (project, secret, created_at_unix_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(project.name())
    .bind(sealed)
    .bind(now_unix_ms)
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

fn opened(seal: &Seal, row: &SqliteRow) -> Result<Vec<Secret<String>>, CatalogError> {
    let project: Project = read_name(row, "project")?;
    let sealed = [row.try_get::<Option<&[u8]>, _>("secret")?, row.try_get("previous")?];
    let open = |sealed: &[u8]| {
        let opened = seal.open_sealed(&place(&project), sealed);
        if opened.is_none() {
            tracing::error!(project = project.name(), "the stored secret of a project is damaged; rotate it");
        }
        opened
    };
    Ok(sealed.into_iter().flatten().filter_map(open).map(Secret::new).collect())
}

/// What a sealed secret is bound to: one project's opens nowhere else.
fn place(project: &Project) -> Vec<u8> {
    format!("project/{}", project.name()).into_bytes()
}

#[cfg(test)]
mod tests;
