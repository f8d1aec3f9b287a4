//! The life of the daemon on one screen: open what is kept, start the shells, stop them in order.
//!
//! Everything is wired here and nowhere else; nothing is decided here.

use std::{fs, net::SocketAddr, num::NonZeroUsize, path::Path, sync::Arc, thread};

use api::{Api, ApiConfig, AppConfig, Clock, LINK_TTL, TlsError, TlsFiles};
use catalog::{Catalog, CatalogError};
use dial::{Dialer, HostPattern, Policy};
use hub::Hub;
use ingest::{App, Apps, Ingest};
use journal::{DiskPool, LocalDisk, LogSettings};
use metrics_exporter_prometheus::PrometheusHandle;
use model::{RecordingConfig, Secret};
use store::{LinkSigner, Store};
use studio::Studio;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{config::Config, failure::Failure};

/// How many threads wait for the disk; more only help where the disk syncs in parallel.
const DISK_THREADS: usize = 4;

/// A running daemon.
pub(crate) struct Engine {
    /// What it knows.
    pub(crate) catalog: Catalog,
    /// What it made.
    #[cfg(feature = "simulator")]
    pub(crate) store: Store,
    addr: SocketAddr,
    stop: CancellationToken,
    ingest: JoinHandle<()>,
    studio: JoinHandle<()>,
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
        let catalog = Catalog::open(dir).await.map_err(|error| in_data_dir(&error))?;
        let released = catalog.release_claims().await?;
        if released > 0 {
            tracing::info!(jobs = released, "jobs of the previous run are taken up again");
        }
        let store = Store::open(&dir.join("store")).map_err(|error| format!("data.dir: {error}"))?;
        let signer = LinkSigner::open(dir).map_err(|error| format!("data.dir: {error}"))?;
        let hub = Hub::new();
        let apps = apps(config)?;
        let dialer = dialer(config, extra_ca_pem)?;
        let disk = DiskPool::start(Arc::new(LocalDisk), DISK_THREADS)?;
        let stop = CancellationToken::new();
        let addr = listener.local_addr()?;

        let ingest = Ingest::new(ingest_settings(dir, &apps), catalog.clone(), hub.clone(), dialer, disk);
        let studio = Studio::new(studio_settings(config), catalog.clone(), store.clone(), hub.clone());
        let router = api::router(Api {
            config: api_config(config, apps)?,
            catalog: catalog.clone(),
            store: store.clone(),
            signer,
            hub,
            metrics,
            clock: Clock::system(),
        });
        let tls = config
            .server
            .tls
            .as_ref()
            .map(|tls| TlsFiles { cert_file: tls.cert_file.clone(), key_file: tls.key_file.clone() });
        let ingest = tokio::spawn(ingest.run(stop.clone()));
        let studio = tokio::spawn(studio.run(stop.clone()));
        let front = tokio::spawn(api::serve(listener, tls, router, stop.clone().cancelled_owned()));
        Ok(Self {
            catalog,
            #[cfg(feature = "simulator")]
            store,
            addr,
            stop,
            ingest,
            studio,
            front,
        })
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops: no new requests, captures let go without ending their streams, logs durable, then the catalogue.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        for (name, task) in [("ingest", self.ingest), ("studio", self.studio)] {
            match task.await {
                Ok(()) => tracing::info!(part = name, "stopped"),
                Err(error) => tracing::error!(part = name, %error, "ended early"),
            }
        }
        match self.front.await {
            Ok(Ok(())) => tracing::info!(part = "api", "stopped"),
            Ok(Err(error)) => tracing::error!(part = "api", %error, "ended early"),
            Err(error) => tracing::error!(part = "api", %error, "ended early"),
        }
        self.catalog.close().await;
    }
}

/// A sentence on a data directory that cannot be used.
fn in_data_dir(error: &CatalogError) -> String {
    match error {
        CatalogError::File { .. } => {
            format!("data.dir: {error}; name a directory that this user can write to, or give it to this user")
        }
        _ => format!("data.dir: {error}"),
    }
}

fn dialer(config: &Config, extra_ca_pem: Option<&[u8]>) -> Result<Dialer, Failure> {
    let hosts: Result<Vec<HostPattern>, _> = config.zoom.allowed_hosts.iter().map(|host| host.parse()).collect();
    let file = &config.zoom.extra_ca_file;
    let from_file = if file.as_os_str().is_empty() {
        None
    } else {
        Some(fs::read(file).map_err(|error| format!("zoom.extra_ca_file: {}: {error}", file.display()))?)
    };
    Ok(Dialer::new(Policy { allowed_hosts: hosts? }, extra_ca_pem.or(from_file.as_deref()))?)
}

/// The apps with their secrets resolved.
fn apps(config: &Config) -> Result<Vec<AppConfig>, Failure> {
    let resolve = |app: &crate::config::App| {
        Ok(AppConfig {
            name: app.name.clone(),
            client_id: app.client_id.clone(),
            client_secret: app.client_secret.resolve()?,
            webhook_secrets: vec![app.webhook_secret.resolve()?],
            default_config: RecordingConfig::of_an_app(),
        })
    };
    config.zoom.apps.iter().map(resolve).collect::<Result<_, String>>().map_err(Failure::from)
}

fn ingest_settings(dir: &Path, apps: &[AppConfig]) -> ingest::Settings {
    let apps: Apps = apps
        .iter()
        .map(|app| {
            let credentials = App { client_id: app.client_id.clone(), client_secret: app.client_secret.clone() };
            (app.name.clone(), credentials)
        })
        .collect();
    ingest::Settings { data_dir: dir.to_owned(), apps, log: LogSettings::default() }
}

fn studio_settings(config: &Config) -> studio::Settings {
    let spare = thread::available_parallelism().map_or(1, NonZeroUsize::get).saturating_sub(1);
    let wanted = if config.render.parallel == 0 { spare } else { config.render.parallel };
    studio::Settings {
        data_dir: config.data.dir.clone(),
        renders: NonZeroUsize::new(wanted).unwrap_or(NonZeroUsize::MIN),
        #[cfg(feature = "ffmpeg")]
        video: render::Settings::default(),
    }
}

fn api_config(config: &Config, apps: Vec<AppConfig>) -> Result<ApiConfig, Failure> {
    let keys: Result<Vec<(String, Secret<String>)>, String> =
        config.api.keys.iter().map(|key| Ok((key.name.clone(), key.key.resolve()?))).collect();
    Ok(ApiConfig {
        public_url: config.server.public_url.trim_end_matches('/').to_owned(),
        keys: keys?,
        apps,
        link_ttl: LINK_TTL,
    })
}
