//! Claims captures that were asked for, runs each in a task of its own, and outlives their panics.

use std::{collections::HashMap, path::PathBuf, sync::Arc, time::Duration};

use catalog::{Catalog, Outcome};
use dial::Dialer;
use hub::{Hub, Wake};
use journal::{DiskPool, LogDir, LogSettings, LogWriter};
use model::{CaptureId, Epoch, Fault, StartJob};
use tokio::{
    task::{Id, JoinError, JoinSet},
    time::{Instant, interval},
};
use tokio_util::sync::CancellationToken;
use zoom::{Session, SessionConfig};

use crate::{
    apps::Apps,
    capture::{CaptureTask, Surroundings},
    counters::Counters,
    panics::Panics,
    recall::Recall,
    scribe::unix_ms,
    settle::settle,
};

/// How often captures are looked for although nobody said that there are any; also how often gauges are sampled.
const POLL_EVERY: Duration = Duration::from_secs(1);

/// What captures have in common.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where logs are kept, below `captures/<id>/log`.
    pub data_dir: PathBuf,
    /// The credentials of every app.
    pub apps: Apps,
    /// The limits of a log.
    pub log: LogSettings,
}

/// Runs captures.
pub struct Ingest {
    settings: Settings,
    catalog: Catalog,
    hub: Hub,
    dialer: Arc<Dialer>,
    disk: DiskPool,
    counters: Counters,
    captures: JoinSet<()>,
    running: HashMap<Id, CaptureId>,
    panics: Panics,
}

impl Ingest {
    /// Captures by these settings, over these connections, onto this disk.
    pub fn new(settings: Settings, catalog: Catalog, hub: Hub, dialer: Dialer, disk: DiskPool) -> Self {
        Self {
            settings,
            catalog,
            hub,
            dialer: Arc::new(dialer),
            disk,
            counters: Counters::new(),
            captures: JoinSet::new(),
            running: HashMap::new(),
            panics: Panics::default(),
        }
    }

    /// Runs captures until `stop` is cancelled, then lets go of them without ending their streams, and answers once all
    /// logs are durable.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut poll = interval(POLL_EVERY);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(ended) = self.captures.join_next_with_id() => self.bury(ended, &stop).await,
                () = self.hub.woken(Wake::Starts) => self.claim(&stop).await,
                _ = poll.tick() => {
                    self.counters.sample(self.running.len());
                    self.claim(&stop).await;
                }
            }
        }
        while let Some(ended) = self.captures.join_next_with_id().await {
            self.bury(ended, &stop).await;
        }
    }

    async fn claim(&mut self, stop: &CancellationToken) {
        loop {
            match self.catalog.claim_start(unix_ms()).await {
                Ok(Some(job)) => self.start(job, stop.clone()).await,
                Ok(None) => return,
                Err(error) => {
                    tracing::error!(%error, "captures cannot be claimed; trying again");
                    return;
                }
            }
        }
    }

    async fn start(&mut self, job: StartJob, stop: CancellationToken) {
        let (id, epoch) = (job.capture.id, job.epoch);
        tracing::info!(capture = %id, epoch = epoch.0, app = %job.capture.stream.app, "capture starts");
        self.hub.open(id);
        let now = Instant::now().into_std();
        let recall = self.recall(&job).await;
        let session = match self.session(&job, &recall, now) {
            Ok(session) => session,
            Err(outcome) => return self.settle(id, outcome, stop),
        };
        let dir = LogDir::of(&self.settings.data_dir, id);
        let log = match LogWriter::open(dir, self.disk.clone(), self.settings.log, epoch, now) {
            Ok(log) => log,
            Err(error) => {
                let outcome = Outcome::Failed { code: error.code().to_owned(), message: Some(error.to_string()) };
                return self.settle(id, outcome, stop);
            }
        };
        let around = Surroundings {
            catalog: self.catalog.clone(),
            hub: self.hub.clone(),
            dialer: Arc::clone(&self.dialer),
            counters: self.counters.clone(),
            stop,
        };
        let capture = CaptureTask::new(id, epoch, session, log, around);
        let task = self.captures.spawn(capture.run(job.notice, recall.newest));
        self.running.insert(task.id(), id);
    }

    /// What the owners before knew; nothing, if there were none or their events cannot be read.
    async fn recall(&self, job: &StartJob) -> Recall {
        if job.epoch <= Epoch(1) {
            return Recall::default();
        }
        Recall::of(&self.catalog, job.capture.id).await.unwrap_or_else(|error| {
            tracing::warn!(capture = %job.capture.id, %error, "earlier events cannot be read; the log may lack the newest");
            Recall::default()
        })
    }

    /// The platform's machine for a job, or why there cannot be one.
    fn session(&self, job: &StartJob, recall: &Recall, now: std::time::Instant) -> Result<Session, Outcome> {
        let fail = |code: &str, message: String| Outcome::Failed { code: code.to_owned(), message: Some(message) };
        let mut notice = zoom::webhook::parse_notice_json(&job.notice)
            .map_err(|error| fail("start_notice_unreadable", error.to_string()))?;
        notice.server_urls.clone_from(&job.capture.server_urls);
        let app = self.settings.apps.get(&job.capture.stream.app);
        let signature = match (&job.signature, app) {
            (Some(signature), _) => signature.clone(),
            (None, Some(app)) => {
                zoom::signature::handshake(&app.client_id, &app.client_secret, &notice.meeting_uuid, &notice.stream_id)
            }
            (None, None) => {
                let app = &job.capture.stream.app;
                return Err(fail(
                    "zoom_sdk_credentials_missing",
                    format!("No signature came with the request and no app {app:?} is configured; add [[zoom.apps]]."),
                ));
            }
        };
        let client_id = app.map_or("", |app| app.client_id.as_str());
        let mut config = SessionConfig::new(&notice, client_id, signature);
        config.sharer = recall.sharer;
        config.present = recall.present.values().cloned().collect();
        config.seed = job.capture.id.uuid().as_u64_pair().1 ^ u64::from(job.epoch.0);
        Ok(Session::new(config, now))
    }

    /// Tells the catalogue in a task of its own: while it refuses, other captures start and end.
    fn settle(&mut self, id: CaptureId, outcome: Outcome, stop: CancellationToken) {
        self.captures.spawn(settle(self.catalog.clone(), self.hub.clone(), id, outcome, stop));
    }

    /// Takes note that a task ended. A capture that panicked is claimed again and goes on in its next segment, unless it
    /// keeps panicking.
    async fn bury(&mut self, ended: Result<(Id, ()), JoinError>, stop: &CancellationToken) {
        let (task, panicked) = match &ended {
            Ok((task, ())) => (*task, false),
            Err(error) => (error.id(), error.is_panic()),
        };
        let Some(id) = self.running.remove(&task) else { return };
        if !panicked {
            return;
        }
        tracing::error!(capture = %id, "a capture panicked; what it wrote is kept. Please report this defect");
        metrics::counter!("hansard_stage_errors_total", "stage" => "capture").increment(1);
        if self.panics.may_go_on(id, Instant::now().into_std()) {
            match self.catalog.release_capture(id).await {
                Ok(true) => return self.hub.wake(Wake::Starts),
                Ok(false) => {}
                Err(error) => tracing::error!(capture = %id, %error, "a capture cannot be taken up again"),
            }
        }
        let message = "The capture stopped by a defect of Hansard; what was received before is kept.".to_owned();
        let outcome = Outcome::Failed { code: "capture_panicked".to_owned(), message: Some(message) };
        self.settle(id, outcome, stop.clone());
    }
}
