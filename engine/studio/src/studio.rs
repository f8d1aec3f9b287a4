//! Claims render jobs and runs a few at once, then tells the catalogue and whoever waits.

use std::{
    sync::Arc,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use catalog::{Catalog, CatalogError};
use hub::{Hub, Wake};
use model::{CaptureId, Fault, JobId, RecordingId, RenderJob, SequencedEvent};
use store::Store;
use tokio::{
    runtime::Handle,
    sync::oneshot,
    task::JoinSet,
    time::{interval, sleep},
};
use tokio_util::sync::CancellationToken;

use crate::{StudioError, job, settings::Settings};

/// How often jobs are looked for although nobody said that there are any.
const POLL_EVERY: Duration = Duration::from_secs(1);
/// How often a job that failed as a whole is tried again.
const ATTEMPTS: u32 = 3;
/// How often one that found no room or no disk is, which is nobody's fault and may pass: a day, at the catalogue's pauses.
const STORAGE_ATTEMPTS: u32 = 300;
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
}

impl Studio {
    /// Renders by these settings, from the logs into the store.
    pub fn new(settings: Settings, catalog: Catalog, store: Store, hub: Hub) -> Self {
        Self { settings: Arc::new(settings), catalog, store, hub, renders: JoinSet::new() }
    }

    /// Runs jobs until `stop` is cancelled. A render that runs then is abandoned; its job is claimed again at the next
    /// start, because a render is disposable until it is finished.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut poll = interval(POLL_EVERY);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                Some(_) = self.renders.join_next() => {}
                () = self.hub.woken(Wake::Renders) => {}
                _ = poll.tick() => {}
            }
            self.claim().await;
        }
    }

    async fn claim(&mut self) {
        while self.renders.len() < self.settings.renders.get() {
            match self.catalog.claim_render(unix_ms()).await {
                Ok(Some(job)) => {
                    let desk = Desk {
                        settings: Arc::clone(&self.settings),
                        catalog: self.catalog.clone(),
                        store: self.store.clone(),
                        hub: self.hub.clone(),
                    };
                    self.renders.spawn(desk.run(job));
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
    async fn run(self, job: RenderJob) {
        let (id, capture, attempts) = (job.id, job.capture.id, job.attempts);
        let recording = job.capture.recording.as_ref().map(|recording| recording.id);
        let (settings, store, runtime) = (Arc::clone(&self.settings), self.store.clone(), Handle::current());
        let (answer, rendered) = oneshot::channel();
        let thread = thread::Builder::new().name("render".to_owned()).spawn(move || {
            lower_priority();
            // The daemon may be stopping; then nobody waits, and the job is claimed again at the next start.
            let _ = answer.send(job::run(&job, &settings, &store, &runtime));
        });
        let made = match (thread, rendered.await) {
            (Ok(_), Ok(Ok(made))) => Ok(made),
            (Ok(_), Ok(Err(error))) => {
                Err(Failed { code: error.code(), may_pass: error.may_pass(), reason: error.to_string() })
            }
            (Ok(_), Err(panic)) => Err(Failed { code: "render_panicked", may_pass: false, reason: panic.to_string() }),
            (Err(error), _) => Err(Failed { code: "render_thread", may_pass: true, reason: error.to_string() }),
        };
        loop {
            let told = match &made {
                Ok(made) => self.announce(id, capture, recording, attempts, made).await,
                Err(failed) => self.fail(id, capture, attempts, failed).await,
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

    /// Tells what was made. What found no room is made in another attempt; telling twice changes nothing.
    async fn announce(
        &self,
        id: JobId,
        capture: CaptureId,
        recording: Option<RecordingId>,
        attempts: u32,
        made: &job::Made,
    ) -> Result<(), StudioError> {
        let now = unix_ms();
        if let (Some(recording), Some((started_at, completed_at))) = (recording, made.bounds) {
            self.catalog.extend_recording(recording, Some(started_at), Some(completed_at)).await?;
        }
        let mut put_off = None;
        for (artifact, outcome) in &made.artifacts {
            match outcome {
                Ok(files) => self.catalog.artifact_done(artifact.id, files.clone(), now).await?,
                Err(error) if error.may_pass() && attempts + 1 < STORAGE_ATTEMPTS => {
                    put_off = Some(error.code());
                    continue;
                }
                Err(error) => self.catalog.artifact_failed(artifact.id, error.code(), now).await?,
            };
        }
        match put_off {
            Some(code) => self.conclude(capture, self.catalog.render_failed(id, code, now, true).await?),
            None => self.conclude(capture, self.catalog.render_done(id, capture, now).await?),
        }
        Ok(())
    }

    /// Tells whoever still listens that the capture is done.
    fn conclude(&self, capture: CaptureId, done: Option<SequencedEvent>) {
        if let Some(event) = done {
            self.hub.publish(capture, Arc::new(event));
            self.hub.close(capture);
        }
    }

    async fn fail(&self, id: JobId, capture: CaptureId, attempts: u32, failed: &Failed) -> Result<(), StudioError> {
        let Failed { code, may_pass, reason } = failed;
        let again = attempts + 1 < if *may_pass { STORAGE_ATTEMPTS } else { ATTEMPTS };
        tracing::error!(job = %id, code, reason, again, "render failed");
        metrics::counter!("hansard_stage_errors_total", "stage" => "render").increment(1);
        self.conclude(capture, self.catalog.render_failed(id, code, unix_ms(), again).await?);
        Ok(())
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

fn unix_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
