//! Reads the body of a request within limits of size, time and form (fault-matrix D7).

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header},
};
use http_body_util::BodyExt;
use tokio::sync::Semaphore;

use crate::error::ApiError;

/// The largest body that is taken, in bytes.
pub(crate) const LIMIT_BYTES: usize = 256 * 1024;
/// How much of a body is read without asking whether there is room for more, in bytes; Zoom's have less than 1 KiB.
const SMALL_BYTES: usize = 8 * 1024;
/// How many bodies may be larger than that at once, so that all of them together stay small.
pub(crate) const LARGE_AT_ONCE: usize = 64;

/// Reads the whole body of somebody who may be anybody, within `limit`. While it is larger than a few KiB it holds a permit
/// of `large`.
///
/// # Errors
/// [`ApiError::TooLarge`] (before anything is read, where the length is announced), [`ApiError::UnsupportedEncoding`],
/// [`ApiError::UnsupportedMediaType`], [`ApiError::BodyTimeout`], [`ApiError::BodyBroken`], [`ApiError::TooBusy`] without a
/// permit.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    large: &Semaphore,
    limit: Duration,
) -> Result<Bytes, ApiError> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > LIMIT_BYTES as u64) {
        return Err(ApiError::TooLarge { limit_bytes: LIMIT_BYTES });
    }
    check_form(headers)?;
    tokio::time::timeout(limit, gather(body, large)).await.map_err(|_| ApiError::BodyTimeout)?
}

async fn gather(mut body: Body, large: &Semaphore) -> Result<Bytes, ApiError> {
    let mut whole = Vec::new();
    let mut permit = None;
    while let Some(frame) = body.frame().await {
        // Trailers say nothing to us.
        let Ok(piece) = frame.map_err(|_| ApiError::BodyBroken)?.into_data() else { continue };
        let len_bytes = whole.len().saturating_add(piece.len());
        if len_bytes > LIMIT_BYTES {
            return Err(ApiError::TooLarge { limit_bytes: LIMIT_BYTES });
        }
        if len_bytes > SMALL_BYTES && permit.is_none() {
            permit = Some(large.try_acquire().map_err(|_| ApiError::TooBusy)?);
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.into())
}

/// Identity encoding, and JSON unless the request does not say.
fn check_form(headers: &HeaderMap) -> Result<(), ApiError> {
    for encoding in headers.get_all(header::CONTENT_ENCODING) {
        if !encoding.as_bytes().eq_ignore_ascii_case(b"identity") {
            return Err(ApiError::UnsupportedEncoding);
        }
    }
    let Some(declared) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let essence = declared.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let json = essence.eq_ignore_ascii_case("application/json")
        || essence.to_ascii_lowercase().strip_prefix("application/").is_some_and(|rest| rest.ends_with("+json"));
    if json { Ok(()) } else { Err(ApiError::UnsupportedMediaType) }
}
