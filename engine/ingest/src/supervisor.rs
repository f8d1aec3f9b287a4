//! Claims captures that were asked for, runs each in a task of its own, and outlives their panics. What captures left behind
//! that have no owner is looked at in `recovery`.

use std::{
    collections::{HashMap, HashSet},
    future::pending,
    num::NonZeroU32,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use catalog::{Catalog, Outcome};
use dial::Dialer;
use hub::{Hub, Wake};
use journal::{DiskPool, LogDir, LogSettings};
use media::SourceTime;
use model::{CaptureId, Epoch, StartJob, platform::End};
use tokio::{
    task::{Id, JoinError, JoinSet},
    time::{Instant, interval, sleep_until},
};
use tokio_util::sync::CancellationToken;
use zoom::{Session, SessionConfig, webhook::StartNotice};

use crate::{
    RestSettings,
    apps::{App, Apps},
    capture::{CLOSE_LIMIT, CaptureTask, Surroundings},
    counters::Counters,
    dating::Look,
    ledger::Ledger,
    messenger,
    opening::open_log,
    quarantine::Quarantine,
    recall::Recall,
    recovery::{self, LOOKS_LIMIT, Verdict, since_epoch_ms},
    rejoins::{CRASH_WINDOW_MS, Rejoins},
    rest::Rest,
    restart::{self, Restarts, Wish},
    scribe::unix_ms,
    settle::settle,
    withholding::Withholding,
    witness::{self, Witness},
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
    /// Where Zoom is asked for new streams.
    pub rest: RestSettings,
    /// How many captures that had an owner before are taken up again in a second.
    pub rejoins_per_second: NonZeroU32,
}

/// A capture while its task runs.
struct Running {
    id: CaptureId,
    epoch: Epoch,
    /// What to ask for if its stream breaks off.
    wish: Option<Wish>,
}

/// An owner that crashed, which is not in the catalogue yet.
struct Crashed {
    id: CaptureId,
    epoch: Epoch,
    at_unix_ms: i64,
}

/// Runs captures.
pub struct Ingest {
    settings: Settings,
    catalog: Catalog,
    hub: Hub,
    dialer: Arc<Dialer>,
    disk: DiskPool,
    counters: Counters,
    /// When it began: the captures look at their connections on a grid from there.
    began: std::time::Instant,
    rest: Rest,
    /// Captures, which answer with their end, and what is left to be done after them.
    tasks: JoinSet<Option<End>>,
    running: HashMap<Id, Running>,
    restarts: Restarts,
    crashed: Vec<Crashed>,
    /// One look at what was left behind, at most.
    looks: JoinSet<Vec<Verdict>>,
    rejoins: Rejoins,
    /// Captures that are being ended without having been taken up.
    concluding: HashSet<CaptureId>,
    /// Whether the process before this one died.
    follows_death: bool,
    /// Whether what the witness said is not in the catalogue yet.
    is_heard: bool,
    witness: Witness,
}

impl Ingest {
    /// Captures by these settings, over these connections, onto this disk.
    pub fn new(settings: Settings, catalog: Catalog, hub: Hub, dialer: Dialer, disk: DiskPool) -> Self {
        let rejoins = Rejoins::new(settings.rejoins_per_second);
        Self {
            rest: Rest::new(dialer.clone(), settings.rest.clone()),
            settings,
            catalog,
            hub,
            dialer: Arc::new(dialer),
            disk,
            counters: Counters::new(),
            began: Instant::now().into_std(),
            tasks: JoinSet::new(),
            running: HashMap::new(),
            restarts: Restarts::default(),
            crashed: Vec::new(),
            looks: JoinSet::new(),
            rejoins,
            concluding: HashSet::new(),
            follows_death: false,
            is_heard: false,
            witness: Witness::blind(),
        }
    }

    /// Tells it that the process before this one died: should this one die too, it is known who was at work.
    #[must_use]
    pub fn following_a_death(mut self) -> Self {
        self.follows_death = true;
        self
    }

    /// Runs captures until `stop` is cancelled, then lets go of them without ending their streams, and answers once all
    /// logs are durable.
    pub async fn run(mut self, stop: CancellationToken) {
        self.hear_witness();
        let mut poll = interval(POLL_EVERY);
        // They end with this function.
        let mut beside = JoinSet::new();
        beside.spawn(sample_lag(self.counters.clone(), self.disk.clone()));
        beside.spawn(messenger::run(self.catalog.clone(), self.hub.clone()));
        loop {
            let rejoin_at = self.rejoins.due(Instant::now().into_std());
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(ended) = self.tasks.join_next_with_id() => self.bury(ended, &stop).await,
                () = self.hub.woken(Wake::Starts) => self.claim(&stop).await,
                Some(Ok(verdicts)) = self.looks.join_next() => self.decide(verdicts, &stop),
                () = reached(rejoin_at) => self.take_up(Instant::now().into_std(), &stop).await,
                _ = poll.tick() => {
                    self.counters.sample_active(self.running.len());
                    self.counters.sample_memory(self.hub.remembered_bytes());
                    self.claim(&stop).await;
                    self.look_around().await;
                }
            }
        }
        while let Some(ended) = self.tasks.join_next_with_id().await {
            self.bury(ended, &stop).await;
        }
    }

    async fn claim(&mut self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
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

    /// Learns whom the process before this one was at work for when it died.
    fn hear_witness(&mut self) {
        self.is_heard = true;
        match witness::left(&self.settings.data_dir) {
            Ok(named) => self.crashed.extend(named.into_iter().map(|(id, epoch, at)| {
                tracing::error!(capture = %id, epoch = epoch.0, "the process before this one died while it worked for a capture");
                Crashed { id, epoch, at_unix_ms: since_epoch_ms(at) }
            })),
            Err(error) => tracing::warn!(%error, "what took the process before this one down cannot be read"),
        }
    }

    /// Takes down who crashed; false if the catalogue refuses. From then on it is known who is at work.
    async fn note_crashes(&mut self) -> bool {
        while let Some(Crashed { id, epoch, at_unix_ms }) = self.crashed.last() {
            if let Err(error) = self.catalog.note_crash(*id, *epoch, *at_unix_ms).await {
                tracing::error!(capture = %id, %error, "a crash is not in the catalogue yet; trying again");
                return false;
            }
            self.crashed.pop();
        }
        if std::mem::take(&mut self.is_heard)
            && let Err(error) = witness::forget(&self.settings.data_dir)
        {
            tracing::warn!(%error, "what took the process before this one down cannot be forgotten; it counts once");
        }
        if std::mem::take(&mut self.follows_death) {
            self.witness = self.begin_to_witness().unwrap_or_else(|error| {
                tracing::warn!(%error, "should the process die, nobody will know whom it was at work for");
                Witness::blind()
            });
        }
        true
    }

    fn begin_to_witness(&self) -> std::io::Result<Witness> {
        let window = Duration::from_millis(CRASH_WINDOW_MS.unsigned_abs());
        Witness::new(&self.settings.data_dir, Instant::now().into_std() + window)
    }

    /// Looks at every capture that has no owner any more and is not known to wait for one.
    async fn look_around(&mut self) {
        if !self.note_crashes().await || !self.looks.is_empty() {
            return;
        }
        let mut left = match self.catalog.left_behind(unix_ms().saturating_sub(CRASH_WINDOW_MS)).await {
            Ok(left) => left,
            Err(error) => {
                tracing::error!(%error, "what was left behind cannot be read; trying again");
                return;
            }
        };
        let still: HashSet<CaptureId> = left.iter().map(|one| one.capture).collect();
        self.concluding.retain(|id| still.contains(id));
        left.retain(|one| !self.concluding.contains(&one.capture) && !self.rejoins.contains(one.capture));
        if !left.is_empty() {
            tracing::info!(captures = left.len(), "captures that have no owner are looked at");
            let Settings { apps, data_dir, .. } = self.settings.clone();
            let give_up = Instant::now() + LOOKS_LIMIT;
            self.looks.spawn(recovery::look(left, apps, data_dir, self.witness.clone(), give_up));
        }
    }

    /// Does with each capture what was found to be right.
    fn decide(&mut self, verdicts: Vec<Verdict>, stop: &CancellationToken) {
        for verdict in verdicts {
            match verdict {
                Verdict::Rejoin(rejoin) => self.rejoins.add(rejoin),
                Verdict::Over { capture, outcome, keep_revoked } => {
                    self.concluding.insert(capture);
                    self.settle(capture, outcome, keep_revoked, stop.clone());
                }
                Verdict::Quarantine { capture, written, keep_revoked } => {
                    self.concluding.insert(capture);
                    let quarantine = Quarantine {
                        capture,
                        written,
                        keep_revoked,
                        catalog: self.catalog.clone(),
                        hub: self.hub.clone(),
                        dir: LogDir::of(&self.settings.data_dir, capture),
                        disk: self.disk.clone(),
                        log: self.settings.log,
                        stop: stop.clone(),
                    };
                    self.tasks.spawn(async move {
                        quarantine.carry_out().await;
                        None
                    });
                }
            }
        }
    }

    /// Takes up the capture whose turn it is.
    async fn take_up(&mut self, now: std::time::Instant, stop: &CancellationToken) {
        let Some(rejoin) = self.rejoins.next(now, unix_ms()) else { return };
        match self.catalog.take_up(rejoin.capture, rejoin.written).await {
            Ok(Some(job)) => self.start(job, stop.clone()),
            // It ended meanwhile.
            Ok(None) => {}
            // It is found again when somebody looks around.
            Err(error) => tracing::error!(capture = %rejoin.capture, %error, "a capture cannot be taken up again"),
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
            began: self.began,
            stop: stop.clone(),
            keep_revoked,
            close_limit: CLOSE_LIMIT,
        };
        let dir = LogDir::of(&self.settings.data_dir, id);
        let (disk, log) = (self.disk.clone(), self.settings.log);
        let (catalog, hub) = (self.catalog.clone(), self.hub.clone());
        let task = self.tasks.spawn(self.witness.watch(id, epoch, async move {
            fail::fail_point!("ingest::starting");
            let begun = async {
                let recall = Recall::before(&catalog, &job).await;
                let now = Instant::now().into_std();
                let session = session(&job, &notice, app.as_ref(), &recall, now).map_err(Some)?;
                let ledger = if job.capture.config.retention.stores() {
                    let log = open_log(&dir, &disk, log, epoch, &stop).await?;
                    Ledger::of_log(id, epoch, log, hub.clone(), Look::now)
                } else {
                    Ledger::Nothing
                };
                let withholding = Withholding::new(job.is_withheld, recall.paused_at.is_some());
                let task = CaptureTask::new(id, epoch, session, ledger, around).withholding(withholding);
                Ok((task, recall))
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
        }));
        self.running.insert(task.id(), Running { id, epoch, wish });
    }

    /// Tells the catalogue in a task of its own: while it refuses, other captures start and end.
    fn settle(&mut self, id: CaptureId, outcome: Outcome, keep_revoked: bool, stop: CancellationToken) {
        let settled = settle(self.catalog.clone(), self.hub.clone(), id, outcome, keep_revoked, stop);
        self.tasks.spawn(async move {
            settled.await;
            None
        });
    }

    /// Takes note that a task ended. A capture that panicked is taken up again and goes on in its next segment, unless it
    /// keeps panicking.
    async fn bury(&mut self, ended: Result<(Id, Option<End>), JoinError>, stop: &CancellationToken) {
        let (task, end) = match ended {
            Ok((task, end)) => (task, Ok(end)),
            Err(error) => (error.id(), Err(error.is_panic())),
        };
        let Some(Running { id, epoch, wish }) = self.running.remove(&task) else { return };
        match (end, wish) {
            (Ok(Some(end)), Some(wish)) if end.may_restart => self.ask_for_another(id, wish, stop.clone()).await,
            (Ok(_) | Err(false), _) => {}
            (Err(true), _) => {
                tracing::error!(capture = %id, "a capture panicked; what it wrote is kept. Please report this defect");
                metrics::counter!("hansard_stage_errors_total", "stage" => "capture").increment(1);
                self.crashed.push(Crashed { id, epoch, at_unix_ms: unix_ms() });
                self.look_around().await;
            }
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
}

/// Waits for a moment; for ever if there is none.
async fn reached(moment: Option<std::time::Instant>) {
    match moment {
        Some(moment) => sleep_until(moment.into()).await,
        None => pending().await,
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
