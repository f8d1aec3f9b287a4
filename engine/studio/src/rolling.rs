//! Which meetings are followed while they go on, by whom, and what becomes of that: handed to the render of the recording, or let go.
//! What a follower makes is in `roll`.

use std::{collections::HashMap, sync::Arc};

use catalog::{Catalog, Growing};
use model::{ArtifactKind, CaptureId, CaptureStatus, Fault, RecordingId, RenderJob, RenderScope};
use store::Store;

use crate::{StudioError, message::Assignment, settings::Settings, worker::Worker};

#[cfg(test)]
mod tests;

/// The meetings that are followed.
pub(crate) struct Rolling {
    settings: Arc<Settings>,
    catalog: Catalog,
    store: Store,
    followed: HashMap<RecordingId, Followed>,
}

/// A meeting that is followed.
struct Followed {
    captures: Vec<CaptureId>,
    worker: Worker,
}

impl Rolling {
    pub(crate) fn new(settings: Arc<Settings>, catalog: Catalog, store: Store) -> Self {
        Self { settings, catalog, store, followed: HashMap::new() }
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
        let growing = self.catalog.growing(ArtifactKind::VideoMixed, self.settings.rolling).await?;
        let mut idle = Vec::new();
        for (recording, followed) in &self.followed {
            let still_grows = growing.iter().any(|growing| growing.captures == followed.captures);
            if !still_grows && !self.waits_for_its_render(followed).await? {
                idle.push(*recording);
            }
        }
        for recording in idle {
            self.let_go(recording).await;
        }
        for growing in growing {
            if let Err(error) = self.follow(growing).await {
                tracing::warn!(code = error.code(), %error, "a meeting cannot be followed; it is rendered when it is over");
            }
        }
        Ok(())
    }

    /// Whoever followed the meeting of a job, if he followed all of it.
    pub(crate) async fn take(&mut self, job: &RenderJob) -> Option<Worker> {
        let recording = job.capture.recording.as_ref()?.id;
        if job.scope != RenderScope::Recording {
            return None;
        }
        let Followed { captures, worker } = self.followed.remove(&recording)?;
        let is_wanted = job.artifacts.iter().any(|artifact| artifact.kind == ArtifactKind::VideoMixed);
        if captures == job.captures && is_wanted {
            return Some(worker);
        }
        worker.end().await;
        None
    }

    /// Nobody follows a meeting any more, and what was made of it is removed.
    pub(crate) async fn let_go(&mut self, recording: RecordingId) {
        if let Some(Followed { worker, .. }) = self.followed.remove(&recording) {
            worker.end().await;
        }
    }

    /// The same of every meeting.
    pub(crate) async fn let_all_go(&mut self) {
        for (_, Followed { worker, .. }) in self.followed.drain() {
            worker.end().await;
        }
    }

    async fn follow(&mut self, growing: Growing) -> Result<(), StudioError> {
        let Growing { capture, captures } = growing;
        let Some(recording) = capture.recording.as_ref().map(|recording| recording.id) else { return Ok(()) };
        let has_place = self.followed.len() < usize::try_from(self.settings.rolling).unwrap_or(usize::MAX);
        if !has_place || self.followed.contains_key(&recording) {
            return Ok(());
        }
        let staging = self.store.staging_dir_of(recording).await?;
        let Some(assignment) = Assignment::of(&capture, captures.clone(), &self.settings, staging.path()) else {
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
