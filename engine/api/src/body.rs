//! Reads the body of a request within limits of size, time and form (fault-matrix D7).

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::error::ApiError;

/// The largest body that is taken, in bytes.
pub(crate) const LIMIT_BYTES: usize = 256 * 1024;
/// How long a body may take to arrive.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Reads the whole body.
///
/// # Errors
/// [`ApiError::TooLarge`] (before anything is read, where the length is announced), [`ApiError::UnsupportedEncoding`],
/// [`ApiError::UnsupportedMediaType`], [`ApiError::BodyTimeout`], [`ApiError::BodyBroken`].
pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, ApiError> {
    let too_large = ApiError::TooLarge { limit_bytes: LIMIT_BYTES };
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > LIMIT_BYTES as u64) {
        return Err(too_large);
    }
    check_form(headers)?;
    match tokio::time::timeout(TIMEOUT, Limited::new(body, LIMIT_BYTES).collect()).await {
        Err(_) => Err(ApiError::BodyTimeout),
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large),
        Ok(Err(_)) => Err(ApiError::BodyBroken),
    }
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
