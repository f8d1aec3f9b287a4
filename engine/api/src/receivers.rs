//! `/api/v1/webhook_endpoint/`, our own addition: receivers of status webhooks, their secrets, and what became of what they were
//! to hear. Only a project's administrators get here. Bringing it to them is the business of `deliver`.

use std::{future::Future, sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    extract::{Path, RawQuery, Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use catalog::{CatalogError, Registered};
use dial::{DialError, Protocol};
use model::{DeliveryId, DeliveryState, Fault, Secret, WebhookEndpoint, WebhookEndpointId};
use schema::{
    FieldErrors,
    object::{List, WebhookEndpointObject, webhook_delivery, webhook_endpoint},
    request::{new_webhook, replay as read_replay, webhook_change},
    signature::SigningKey,
};
use serde_json::json;

use crate::{error::ApiError, front::Front, keys::Caller, links, parameters::Parameters, query::PAGE};

/// How long it may take to find out where the name of a receiver leads.
const RESOLVE: Duration = Duration::from_secs(3);

/// What is said of a name that leads where no receiver may be.
const INSIDE: &str = "Its name leads to an address that is not public; if that is yours, name its host or network in \
                      `deliver.private`.";

/// Every receiver of the caller's project, newest first.
pub(crate) async fn list(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, ApiError> {
    let all = front.api.catalog.webhooks(&caller.project).await.map_err(ApiError::Unavailable)?;
    let results = all.iter().map(webhook_endpoint).collect::<Vec<_>>();
    Ok(Json(List { next: None, previous: None, results }).into_response())
}

/// Registers a receiver: 201 with its secret, which is shown this once.
pub(crate) async fn create(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, ApiError> {
    let wish = new_webhook(&front.wish(request).await?)?;
    check(&front, &wish.url).await?;
    let now_unix_ms = front.now_unix_ms();
    let id = WebhookEndpointId::new(u64::try_from(now_unix_ms).unwrap_or_default(), rand::random());
    let secret = SigningKey::new(rand::random()).text();
    let registered = front.api.catalog.register_webhook(id, &caller.project, wish, secret.clone(), now_unix_ms).await;
    match registered.map_err(ApiError::Unavailable)? {
        Registered::New => {}
        Registered::TooMany => return Err(ApiError::TooManyEndpoints),
    }
    let endpoint = find(&front, &caller, id).await?;
    Ok((StatusCode::CREATED, Json(with_secret(&endpoint, &secret))).into_response())
}

/// One receiver.
pub(crate) async fn one(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    Ok(Json(webhook_endpoint(&named(&front, &caller, &id).await?)).into_response())
}

/// Changes a receiver. Of one that the operator configured only whether it is disabled can be changed here.
pub(crate) async fn change(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let known = named(&front, &caller, &id).await?;
    let change = webhook_change(&front.wish(request).await?, &known.wish)?;
    if change.wish != known.wish {
        refuse_configured(&known)?;
        if change.wish.url != known.wish.url {
            check(&front, &change.wish.url).await?;
        }
        let changed = front.api.catalog.change_webhook(known.id, known.wish, change.wish, front.now_unix_ms()).await;
        changed.map_err(ApiError::Unavailable)?;
    }
    if let Some(disabled) = change.disabled {
        let (catalog, now_unix_ms) = (front.api.catalog.clone(), front.now_unix_ms());
        to_its_end(async move { catalog.set_webhook_disabled(known.id, disabled, now_unix_ms).await }).await?;
    }
    Ok(Json(webhook_endpoint(&find(&front, &caller, known.id).await?)).into_response())
}

/// Forgets a receiver with its log: 204.
pub(crate) async fn remove(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let known = named(&front, &caller, &id).await?;
    refuse_configured(&known)?;
    let (catalog, now_unix_ms) = (front.api.catalog.clone(), front.now_unix_ms());
    to_its_end(async move { catalog.remove_webhook(known.id, now_unix_ms).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a receiver another secret, which is shown this once; the one before signs as well for a day.
pub(crate) async fn rotate(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let known = named(&front, &caller, &id).await?;
    refuse_configured(&known)?;
    let secret = SigningKey::new(rand::random()).text();
    let rotated = front.api.catalog.rotate_webhook_secret(known.id, secret.clone(), front.now_unix_ms()).await;
    rotated.map_err(ApiError::Unavailable)?;
    Ok(Json(with_secret(&find(&front, &caller, known.id).await?, &secret)).into_response())
}

/// One page of a receiver's log, newest first.
pub(crate) async fn deliveries(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let known = named(&front, &caller, &id).await?;
    let parameters = Parameters::read(query.as_deref());
    let before = parameters.parsed::<DeliveryId>("cursor").map_err(|_| ApiError::BadCursor)?;
    let state = parameters.value("status_code").map(state_of).transpose()?;
    let page = front.api.catalog.deliveries(known.id, state, before, PAGE).await.map_err(ApiError::Unavailable)?;
    let next = page.next.map(|before| links::deliveries_page(&front, known.id, state, before));
    let results = page.deliveries.iter().map(webhook_delivery).collect();
    Ok(Json(List { next, previous: None, results }).into_response())
}

/// Has one delivery brought once more, now.
pub(crate) async fn resend(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path((id, delivery)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let known = named(&front, &caller, &id).await?;
    let delivery: DeliveryId = delivery.parse().map_err(|_| ApiError::NotFound)?;
    refuse_disabled(&known)?;
    let queued = front.api.catalog.resend_delivery(known.id, delivery, front.now_unix_ms()).await;
    if queued.map_err(ApiError::Unavailable)? { Ok(queued_json(1)) } else { Err(ApiError::NotFound) }
}

/// Has everything, or every dead letter, brought once more since a moment.
pub(crate) async fn replay(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let known = named(&front, &caller, &id).await?;
    let wish = read_replay(&front.wish(request).await?)?;
    refuse_disabled(&known)?;
    let (catalog, now_unix_ms) = (front.api.catalog.clone(), front.now_unix_ms());
    let replay =
        async move { catalog.replay_deliveries(known.id, wish.since_unix_ms, wish.only_dead, now_unix_ms).await };
    Ok(queued_json(to_its_end(replay).await?))
}

/// Does what takes many operations to its end, even if the caller hangs up between two of them.
async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, CatalogError>> + Send + 'static,
) -> Result<T, ApiError> {
    let done = tokio::spawn(work).await.unwrap_or(Err(CatalogError::Closed));
    done.map_err(ApiError::Unavailable)
}

/// The state to which a log is narrowed.
fn state_of(text: &str) -> Result<DeliveryState, ApiError> {
    let states = [DeliveryState::Waiting, DeliveryState::Delivered, DeliveryState::Dead];
    states.into_iter().find(|state| state.name() == text).ok_or_else(|| {
        FieldErrors::one(&["status_code"], "Not a valid choice; use one of: waiting, delivered, dead.").into()
    })
}

/// Whether an address may be dialled, by its text and by what it resolves to now. That a name does not resolve now is no reason
/// to refuse it: it is checked again at each connection. Where a name leads is told to the operator alone: customers would read
/// his own names and networks from it.
async fn check(front: &Front, url: &str) -> Result<(), ApiError> {
    let refuse = |text: String| Err(FieldErrors::one(&["url"], text).into());
    if let Err(error) = front.api.outward.check(url, Protocol::Http) {
        return refuse(error.to_string());
    }
    match front.api.outward.check_resolved(url, Protocol::Http, RESOLVE).await {
        Err(error @ DialError::Refused { .. }) => {
            tracing::warn!(code = error.code(), %error, "the address of a receiver is refused");
            refuse(INSIDE.to_owned())
        }
        _ => Ok(()),
    }
}

/// The receiver of the caller's project that an address names.
async fn named(front: &Front, caller: &Caller, id: &str) -> Result<WebhookEndpoint, ApiError> {
    find(front, caller, id.parse().map_err(|_| ApiError::NotFound)?).await
}

async fn find(front: &Front, caller: &Caller, id: WebhookEndpointId) -> Result<WebhookEndpoint, ApiError> {
    let found = front.api.catalog.webhook(&caller.project, id).await.map_err(ApiError::Unavailable)?;
    found.ok_or(ApiError::NotFound)
}

/// What the operator wrote into the configuration is changed there.
fn refuse_configured(endpoint: &WebhookEndpoint) -> Result<(), ApiError> {
    if endpoint.configured_as.is_some() { Err(ApiError::EndpointConfigured) } else { Ok(()) }
}

fn refuse_disabled(endpoint: &WebhookEndpoint) -> Result<(), ApiError> {
    if endpoint.disabled.is_some() { Err(ApiError::EndpointDisabled) } else { Ok(()) }
}

fn with_secret(endpoint: &WebhookEndpoint, secret: &Secret<String>) -> WebhookEndpointObject {
    WebhookEndpointObject { secret: Some(secret.expose().clone()), ..webhook_endpoint(endpoint) }
}

fn queued_json(deliveries: u64) -> Response {
    Json(json!({ "queued": deliveries })).into_response()
}
