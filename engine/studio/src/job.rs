//! One render job, seen from the side of the store: asks a worker for one artifact after the other, and publishes the files by
//! `docs/design/durability.md`, P2 to P6. What a worker does is in `make`; claiming is in `studio`, telling the catalogue in `desk`.

use std::{path::Path, time::Instant};

use hub::{Making, Progress};
use media::SourceTime;
use model::{Artifact, ArtifactFile, ArtifactKind, Recording, RecordingQuality, RenderJob, RenderScope};
use store::{ObjectKey, Store};

use crate::{
    StudioError,
    leash::Leash,
    message::{Assignment, Findings, Made as Files, Note, Ready, Unmade, Wanted},
    settings::Settings,
    worker::Worker,
};

/// What a job made.
pub(crate) struct Made {
    /// Second 0 and the end, on the platform's clock; `None` if the log holds nothing at all.
    pub(crate) bounds: Option<(SourceTime, SourceTime)>,
    /// How whole the recording is; `None` if there is none.
    pub(crate) quality: Option<RecordingQuality>,
    /// What became of each artifact, the quality report last.
    pub(crate) artifacts: Vec<(Artifact, Result<Vec<ArtifactFile>, Unmade>)>,
}

/// Where a job gets what it needs.
pub(crate) struct Means<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) store: &'a Store,
    pub(crate) progress: &'a Progress,
    pub(crate) leash: &'a Leash,
}

/// Has everything made that the job asks for, from the logs of every capture of the recording. Once its leash says so nothing more
/// is made.
///
/// `rolled` is somebody who followed the meeting of the same captures.
pub(crate) async fn run(job: &RenderJob, means: Means<'_>, rolled: Option<Worker>) -> Result<Made, Unmade> {
    let Some(recording) = &job.capture.recording else {
        return Ok(Made { bounds: None, quality: None, artifacts: Vec::new() });
    };
    let mut render = Render {
        job,
        recording,
        means,
        rolled,
        worker: None,
        findings: Findings::default(),
        unmade: failed_before(job),
    };
    let made = match render.means.leash.check() {
        Ok(()) => render.all().await,
        Err(told) => Err(told.into()),
    };
    render.let_go().await;
    made
}

/// What an earlier attempt could not make, and this one is not to.
fn failed_before(job: &RenderJob) -> Vec<ArtifactKind> {
    let held = job.capture.recording.iter().flat_map(|recording| &recording.artifacts);
    let is_wanted = |artifact: &Artifact| job.artifacts.iter().any(|wanted| wanted.id == artifact.id);
    let is_unmade = |artifact: &&Artifact| artifact.sub_code.is_some() && artifact.edition.is_none();
    held.filter(is_unmade).filter(|artifact| !is_wanted(artifact)).map(|artifact| artifact.kind).collect()
}

struct Render<'a> {
    job: &'a RenderJob,
    recording: &'a Recording,
    means: Means<'a>,
    /// Who followed the meeting, until he is asked.
    rolled: Option<Worker>,
    /// Who works on it; nobody until one is asked, and after one that crashed.
    worker: Option<Worker>,
    /// What every worker so far found.
    findings: Findings,
    /// What could not be made.
    unmade: Vec<ArtifactKind>,
}

impl Render<'_> {
    async fn all(&mut self) -> Result<Made, Unmade> {
        let ready = self.hire().await?;
        // The picture comes first: what was damaged on the way belongs into the report beside the metadata.
        let mut wanted: Vec<&Artifact> = self.job.artifacts.iter().collect();
        wanted.sort_by_key(|artifact| artifact.kind);
        let mut artifacts = Vec::with_capacity(wanted.len());
        for artifact in wanted {
            artifacts.push((artifact.clone(), self.artifact(artifact).await));
        }
        // An edition is no judge of the whole.
        let quality = if self.job.scope == RenderScope::Recording { self.quality().await } else { None };
        Ok(Made { bounds: Some(ready.bounds), quality, artifacts })
    }

    async fn artifact(&mut self, artifact: &Artifact) -> Result<Vec<ArtifactFile>, Unmade> {
        self.means.leash.check()?;
        let started = Instant::now();
        let making = self.means.progress.begin(artifact.id);
        let made = self.make(artifact, &making).await;
        let seconds = started.elapsed().as_secs_f64();
        metrics::histogram!("hansard_stage_duration_seconds", "stage" => "render").record(seconds);
        let (capture, kind) = (self.job.capture.id, artifact.kind.name());
        match &made {
            Ok(_) => tracing::info!(%capture, kind, seconds, "artifact made"),
            Err(Unmade { code, reason, .. }) if self.means.leash.check().is_err() => {
                tracing::info!(%capture, kind, code, error = reason, "artifact is not made now");
            }
            Err(Unmade { code, reason, blame, .. }) => {
                self.unmade.push(artifact.kind);
                count_error();
                tracing::error!(%capture, kind, code, error = reason, blame = blame.name(), "artifact could not be made");
            }
        }
        made
    }

    async fn make(&mut self, artifact: &Artifact, making: &Making) -> Result<Vec<ArtifactFile>, Unmade> {
        if self.worker.is_none() {
            self.hire().await?;
        }
        let Files { files, findings } = self.files(artifact, making).await?;
        self.findings = findings;
        let mut published = Vec::with_capacity(files.len());
        for file in files {
            let worker = self.worker.as_ref().expect("whoever made files is here");
            let key = ObjectKey::new(self.recording.id, artifact.id, &file.name).map_err(StudioError::from)?;
            let made = self.means.store.publish(&worker.place(&file.file)?, &key, &file.media_type).await;
            published.push(made.map_err(StudioError::from)?);
        }
        Ok(published)
    }

    /// The files of an artifact as the worker made them. One that crashed, or that is not to go on, is let go.
    async fn files(&mut self, artifact: &Artifact, making: &Making) -> Result<Files, Unmade> {
        let Artifact { kind, format, edition, .. } = artifact.clone();
        let wanted = Wanted { kind, format, edition };
        let note = &mut |told| match told {
            Note::Share(share) => making.tell(share),
            told => heard(told),
        };
        let worker = self.worker.as_mut().expect("one was hired");
        let asked = tokio::select! {
            biased;
            told = self.means.leash.pulled() => Err(told),
            made = worker.make(wanted, self.unmade.clone(), note) => made,
        };
        match asked {
            Ok(made) => made,
            Err(error) => {
                self.let_go().await;
                Err(error.into())
            }
        }
    }

    /// How the recording is judged; nothing if that breaks, which takes no artifact with it.
    async fn quality(&mut self) -> Option<RecordingQuality> {
        if self.worker.is_none() && (self.means.leash.check().is_err() || self.hire().await.is_err()) {
            return None;
        }
        let worker = self.worker.as_mut()?;
        let judged = tokio::select! {
            biased;
            _ = self.means.leash.pulled() => return None,
            judged = worker.judge(self.unmade.clone()) => judged,
        };
        if !matches!(judged, Ok(Some(_))) {
            count_error();
            tracing::error!(capture = %self.job.capture.id, "the judgement of a recording broke off. Please report this defect");
        }
        judged.ok().flatten()
    }

    /// Has somebody work on it, who knows what those before found: whoever followed the meeting, if that went well.
    async fn hire(&mut self) -> Result<Ready, Unmade> {
        let (worker, ready) = match self.settled().await? {
            Some(followed) => followed,
            None => self.start().await?,
        };
        metrics::histogram!("hansard_stage_duration_seconds", "stage" => "timeline").record(ready.seconds);
        self.worker = Some(worker);
        Ok(ready)
    }

    /// Whoever followed the meeting, once he knows all of it.
    async fn settled(&mut self) -> Result<Option<(Worker, Ready)>, Unmade> {
        let Some(mut worker) = self.rolled.take() else { return Ok(None) };
        let (assignment, note) = (self.assignment(worker.staging()), &mut heard);
        let settled = tokio::select! {
            biased;
            told = self.means.leash.pulled() => Err(told.into()),
            settled = worker.settle(assignment, note) => Ok(settled),
        };
        match settled {
            Ok(Ok(ready)) => {
                let outcome = if ready.rolled_ms > 0 { "used" } else { "begun_again" };
                metrics::counter!("hansard_rolled_renders_total", "outcome" => outcome).increment(1);
                tracing::info!(capture = %self.job.capture.id, rolled_ms = ready.rolled_ms, "a meeting that was followed is over");
                Ok(Some((worker, ready)))
            }
            Ok(Err(Unmade { code, reason, .. })) => {
                // It has to be made from the beginning, by somebody else.
                count_error();
                metrics::counter!("hansard_rolled_renders_total", "outcome" => "lost").increment(1);
                tracing::warn!(capture = %self.job.capture.id, code, error = reason, "what was made while the meeting went on is lost");
                worker.end().await;
                Ok(None)
            }
            Err(told) => {
                worker.end().await;
                Err(told)
            }
        }
    }

    /// Somebody who knows nothing of it yet.
    async fn start(&self) -> Result<(Worker, Ready), Unmade> {
        let staging = self.means.store.staging_dir_of(self.recording.id).await.map_err(StudioError::from)?;
        let (assignment, note) = (self.assignment(staging.path()), &mut heard);
        tokio::select! {
            biased;
            told = self.means.leash.pulled() => Err(told.into()),
            started = Worker::start(&self.means.settings.workers, staging, assignment, note) => started,
        }
    }

    fn assignment(&self, staging: &Path) -> Assignment {
        let RenderJob { capture, captures, attempts, .. } = self.job;
        let fresh = self.means.settings.assignment(capture, captures.clone(), staging);
        let fresh = fresh.expect("a job without a recording comes to nobody");
        Assignment { attempts: *attempts, findings: self.findings.clone(), ..fresh }
    }

    async fn let_go(&mut self) {
        for worker in [self.worker.take(), self.rolled.take()].into_iter().flatten() {
            worker.end().await;
        }
    }
}

/// Counts what a worker tells on the way, which counts nothing itself.
fn heard(told: Note) {
    match told {
        Note::LeftOut => count_error(),
        Note::Unreadable(pieces) => {
            metrics::counter!("hansard_stage_errors_total", "stage" => "read").increment(pieces);
        }
        Note::Share(_) => {}
    }
}

fn count_error() {
    metrics::counter!("hansard_stage_errors_total", "stage" => "render").increment(1);
}
