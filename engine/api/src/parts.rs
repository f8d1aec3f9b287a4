//! The list of parts of an artifact, as it is downloaded: each part with a fresh link (recording-api §6.5). What is in it is in
//! `schema::document`; links to other files are served in `download`.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use model::Artifact;
use schema::document::parts_with_links;
use store::{ObjectKey, StoreError};
use tokio::io::AsyncReadExt;

use crate::{error::ApiError, front::Front, links};

/// The longest list that is read, in bytes: a thousand parts, each of somebody with the longest name.
const LONGEST_LIST_BYTES: u64 = 8 << 20;

/// Serves the list at `key`. It is another one each time, so that it has neither ranges nor a version.
pub(crate) async fn list(
    front: &Front,
    key: &ObjectKey,
    artifact: &Artifact,
    method: &Method,
) -> Result<Response, ApiError> {
    let stored = read(front, key).await?;
    let link = |name: &str| artifact.file(name).and_then(|_| links::file(front, key.recording(), key.artifact(), name));
    let list = parts_with_links(&stored, link).map_err(|error| ApiError::SeekFailed { source: error.into() })?;
    let mut answer = HeaderMap::new();
    for (name, value) in [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"parts.json\""),
        (header::ACCEPT_RANGES, "none"),
        // Its links end.
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        answer.insert(name, HeaderValue::from_static(value));
    }
    answer.insert(header::CONTENT_LENGTH, HeaderValue::from(list.len()));
    let body = if method == Method::HEAD { Body::empty() } else { Body::from(list) };
    Ok((StatusCode::OK, answer, body).into_response())
}

async fn read(front: &Front, key: &ObjectKey) -> Result<Vec<u8>, ApiError> {
    let (file, ..) = front.api.store.open_read(key).await.map_err(|error| match error {
        StoreError::Missing { .. } => ApiError::NotFound,
        other => ApiError::FileUnreadable(other),
    })?;
    let mut stored = Vec::new();
    let read = file.take(LONGEST_LIST_BYTES).read_to_end(&mut stored).await;
    read.map_err(|source| ApiError::SeekFailed { source })?;
    Ok(stored)
}
