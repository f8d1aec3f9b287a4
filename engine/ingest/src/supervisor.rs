//! Claims captures that were asked for, runs each in a task of its own, and outlives their panics.

use std::{collections::HashMap, path::PathBuf, sync::Arc, time::Duration};

use catalog::{Catalog, Outcome};
use dial::Dialer;
use hub::{Hub, Wake};
use journal::{DiskPool, LogDir, LogSettings, LogWriter};
use media::SourceTime;
use model::{CaptureId, Epoch, Fault, StartJob, platform::End};
use tokio::{
    task::{Id, JoinError, JoinSet},
    time::{Instant, interval, sleep},
};
use tokio_util::sync::CancellationToken;
use zoom::{Session, SessionConfig, webhook::StartNotice};

use crate::{
    RestSettings,
    apps::{App, Apps},
    capture::{CaptureTask, Surroundings},
    counters::Counters,
    dating::Look,
    ending,
    panics::Panics,
    recall::Recall,
    rest::Rest,
    restart::{self, Restarts, Wish},
    scribe::unix_ms,
    settle::settle,
};

/// How often captures are looked for although nobody said that there are any; also how often gauges are sampled.
const POLL_EVERY: Duration = Duration::from_secs(1);
/// For how long a log that cannot be opened is tried again, and how often: Zoom keeps a lost stream for a minute.
const OPENING: Duration = Duration::from_secs(60);
const OPEN_EVERY: Duration = Duration::from_secs(1);

/// What captures have in common.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where logs are kept, below `captures/<id>/log`.
    pub data_dir: PathBuf,
    /// The credentials of every app.
    pub apps: Apps,
    /// The limits of a log.
    pub log: LogSettings,
    /// Where Zoom is asked for new streams.
    pub rest: RestSettings,
}

/// A capture while its task runs.
struct Running {
    id: CaptureId,
    /// What to ask for if its stream breaks off.
    wish: Option<Wish>,
    /// Whether what was received is kept although consent was withdrawn.
    keep_revoked: bool,
}

/// Runs captures.
pub struct Ingest {
    settings: Settings,
    catalog: Catalog,
    hub: Hub,
    dialer: Arc<Dialer>,
    disk: DiskPool,
    counters: Counters,
    rest: Rest,
    /// Captures, which answer with their end, and what is left to be done after them.
    tasks: JoinSet<Option<End>>,
    running: HashMap<Id, Running>,
    panics: Panics,
    restarts: Restarts,
}

impl Ingest {
    /// Captures by these settings, over these connections, onto this disk.
    pub fn new(settings: Settings, catalog: Catalog, hub: Hub, dialer: Dialer, disk: DiskPool) -> Self {
        Self {
            rest: Rest::new(dialer.clone(), settings.rest.clone()),
            settings,
            catalog,
            hub,
            dialer: Arc::new(dialer),
            disk,
            counters: Counters::new(),
            tasks: JoinSet::new(),
            running: HashMap::new(),
            panics: Panics::default(),
            restarts: Restarts::default(),
        }
    }

    /// Runs captures until `stop` is cancelled, then lets go of them without ending their streams, and answers once all
    /// logs are durable.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut poll = interval(POLL_EVERY);
        // Ends with this function.
        let mut sampler = JoinSet::new();
        sampler.spawn(sample_lag(self.counters.clone(), self.disk.clone()));
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(ended) = self.tasks.join_next_with_id() => self.bury(ended, &stop).await,
                () = self.hub.woken(Wake::Starts) => self.claim(&stop).await,
                _ = poll.tick() => {
                    self.counters.sample_active(self.running.len());
                    self.claim(&stop).await;
                }
            }
        }
        while let Some(ended) = self.tasks.join_next_with_id().await {
            self.bury(ended, &stop).await;
        }
    }

    async fn claim(&mut self, stop: &CancellationToken) {
        loop {
            match self.catalog.claim_start(unix_ms()).await {
                Ok(Some(job)) => self.start(job, stop.clone()),
                Ok(None) => return,
                Err(error) => {
                    tracing::error!(%error, "captures cannot be claimed; trying again");
                    return;
                }
            }
        }
    }

    /// Runs a capture in a task of its own, from what it left behind to its end: reading an hour of that holds up no other.
    fn start(&mut self, job: StartJob, stop: CancellationToken) {
        let (id, epoch) = (job.capture.id, job.epoch);
        tracing::info!(capture = %id, epoch = epoch.0, app = %job.capture.stream.app, "capture starts");
        self.hub.open(id);
        let app = self.settings.apps.get(&job.capture.stream.app).cloned();
        let keep_revoked = app.as_ref().is_some_and(|app| app.keep_revoked);
        let notice = match notice(&job) {
            Ok(notice) => notice,
            Err(outcome) => return self.settle(id, outcome, keep_revoked, stop),
        };
        let wish = Wish::of(app.as_ref(), &notice);
        let around = Surroundings {
            catalog: self.catalog.clone(),
            hub: self.hub.clone(),
            dialer: Arc::clone(&self.dialer),
            counters: self.counters.clone(),
            stop: stop.clone(),
            keep_revoked,
            look: Look::now,
        };
        let dir = LogDir::of(&self.settings.data_dir, id);
        let (disk, log) = (self.disk.clone(), self.settings.log);
        let (catalog, hub) = (self.catalog.clone(), self.hub.clone());
        let task = self.tasks.spawn(async move {
            fail::fail_point!("ingest::starting");
            let begun = async {
                if epoch > Epoch(1)
                    && let Some(outcome) = ending::of(id, dir.clone(), keep_revoked).await
                {
                    return Err(Some(outcome));
                }
                let recall = recall(&catalog, &job).await;
                let now = Instant::now().into_std();
                let session = session(&job, &notice, app.as_ref(), &recall, now).map_err(Some)?;
                let log = open_log(&dir, &disk, log, epoch, &stop).await?;
                Ok((CaptureTask::new(id, epoch, session, log, around), recall))
            };
            match begun.await {
                Ok((capture, recall)) => {
                    let origin = own_origin(&job);
                    Some(capture.run(job.notice, origin, recall.newest).await)
                }
                Err(Some(outcome)) => {
                    settle(catalog, hub, id, outcome, keep_revoked, stop).await;
                    None
                }
                Err(None) => None,
            }
        });
        self.running.insert(task.id(), Running { id, wish, keep_revoked });
    }

    /// Tells the catalogue in a task of its own: while it refuses, other captures start and end.
    fn settle(&mut self, id: CaptureId, outcome: Outcome, keep_revoked: bool, stop: CancellationToken) {
        let settled = settle(self.catalog.clone(), self.hub.clone(), id, outcome, keep_revoked, stop);
        self.tasks.spawn(async move {
            settled.await;
            None
        });
    }

    /// Takes note that a task ended. A capture that panicked is claimed again and goes on in its next segment, unless it
    /// keeps panicking.
    async fn bury(&mut self, ended: Result<(Id, Option<End>), JoinError>, stop: &CancellationToken) {
        let (task, end) = match ended {
            Ok((task, end)) => (task, Ok(end)),
            Err(error) => (error.id(), Err(error.is_panic())),
        };
        let Some(Running { id, wish, keep_revoked }) = self.running.remove(&task) else { return };
        match (end, wish) {
            (Ok(Some(end)), Some(wish)) if end.may_restart => self.ask_for_another(id, wish, stop.clone()).await,
            (Ok(_) | Err(false), _) => {}
            (Err(true), _) => self.take_up_again(id, keep_revoked, stop).await,
        }
    }

    /// Asks for a new stream after one that broke off.
    async fn ask_for_another(&mut self, id: CaptureId, wish: Wish, stop: CancellationToken) {
        // What a process before this one asked for has left its captures behind.
        let since = unix_ms().saturating_sub(restart::WINDOW_MS);
        let started = self.catalog.restarts_since(id, since).await.unwrap_or_else(|error| {
            tracing::warn!(capture = %id, %error, "earlier streams of the meeting cannot be counted");
            0
        });
        if !self.restarts.may_ask(&wish, started, Instant::now().into_std()) {
            restart::count("limited");
            tracing::warn!(capture = %id, "the stream broke off too often within ten minutes; Zoom is not asked for another");
            return;
        }
        let asked = restart::restart(self.rest.clone(), id, wish, stop);
        self.tasks.spawn(async move {
            asked.await;
            None
        });
    }

    async fn take_up_again(&mut self, id: CaptureId, keep_revoked: bool, stop: &CancellationToken) {
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
        self.settle(id, outcome, keep_revoked, stop.clone());
    }
}

/// Publishes the durability lag. A task of its own: what holds up the disk holds up the catalogue, and so whoever asks it
/// for captures.
async fn sample_lag(counters: Counters, disk: DiskPool) {
    let mut poll = interval(POLL_EVERY);
    loop {
        poll.tick().await;
        counters.sample_lag(disk.longest_wait(Instant::now().into_std()));
    }
}

fn failed(code: &str, message: String) -> Outcome {
    Outcome::Failed { code: code.to_owned(), message: Some(message) }
}

/// What the owners before knew; nothing, if there were none or their events cannot be read.
async fn recall(catalog: &Catalog, job: &StartJob) -> Recall {
    if job.epoch <= Epoch(1) {
        return Recall::default();
    }
    Recall::of(catalog, job.capture.id).await.unwrap_or_else(|error| {
        tracing::warn!(capture = %job.capture.id, %error, "earlier events cannot be read; the log may lack the newest");
        Recall::default()
    })
}

/// Opens the log of a capture, where a disk that stalls holds up no other capture's sockets. A disk that refuses is asked again for as long as the stream can still be joined: space and
/// files that are all in use come back. Answers nothing if the daemon stops meanwhile: the next one goes on.
async fn open_log(
    dir: &LogDir,
    disk: &DiskPool,
    settings: LogSettings,
    epoch: Epoch,
    stop: &CancellationToken,
) -> Result<LogWriter, Option<Outcome>> {
    let give_up = Instant::now() + OPENING;
    loop {
        let (dir, disk, now) = (dir.clone(), disk.clone(), Instant::now().into_std());
        let opening = tokio::task::spawn_blocking(move || LogWriter::open(dir, disk, settings, epoch, now));
        let error = match opening.await.expect("listing a directory does not panic") {
            Ok(log) => return Ok(log),
            Err(error) => error,
        };
        if Instant::now() + OPEN_EVERY > give_up {
            return Err(Some(failed(error.code(), error.to_string())));
        }
        tracing::error!(code = error.code(), %error, "a capture log cannot be opened; trying again");
        tokio::select! {
            () = sleep(OPEN_EVERY) => {}
            () = stop.cancelled() => return Err(None),
        }
    }
}

/// The start notice of a job, with the address as it is now.
fn notice(job: &StartJob) -> Result<StartNotice, Outcome> {
    let mut notice = zoom::webhook::parse_notice_json(&job.notice)
        .map_err(|error| failed("start_notice_unreadable", error.to_string()))?;
    notice.server_urls.clone_from(&job.capture.server_urls);
    Ok(notice)
}

/// Second 0 of the stream, if an owner before knew it. A recording that began with an earlier stream of the meeting has another
/// one.
fn own_origin(job: &StartJob) -> Option<SourceTime> {
    let own = job.capture.recording.as_ref().filter(|recording| recording.id == job.recording_id);
    own.and_then(|recording| recording.started_at)
}

/// The platform's machine for a job, or why there cannot be one. A signature that the customer made goes before one that
/// could be made here.
fn session(
    job: &StartJob,
    notice: &StartNotice,
    app: Option<&App>,
    recall: &Recall,
    now: std::time::Instant,
) -> Result<Session, Outcome> {
    let signature = match (&job.signature, app) {
        (Some(signature), _) => signature.clone(),
        (None, Some(app)) => {
            zoom::signature::handshake(&app.client_id, &app.client_secret, &notice.meeting_uuid, &notice.stream_id)
        }
        (None, None) => {
            let app = &job.capture.stream.app;
            return Err(failed(
                "zoom_sdk_credentials_missing",
                format!("No signature came with the request and no app {app:?} is configured; add [[zoom.apps]]."),
            ));
        }
    };
    let client_id = app.map_or("", |app| app.client_id.as_str());
    let mut config = SessionConfig::new(notice, client_id, signature);
    if let Some(app) = app {
        config.want = app.want.clone();
    }
    config.rejoins = job.epoch > Epoch(1);
    config.origin = own_origin(job);
    config.paused_at = recall.paused_at;
    config.sharer = recall.sharer;
    config.present = recall.present.values().cloned().collect();
    // Whoever received anything held the stream.
    config.was_held = job.capture.recording.is_some() || !recall.newest.is_empty();
    config.told = recall.newest.iter().cloned().collect();
    config.seed = job.capture.id.uuid().as_u64_pair().1 ^ u64::from(job.epoch.0);
    Ok(Session::new(config, now))
}

#[cfg(test)]
mod tests;
