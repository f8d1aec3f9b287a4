//! `POST /api/v1/recording/{id}/editions/` and `DELETE` of one, our own addition: one more mixed video of a recording that is
//! over; and `POST /api/v1/recording/{id}/create_transcript/` (recording-api §5.3), one more transcript of it. Making them is the
//! business of `studio`.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use catalog::Ordered;
use hub::Wake;
use model::{Artifact, ArtifactId, Capture};

use crate::{error::ApiError, front::Front, keys::Caller, links, recordings::find};

/// Queues an edition: 201 with its artifact, or 409 if nothing can be made of the recording now or any more.
pub(crate) async fn order(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let body = front.wish(request).await?;
    let edition = schema::request::edition(&body)?;
    let (recording, _) = find(&front, &caller, &id).await?;
    let catalog = &front.api.catalog;
    let ordered =
        catalog.order_edition(recording, edition, front.now_unix_ms()).await.map_err(ApiError::Unavailable)?;
    let (artifact, capture) = begun(&front, queued(ordered, ApiError::TooManyEditions)?).await?;
    Ok((StatusCode::CREATED, Json(links::artifact(&front, &capture, artifact.id))).into_response())
}

/// Queues one more transcript: 200 with its artifact, which has failed if nobody here makes such a one; 409 as for editions.
pub(crate) async fn order_transcript(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let body = front.wish(request).await?;
    let (order, labels) = schema::request::transcript(&body)?;
    let (recording, _) = find(&front, &caller, &id).await?;
    let catalog = &front.api.catalog;
    let ordered =
        catalog.order_transcript(recording, order, labels, front.now_unix_ms()).await.map_err(ApiError::Unavailable)?;
    let (artifact, capture) = begun(&front, queued(ordered, ApiError::TooManyTranscripts)?).await?;
    Ok(Json(links::whole_artifact(&front, &capture, &artifact)).into_response())
}

/// Wakes whoever makes it, and answers with what was queued and the capture that it belongs to.
async fn begun(front: &Front, artifact: ArtifactId) -> Result<(Artifact, Capture), ApiError> {
    front.api.hub.wake(Wake::Renders);
    let catalog = &front.api.catalog;
    let (artifact, _, capture) =
        catalog.artifact(artifact).await.map_err(ApiError::Unavailable)?.ok_or(ApiError::NotFound)?;
    let capture = catalog.capture(capture).await.map_err(ApiError::Unavailable)?.ok_or(ApiError::NotFound)?;
    Ok((artifact, capture))
}

/// What was queued, or why nothing was.
fn queued(ordered: Ordered, too_many: ApiError) -> Result<ArtifactId, ApiError> {
    match ordered {
        Ordered::Queued(artifact) => Ok(artifact),
        Ordered::Unknown => Err(ApiError::NotFound),
        Ordered::Gone => Err(ApiError::LogGone),
        Ordered::Grows => Err(ApiError::StillGrows),
        Ordered::TooMany => Err(too_many),
    }
}

/// Gives an edition up, made or not: 204. The render that makes it is told, and a purge removes what was made of it.
pub(crate) async fn give_up(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path((id, edition)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let (recording, _) = find(&front, &caller, &id).await?;
    let artifact: ArtifactId = edition.parse().map_err(|_| ApiError::NotFound)?;
    let catalog = &front.api.catalog;
    let found = catalog.artifact(artifact).await.map_err(ApiError::Unavailable)?;
    found.filter(|(_, of, _)| *of == recording).ok_or(ApiError::NotFound)?;
    if !catalog.give_up_edition(artifact, front.now_unix_ms()).await.map_err(ApiError::Unavailable)? {
        return Err(ApiError::NotFound);
    }
    front.api.hub.wake(Wake::Renders);
    Ok(StatusCode::NO_CONTENT)
}
