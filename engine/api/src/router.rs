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
    artifacts, auth, bots, capacity, captures,
    closing::say_close,
    create, download, editions, endpoints,
    error::ApiError,
    events,
    front::{Api, Front},
    health,
    limits::Limits,
    links, live, measure, openapi, pause, receivers, recordings, repeats, stream, throttle, watch, webhook,
};

/// The whole surface as one service.
pub fn router(api: Api) -> Router {
    routes(Front::new(api, Limits::default()))
}

/// The whole surface of a front.
pub(crate) fn routes(front: Arc<Front>) -> Router {
    measure::describe();
    Router::new()
        .merge(
            served(administrator())
                .route_layer(middleware::from_fn(auth::require_admin))
                .merge(served(customer()))
                .route_layer(middleware::from_fn_with_state(front.clone(), repeats::answer_again))
                .route_layer(middleware::from_fn_with_state(front.clone(), throttle::slow_down))
                .route_layer(middleware::from_fn_with_state(front.clone(), auth::require_key)),
        )
        .merge(served(vec![(format!("{}{{token}}", links::DOWNLOAD), downloads())]).layer(cors()))
        .merge(viewers(&front))
        .merge(served(anybody()))
        .fallback(async || ApiError::NotFound)
        .method_not_allowed_fallback(async |method: Method| ApiError::MethodNotAllowed(method))
        .layer(middleware::from_fn(measure::request))
        .layer(middleware::from_fn_with_state(front.api.closing.clone(), say_close))
        .with_state(front)
}

/// A path in its canonical spelling but for the slash at its end, and what can be done there.
type Route = (String, MethodRouter<Arc<Front>>);

/// What needs a customer's key.
pub(crate) fn customer() -> Vec<Route> {
    let (captures, recordings, bots) = (links::CAPTURES, links::RECORDINGS, links::BOTS);
    let one = |path: &str, rest: &str| format!("{path}{{id}}{rest}");
    let mut routes = vec![
        (captures.to_owned(), get(captures::list).post(create::create)),
        (one(captures, ""), get(captures::one).patch(captures::change).delete(captures::remove)),
        (one(captures, "/events"), get(events::events)),
        (one(captures, "/stream"), get(stream::stream)),
        (one(captures, "/watch"), post(watch::watch)),
        (recordings.to_owned(), get(recordings::list)),
        (one(recordings, ""), get(recordings::one).patch(recordings::change).delete(recordings::remove)),
        (one(recordings, "/deletion"), get(recordings::receipt)),
        (one(recordings, "/editions"), post(editions::order)),
        (one(recordings, "/editions/{edition}"), delete(editions::give_up)),
        (one(recordings, "/create_transcript"), post(editions::order_transcript)),
        (links::REALTIME_ENDPOINTS.to_owned(), get(endpoints::list)),
        (one(links::REALTIME_ENDPOINTS, ""), get(endpoints::one).patch(endpoints::change)),
        (bots.to_owned(), get(bots::list).post(bots::refuse)),
        (one(bots, ""), get(bots::one).delete(bots::keep)),
    ];
    for path in [captures, bots] {
        routes.push((one(path, "/delete_media"), post(captures::delete_media)));
        routes.push((one(path, "/leave_call"), post(captures::leave_call)));
        for (verb, is_withheld) in pause::VERBS {
            routes.push((one(path, &format!("/{verb}")), post(pause::pause).layer(Extension(is_withheld))));
        }
    }
    for kind in ArtifactKind::ALL {
        let path = artifacts::path(kind);
        let methods = get(artifacts::one).patch(artifacts::change).delete(artifacts::remove);
        routes.push((one(&path, ""), methods.layer(Extension(kind))));
        routes.push((path, get(artifacts::list).layer(Extension(kind))));
    }
    routes
}

/// What needs the key of an administrator, whatever its method.
pub(crate) fn administrator() -> Vec<Route> {
    let endpoints = links::WEBHOOK_ENDPOINTS;
    let one = |rest: &str| format!("{endpoints}{{id}}{rest}");
    vec![
        ("/api/v1/capacity/".to_owned(), get(capacity::capacity)),
        (endpoints.to_owned(), get(receivers::list).post(receivers::create)),
        (one(""), get(receivers::one).patch(receivers::change).delete(receivers::remove)),
        (one("/rotate_secret"), post(receivers::rotate)),
        (one("/deliveries"), get(receivers::deliveries)),
        (one("/deliveries/{delivery}/resend"), post(receivers::resend)),
        (one("/replay"), post(receivers::replay)),
    ]
}

/// What proves itself otherwise, or needs no proof.
fn anybody() -> Vec<Route> {
    let webhook = "/zoom-webhook";
    vec![
        (webhook.to_owned(), get(webhook::hello).post(webhook::any_app)),
        (format!("{webhook}/{{app}}"), get(webhook::hello).post(webhook::one_app)),
        ("/api/v1/schema".to_owned(), get(openapi::schema)),
        ("/metrics".to_owned(), get(health::metrics)),
        ("/health/live".to_owned(), get(health::live)),
        ("/health/ready".to_owned(), get(health::ready)),
    ]
}

/// Serves each route in both spellings.
fn served(routes: Vec<Route>) -> Router<Arc<Front>> {
    routes.into_iter().map(|(path, methods)| both(&path, methods)).fold(Router::new(), Router::merge)
}

/// A path in both spellings.
fn both(path: &str, methods: MethodRouter<Arc<Front>>) -> Router<Arc<Front>> {
    let bare = path.trim_end_matches('/');
    Router::new().route(bare, methods.clone()).route(&format!("{bare}/"), methods)
}

/// Live streams: with a customer's key, or by a signed link that every piece of the stream shares.
fn viewers(front: &Arc<Front>) -> Router<Arc<Front>> {
    let options = async || StatusCode::NO_CONTENT;
    let keyed = get(live::with_key).route_layer(middleware::from_fn_with_state(front.clone(), auth::require_key));
    let path = links::LIVE;
    Router::new()
        .route(&format!("{path}{{id}}/{{piece}}"), keyed.options(options))
        .route(&format!("{path}{{id}}/{{token}}/{{piece}}"), get(live::with_link).options(options))
        .layer(cors())
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
        .allow_headers([header::AUTHORIZATION, header::RANGE, header::IF_RANGE, header::IF_NONE_MATCH])
        .expose_headers([
            header::ACCEPT_RANGES,
            header::CONTENT_DISPOSITION,
            header::CONTENT_LENGTH,
            header::CONTENT_RANGE,
            header::ETAG,
            HeaderName::from_static("retry-after"),
        ])
}
