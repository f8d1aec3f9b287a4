//! The life of the daemon on one screen: open what is kept, start the shells, stop them in order.
//!
//! Everything is wired here and nowhere else; nothing is decided here.

use std::{fmt::Display, net::SocketAddr, sync::Arc};

use api::{Api, Clock, Closing, Doors, Keys, TlsError, TlsFiles};
use capacity::{Volume, Watch};
use catalog::{Catalog, CatalogError};
use deliver::{Deliver, Endpoints};
use hub::Hub;
use ingest::Ingest;
use journal::{DiskPool, LocalDisk};
use metrics_exporter_prometheus::PrometheusHandle;
use schema::signature::SigningKey;
use store::{LinkSigner, Store};
use studio::Studio;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{
    config::Config,
    failure::{Failure, Fatal, Reason},
    watchdog::Shell,
    wiring,
};

/// How many threads wait for the disk; more only help where the disk syncs in parallel.
const DISK_THREADS: usize = 4;

/// A running daemon.
pub(crate) struct Engine {
    /// What it knows.
    pub(crate) catalog: Catalog,
    /// What it made.
    #[cfg(feature = "simulator")]
    pub(crate) store: Store,
    doors: Doors,
    keys: Keys,
    limits: watch::Sender<capacity::Settings>,
    addr: SocketAddr,
    closing: Closing,
    watch: JoinHandle<()>,
    ingest: JoinHandle<()>,
    studio: JoinHandle<()>,
    deliver: JoinHandle<()>,
    endpoints: JoinHandle<()>,
    front: JoinHandle<Result<(), TlsError>>,
}

impl Engine {
    /// Starts everything on a listener that is already bound. `metrics` renders what this process counts.
    ///
    /// # Errors
    /// A sentence on what cannot be opened, and what to do.
    pub(crate) async fn start(
        config: &Config,
        listener: TcpListener,
        extra_ca_pem: Option<&[u8]>,
        metrics: PrometheusHandle,
    ) -> Result<Self, Failure> {
        let dir = &config.data.dir;
        let hub = Hub::new();
        let (limits, changes) = watch::channel(wiring::capacity_settings(config));
        // First of all: the reserve is its owner's.
        let held = Catalog::hold(dir).map_err(|error| in_data_dir(&error))?;
        let volume = Volume::open(dir).map_err(unreadable)?;
        // Before the catalogue, which cannot begin on a full disk: what is reserved for that is let go here.
        let watch = Watch::begin(volume, changes, hub.clone()).map_err(unreadable)?;
        let catalog = Catalog::open_in(held).await.map_err(|error| in_data_dir(&error))?;
        let released = catalog.release_claims(Clock::system().unix_ms()).await?;
        if released > 0 {
            tracing::warn!(jobs = released, "the previous run died; its jobs are taken up again");
        }
        let store = Store::open(&dir.join("store")).map_err(unreadable)?;
        let signer = LinkSigner::open(dir).map_err(unreadable)?;
        let dialer = wiring::dialer(config, extra_ca_pem).map_err(unusable)?;
        let disk = DiskPool::start(Arc::new(LocalDisk), DISK_THREADS)?;
        let closing = Closing::default();
        let addr = listener.local_addr()?;

        let settings = wiring::ingest_settings(config).map_err(unusable)?;
        let mut ingest = Ingest::new(settings, catalog.clone(), hub.clone(), dialer, disk);
        if released > 0 {
            ingest = ingest.following_a_death();
        }
        let studio = Studio::new(wiring::studio_settings(config), catalog.clone(), store.clone(), hub.clone());
        let outward = wiring::outward(config).map_err(unusable)?;
        let deliver =
            Deliver::open(catalog.clone(), outward.clone(), wiring::webhooks(config).map_err(unusable)?).await?;
        let signing = wiring::signing(config).map_err(unusable)?;
        if signing.keys.is_empty() {
            endow(&catalog, config).await?;
        }
        let mut endpoints = Endpoints::new(catalog.clone(), hub.clone(), outward.clone(), signing);
        if !config.deliver.bot_alias {
            endpoints = endpoints.without_alias();
        }
        let front = wiring::api_config(config).map_err(unusable)?;
        let keys = Keys::new(wiring::api_keys(config).map_err(unusable)?);
        let connections = front.connections;
        let doors = Doors::new(&front.apps);
        let router = api::router(Api {
            config: front,
            doors: doors.clone(),
            keys: keys.clone(),
            catalog: catalog.clone(),
            store: store.clone(),
            signer,
            outward,
            hub,
            metrics,
            clock: Clock::system(),
            closing: closing.clone(),
        });
        let tls = config
            .server
            .tls
            .as_ref()
            .map(|tls| TlsFiles { cert_file: tls.cert_file.clone(), key_file: tls.key_file.clone() });
        let watch = tokio::spawn(watch.run(catalog.clone(), closing.draining()));
        let ingest = tokio::spawn(ingest.run(closing.draining()));
        let studio = tokio::spawn(studio.run(closing.draining()));
        let deliver = tokio::spawn(deliver.run(closing.draining()));
        let endpoints = tokio::spawn(endpoints.run(closing.draining()));
        let front = tokio::spawn(api::serve(listener, tls, router, connections, closing.closed()));
        Ok(Self {
            doors,
            keys,
            limits,
            watch,
            catalog,
            #[cfg(feature = "simulator")]
            store,
            addr,
            closing,
            ingest,
            studio,
            deliver,
            endpoints,
            front,
        })
    }

    /// The webhook secrets in use.
    pub(crate) fn doors(&self) -> Doors {
        self.doors.clone()
    }

    /// The customers' keys in use.
    pub(crate) fn keys(&self) -> Keys {
        self.keys.clone()
    }

    /// Where the limits of what this host can take are changed.
    pub(crate) fn limits(&self) -> watch::Sender<capacity::Settings> {
        self.limits.clone()
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What runs until it is told to stop.
    pub(crate) fn shells(&self) -> Vec<Shell> {
        let catalog = self.catalog.clone();
        vec![
            Shell::task("ingest", self.ingest.abort_handle()),
            Shell::task("studio", self.studio.abort_handle()),
            Shell::task("deliver", self.deliver.abort_handle()),
            Shell::task("endpoints", self.endpoints.abort_handle()),
            Shell::task("api", self.front.abort_handle()),
            Shell::new("catalog", move || catalog.is_closed()),
        ]
    }

    /// Stops: captures let go without ending their streams, logs durable, then no new requests, then the catalogue. What
    /// arrives until the door closes is made durable and acknowledged, and begun by the next process.
    pub(crate) async fn stop(self) {
        self.closing.drain();
        let tasks = [
            ("ingest", self.ingest),
            ("studio", self.studio),
            ("deliver", self.deliver),
            ("endpoints", self.endpoints),
            ("capacity", self.watch),
        ];
        for (name, task) in tasks {
            match task.await {
                Ok(()) => tracing::info!(part = name, "stopped"),
                Err(error) => tracing::error!(part = name, %error, "ended early"),
            }
        }
        self.closing.close();
        match self.front.await {
            Ok(Ok(())) => tracing::info!(part = "api", "stopped"),
            Ok(Err(error)) => tracing::error!(part = "api", %error, "ended early"),
            Err(error) => tracing::error!(part = "api", %error, "ended early"),
        }
        // What is claimed at the next start then belongs to a process that died.
        if let Err(error) = self.catalog.hand_back_claims().await {
            tracing::warn!(%error, "claims are not handed back");
        }
        self.catalog.close().await;
    }
}

/// Gives every project that is configured a secret of its own, if it has none.
async fn endow(catalog: &Catalog, config: &Config) -> Result<(), CatalogError> {
    for project in wiring::projects(config) {
        let name = project.to_string();
        if catalog.endow(project, SigningKey::new(rand::random()).text(), Clock::system().unix_ms()).await? {
            tracing::info!(
                project = name,
                "a secret was made that signs what is sent; `hansard project secret` prints it"
            );
        }
    }
    Ok(())
}

/// Why the catalogue cannot be used.
fn in_data_dir(error: &CatalogError) -> Fatal {
    match error {
        CatalogError::Locked { .. } => Fatal::new(Reason::Locked, format!("data.dir: {error}")),
        CatalogError::File { .. } => {
            unreadable(format!("{error}; name a directory that this user can write to, or give it to this user"))
        }
        _ => unreadable(error),
    }
}

fn unreadable(error: impl Display) -> Fatal {
    Fatal::new(Reason::Storage, format!("data.dir: {error}"))
}

fn unusable(error: impl Display) -> Fatal {
    Fatal::new(Reason::Configuration, error)
}
