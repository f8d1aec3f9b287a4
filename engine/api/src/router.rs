//! Which address leads where. Every path of the API is served with and without a slash at its end, never by a redirect,
//! which would turn a POST into a GET (recording-api §1.1).

use std::sync::Arc;

use axum::{
    Extension, Router,
    http::{HeaderName, Method, StatusCode, header},
    middleware,
    routing::{MethodRouter, delete, get, post},
};
use model::ArtifactKind;
use tower_http::cors::{Any, CorsLayer};

use crate::{
    artifacts, auth, bots, captures,
    closing::say_close,
    create, download, editions,
    error::ApiError,
    events,
    front::{Api, Front},
    health,
    limits::Limits,
    links, measure, recordings, watch, webhook,
};

/// The whole surface as one service.
pub fn router(api: Api) -> Router {
    routes(Front::new(api, Limits::default()))
}

/// The whole surface of a front.
pub(crate) fn routes(front: Arc<Front>) -> Router {
    measure::describe();
    Router::new()
        .merge(customer(&front))
        .merge(both(&format!("{}{{token}}", links::DOWNLOAD), downloads()).layer(cors()))
        .merge(both("/zoom-webhook", get(webhook::hello).post(webhook::any_app)))
        .merge(both("/zoom-webhook/{app}", get(webhook::hello).post(webhook::one_app)))
        .merge(both("/metrics", get(health::metrics)))
        .merge(both("/health/live", get(health::live)))
        .merge(both("/health/ready", get(health::ready)))
        .fallback(async || ApiError::NotFound)
        .method_not_allowed_fallback(async |method: Method| ApiError::MethodNotAllowed(method))
        .layer(middleware::from_fn(measure::request))
        .layer(middleware::from_fn_with_state(front.api.closing.clone(), say_close))
        .with_state(front)
}

/// What needs a customer's key.
fn customer(front: &Arc<Front>) -> Router<Arc<Front>> {
    let (captures, recordings, bots) = (links::CAPTURES, links::RECORDINGS, links::BOTS);
    let artifacts = ArtifactKind::ALL.into_iter().map(artifacts_of).fold(Router::new(), Router::merge);
    Router::new()
        .merge(both(captures, get(captures::list).post(create::create)))
        .merge(both(&format!("{captures}{{id}}"), one_capture(get(captures::one).patch(captures::change))))
        .merge(verbs(captures))
        .merge(both(recordings, get(recordings::list)))
        .merge(both(
            &format!("{recordings}{{id}}"),
            get(recordings::one).patch(recordings::change).delete(recordings::remove),
        ))
        .merge(artifacts)
        .merge(both(bots, get(bots::list).post(bots::refuse)))
        .merge(both(&format!("{bots}{{id}}"), one_capture(get(bots::one))))
        .merge(verbs(bots))
        .merge(both(&format!("{captures}{{id}}/events"), get(events::events)))
        .merge(both(&format!("{captures}{{id}}/watch"), post(watch::watch)))
        .merge(both(&format!("{recordings}{{id}}/editions"), post(editions::order)))
        .merge(both(&format!("{recordings}{{id}}/editions/{{edition}}"), delete(editions::give_up)))
        .route_layer(middleware::from_fn_with_state(front.clone(), auth::require_key))
}

/// What is done to one capture, whatever it is shown as.
fn one_capture(methods: MethodRouter<Arc<Front>>) -> MethodRouter<Arc<Front>> {
    methods.delete(captures::remove)
}

/// What can be asked of a capture.
fn verbs(path: &str) -> Router<Arc<Front>> {
    Router::new()
        .merge(both(&format!("{path}{{id}}/delete_media"), post(captures::delete_media)))
        .merge(both(&format!("{path}{{id}}/leave_call"), post(captures::leave_call)))
}

/// The routes of the artifacts of a kind.
fn artifacts_of(kind: ArtifactKind) -> Router<Arc<Front>> {
    let path = artifacts::path(kind);
    let one = get(artifacts::one).patch(artifacts::change).delete(artifacts::remove);
    both(&path, get(artifacts::list)).merge(both(&format!("{path}{{id}}"), one)).layer(Extension(kind))
}

/// A path in both spellings.
fn both(path: &str, methods: MethodRouter<Arc<Front>>) -> Router<Arc<Front>> {
    let bare = path.trim_end_matches('/');
    Router::new().route(bare, methods.clone()).route(&format!("{bare}/"), methods)
}

/// A file; OPTIONS has a place here so that the layer around it gets to answer a browser's preflight.
fn downloads() -> MethodRouter<Arc<Front>> {
    get(download::download).options(async || StatusCode::NO_CONTENT)
}

/// Players in browsers fetch files from other origins.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD])
        .allow_headers([header::RANGE, header::IF_RANGE, header::IF_NONE_MATCH])
        .expose_headers([
            header::ACCEPT_RANGES,
            header::CONTENT_DISPOSITION,
            header::CONTENT_LENGTH,
            header::CONTENT_RANGE,
            header::ETAG,
            HeaderName::from_static("retry-after"),
        ])
}
