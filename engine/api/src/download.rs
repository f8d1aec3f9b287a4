//! `GET /api/v1/download/{token}`: a file behind a signed link, with ranges (recording-api §5.4, fault-matrix G4, G5).
//!
//! The link names the file and proves that we gave it out; no other key is asked for. The catalogue decides whether the
//! file is there still; its bytes come from the store by its key, never by a path from outside.

use std::{io::SeekFrom, sync::Arc};

use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use model::{Artifact, ArtifactFile, ArtifactState};
use store::{ObjectKey, StoreError};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use crate::{error::ApiError, front::Front, kept, links, parts, range::Wanted};

/// How much of a file is read at once, in bytes.
const READ_BYTES: usize = 64 * 1024;

/// Serves the file that a link names, or the part of it that is asked for.
pub(crate) async fn download(
    State(front): State<Arc<Front>>,
    Path(token): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let key = front.api.signer.verify(&token, links::unix_s(&front)).map_err(|_| ApiError::LinkRefused)?;
    let artifact = described(&front, &key).await?;
    let meta = artifact.file(key.name()).cloned().ok_or(ApiError::NotFound)?;
    if meta.name == schema::file::PARTS {
        return parts::list(&front, &key, &artifact, &method).await;
    }
    let (mut file, len_bytes, _) = front.api.store.open_read(&key).await.map_err(|error| match error {
        StoreError::Missing { .. } => ApiError::NotFound,
        other => ApiError::FileUnreadable(other),
    })?;
    let tag = format!("\"{}\"", meta.sha256);
    let mut answer = HeaderMap::new();
    answer.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static("private"));
    answer.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    insert(&mut answer, header::ETAG, &tag);
    if is_known(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, answer).into_response());
    }
    insert(&mut answer, header::CONTENT_TYPE, &meta.media_type);
    insert(&mut answer, header::CONTENT_DISPOSITION, &disposition(&meta));
    let wanted = match method {
        Method::GET if range_counts(&headers, &tag) => {
            Wanted::of(headers.get(header::RANGE).and_then(|range| range.to_str().ok()), len_bytes)
        }
        _ => Wanted::Whole,
    };
    let (status, first) = match wanted {
        Wanted::Nothing => return Err(ApiError::RangeNotSatisfiable { len_bytes }),
        Wanted::Whole => (StatusCode::OK, 0),
        Wanted::Part { first, last } => {
            insert(&mut answer, header::CONTENT_RANGE, &format!("bytes {first}-{last}/{len_bytes}"));
            (StatusCode::PARTIAL_CONTENT, first)
        }
    };
    let sent_bytes = wanted.len_bytes(len_bytes);
    answer.insert(header::CONTENT_LENGTH, HeaderValue::from(sent_bytes));
    if method == Method::HEAD {
        return Ok((status, answer, Body::empty()).into_response());
    }
    let place = front.lasting()?;
    if first > 0 {
        file.seek(SeekFrom::Start(first)).await.map_err(|source| ApiError::SeekFailed { source })?;
    }
    let bytes = ReaderStream::with_capacity(file.take(sent_bytes), READ_BYTES);
    let body = kept::body(bytes, place, front.api.catalog.clone(), key.artifact(), front.limits.look_every);
    Ok((status, answer, body).into_response())
}

/// What the catalogue says about the artifact, which is done.
async fn described(front: &Front, key: &ObjectKey) -> Result<Artifact, ApiError> {
    let found = front.api.catalog.artifact(key.artifact()).await.map_err(ApiError::Unavailable)?;
    let (artifact, recording, _) = found.ok_or(ApiError::NotFound)?;
    if recording != key.recording() || artifact.state != ArtifactState::Done {
        return Err(ApiError::NotFound);
    }
    Ok(artifact)
}

/// Whether the client has this version already (RFC 9110 §13.1.2).
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let lists = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    lists
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

/// Whether `Range` counts: `If-Range` names this very version, or is absent (RFC 9110 §13.1.5). We send no dates, so a
/// date never names one.
fn range_counts(headers: &HeaderMap, tag: &str) -> bool {
    headers.get(header::IF_RANGE).is_none_or(|version| version.as_bytes() == tag.as_bytes())
}

/// Films play in place, documents are saved. Names are those of store keys, which need no quoting.
fn disposition(file: &ArtifactFile) -> String {
    let manner = if file.media_type.starts_with("video/") || file.media_type.starts_with("audio/") {
        "inline"
    } else {
        "attachment"
    };
    format!("{manner}; filename=\"{}\"", file.name)
}

/// Adds a header; a value that no header can carry is left out.
fn insert(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}
