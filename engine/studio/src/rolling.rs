//! Which meetings are followed while they go on, by whom, and what becomes of that: handed to the render of the recording, or let go.
//! What a follower makes is in `roll`.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use catalog::{Catalog, Growing};
use model::{ArtifactKind, CaptureId, CaptureStatus, Fault, RecordingId, RenderJob, RenderScope};
use store::Store;
use tokio::task::JoinHandle;

use crate::{StudioError, settings::Settings, worker::Worker};

#[cfg(test)]
mod tests;

/// The meetings that are followed.
pub(crate) struct Rolling {
    settings: Arc<Settings>,
    catalog: Catalog,
    store: Store,
    followed: HashMap<RecordingId, Followed>,
    /// Whoever followed these died of it, which nobody is to do twice.
    given_up: HashSet<RecordingId>,
    /// Followers that were let go and are not gone yet: how long that takes is up to the disk.
    leaving: HashMap<RecordingId, JoinHandle<()>>,
}

/// A meeting that is followed.
struct Followed {
    captures: Vec<CaptureId>,
    worker: Worker,
}

impl Rolling {
    pub(crate) fn new(settings: Arc<Settings>, catalog: Catalog, store: Store) -> Self {
        let (followed, given_up, leaving) = Default::default();
        Self { settings, catalog, store, followed, given_up, leaving }
    }

    /// How many meetings are followed, or wait for their render.
    pub(crate) fn len(&self) -> usize {
        self.followed.len()
    }

    /// Follows the oldest meetings as far as there are places, and lets go whatever no render comes for any more.
    pub(crate) async fn look(&mut self) -> Result<(), StudioError> {
        if self.settings.rolling == 0 {
            return Ok(());
        }
        self.leaving.retain(|_, leaves| !leaves.is_finished());
        self.bury();
        // Those that were given up take no place.
        let most = self.settings.rolling.saturating_add(self.given_up.len());
        let growing = self.catalog.growing(ArtifactKind::VideoMixed, most).await?;
        let recording_of = |growing: &Growing| growing.capture.recording.as_ref().map(|recording| recording.id);
        let grows = |recording: RecordingId| growing.iter().find(move |of| recording_of(of) == Some(recording));
        let mut idle = Vec::new();
        for (recording, followed) in &self.followed {
            let is_wanted = match grows(*recording) {
                // A stream that was started again goes on with a recording: it has captures of which the follower knows nothing.
                Some(now) => now.captures == followed.captures,
                None => self.waits_for_its_render(followed).await?,
            };
            if !is_wanted {
                idle.push(*recording);
            }
        }
        self.given_up.retain(|recording| grows(*recording).is_some());
        for recording in idle {
            self.let_go(recording);
        }
        for growing in growing {
            if let Err(error) = self.follow(growing).await {
                tracing::warn!(code = error.code(), %error, "a meeting cannot be followed; it is rendered when it is over");
            }
        }
        Ok(())
    }

    /// Takes note of followers that died.
    fn bury(&mut self) {
        let dead: Vec<RecordingId> = self
            .followed
            .iter_mut()
            .filter_map(|(recording, followed)| (!followed.worker.is_alive()).then_some(*recording))
            .collect();
        for recording in dead {
            tracing::error!(%recording, "whoever followed a meeting died; it is rendered when it is over");
            metrics::counter!("hansard_stage_errors_total", "stage" => "render").increment(1);
            metrics::counter!("hansard_rolled_renders_total", "outcome" => "lost").increment(1);
            self.given_up.insert(recording);
            self.let_go(recording);
        }
    }

    /// Whoever followed the meeting of a job, if he followed all of it.
    pub(crate) fn take(&mut self, job: &RenderJob) -> Option<Worker> {
        let recording = job.capture.recording.as_ref()?.id;
        let followed = self.followed.get(&recording).filter(|_| job.scope == RenderScope::Recording)?;
        let is_wanted = job.artifacts.iter().any(|artifact| artifact.kind == ArtifactKind::VideoMixed);
        if followed.captures == job.captures && is_wanted {
            return self.followed.remove(&recording).map(|followed| followed.worker);
        }
        self.let_go(recording);
        None
    }

    /// Nobody follows a meeting any more, and what was made of it is removed; answers whether that is done.
    pub(crate) fn let_go(&mut self, recording: RecordingId) -> bool {
        if let Some(Followed { worker, .. }) = self.followed.remove(&recording) {
            self.leaving.insert(recording, tokio::spawn(worker.end()));
        }
        let is_gone = self.leaving.get(&recording).is_none_or(JoinHandle::is_finished);
        if is_gone {
            self.leaving.remove(&recording);
        }
        is_gone
    }

    /// The same of every meeting.
    pub(crate) fn let_all_go(&mut self) {
        let all: Vec<RecordingId> = self.followed.keys().copied().collect();
        for recording in all {
            self.let_go(recording);
        }
    }

    /// Waits until everybody who was let go is gone.
    pub(crate) async fn gone(&mut self) {
        for (_, leaves) in self.leaving.drain() {
            // A follower that cannot be ended was told of already.
            let _ = leaves.await;
        }
    }

    async fn follow(&mut self, growing: Growing) -> Result<(), StudioError> {
        let Growing { capture, captures } = growing;
        let Some(recording) = capture.recording.as_ref().map(|recording| recording.id) else { return Ok(()) };
        let has_place = self.followed.len() < self.settings.rolling;
        let is_known = self.followed.contains_key(&recording) || self.leaving.contains_key(&recording);
        if !has_place || is_known || self.given_up.contains(&recording) {
            return Ok(());
        }
        let staging = self.store.staging_dir_of(recording).await?;
        let Some(assignment) = self.settings.assignment(&capture, captures.clone(), staging.path()) else {
            return Ok(());
        };
        let worker = Worker::follow(&self.settings.workers, staging, assignment).await?;
        tracing::debug!(capture = %capture.id, "a meeting is followed while it goes on");
        self.followed.insert(recording, Followed { captures, worker });
        Ok(())
    }

    /// Whether a render is still to be made of a meeting that does not go on.
    async fn waits_for_its_render(&self, followed: &Followed) -> Result<bool, StudioError> {
        let Some(last) = followed.captures.last() else { return Ok(false) };
        let capture = self.catalog.capture(*last).await?;
        Ok(capture.is_some_and(|capture| capture.latest().status < CaptureStatus::Done))
    }
}
