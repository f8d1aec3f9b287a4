//! Claims render jobs and runs a few at once, then tells the catalogue and whoever waits.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use catalog::{Catalog, CatalogError};
use hub::{Hub, Wake};
use model::{
    ArtifactKind, CaptureId, Fault, Grade, Recording, RecordingId, RecordingQuality, RenderJob, SequencedEvent, Space,
};
use store::Store;
use tokio::{
    runtime::Handle,
    sync::oneshot,
    task::{Id, JoinError, JoinSet},
    time::{interval, sleep},
};
use tokio_util::sync::CancellationToken;

use crate::{
    StudioError, calendar::Calendar, clock::unix_ms, job, leash::Leash, purge::purge, retention, settings::Settings,
};

/// How often jobs are looked for although nobody said that there are any.
const POLL_EVERY: Duration = Duration::from_secs(1);
/// How often a job that failed as a whole is tried, or an artifact whose making panicked.
const ATTEMPTS: u32 = 3;
/// How often one that found no room or no disk is, which is nobody's fault and may pass: a day, at the catalogue's pauses.
const STORAGE_ATTEMPTS: u32 = 300;
/// How often the process may die while one render runs, before that one is given up: with the catalogue's pauses that takes a
/// quarter of an hour, which no series of kills from outside spends on one render.
const DEATHS: u32 = 10;
/// How long is waited before what became of a job is told again to a catalogue that could not take it.
const TELL_AGAIN: Duration = Duration::from_secs(1);
/// The scheduling priority of a render thread: captures go first.
const RENDER_NICENESS: i32 = 10;

/// Runs render jobs.
pub struct Studio {
    settings: Arc<Settings>,
    catalog: Catalog,
    store: Store,
    hub: Hub,
    renders: JoinSet<()>,
    purges: JoinSet<()>,
    calendar: Calendar,
    /// What is being rendered by which task, and how that is stopped.
    running: HashMap<Id, (RecordingId, Arc<Leash>)>,
}

impl Studio {
    /// Renders by these settings, from the logs into the store.
    pub fn new(settings: Settings, catalog: Catalog, store: Store, hub: Hub) -> Self {
        Self {
            settings: Arc::new(settings),
            catalog,
            store,
            hub,
            renders: JoinSet::new(),
            purges: JoinSet::new(),
            calendar: Calendar::new(unix_ms(), Instant::now()),
            running: HashMap::new(),
        }
    }

    /// Runs jobs until `stop` is cancelled. A render that runs then is abandoned; its job is claimed again at the next
    /// start, because a render is disposable until it is finished.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut poll = interval(POLL_EVERY);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                Some(rendered) = self.renders.join_next_with_id() => self.bury(rendered),
                Some(_) = self.purges.join_next() => {}
                () = self.hub.woken(Wake::Renders) => {}
                _ = poll.tick() => {}
            }
            self.give_up(unix_ms(), Instant::now()).await;
            self.claim_purges().await;
            self.claim_renders().await;
        }
    }

    /// Takes note that a render ended; one that ended without a word must not hold up the deletion of what it made.
    fn bury(&mut self, rendered: Result<(Id, ()), JoinError>) {
        let task = match rendered {
            Ok((task, ())) => task,
            Err(error) => {
                tracing::error!(%error, "a render ended without a word");
                error.id()
            }
        };
        self.running.remove(&task);
    }

    /// How the render of a recording is stopped, if there is one.
    fn leash(&self, recording: RecordingId) -> Option<&Leash> {
        self.running.values().find(|(of, _)| *of == recording).map(|(_, leash)| &**leash)
    }

    /// Has purges queued for what is due to go at a moment of both clocks.
    async fn give_up(&mut self, wall_unix_ms: i64, now: Instant) {
        let believed_unix_ms = self.calendar.believed(wall_unix_ms, now);
        let keep_log_hours = self.settings.keep_log_hours;
        if let Err(error) = retention::give_up(&self.catalog, keep_log_hours, believed_unix_ms, wall_unix_ms).await {
            tracing::error!(%error, "what is due to be deleted cannot be looked for; trying again");
        }
    }

    async fn claim_purges(&mut self) {
        loop {
            match self.catalog.claim_purge(unix_ms()).await {
                Ok(Some(job)) => match self.leash(job.recording) {
                    Some(leash) => {
                        // Whatever a render has written so far is removed with the rest, once it has stopped.
                        leash.call_off();
                        if let Err(error) = self.catalog.purge_failed(job.id, "render_running", unix_ms()).await {
                            tracing::error!(%error, "a deletion cannot be put off");
                            return;
                        }
                    }
                    None => {
                        let (settings, catalog) = (Arc::clone(&self.settings), self.catalog.clone());
                        self.purges.spawn(purge(job, settings, catalog, self.store.clone(), self.hub.clone()));
                    }
                },
                Ok(None) => return,
                Err(error) => {
                    tracing::error!(%error, "deletions cannot be claimed; trying again");
                    return;
                }
            }
        }
    }

    /// Claims renders, unless the disk is nearly full (fault-matrix B1): the logs are safe, and what is left is for captures.
    async fn claim_renders(&mut self) {
        if self.hub.capacity().space() >= Space::Critical {
            self.running.values().for_each(|(_, leash)| leash.hold_back());
            return;
        }
        while self.renders.len() < self.settings.renders.get() {
            match self.catalog.claim_render(unix_ms()).await {
                Ok(Some(job)) => {
                    let desk = Desk {
                        settings: Arc::clone(&self.settings),
                        catalog: self.catalog.clone(),
                        store: self.store.clone(),
                        hub: self.hub.clone(),
                    };
                    let recording = job.capture.recording.as_ref().map(|recording| recording.id);
                    let leash = Arc::<Leash>::default();
                    let task = self.renders.spawn(desk.run(job, Arc::clone(&leash)));
                    if let Some(recording) = recording {
                        self.running.insert(task.id(), (recording, leash));
                    }
                }
                Ok(None) => return,
                Err(error) => {
                    tracing::error!(%error, "render jobs cannot be claimed; trying again");
                    return;
                }
            }
        }
    }
}

/// Sees one job through.
struct Desk {
    settings: Arc<Settings>,
    catalog: Catalog,
    store: Store,
    hub: Hub,
}

impl Desk {
    async fn run(self, job: RenderJob, leash: Arc<Leash>) {
        let capture = job.capture.id;
        let made = self.make(&job, leash).await;
        loop {
            let told = match &made {
                Ok(made) => self.announce(&job, made).await,
                Err(failed) => self.fail(&job, failed).await,
            };
            match told {
                Ok(()) | Err(StudioError::Catalog(CatalogError::Closed)) => return,
                Err(error) => {
                    tracing::error!(%capture, code = error.code(), %error, "a render is not in the catalogue yet; trying again");
                    sleep(TELL_AGAIN).await;
                }
            }
        }
    }

    /// Makes everything on a thread of its own, unless the process died of it too often.
    async fn make(&self, job: &RenderJob, leash: Arc<Leash>) -> Result<job::Made, Failed> {
        if job.deaths >= DEATHS {
            let reason = format!("the daemon died {} times while it ran; the capture log is kept", job.deaths);
            return Err(Failed { code: "render_quarantined", may_pass: false, reason });
        }
        let (settings, store, runtime) = (Arc::clone(&self.settings), self.store.clone(), Handle::current());
        let (answer, rendered) = oneshot::channel();
        let own = job.clone();
        let thread = thread::Builder::new().name("render".to_owned()).spawn(move || {
            lower_priority();
            // The daemon may be stopping; then nobody waits, and the job is claimed again at the next start.
            let _ = answer.send(job::run(&own, &settings, &store, &runtime, &leash));
        });
        match (thread, rendered.await) {
            (Ok(_), Ok(Ok(made))) => Ok(made),
            (Ok(_), Ok(Err(error))) => {
                Err(Failed { code: error.code(), may_pass: error.may_pass(), reason: error.to_string() })
            }
            // A panic while an artifact is made, or the whole is judged, ends that alone; this one came before.
            (Ok(_), Err(_)) => {
                let panicked = StudioError::Panicked;
                Err(Failed { code: panicked.code(), may_pass: false, reason: panicked.to_string() })
            }
            (Err(error), _) => Err(Failed { code: "render_thread", may_pass: true, reason: error.to_string() }),
        }
    }

    /// P7 and P8: tells what was made. What found no room, and at first what panicked, is made in another attempt; telling twice changes nothing.
    async fn announce(&self, job: &RenderJob, made: &job::Made) -> Result<(), StudioError> {
        fail::fail_point!("studio::announcing");
        let now = unix_ms();
        if let (Some(recording), Some((started_at, completed_at))) = (&job.capture.recording, made.bounds) {
            self.catalog.extend_recording(recording.id, Some(started_at), Some(completed_at)).await?;
        }
        let mut put_off = None;
        for (artifact, outcome) in &made.artifacts {
            match outcome {
                // The report is about everything, so that it waits for whatever is put off.
                Ok(_) if artifact.kind == ArtifactKind::MeetingMetadata && put_off.is_some() => continue,
                Ok(files) => self.catalog.artifact_done(artifact.id, files.clone(), now).await?,
                Err(error) if job.attempts + 1 < attempts(error) => {
                    put_off = Some(error.code());
                    continue;
                }
                Err(error) => self.catalog.artifact_failed(artifact.id, error.code(), now).await?,
            };
        }
        fail::fail_point!("studio::announced");
        match put_off {
            Some(code) => self.conclude(self.catalog.render_failed(job, code, now, true).await?),
            None => {
                if let (Some(recording), Some(quality)) = (&job.capture.recording, &made.quality) {
                    self.catalog.recording_judged(recording.id, quality.clone()).await?;
                }
                self.conclude(self.catalog.render_done(job, now).await?);
                made.quality.iter().for_each(count);
            }
        }
        Ok(())
    }

    /// Tells whoever still listens that captures are done.
    fn conclude(&self, done: Vec<(CaptureId, SequencedEvent)>) {
        for (capture, event) in done {
            self.hub.publish(capture, Arc::new(event));
            self.hub.close(capture);
        }
    }

    async fn fail(&self, job: &RenderJob, failed: &Failed) -> Result<(), StudioError> {
        let Failed { code, may_pass, reason } = failed;
        let again = job.attempts + 1 < if *may_pass { STORAGE_ATTEMPTS } else { ATTEMPTS };
        tracing::error!(job = %job.id, code, reason, again, "render failed");
        metrics::counter!("hansard_stage_errors_total", "stage" => "render").increment(1);
        if let (Some(recording), false) = (&job.capture.recording, again) {
            let quality = without_render(recording);
            self.catalog.recording_judged(recording.id, quality.clone()).await?;
            self.conclude(self.catalog.render_failed(job, code, unix_ms(), again).await?);
            count(&quality);
        } else {
            self.conclude(self.catalog.render_failed(job, code, unix_ms(), again).await?);
        }
        Ok(())
    }
}

/// How many attempts an artifact has whose making failed so.
fn attempts(error: &StudioError) -> u32 {
    match error {
        StudioError::Panicked => ATTEMPTS,
        passing if passing.may_pass() => STORAGE_ATTEMPTS,
        _ => 1,
    }
}

/// How whole a recording is that could not be made: what an earlier render made of it stays, and is not all.
fn without_render(recording: &Recording) -> RecordingQuality {
    match &recording.quality {
        Some(earlier) if earlier.grade != Grade::Failed => {
            RecordingQuality { grade: Grade::Partial, gap_ms: earlier.gap_ms.clone() }
        }
        _ => RecordingQuality { grade: Grade::Failed, gap_ms: BTreeMap::new() },
    }
}

/// Counts a recording by how whole it is.
fn count(quality: &RecordingQuality) {
    metrics::counter!("hansard_recordings_made_total", "grade" => quality.grade.name()).increment(1);
    for (cause, gap_ms) in &quality.gap_ms {
        // Whole seconds are what a counter takes; what is shorter counts as one.
        let seconds = gap_ms.div_ceil(1_000);
        metrics::counter!("hansard_recording_gap_seconds_total", "cause" => cause.name()).increment(seconds);
    }
}

/// Why a job failed as a whole.
struct Failed {
    code: &'static str,
    may_pass: bool,
    reason: String,
}

/// Lets captures go first. A refusal is harmless: the render then competes like any other thread.
fn lower_priority() {
    let thread = rustix::thread::gettid();
    if let Err(error) = rustix::process::setpriority_process(Some(thread), RENDER_NICENESS) {
        tracing::debug!(%error, "render thread keeps its priority");
    }
}

#[cfg(test)]
mod tests;
