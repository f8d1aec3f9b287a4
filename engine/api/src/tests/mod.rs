//! Requests against the whole router, with a catalogue and a store in a temporary directory and a clock that stands still.

mod again;
mod apps;
mod capacity;
mod captures;
mod closing;
mod download;
mod editions;
mod endpoints;
mod events;
mod flood;
mod health;
mod oracle;
mod orders;
mod pause;
mod products;
mod published;
mod receipts;
mod receivers;
mod repeats;
mod resources;
mod revoked;
mod streaming;
mod tenants;
mod throttle;
mod webhook;

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Method, Request, StatusCode},
};
use catalog::Catalog;
use dial::{Outward, Policy, Receivers};
use http_body_util::BodyExt;
use hub::Hub;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use model::{Capture, CaptureId, Project, RecordingConfig, Secret};
use serde_json::{Value, json};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use store::{LinkSigner, Store};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::{
    Api, ApiConfig, ApiKey, AppConfig, Clock, Closing, Doors, KeyDigest, Keys, LINK_TTL, Rates, Scope, front::Front,
    limits::Limits, peer::Peer, router::routes,
};

/// 2026-01-01T00:00:00Z, the moment of the protocol's test vectors.
const NOW_UNIX_S: i64 = 1_767_225_600;
const SECRET: &str = "wh-secret-0001";
const OTHER_SECRET: &str = "wh-secret-0002";
const KEY: &str = "api-key-1";
const READER_KEY: &str = "api-key-reader";
const ADMIN_KEY: &str = "api-key-admin";
/// A key of another project, which may do everything there.
const THEIR_KEY: &str = "api-key-theirs";
/// So few that a test can use them up.
const CONNECTIONS: usize = 64;
const MDC: &str = "/api/v1/meeting_direct_connect";

/// The limits of the daemon, with the patience that a busy machine needs: what is late for Zoom is the business of `flood`.
fn patient() -> Limits {
    Limits { patience: Duration::from_secs(60), ..Limits::default() }
}

struct World {
    dir: TempDir,
    clock_ms: Arc<AtomicI64>,
    catalog: Catalog,
    store: Store,
    signer: LinkSigner,
    hub: Hub,
    doors: Doors,
    keys: Keys,
    closing: Closing,
    router: Router,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON answer")
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }
}

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn app(name: &str, webhook_secrets: &[&str]) -> AppConfig {
    AppConfig {
        name: name.to_owned(),
        project: Project::default(),
        client_id: format!("client-id-{name}"),
        client_secret: secret(&format!("client-secret-{name}")),
        filter: crate::Filter::default(),
        keep_revoked: false,
        webhook_secrets: webhook_secrets.iter().map(|text| secret(text)).collect(),
        default_config: RecordingConfig::of_an_app(),
    }
}

/// The project that [`THEIR_KEY`] belongs to.
fn their_project() -> Project {
    "theirs".parse().expect("a name")
}

fn key(name: &str, key: &str, project: Project, scope: Scope) -> ApiKey {
    ApiKey { name: name.to_owned(), digest: KeyDigest::of(key).expect("a key"), project, scope }
}

fn recorder() -> PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER.get_or_init(|| PrometheusBuilder::new().install_recorder().expect("the only recorder")).clone()
}

impl World {
    async fn new() -> Self {
        Self::with_apps(vec![app("main", &[SECRET])]).await
    }

    async fn with_apps(apps: Vec<AppConfig>) -> Self {
        Self::with_limits(apps, patient()).await
    }

    async fn with_limits(apps: Vec<AppConfig>, limits: Limits) -> Self {
        Self::within(tempfile::tempdir().expect("a directory"), apps, limits, None).await
    }

    /// One in which customers may make so many requests in a minute.
    async fn with_rates(rates: Rates) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        Self::within(dir, vec![app("main", &[SECRET])], patient(), Some(rates)).await
    }

    /// The same directory after the process ended and began again, a while later.
    async fn restarted(self, apps: Vec<AppConfig>) -> Self {
        self.catalog.close().await;
        let Self { dir, clock_ms, .. } = self;
        let world = Self::within(dir, apps, patient(), None).await;
        world.clock_ms.store(clock_ms.load(Ordering::Relaxed), Ordering::Relaxed);
        world
    }

    async fn within(dir: TempDir, apps: Vec<AppConfig>, limits: Limits, rates: Option<Rates>) -> Self {
        let catalog = Catalog::open(&dir.path().join("catalog")).await.expect("a catalogue");
        let store = Store::open(&dir.path().join("store")).expect("a store");
        let signer = LinkSigner::new([7; 32]);
        let hub = Hub::new();
        let clock_ms = Arc::new(AtomicI64::new(NOW_UNIX_S * 1000));
        let clock = Arc::clone(&clock_ms);
        let doors = Doors::new(&apps);
        let keys = Keys::new(vec![
            key("default", KEY, Project::default(), Scope::Write),
            key("second", "api-key-2", Project::default(), Scope::Write),
            key("reader", READER_KEY, Project::default(), Scope::Read),
            key("admin", ADMIN_KEY, Project::default(), Scope::Admin),
            key("theirs", THEIR_KEY, their_project(), Scope::Admin),
        ]);
        let closing = Closing::default();
        let api = Api {
            keys: keys.clone(),
            doors: doors.clone(),
            config: ApiConfig {
                public_url: "https://hansard.example/".to_owned(),
                apps,
                policy: Policy { allowed_hosts: vec!["*.zoom.us".parse().expect("a pattern")] },
                link_ttl: LINK_TTL,
                connections: CONNECTIONS,
                rates,
                bot_alias: true,
            },
            catalog: catalog.clone(),
            store: store.clone(),
            signer: signer.clone(),
            outward: Outward::new(Receivers::default(), None).expect("a way out"),
            hub: hub.clone(),
            metrics: recorder(),
            clock: Clock::from_fn(move || clock.load(Ordering::Relaxed)),
            closing: closing.clone(),
        };
        let router = routes(Front::new(api, limits));
        Self { dir, clock_ms, catalog, store, signer, hub, doors, keys, closing, router }
    }

    fn advance_s(&self, seconds: i64) {
        self.clock_ms.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    fn now_unix_s(&self) -> i64 {
        self.clock_ms.load(Ordering::Relaxed) / 1000
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        self.send_from(None, method, path, headers, body).await
    }

    /// A request over a connection from an address.
    async fn send_from(
        &self,
        addr: Option<&str>,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(body.into()).expect("a request");
        if let Some(addr) = addr {
            request.extensions_mut().insert(Peer::new(addr.parse().expect("an address")));
        }
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (head, body) = response.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Answer { status: head.status, headers: head.headers, body }
    }

    /// A request with a customer's key.
    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.ask_with(KEY, method, path, body).await
    }

    /// A request with this key.
    async fn ask_with(&self, key: &str, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let key = format!("Token {key}");
        let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
        self.send(method, path, &headers, body.map(ToString::to_string).unwrap_or_default()).await
    }

    /// A webhook that the holder of `secret` signs at `signed_at_unix_s`.
    async fn webhook(&self, path: &str, secret_text: &str, signed_at_unix_s: i64, body: &str) -> Answer {
        self.webhook_from(None, path, secret_text, signed_at_unix_s, body).await
    }

    async fn webhook_from(
        &self,
        addr: Option<&str>,
        path: &str,
        secret_text: &str,
        signed_at_unix_s: i64,
        body: &str,
    ) -> Answer {
        let timestamp = signed_at_unix_s.to_string();
        let signature = zoom::signature::webhook(&secret(secret_text), &timestamp, body.as_bytes());
        let headers = [
            ("x-zm-signature", signature.as_str()),
            ("x-zm-request-timestamp", timestamp.as_str()),
            ("content-type", "application/json; charset=utf-8"),
        ];
        self.send_from(addr, Method::POST, path, &headers, body.to_owned()).await
    }

    /// Writes another status into the database behind the catalogue's back.
    async fn change_status(&self, from: &str, to: &str) {
        let options = SqliteConnectOptions::new().filename(self.dir.path().join("catalog/catalog.sqlite"));
        let mut db = options.connect().await.expect("the database");
        let change = sqlx::query("UPDATE capture SET status = ? WHERE status = ?").bind(to).bind(from);
        change.execute(&mut db).await.expect("a change");
        db.close().await.expect("closed");
    }

    async fn captures(&self) -> Vec<Capture> {
        self.catalog.captures(&catalog::Filter::default(), None, 100).await.expect("a page").items
    }

    /// Creates a capture through the API and answers its id.
    async fn created(&self, stream: &str) -> CaptureId {
        let answer = self.ask(Method::POST, MDC, Some(&wish(stream))).await;
        assert_eq!(answer.status, StatusCode::CREATED);
        answer.json()["id"].as_str().expect("an id").parse().expect("a UUID")
    }
}

/// A small request to capture a stream.
fn wish(stream: &str) -> Value {
    json!({ "zoom_rtms": {
        "meeting_uuid": "a/B+cD0eFgHiJkLmNoPqRw==",
        "rtms_stream_id": stream,
        "server_urls": "wss://zoomsjc1rtms.zoom.us",
        "signature": "1465e70eb70da0d8cf189613381fa3ad095ea3fe2c422baa22bed4082bf327d7",
    } })
}
