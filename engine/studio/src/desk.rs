//! Sees one render through: has it made, then tells the catalogue and whoever waits. Which is claimed when is decided in `studio`, how
//! its files come to be in the store in `job`.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use catalog::{Catalog, CatalogError};
use hub::Hub;
use model::{
    Artifact, ArtifactFile, ArtifactKind, CaptureId, Fault, Grade, Recording, RecordingQuality, RenderJob, RenderScope,
    SequencedEvent,
};
use store::Store;
use tokio::time::sleep;

use crate::{
    StudioError,
    clock::unix_ms,
    job::{self, Means},
    leash::Leash,
    message::{Chance, Unmade},
    settings::Settings,
    worker::Worker,
};

/// How often a job that failed as a whole is tried, or an artifact whose making panicked or crashed.
const ATTEMPTS: u32 = 3;
/// How often one that found no room or no disk is, which is nobody's fault and may pass: a day, at the catalogue's pauses.
const STORAGE_ATTEMPTS: u32 = 300;
/// How often the process may die while one render runs, before that one is given up: with the catalogue's pauses that takes a
/// quarter of an hour, which no series of kills from outside spends on one render.
const DEATHS: u32 = 10;
/// How long is waited before what became of a job is told again to a catalogue that could not take it.
const TELL_AGAIN: Duration = Duration::from_secs(1);

/// Sees one job through.
pub(crate) struct Desk {
    pub(crate) settings: Arc<Settings>,
    pub(crate) catalog: Catalog,
    pub(crate) store: Store,
    pub(crate) hub: Hub,
    /// Who followed the meeting.
    pub(crate) rolled: Option<Worker>,
}

impl Desk {
    /// Makes what a job asks for, and tells what became of it as often as it takes.
    pub(crate) async fn run(mut self, job: RenderJob, leash: Arc<Leash>) {
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

    /// Has everything made, unless the process died of it too often.
    async fn make(&mut self, job: &RenderJob, leash: Arc<Leash>) -> Result<job::Made, Failed> {
        let rolled = self.rolled.take();
        if job.deaths >= DEATHS {
            if let Some(rolled) = rolled {
                rolled.end().await;
            }
            let reason = format!("the daemon died {} times while it ran; the capture log is kept", job.deaths);
            return Err(Failed { code: "render_quarantined".to_owned(), may_pass: false, reason });
        }
        let means =
            Means { settings: &self.settings, store: &self.store, progress: self.hub.progress(), leash: &leash };
        let failed = |Unmade { code, reason, chance, .. }| Failed { code, may_pass: chance == Chance::Good, reason };
        job::run(job, means, rolled).await.map_err(failed)
    }

    /// P7 and P8: tells what was made. What found no room, and at first what panicked, is made in another attempt; telling twice changes nothing.
    async fn announce(&self, job: &RenderJob, made: &job::Made) -> Result<(), StudioError> {
        fail::fail_point!("studio::announcing");
        let now = unix_ms();
        let is_of_all = job.scope == RenderScope::Recording;
        if let (Some(recording), Some((started_at, completed_at)), true) =
            (&job.capture.recording, made.bounds, is_of_all)
        {
            self.catalog.extend_recording(recording.id, Some(started_at), Some(completed_at)).await?;
        }
        let mut put_off = None;
        for (artifact, outcome) in &made.artifacts {
            match outcome {
                // The report is about everything, so that it waits for whatever is put off.
                Ok(_) if artifact.kind == ArtifactKind::MeetingMetadata && put_off.is_some() => continue,
                Ok(files) => {
                    let is_kept = self.catalog.artifact_done(artifact.id, files.clone(), now).await?;
                    // One that was given up at the last moment keeps nothing, and one that was made before none of what it had more.
                    self.keep_only(job, artifact, if is_kept { files } else { &[] }).await?;
                    is_kept
                }
                Err(unmade) if job.attempts + 1 < attempts(unmade.chance) => {
                    put_off = Some(&unmade.code);
                    continue;
                }
                Err(unmade) => {
                    let has_failed = self.catalog.artifact_failed(artifact.id, &unmade.code, now).await?;
                    // Of several files some may have been published.
                    self.keep_only(job, artifact, &artifact.files).await?;
                    has_failed
                }
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

    /// Removes what was published of an artifact and is none of its files.
    async fn keep_only(&self, job: &RenderJob, artifact: &Artifact, files: &[ArtifactFile]) -> Result<(), StudioError> {
        let Some(recording) = &job.capture.recording else { return Ok(()) };
        let names = files.iter().map(|file| file.name.clone()).collect();
        let removed = self.store.keep_only(recording.id, artifact.id, names).await?;
        if removed > 0 {
            tracing::info!(artifact = %artifact.id, removed, "files that belong to no artifact any more were removed");
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
        if let (Some(recording), false, RenderScope::Recording) = (&job.capture.recording, again, job.scope) {
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
fn attempts(chance: Chance) -> u32 {
    match chance {
        Chance::Slight => ATTEMPTS,
        Chance::Good => STORAGE_ATTEMPTS,
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
    code: String,
    may_pass: bool,
    reason: String,
}

#[cfg(test)]
mod tests;
