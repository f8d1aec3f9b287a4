//! How values are kept in columns: ids as 16 bytes, enums as their names, structures as JSON. Which columns there are is
//! the migrations' business, what they mean the aggregates'.

use std::fmt::Display;

use model::{ArtifactId, DeliveryId, EndpointId, JobId};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{Row, sqlite::SqliteRow};
use uuid::Uuid;

use crate::CatalogError;

/// The bytes of an id.
pub(crate) fn id_bytes(id: Uuid) -> Vec<u8> {
    id.as_bytes().to_vec()
}

/// Reads an id.
pub(crate) fn read_id<T: From<Uuid>>(row: &SqliteRow, column: &'static str) -> Result<T, CatalogError> {
    let bytes: &[u8] = row.try_get(column)?;
    Uuid::from_slice(bytes).map(T::from).map_err(|why| unreadable(column, why))
}

/// Reads an id that may be NULL.
pub(crate) fn read_id_if_any<T: From<Uuid>>(row: &SqliteRow, column: &'static str) -> Result<Option<T>, CatalogError> {
    let is_there = row.try_get::<Option<&[u8]>, _>(column)?.is_some();
    is_there.then(|| read_id(row, column)).transpose()
}

/// Reads a structure that is kept as JSON, or as NULL.
pub(crate) fn read_json_if_any<T: DeserializeOwned>(
    row: &SqliteRow,
    column: &'static str,
) -> Result<Option<T>, CatalogError> {
    let is_there = row.try_get::<Option<&str>, _>(column)?.is_some();
    is_there.then(|| read_json(row, column)).transpose()
}

/// Reads an enum that is kept by its serde name.
pub(crate) fn read_name<T: DeserializeOwned>(row: &SqliteRow, column: &'static str) -> Result<T, CatalogError> {
    let name: String = row.try_get(column)?;
    serde_json::from_value(serde_json::Value::String(name)).map_err(|why| unreadable(column, why))
}

/// Reads an enum that is kept by its snake_case name, or as NULL.
pub(crate) fn read_name_if_any<T: DeserializeOwned>(
    row: &SqliteRow,
    column: &'static str,
) -> Result<Option<T>, CatalogError> {
    let is_there = row.try_get::<Option<&str>, _>(column)?.is_some();
    is_there.then(|| read_name(row, column)).transpose()
}

/// Reads a structure that is kept as JSON.
pub(crate) fn read_json<T: DeserializeOwned>(row: &SqliteRow, column: &'static str) -> Result<T, CatalogError> {
    let text: &str = row.try_get(column)?;
    serde_json::from_str(text).map_err(|why| unreadable(column, why))
}

/// Reads a number that was stored as a signed one.
pub(crate) fn read_number<T: TryFrom<i64>>(row: &SqliteRow, column: &'static str) -> Result<T, CatalogError>
where
    T::Error: Display,
{
    let number: i64 = row.try_get(column)?;
    T::try_from(number).map_err(|why| unreadable(column, why))
}

/// Writes a structure as JSON.
pub(crate) fn json<T: Serialize>(value: &T, column: &'static str) -> Result<String, CatalogError> {
    serde_json::to_string(value).map_err(|why| CatalogError::Unwritable { column, why: why.to_string() })
}

/// Fits a count into a column.
pub(crate) fn number(value: u64, column: &'static str) -> Result<i64, CatalogError> {
    i64::try_from(value).map_err(|why| CatalogError::Unwritable { column, why: why.to_string() })
}

fn unreadable(column: &'static str, why: impl Display) -> CatalogError {
    CatalogError::Unreadable { column, why: why.to_string() }
}

/// A new job's id.
pub(crate) fn new_job_id(now_unix_ms: i64) -> Result<JobId, CatalogError> {
    Ok(JobId::new(now_unix_ms.max(0).unsigned_abs(), random()?))
}

/// A new artifact's id.
pub(crate) fn new_artifact_id(now_unix_ms: i64) -> Result<ArtifactId, CatalogError> {
    Ok(ArtifactId::new(now_unix_ms.max(0).unsigned_abs(), random()?))
}

/// A new delivery's id.
pub(crate) fn new_delivery_id(now_unix_ms: i64) -> Result<DeliveryId, CatalogError> {
    Ok(DeliveryId::new(now_unix_ms.max(0).unsigned_abs(), random()?))
}

/// A new real-time endpoint's id.
pub(crate) fn new_endpoint_id(now_unix_ms: i64) -> Result<EndpointId, CatalogError> {
    Ok(EndpointId::new(now_unix_ms.max(0).unsigned_abs(), random()?))
}

fn random() -> Result<[u8; 10], CatalogError> {
    let mut bytes = [0; 10];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| CatalogError::Seal)?;
    Ok(bytes)
}
