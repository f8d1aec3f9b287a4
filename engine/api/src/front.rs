//! What every route shares: the parts that the daemon hands in, and what is made of them once.

use std::sync::Arc;

use catalog::Catalog;
use hub::Hub;
use metrics_exporter_prometheus::PrometheusHandle;
use model::Secret;
use store::{LinkSigner, Store};

use crate::{
    clock::Clock,
    config::{ApiConfig, AppConfig},
    idempotency::Idempotency,
    keys::Keys,
};

/// The parts that the API works with.
pub struct Api {
    /// What the operator decided.
    pub config: ApiConfig,
    /// What outlives a process.
    pub catalog: Catalog,
    /// Where finished files lie.
    pub store: Store,
    /// Signs and checks links to them.
    pub signer: LinkSigner,
    /// Wakes other shells and hears live events.
    pub hub: Hub,
    /// Renders the metrics of this process.
    pub metrics: PrometheusHandle,
    /// The time.
    pub clock: Clock,
}

/// The parts, and what is made of them once.
pub(crate) struct Front {
    pub(crate) api: Api,
    pub(crate) keys: Keys,
    pub(crate) idempotency: Idempotency,
    doors: Vec<Door>,
}

/// One webhook secret and the app that it belongs to.
struct Door {
    app: usize,
    secret: Secret<String>,
}

impl Front {
    pub(crate) fn new(api: Api) -> Arc<Self> {
        let keys = Keys::new(&api.config.keys);
        let doors = api.config.apps.iter().enumerate().flat_map(|(app, config)| {
            let usable = config.webhook_secrets.iter().filter(|secret| !secret.expose().is_empty());
            usable.map(move |secret| Door { app, secret: secret.clone() })
        });
        let doors = doors.collect();
        Arc::new(Self { api, keys, idempotency: Idempotency::default(), doors })
    }

    /// The apps and secrets that may have signed a webhook: those of the app of that name, or all.
    pub(crate) fn candidates(&self, name: Option<&str>) -> (Vec<&AppConfig>, Vec<Secret<String>>) {
        self.doors
            .iter()
            .filter_map(|door| Some((self.api.config.apps.get(door.app)?, door.secret.clone())))
            .filter(|(app, _)| name.is_none_or(|name| app.name == name))
            .unzip()
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
