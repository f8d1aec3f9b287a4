//! `/api/v1/video_mixed/` and its like: artifacts of one kind by themselves (recording-api §5.2, §5.3). Which kind a route is
//! of stands in the extensions of its requests.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, RawQuery, Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use hub::Wake;
use model::{Artifact, ArtifactId, ArtifactKind, Capture};

use crate::{
    captures::{held, labels, listed},
    error::ApiError,
    front::Front,
    keys::Caller,
    links,
    query::{PAGE, Query},
};

/// The statuses that a list can be narrowed to.
pub(crate) const STATUSES: [&str; 4] = ["processing", "done", "failed", "deleted"];

/// The path of the list of a kind, in its canonical spelling.
pub(crate) fn path(kind: ArtifactKind) -> String {
    format!("/api/v1/{}/", kind.name())
}

/// One page of the artifacts of a kind, newest first.
pub(crate) async fn list(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Extension(kind): Extension<ArtifactKind>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = Query::read(query.as_deref(), &caller, &STATUSES)?;
    let page =
        front.api.catalog.artifacts(kind, &query.filter, query.from, PAGE).await.map_err(ApiError::Unavailable)?;
    Ok(listed(&front, &path(kind), &query, page, |(artifact, capture)| {
        links::whole_artifact(&front, capture, artifact)
    }))
}

/// One artifact.
pub(crate) async fn one(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Extension(kind): Extension<ArtifactKind>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let (artifact, capture) = find(&front, &caller, kind, &id).await?;
    Ok(Json(links::whole_artifact(&front, &capture, &artifact)).into_response())
}

/// Changes the labels of an artifact, and answers it.
pub(crate) async fn change(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Extension(kind): Extension<ArtifactKind>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let labels = labels(&front, request).await?;
    let (artifact, _) = find(&front, &caller, kind, &id).await?;
    if let Some(labels) = labels {
        front.api.catalog.label_artifact(artifact.id, labels).await.map_err(ApiError::Unavailable)?;
    }
    let (artifact, capture) = find(&front, &caller, kind, &id).await?;
    Ok(Json(links::whole_artifact(&front, &capture, &artifact)).into_response())
}

/// Deletes an artifact alone; the object stays, and says so.
pub(crate) async fn remove(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Extension(kind): Extension<ArtifactKind>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let (artifact, _) = find(&front, &caller, kind, &id).await?;
    front.api.catalog.discard_artifact(artifact.id, front.now_unix_ms()).await.map_err(ApiError::Unavailable)?;
    front.api.hub.wake(Wake::Renders);
    Ok(StatusCode::NO_CONTENT)
}

/// The artifact that an address names, with the capture that its recording began with.
async fn find(front: &Front, caller: &Caller, kind: ArtifactKind, id: &str) -> Result<(Artifact, Capture), ApiError> {
    let id: ArtifactId = id.parse().map_err(|_| ApiError::NotFound)?;
    let found = front.api.catalog.artifact(id).await.map_err(ApiError::Unavailable)?;
    let (artifact, _, capture) = found.filter(|(artifact, ..)| artifact.kind == kind).ok_or(ApiError::NotFound)?;
    Ok((artifact, held(front, caller, capture).await?))
}
