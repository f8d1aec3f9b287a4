//! Claims jobs and runs a few renders at once: what is made next, and what is called off. Seeing one render through is the business
//! of `desk`.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use catalog::{Catalog, CatalogError};
use hub::{Hub, Wake};
use model::{ArtifactId, Fault, PurgeJob, PurgeScope, RecordingId, RenderJob, RenderScope, Space};
use store::Store;
use tokio::{
    task::{Id, JoinError, JoinSet},
    time::{interval, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    calendar::Calendar, clock::unix_ms, desk::Desk, leash::Leash, purge::purge, retention, rolling::Rolling,
    settings::Settings,
};
#[cfg(feature = "ffmpeg")]
use crate::{stills::Makers, stream::Screenings};

/// How often jobs are looked for although nobody said that there are any.
const POLL_EVERY: Duration = Duration::from_secs(1);
/// How long a stop waits for followers to be gone.
const GOODBYE: Duration = Duration::from_secs(2);
/// How often it is looked which meetings go on.
const ROLL_EVERY: Duration = Duration::from_secs(5);

/// A render that runs.
struct Running {
    recording: RecordingId,
    /// What it makes.
    makes: Vec<ArtifactId>,
    /// The edition that it makes, unless it makes all of the recording.
    edition: Option<ArtifactId>,
    leash: Arc<Leash>,
}

/// Runs render jobs.
pub struct Studio {
    settings: Arc<Settings>,
    catalog: Catalog,
    store: Store,
    hub: Hub,
    renders: JoinSet<()>,
    purges: JoinSet<()>,
    calendar: Calendar,
    rolling: Rolling,
    #[cfg(feature = "ffmpeg")]
    screenings: Screenings,
    /// What is being rendered by which task, and how that is stopped.
    running: HashMap<Id, Running>,
}

impl Studio {
    /// Renders by these settings, from the logs into the store.
    pub fn new(settings: Settings, catalog: Catalog, store: Store, hub: Hub) -> Self {
        let settings = Arc::new(settings);
        Self {
            rolling: Rolling::new(Arc::clone(&settings), catalog.clone(), store.clone()),
            settings,
            catalog,
            store,
            hub,
            renders: JoinSet::new(),
            purges: JoinSet::new(),
            calendar: Calendar::new(unix_ms(), Instant::now()),
            #[cfg(feature = "ffmpeg")]
            screenings: Screenings::default(),
            running: HashMap::new(),
        }
    }

    /// Runs jobs until `stop` is cancelled. A render that runs then is abandoned; its job is claimed again at the next
    /// start, because a render is disposable until it is finished.
    pub async fn run(mut self, stop: CancellationToken) {
        #[cfg(feature = "ffmpeg")]
        let shown = self.show();
        let (mut poll, mut roll) = (interval(POLL_EVERY), interval(ROLL_EVERY));
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(rendered) = self.renders.join_next_with_id() => self.bury(rendered),
                Some(_) = self.purges.join_next() => {}
                () = self.hub.woken(Wake::Renders) => {}
                _ = poll.tick() => {}
                _ = roll.tick() => self.roll().await,
            }
            self.give_up(unix_ms(), Instant::now()).await;
            self.call_off_editions().await;
            self.claim_purges().await;
            self.claim_renders().await;
            metrics::gauge!("hansard_renders_running").set(self.renders.len() as f64);
            metrics::gauge!("hansard_meetings_rolled").set(self.rolling.len() as f64);
            #[cfg(feature = "ffmpeg")]
            metrics::gauge!("hansard_live_streams").set(self.screenings.len() as f64);
        }
        #[cfg(feature = "ffmpeg")]
        drop(shown);
        self.rolling.let_all_go();
        if timeout(GOODBYE, self.rolling.gone()).await.is_err() {
            tracing::warn!("a worker is not gone yet; what it wrote is removed at the next start");
        }
    }

    /// Answers what viewers of live streams ask, and has still pictures made, until what is answered is dropped.
    #[cfg(feature = "ffmpeg")]
    fn show(&self) -> JoinSet<()> {
        let mut shown = JoinSet::new();
        if let Some(questions) = self.hub.viewing().questions() {
            shown.spawn(self.screenings.clone().run(Arc::clone(&self.settings), self.hub.clone(), questions));
        }
        shown.spawn(Makers::new(Arc::clone(&self.settings), self.hub.clone()).run());
        shown
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

    /// Has the videos of meetings that go on made already, unless the disk is nearly full.
    async fn roll(&mut self) {
        if self.hub.capacity().space() >= Space::Critical {
            self.rolling.let_all_go();
        } else if let Err(error) = self.rolling.look().await {
            tracing::error!(code = error.code(), %error, "which meetings go on cannot be told; trying again");
        }
    }

    /// How the renders of a recording are stopped.
    fn leashes(&self, recording: RecordingId) -> impl Iterator<Item = &Leash> {
        self.running.values().filter(move |running| running.recording == recording).map(|running| &*running.leash)
    }

    /// Stops whatever makes an edition that nobody wants any more.
    async fn call_off_editions(&self) {
        for running in self.running.values() {
            let Some(edition) = running.edition else { continue };
            match self.catalog.is_called_off(edition).await {
                Ok(true) => running.leash.call_off(),
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(%error, "whether an edition is still wanted cannot be told; trying again")
                }
            }
        }
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
                Ok(Some(job)) => {
                    if self.makes_way_for(&job) {
                        let (settings, catalog) = (Arc::clone(&self.settings), self.catalog.clone());
                        self.purges.spawn(purge(job, settings, catalog, self.store.clone(), self.hub.clone()));
                    } else if let Err(error) = self.catalog.purge_failed(job.id, "render_running", unix_ms()).await {
                        tracing::error!(%error, "a deletion cannot be put off");
                        return;
                    }
                }
                Ok(None) => return,
                Err(error) => {
                    tracing::error!(%error, "deletions cannot be claimed; trying again");
                    return;
                }
            }
        }
    }

    /// Whether nobody writes any more what a purge removes. Whoever makes something of a recording that is deleted is stopped; of
    /// a single artifact the render is waited for, which makes others too and finds out at its end that this one is not wanted.
    fn makes_way_for(&mut self, job: &PurgeJob) -> bool {
        match job.scope {
            PurgeScope::Artifact(id) => !self.running.values().any(|running| running.makes.contains(&id)),
            PurgeScope::Recording | PurgeScope::Logs => {
                let is_let_go = self.rolling.let_go(job.recording);
                #[cfg(feature = "ffmpeg")]
                self.screenings.end(&job.captures);
                // Whatever a render has written so far is removed with the rest, once it has stopped.
                let called_off = self.leashes(job.recording).map(Leash::call_off).count();
                called_off == 0 && is_let_go
            }
        }
    }

    /// Claims renders, unless the disk is nearly full (fault-matrix B1): the logs are safe, and what is left is for captures.
    /// Editions come after whatever was asked for from the beginning.
    async fn claim_renders(&mut self) {
        if self.hub.capacity().space() >= Space::Critical {
            self.running.values().for_each(|running| running.leash.hold_back());
            return;
        }
        if self.renders.len() >= self.settings.renders.get() {
            self.make_way(unix_ms()).await;
        }
        while self.renders.len() < self.settings.renders.get() {
            match self.claim_one(unix_ms()).await {
                Ok(Some(job)) => {
                    let desk = Desk {
                        settings: Arc::clone(&self.settings),
                        catalog: self.catalog.clone(),
                        store: self.store.clone(),
                        hub: self.hub.clone(),
                        rolled: self.rolling.take(&job),
                    };
                    let recording = job.capture.recording.as_ref().map(|recording| recording.id);
                    let is_edition = job.scope == RenderScope::Edition;
                    let edition = job.artifacts.first().filter(|_| is_edition).map(|artifact| artifact.id);
                    let makes = job.artifacts.iter().map(|artifact| artifact.id).collect();
                    let leash = Arc::<Leash>::default();
                    let task = self.renders.spawn(desk.run(job, Arc::clone(&leash)));
                    if let Some(recording) = recording {
                        self.running.insert(task.id(), Running { recording, makes, edition, leash });
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

    /// Holds one edition back where editions take every place and a meeting that ended waits: it is made later.
    async fn make_way(&self, now_unix_ms: i64) {
        if !self.running.values().all(|running| running.edition.is_some()) {
            return;
        }
        match self.catalog.has_render_to_claim(now_unix_ms).await {
            Ok(true) => self.running.values().take(1).for_each(|running| running.leash.hold_back()),
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "render jobs cannot be looked for; trying again"),
        }
    }

    async fn claim_one(&self, now_unix_ms: i64) -> Result<Option<RenderJob>, CatalogError> {
        match self.catalog.claim_render(now_unix_ms).await? {
            Some(job) => Ok(Some(job)),
            None => self.catalog.claim_edition(now_unix_ms).await,
        }
    }
}

#[cfg(test)]
mod tests;
