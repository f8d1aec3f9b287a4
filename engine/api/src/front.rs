//! What every route shares: the parts that the daemon hands in, and what is made of them once.

use std::{sync::Arc, time::Instant};

use axum::{body::Bytes, extract::Request};
use catalog::Catalog;
use dial::Outward;
use hub::Hub;
use metrics_exporter_prometheus::PrometheusHandle;
use model::{Project, Shortage};
use store::{LinkSigner, Store};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    body,
    clock::Clock,
    closing::Closing,
    config::{ApiConfig, AppConfig},
    doors::Doors,
    error::ApiError,
    idempotency::Idempotency,
    keys::Keys,
    limits::Limits,
    measure,
    rates::Buckets,
    refusals::Refusals,
    shared::AllShared,
    skew::Skew,
};

/// How many quarters of all connections may be taken by answers that last; the rest is for webhooks, probes and requests.
const LASTING_QUARTERS: usize = 3;

/// The parts that the API works with.
pub struct Api {
    /// What the operator decided.
    pub config: ApiConfig,
    /// The webhook secrets of its apps, which may change meanwhile.
    pub doors: Doors,
    /// The customers' keys, which may change meanwhile.
    pub keys: Keys,
    /// What outlives a process.
    pub catalog: Catalog,
    /// Where finished files lie.
    pub store: Store,
    /// Signs and checks links to them.
    pub signer: LinkSigner,
    /// Knows where receivers of customers may be.
    pub outward: Outward,
    /// Wakes other shells and hears live events.
    pub hub: Hub,
    /// Renders the metrics of this process.
    pub metrics: PrometheusHandle,
    /// The time.
    pub clock: Clock,
    /// How far the stop of this process has come.
    pub closing: Closing,
}

/// The parts, and what is made of them once.
pub(crate) struct Front {
    pub(crate) api: Api,
    pub(crate) idempotency: Idempotency,
    pub(crate) rates: Buckets,
    pub(crate) skew: Skew,
    pub(crate) refusals: Refusals,
    /// What readers of live events have together.
    pub(crate) shared: AllShared,
    /// A permit for each webhook of more than a few KiB that is being read.
    pub(crate) large_webhooks: Semaphore,
    /// The same for requests with a key, which a flood of webhooks does not hold up.
    pub(crate) large_wishes: Semaphore,
    /// A permit for each answer that lasts: live events and downloads.
    pub(crate) lasting: Arc<Semaphore>,
    pub(crate) limits: Limits,
}

impl Front {
    pub(crate) fn new(api: Api, limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            lasting: Arc::new(Semaphore::new(api.config.connections / 4 * LASTING_QUARTERS)),
            api,
            idempotency: Idempotency::default(),
            rates: Buckets::default(),
            skew: Skew::default(),
            refusals: Refusals::new(Instant::now()),
            shared: AllShared::default(),
            large_webhooks: Semaphore::new(body::LARGE_AT_ONCE),
            large_wishes: Semaphore::new(body::LARGE_AT_ONCE),
            limits,
        })
    }

    /// The whole body of a request with a customer's key.
    ///
    /// # Errors
    /// As [`body::read`].
    pub(crate) async fn wish(&self, request: Request) -> Result<Bytes, ApiError> {
        let (head, body) = request.into_parts();
        body::read(&head.headers, body, &self.large_wishes, self.limits.body).await
    }

    /// The apps of a project.
    pub(crate) fn apps_of(&self, project: &Project) -> Vec<&AppConfig> {
        self.api.config.apps.iter().filter(|app| app.project == *project).collect()
    }

    /// The app of that name.
    pub(crate) fn app(&self, name: &str) -> Option<&AppConfig> {
        self.api.config.apps.iter().find(|app| app.name == name)
    }

    /// A place for an answer that lasts, for as long as it is held.
    ///
    /// # Errors
    /// [`ApiError::TooManyStreams`] if there is none.
    pub(crate) fn lasting(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        Arc::clone(&self.lasting).try_acquire_owned().map_err(|_| ApiError::TooManyStreams)
    }

    /// Takes note that a capture was not begun for want of room, and answers of what.
    pub(crate) fn note_refused(&self, door: &'static str) -> Shortage {
        let shortage = self.api.hub.capacity().room().shortage;
        measure::admission_refused(door, shortage);
        tracing::warn!(door, shortage = shortage.name(), "a capture was not begun: there is no room for one more");
        shortage
    }

    /// Now, in milliseconds of this machine's wall clock since the Unix epoch.
    pub(crate) fn now_unix_ms(&self) -> i64 {
        self.api.clock.unix_ms()
    }

    /// Now, in seconds of this machine's wall clock since the Unix epoch.
    pub(crate) fn now_unix_s(&self) -> i64 {
        self.api.clock.unix_s()
    }
}
