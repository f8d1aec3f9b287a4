//! Lists of captures, recordings, artifacts and real-time endpoints by pages, newest first, each narrowed by a [`Filter`].

use model::{Artifact, ArtifactKind, Capture, CaptureId, Endpoint};
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection, sqlite::SqliteRow};
use uuid::Uuid;

use crate::{
    Catalog, CatalogError, Filter, Page, PageKey, Toward, artifacts, captures,
    column::{id_bytes, read_id, read_number},
    endpoints,
    filter::Of,
};

impl Catalog {
    /// A page of at most `limit` captures from a place in the list, newest first; from its top without a place.
    ///
    /// # Errors
    /// If the database fails or holds something unreadable.
    pub async fn captures(
        &self,
        filter: &Filter,
        from: Option<PageKey>,
        limit: u32,
    ) -> Result<Page<Capture>, CatalogError> {
        let mut db = self.read().await?;
        let page = rows(&mut db, Of::Captures, filter, from, limit).await?;
        let items = completed(&mut db, &page.items).await?;
        Ok(page.with(items))
    }

    /// How many captures there are, and `limit` of them after as many pages, newest first.
    ///
    /// # Errors
    /// If the database fails or holds something unreadable.
    pub async fn captures_at(
        &self,
        filter: &Filter,
        pages: u32,
        limit: u32,
    ) -> Result<(u64, Vec<Capture>), CatalogError> {
        let mut db = self.read().await?;
        let mut query = filter.query(Of::Captures, "count(*) AS captures");
        let count = read_number(&query.build().fetch_one(&mut *db).await?, "captures")?;
        let mut query = filter.query(Of::Captures, "capture.*");
        query.push(" ORDER BY capture.created_at_unix_ms DESC, capture.id DESC LIMIT ");
        query.push_bind(i64::from(limit)).push(" OFFSET ").push_bind(i64::from(pages) * i64::from(limit));
        let rows = query.build().fetch_all(&mut *db).await?;
        Ok((count, completed(&mut db, &rows).await?))
    }

    /// A page of at most `limit` recordings, as [`Catalog::captures`]; each with the capture that it began with.
    ///
    /// # Errors
    /// If the database fails or holds something unreadable.
    pub async fn recordings(
        &self,
        filter: &Filter,
        from: Option<PageKey>,
        limit: u32,
    ) -> Result<Page<Capture>, CatalogError> {
        let mut db = self.read().await?;
        let page = rows(&mut db, Of::Recordings, filter, from, limit).await?;
        let mut items = Vec::with_capacity(page.items.len());
        for row in &page.items {
            items.push(owner(&mut db, row).await?);
        }
        Ok(page.with(items))
    }

    /// A page of at most `limit` artifacts of a kind, as [`Catalog::captures`]; each with the capture that its recording
    /// began with.
    ///
    /// # Errors
    /// If the database fails or holds something unreadable.
    pub async fn artifacts(
        &self,
        kind: ArtifactKind,
        filter: &Filter,
        from: Option<PageKey>,
        limit: u32,
    ) -> Result<Page<(Artifact, Capture)>, CatalogError> {
        let mut db = self.read().await?;
        let page = rows(&mut db, Of::Artifacts(kind), filter, from, limit).await?;
        let mut items: Vec<(Artifact, Capture)> = Vec::with_capacity(page.items.len());
        for row in &page.items {
            let artifact = artifacts::artifact_of(row)?;
            let capture: CaptureId = read_id(row, "capture")?;
            // Artifacts of one recording stand beside each other.
            let capture = match items.last() {
                Some((_, last)) if last.id == capture => last.clone(),
                _ => owner(&mut db, row).await?,
            };
            items.push((artifact, capture));
        }
        Ok(page.with(items))
    }

    /// A page of at most `limit` real-time endpoints, as [`Catalog::captures`]; each with its capture.
    ///
    /// # Errors
    /// If the database fails or holds something unreadable.
    pub async fn endpoints(
        &self,
        filter: &Filter,
        from: Option<PageKey>,
        limit: u32,
    ) -> Result<Page<(Endpoint, Capture)>, CatalogError> {
        let mut db = self.read().await?;
        let page = rows(&mut db, Of::Endpoints, filter, from, limit).await?;
        let mut items: Vec<(Endpoint, Capture)> = Vec::with_capacity(page.items.len());
        for row in &page.items {
            let endpoint = endpoints::endpoint_of(row)?;
            // Endpoints of one capture stand beside each other.
            let capture = match items.last() {
                Some((_, last)) if last.id == endpoint.capture => last.clone(),
                _ => owner(&mut db, row).await?,
            };
            items.push((endpoint, capture));
        }
        Ok(page.with(items))
    }
}

/// The captures of these rows.
async fn completed(db: &mut SqliteConnection, rows: &[SqliteRow]) -> Result<Vec<Capture>, CatalogError> {
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        found.push(captures::complete(db, row).await?);
    }
    Ok(found)
}

/// The capture that a row names.
async fn owner(db: &mut SqliteConnection, row: &SqliteRow) -> Result<Capture, CatalogError> {
    let capture = read_id(row, "capture")?;
    captures::load(db, capture).await?.ok_or(CatalogError::UnknownCapture(capture))
}

/// The rows of one page.
async fn rows(
    db: &mut SqliteConnection,
    of: Of,
    filter: &Filter,
    from: Option<PageKey>,
    limit: u32,
) -> Result<Page<SqliteRow>, CatalogError> {
    let toward = from.map_or(Toward::Older, |key| key.toward);
    let mut items = page(of, filter, from, limit).build().fetch_all(db).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    if toward == Toward::Newer {
        items.reverse();
    }
    let (has_next, has_previous) = match toward {
        Toward::Older => (more, from.is_some()),
        Toward::Newer => (true, more),
    };
    let next = items.last().filter(|_| has_next).map(|last| beside(Toward::Older, last)).transpose()?;
    let previous = items.first().filter(|_| has_previous).map(|first| beside(Toward::Newer, first)).transpose()?;
    Ok(Page { items, next, previous })
}

/// Finds the rows of one page, and one more if there is one.
fn page(of: Of, filter: &Filter, from: Option<PageKey>, limit: u32) -> QueryBuilder<Sqlite> {
    let table = of.table();
    let (beyond, order) = match from.map(|key| key.toward) {
        None | Some(Toward::Older) => ("<", " DESC"),
        Some(Toward::Newer) => (">", ""),
    };
    let mut query = filter.query(of, of.columns());
    if let Some(key) = from {
        query.push(format!(" AND ({table}.created_at_unix_ms, {table}.id) {beyond} ("));
        query.push_bind(key.created_at_unix_ms).push(", ").push_bind(id_bytes(key.id)).push(")");
    }
    query.push(format!(" ORDER BY {table}.created_at_unix_ms{order}, {table}.id{order} LIMIT "));
    query.push_bind(i64::from(limit) + 1);
    query
}

/// The place beside the object of a row.
fn beside(toward: Toward, row: &SqliteRow) -> Result<PageKey, CatalogError> {
    let id: Uuid = read_id(row, "id")?;
    Ok(PageKey { toward, created_at_unix_ms: row.try_get("created_at_unix_ms")?, id })
}

#[cfg(test)]
mod tests;
