//! `GET /live/{id}/index.m3u8` and the pieces that the playlist names (RFC 8216): with a key, or by a signed link. The stream itself is
//! made by `studio`, which is asked over `hub`; how it is cut and told is in `live`.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use hub::{LiveAnswer, LivePiece};
use model::{Capture, CaptureId, CaptureStatus, RecordingState};
use tokio::sync::OwnedSemaphorePermit;

use crate::{captures::find, error::ApiError, front::Front, keys::Caller, links, parameters::Parameters};

/// How much of an answer is handed on at once, in bytes.
const SLICE_BYTES: usize = 64 << 10;

/// A piece of the stream of a capture of the caller.
pub(crate) async fn with_key(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path((id, piece)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let capture = find(&front, &caller, &id).await?;
    show(&front, &capture, &piece, query.as_deref()).await
}

/// The same of whoever has a link.
pub(crate) async fn with_link(
    State(front): State<Arc<Front>>,
    Path((id, token, piece)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let signed = front.api.signer.verify_live(&token, links::unix_s(&front)).map_err(|_| ApiError::LinkRefused)?;
    if id.parse::<CaptureId>().ok() != Some(signed) {
        return Err(ApiError::LinkRefused);
    }
    let capture = front.api.catalog.capture(signed).await.map_err(ApiError::Unavailable)?.ok_or(ApiError::NotFound)?;
    show(&front, &capture, &piece, query.as_deref()).await
}

async fn show(front: &Front, capture: &Capture, piece: &str, query: Option<&str>) -> Result<Response, ApiError> {
    let wanted = piece_of(piece, query)?;
    if capture.recording.as_ref().is_some_and(|of| of.state == RecordingState::Deleted) {
        return Err(ApiError::NotFound);
    }
    if !capture.config.retention.stores() {
        return Err(ApiError::LiveNotStored);
    }
    let is_over = capture.latest().status >= CaptureStatus::CallEnded;
    let place = front.lasting()?;
    let (media_type, cache) = manner(&wanted, is_over);
    let answer = front.api.hub.viewing().ask(capture.id, is_over, wanted);
    let told = tokio::select! {
        told = answer => told,
        // The player comes back, and finds the next process.
        () = front.api.closing.closed() => LiveAnswer::Busy,
    };
    let bytes = match told {
        LiveAnswer::Piece(bytes) => bytes,
        LiveAnswer::Missing => return Err(ApiError::NotFound),
        LiveAnswer::TooFar => return Err(ApiError::LiveTooFar),
        LiveAnswer::NotBegun => return Err(ApiError::LiveNotBegun),
        LiveAnswer::Gone => return Err(ApiError::LogGone),
        LiveAnswer::Busy => return Err(ApiError::LiveBusy),
        LiveAnswer::Failed => return Err(ApiError::LiveFailed),
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    Ok((headers, body(bytes, place)).into_response())
}

/// The bytes, slice by slice; whoever reads them has a place until the last one is taken.
fn body(bytes: Bytes, place: OwnedSemaphorePermit) -> Body {
    let slices = stream::unfold((bytes, place), async |(mut bytes, place)| {
        let slice = bytes.split_to(bytes.len().min(SLICE_BYTES));
        (!slice.is_empty()).then_some((Ok::<_, Infallible>(slice), (bytes, place)))
    });
    Body::from_stream(slices)
}

/// What a piece is, and for how long whoever fetched it may keep it: a playlist changes with every part, what it names never.
const fn manner(piece: &LivePiece, is_over: bool) -> (&'static str, &'static str) {
    match piece {
        LivePiece::Playlist { .. } if is_over => ("application/vnd.apple.mpegurl", "private, max-age=2"),
        LivePiece::Playlist { .. } => ("application/vnd.apple.mpegurl", "no-store"),
        LivePiece::Header(_) | LivePiece::Segment(_) | LivePiece::Part(..) => ("video/mp4", "private, max-age=60"),
    }
}

/// The piece that a name and a query ask for.
fn piece_of(name: &str, query: Option<&str>) -> Result<LivePiece, ApiError> {
    if name == links::PLAYLIST {
        let parameters = Parameters::read(query);
        let number = |name: &str| parameters.parsed::<u64>(name).map_err(|_| ApiError::LiveTooFar);
        let (segment, part) = (number("_HLS_msn")?, number("_HLS_part")?);
        let part = part.map(|part| u32::try_from(part).unwrap_or(u32::MAX));
        return match (segment, part) {
            // A part is nothing without its segment.
            (None, Some(_)) => Err(ApiError::LiveTooFar),
            (segment, part) => {
                let is_delta = matches!(parameters.value("_HLS_skip"), Some("YES" | "v2"));
                Ok(LivePiece::Playlist { from: segment.map(|segment| (segment, part)), is_delta })
            }
        };
    }
    if name.starts_with("header-") {
        return Ok(LivePiece::Header(name.to_owned()));
    }
    let numbers = |prefix: &str| name.strip_prefix(prefix)?.strip_suffix(".m4s");
    let segment = numbers("segment-").and_then(|number| number.parse().ok()).map(LivePiece::Segment);
    let part = || {
        let (number, part) = numbers("part-")?.split_once('-')?;
        Some(LivePiece::Part(number.parse().ok()?, part.parse().ok()?))
    };
    segment.or_else(part).ok_or(ApiError::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: &str, query: &str) -> Result<LivePiece, u16> {
        piece_of(name, Some(query)).map_err(|error| error.status().as_u16())
    }

    #[test]
    fn names_and_queries_name_pieces() {
        assert_eq!(asked("index.m3u8", ""), Ok(LivePiece::Playlist { from: None, is_delta: false }));
        assert_eq!(
            asked("index.m3u8", "_HLS_msn=7"),
            Ok(LivePiece::Playlist { from: Some((7, None)), is_delta: false })
        );
        assert_eq!(
            asked("index.m3u8", "_HLS_msn=7&_HLS_part=2"),
            Ok(LivePiece::Playlist { from: Some((7, Some(2))), is_delta: false })
        );
        assert_eq!(asked("index.m3u8", "_HLS_skip=YES"), Ok(LivePiece::Playlist { from: None, is_delta: true }));
        assert_eq!(asked("segment-12.m4s", ""), Ok(LivePiece::Segment(12)));
        assert_eq!(asked("part-12-3.m4s", ""), Ok(LivePiece::Part(12, 3)));
        assert_eq!(asked("header-black.mp4", ""), Ok(LivePiece::Header("header-black.mp4".to_owned())));
    }

    #[test]
    fn anything_else_is_refused() {
        for name in ["", "index.m3u", "segment-.m4s", "segment--1.m4s", "segment-1.mp4", "part-1.m4s", "../index.m3u8"]
        {
            assert_eq!(asked(name, ""), Err(404), "{name}");
        }
        for query in ["_HLS_part=1", "_HLS_msn=x", "_HLS_msn=-1", "_HLS_msn=99999999999999999999"] {
            assert_eq!(asked("index.m3u8", query), Err(400), "{query}");
        }
    }
}
