//! One render job on a thread of its own: log in, artifacts out, each by `docs/design/durability.md`, P1 to P6. Claiming and
//! announcing are in `studio`.

#[cfg(feature = "ffmpeg")]
use std::path::PathBuf;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Instant,
};

use hub::{Making, Progress};
use journal::LogDir;
#[cfg(feature = "ffmpeg")]
use journal::PayloadReader;
use media::SourceTime;
#[cfg(feature = "ffmpeg")]
use model::ArtifactFormat;
use model::{Artifact, ArtifactFile, ArtifactKind, Fault, RecordingQuality, RenderJob, RenderScope};
use render::{Choice, Document, Meeting, Outcome, SoundOutcome, View};
#[cfg(feature = "ffmpeg")]
use render::{Parts, RenderError, VideoParts};
use store::{ObjectKey, Store};
use timeline::Timeline;
use tokio::runtime::Handle;

use crate::{StudioError, leash::Leash, log, settings::Settings};
#[cfg(feature = "ffmpeg")]
use crate::{mixed, payloads::LogPayloads, sound::Sounds};

/// What a job made.
pub(crate) struct Made {
    /// Second 0 and the end, on the platform's clock; `None` if the log holds nothing at all.
    pub(crate) bounds: Option<(SourceTime, SourceTime)>,
    /// How whole the recording is; `None` if there is none.
    pub(crate) quality: Option<RecordingQuality>,
    /// What became of each artifact, the quality report last.
    pub(crate) artifacts: Vec<(Artifact, Result<Vec<ArtifactFile>, StudioError>)>,
}

/// Makes everything that the job asks for, from the logs of every capture of the recording. Blocks; meant for a thread of
/// its own. Once its leash says so nothing more is made.
pub(crate) fn run(
    job: &RenderJob,
    settings: &Settings,
    store: &Store,
    runtime: &Handle,
    leash: &Leash,
    progress: &Progress,
) -> Result<Made, StudioError> {
    let Some(recording) = &job.capture.recording else {
        return Ok(Made { bounds: None, quality: None, artifacts: Vec::new() });
    };
    let timeline = Arc::new(log::read(logs(job, settings), job.attempts, recording.started_at)?);
    let asked = job.capture.config.edition();
    let choice = render::plan(&timeline, asked.plan, View::from(&asked));
    let bounds = (timeline.origin, timeline.origin.plus_ms(timeline.end.ms()));
    let mut render = Render {
        job,
        #[cfg(feature = "ffmpeg")]
        settings,
        store,
        runtime,
        leash,
        progress,
        timeline,
        choice,
        mixed: None,
        sound: SoundOutcome::default(),
        unmade: failed_before(job),
    };
    // The picture comes first: what was damaged on the way belongs into the report beside the metadata.
    let mut wanted: Vec<&Artifact> = job.artifacts.iter().collect();
    wanted.sort_by_key(|artifact| artifact.kind);
    let artifacts = wanted.into_iter().map(|artifact| (artifact.clone(), render.artifact(artifact))).collect();
    // An edition is no judge of the whole.
    let quality = (job.scope == RenderScope::Recording).then(|| render.quality()).flatten();
    Ok(Made { bounds: Some(bounds), quality, artifacts })
}

/// What an earlier attempt could not make, and this one is not to.
fn failed_before(job: &RenderJob) -> Vec<ArtifactKind> {
    let held = job.capture.recording.iter().flat_map(|recording| &recording.artifacts);
    let is_wanted = |artifact: &Artifact| job.artifacts.iter().any(|wanted| wanted.id == artifact.id);
    let is_unmade = |artifact: &&Artifact| artifact.sub_code.is_some() && artifact.edition.is_none();
    held.filter(is_unmade).filter(|artifact| !is_wanted(artifact)).map(|artifact| artifact.kind).collect()
}

/// The logs of the recording, in the order in which its captures began.
fn logs(job: &RenderJob, settings: &Settings) -> Vec<LogDir> {
    job.captures.iter().map(|capture| LogDir::of(&settings.data_dir, *capture)).collect()
}

struct Render<'a> {
    job: &'a RenderJob,
    #[cfg(feature = "ffmpeg")]
    settings: &'a Settings,
    store: &'a Store,
    runtime: &'a Handle,
    leash: &'a Leash,
    progress: &'a Progress,
    timeline: Arc<Timeline>,
    choice: Choice,
    mixed: Option<Outcome>,
    sound: SoundOutcome,
    /// What could not be made.
    unmade: Vec<ArtifactKind>,
}

impl Render<'_> {
    fn artifact(&mut self, artifact: &Artifact) -> Result<Vec<ArtifactFile>, StudioError> {
        self.leash.check()?;
        let started = Instant::now();
        let making = self.progress.begin(artifact.id);
        // What a decoder or renderer was about to do is dropped with it, and no artifact is made of another's remains.
        let made =
            catch_unwind(AssertUnwindSafe(|| self.make(artifact, &making))).unwrap_or(Err(StudioError::Panicked));
        let seconds = started.elapsed().as_secs_f64();
        metrics::histogram!("hansard_stage_duration_seconds", "stage" => "render").record(seconds);
        match &made {
            Ok(_) => tracing::info!(
                capture = %self.job.capture.id, kind = artifact.kind.name(), seconds, plan = ?self.choice.video,
                "artifact made"
            ),
            Err(error @ (StudioError::HeldBack | StudioError::CalledOff)) => tracing::info!(
                capture = %self.job.capture.id, kind = artifact.kind.name(), code = error.code(), %error,
                "artifact is not made now"
            ),
            Err(error) => {
                self.unmade.push(artifact.kind);
                metrics::counter!("hansard_stage_errors_total", "stage" => "render").increment(1);
                tracing::error!(
                    capture = %self.job.capture.id, kind = artifact.kind.name(), code = error.code(), %error,
                    "artifact could not be made"
                );
            }
        }
        made
    }

    /// How the recording is judged; nothing if that panics, which takes no artifact with it.
    fn quality(&self) -> Option<RecordingQuality> {
        let judge = || {
            fail::fail_point!("studio::judging");
            let report = render::quality(&self.timeline, self.mixed.as_ref(), &self.sound, &self.unmade);
            render::summary(&self.timeline, &report)
        };
        catch_unwind(AssertUnwindSafe(judge))
            .inspect_err(|_| {
                metrics::counter!("hansard_stage_errors_total", "stage" => "render").increment(1);
                tracing::error!(capture = %self.job.capture.id, "the judgement of a recording panicked. Please report this defect");
            })
            .ok()
    }

    fn make(&mut self, artifact: &Artifact, making: &Making) -> Result<Vec<ArtifactFile>, StudioError> {
        match artifact.kind {
            ArtifactKind::VideoMixed => self.video_mixed(artifact, making).map(|file| vec![file]),
            ArtifactKind::AudioMixed => self.audio_mixed(artifact, making).map(|file| vec![file]),
            ArtifactKind::AudioSeparate => self.audio_separate(artifact, making),
            ArtifactKind::VideoSeparate => self.video_separate(artifact, making),
            ArtifactKind::Transcript | ArtifactKind::ParticipantEvents | ArtifactKind::MeetingMetadata => {
                self.documents(artifact)
            }
        }
    }

    #[cfg(feature = "ffmpeg")]
    fn video_mixed(&mut self, artifact: &Artifact, making: &Making) -> Result<ArtifactFile, StudioError> {
        let (timeline, choice) = match &artifact.edition {
            None => (Arc::clone(&self.timeline), self.choice.clone()),
            Some(edition) => {
                let part = self.timeline.excerpt(&edition.excerpt)?;
                let choice = render::plan(&part, edition.plan, View::from(edition));
                (Arc::new(part), choice)
            }
        };
        let log = PayloadReader::chained(logs(self.job, self.settings))?;
        let key = self.key(artifact, "video_mixed.mp4")?;
        let staging = || self.store.staging_of(key.recording());
        let mut tell = |share| making.tell(share);
        let (plain, outcome, sound) =
            mixed::make(&timeline, &choice, self.settings.video, log, staging, self.leash, &mut tell)?;
        if artifact.edition.is_none() {
            self.mixed = Some(outcome);
            self.sound.merge(sound);
        }
        Ok(self.runtime.block_on(self.store.publish(plain.path(), &key, "video/mp4"))?)
    }

    #[cfg(not(feature = "ffmpeg"))]
    fn video_mixed(&mut self, _: &Artifact, _: &Making) -> Result<ArtifactFile, StudioError> {
        Err(StudioError::WithoutCodecs)
    }

    /// The parts one after the other, the list last.
    #[cfg(feature = "ffmpeg")]
    fn video_separate(&mut self, artifact: &Artifact, making: &Making) -> Result<Vec<ArtifactFile>, StudioError> {
        let VideoParts { parts, left_out } = render::video_parts(&self.timeline);
        let all = Arc::clone(&self.timeline);
        let whole = render::without_mix(&all);
        let mut outcome = SoundOutcome { left_out_parts: left_out, ..SoundOutcome::default() };
        let (mut files, mut made_parts) = (Vec::with_capacity(parts.len() + 1), Vec::with_capacity(parts.len()));
        for (done, part) in parts.iter().enumerate() {
            let key = self.key(artifact, &render::file::part(made_parts.len() + 1, ArtifactFormat::Mp4))?;
            let mut log = LogPayloads(PayloadReader::chained(logs(self.job, self.settings))?);
            let Some(mut timeline) = unless_damaged(part.timeline(&whole).map_err(StudioError::from), &mut outcome)?
            else {
                continue;
            };
            let choice = part.choice(&mut timeline);
            let settings = part.settings(&timeline, self.settings.video, &mut log);
            let staging = || self.store.staging_of(key.recording());
            let mut tell = |share: f64| making.tell((done as f64 + share) / parts.len() as f64);
            let made = mixed::make(&Arc::new(timeline), &choice, settings, log.0, staging, self.leash, &mut tell);
            let Some((plain, made, _)) = unless_damaged(made, &mut outcome)? else { continue };
            outcome.damage.add(made.damage);
            files.push(self.runtime.block_on(self.store.publish(plain.path(), &key, "video/mp4"))?);
            made_parts.push(part.clone());
        }
        self.sound.merge(outcome);
        files.push(self.document(artifact, render::video_parts_list(&self.timeline, &made_parts))?);
        Ok(files)
    }

    #[cfg(not(feature = "ffmpeg"))]
    fn video_separate(&mut self, _: &Artifact, _: &Making) -> Result<Vec<ArtifactFile>, StudioError> {
        Err(StudioError::WithoutCodecs)
    }

    /// One pass over the log for each format: a fault in one takes no other with it.
    #[cfg(feature = "ffmpeg")]
    fn audio_mixed(&mut self, artifact: &Artifact, making: &Making) -> Result<ArtifactFile, StudioError> {
        let format = format_of(artifact)?;
        let key = self.key(artifact, &render::file::audio_mixed(format))?;
        let is_measured = self.sound.loudness.is_none();
        let (plain, outcome) = self.sound_of(format, &key)?.mixed(is_measured, &mut |share| making.tell(share))?;
        self.sound.merge(outcome);
        Ok(self.runtime.block_on(self.store.publish(plain.path(), &key, format.media_type()))?)
    }

    /// The parts one after the other, the list last.
    #[cfg(feature = "ffmpeg")]
    fn audio_separate(&mut self, artifact: &Artifact, making: &Making) -> Result<Vec<ArtifactFile>, StudioError> {
        let format = format_of(artifact)?;
        let Parts { parts, left_out } = render::parts(&self.timeline);
        let mut outcome = SoundOutcome { left_out_parts: left_out, ..SoundOutcome::default() };
        let (mut files, mut made_parts) = (Vec::with_capacity(parts.len() + 1), Vec::with_capacity(parts.len()));
        let list = self.key(artifact, render::file::PARTS)?;
        let mut sounds = self.sound_of(format, &list)?;
        for (done, part) in parts.iter().enumerate() {
            let n = made_parts.len() + 1;
            let key = self.key(artifact, &render::file::part(n, format))?;
            making.tell(done as f64 / parts.len() as f64);
            let Some((plain, damage)) = unless_damaged(sounds.part(part, n), &mut outcome)? else { continue };
            outcome.damage.add(damage);
            files.push(self.runtime.block_on(self.store.publish(plain.path(), &key, format.media_type()))?);
            made_parts.push(part.clone());
        }
        drop(sounds);
        self.sound.merge(outcome);
        files.push(self.document(artifact, render::parts_list(&self.timeline, &made_parts, format))?);
        Ok(files)
    }

    #[cfg(feature = "ffmpeg")]
    fn sound_of(
        &self,
        format: ArtifactFormat,
        key: &ObjectKey,
    ) -> Result<Sounds<'_, impl Fn() -> PathBuf>, StudioError> {
        let log = PayloadReader::chained(logs(self.job, self.settings))?;
        let (store, recording) = (self.store, key.recording());
        let staging = move || store.staging_of(recording);
        Ok(Sounds::new(&self.timeline, format, self.settings.sound, log, staging, self.leash))
    }

    #[cfg(not(feature = "ffmpeg"))]
    fn audio_mixed(&mut self, _: &Artifact, _: &Making) -> Result<ArtifactFile, StudioError> {
        Err(StudioError::WithoutCodecs)
    }

    #[cfg(not(feature = "ffmpeg"))]
    fn audio_separate(&mut self, _: &Artifact, _: &Making) -> Result<Vec<ArtifactFile>, StudioError> {
        Err(StudioError::WithoutCodecs)
    }

    fn documents(&self, artifact: &Artifact) -> Result<Vec<ArtifactFile>, StudioError> {
        let meeting_uuid = self.job.capture.stream.meeting_uuid.clone();
        let (mixed, sound, unmade) = (self.mixed.clone(), self.sound, self.unmade.clone());
        let meeting = Meeting { meeting_uuid, title: None, mixed, sound, unmade };
        let documents = render::documents(&self.timeline, &meeting, artifact.kind);
        documents.into_iter().map(|document| self.document(artifact, document)).collect()
    }

    fn document(&self, artifact: &Artifact, document: Document) -> Result<ArtifactFile, StudioError> {
        let key = self.key(artifact, document.name)?;
        Ok(self.runtime.block_on(self.store.put(&key, document.bytes, document.media_type))?)
    }

    fn key(&self, artifact: &Artifact, name: &str) -> Result<ObjectKey, StudioError> {
        let recording = self.job.capture.recording.as_ref().expect("a render job has a recording");
        Ok(ObjectKey::new(recording.id, artifact.id, name)?)
    }
}

/// One part of several: `None`, and counted, if what is in it does not let it be made, which takes no other with it.
#[cfg(feature = "ffmpeg")]
fn unless_damaged<T>(made: Result<T, StudioError>, outcome: &mut SoundOutcome) -> Result<Option<T>, StudioError> {
    match made {
        Ok(made) => Ok(Some(made)),
        Err(error @ (StudioError::Render(_) | StudioError::Unsound { .. })) => {
            tracing::error!(code = error.code(), %error, "a part could not be made, and is left out");
            metrics::counter!("hansard_stage_errors_total", "stage" => "render").increment(1);
            outcome.left_out_parts += 1;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The format of an artifact that has one.
#[cfg(feature = "ffmpeg")]
fn format_of(artifact: &Artifact) -> Result<ArtifactFormat, StudioError> {
    artifact.format.ok_or(StudioError::Render(RenderError::NotSound { format: "without a format" }))
}

#[cfg(all(test, feature = "ffmpeg"))]
mod tests;
