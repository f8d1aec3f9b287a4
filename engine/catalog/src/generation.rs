//! How often the data directory was opened, counted in the database and in a file beside it (fault matrix A13). A database that
//! is behind the file was restored from an older backup: what came since is in files that it does not know.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use sqlx::{Row, SqliteConnection};

use crate::CatalogError;

/// The name of the file in the data directory.
pub(crate) const FILE: &str = "generation";

/// Counts one more opening; answers whether the database was behind the file.
///
/// The database comes first and the file second, so that a process that dies in between leaves the file behind and not
/// the database.
///
/// # Errors
/// If either cannot be written.
pub(crate) async fn advance(db: &mut SqliteConnection, dir: &Path) -> Result<bool, CatalogError> {
    let path = dir.join(FILE);
    let (known, beside) = (stored(db).await?, read(&path)?);
    let next = known.max(beside).saturating_add(1);
    sqlx::query("INSERT INTO meta (name, value) VALUES ('generation', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
        .bind(next.to_be_bytes().to_vec())
        .execute(db)
        .await?;
    write(&path, next).map_err(|source| CatalogError::File { doing: "write", path, source })?;
    Ok(known < beside)
}

/// What the database counts; 0 before the first opening that was counted.
pub(crate) async fn stored(db: &mut SqliteConnection) -> Result<u64, CatalogError> {
    let row = sqlx::query("SELECT value FROM meta WHERE name = 'generation'").fetch_optional(db).await?;
    let Some(row) = row else { return Ok(0) };
    let bytes: &[u8] = row.try_get(0)?;
    let bytes = bytes.try_into().map_err(|why: std::array::TryFromSliceError| CatalogError::Unreadable {
        column: "generation",
        why: why.to_string(),
    })?;
    Ok(u64::from_be_bytes(bytes))
}

/// What the file counts; 0 if there is none, or nothing that is a number: then nothing is known.
pub(crate) fn read(path: &Path) -> Result<u64, CatalogError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text.trim().parse().unwrap_or(0)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) => Ok(0),
        Err(source) => Err(CatalogError::File { doing: "read", path: path.into(), source }),
    }
}

/// Replaces the file, whole or not at all.
fn write(path: &Path, generation: u64) -> io::Result<()> {
    let fresh = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    writeln!(file, "{generation}")?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests;
