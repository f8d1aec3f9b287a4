//! Makes the files of a recording's artifacts from its logs, one artifact after the other: the one who works. It reads the logs once
//! and writes into one directory; what becomes of the files, and what the catalogue hears, is the business of `job`. Files of media are in
//! `media`.

#[cfg(feature = "ffmpeg")]
mod media;
#[cfg(all(test, feature = "ffmpeg"))]
mod tests;

use std::{
    fs::File,
    io::Write,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Instant,
};

use model::{ArtifactKind, RecordingQuality};
use render::{Choice, Document, Meeting, View};
use timeline::Timeline;

#[cfg(feature = "ffmpeg")]
pub(crate) use self::media::excerpt;
use crate::{
    StudioError,
    leash::Leash,
    log,
    message::{Answer, Assignment, Findings, Made, Note, Ready, Request, Staged, Wanted},
    roll::{Begun, Roll},
    staging::{Plain, Staging},
};

/// How much has to be made before that is told again, as a share of the whole.
const TOLD_EVERY: f64 = 0.001;

/// A file that is made, and removed unless it is handed over.
struct Piece {
    plain: Plain,
    name: String,
    media_type: &'static str,
}

/// One who makes files of one recording.
pub(crate) struct Make<'a> {
    #[cfg_attr(not(feature = "ffmpeg"), expect(dead_code, reason = "only media is read again"))]
    logs: Vec<journal::LogDir>,
    meeting_uuid: String,
    #[cfg(feature = "ffmpeg")]
    video: render::Settings,
    #[cfg(feature = "ffmpeg")]
    sound: render::SoundSettings,
    staging: Staging,
    leash: &'a Leash,
    timeline: Arc<Timeline>,
    #[cfg_attr(not(feature = "ffmpeg"), expect(dead_code, reason = "only media looks like something"))]
    choice: Choice,
    /// The mixed video, as far as it was made while the meeting went on.
    #[cfg_attr(not(feature = "ffmpeg"), expect(dead_code, reason = "there never is any"))]
    begun: Option<Begun>,
    findings: Findings,
}

impl<'a> Make<'a> {
    /// Reads the logs, unless a meeting was followed and what was read of it is whole. Blocks, as everything here does.
    pub(crate) fn begin(
        assignment: &Assignment,
        rolled: Option<Roll>,
        leash: &'a Leash,
        note: &mut dyn FnMut(Note),
    ) -> Result<(Self, Ready), StudioError> {
        let started = Instant::now();
        let unreadable = &mut |pieces| note(Note::Unreadable(pieces));
        let (timeline, begun) = match rolled.and_then(|roll| roll.settle(assignment)) {
            Some((timeline, begun)) => (timeline, begun),
            None => (log::read(assignment.logs(), assignment.attempts, assignment.origin, unreadable)?, None),
        };
        let timeline = Arc::new(timeline);
        let seconds = started.elapsed().as_secs_f64();
        let choice = render::plan(&timeline, assignment.look.plan, View::from(&assignment.look));
        let begun = begun.and_then(|begun| begun.grown(&timeline, &choice));
        let rolled_ms = begun.as_ref().map_or(0, |begun| begun.progress().ms().unsigned_abs());
        tracing::debug!(seconds, plan = ?choice.video, "timeline read");
        let bounds = (timeline.origin, timeline.origin.plus_ms(timeline.end.ms()));
        let make = Self {
            logs: assignment.logs(),
            meeting_uuid: assignment.meeting_uuid.clone(),
            #[cfg(feature = "ffmpeg")]
            video: assignment.video,
            #[cfg(feature = "ffmpeg")]
            sound: assignment.sound,
            staging: Staging::new(&assignment.staging, ""),
            leash,
            timeline,
            choice,
            begun,
            findings: assignment.findings.clone(),
        };
        Ok((make, Ready { bounds, seconds, rolled_ms }))
    }

    /// Does what is asked for, and tells how far it is.
    pub(crate) fn answer(&mut self, request: &Request, note: &mut dyn FnMut(Note)) -> Answer {
        match request {
            Request::Make { wanted, unmade } => {
                // What a decoder or renderer was about to do is dropped with it, and no artifact is made of another's remains.
                let made = catch_unwind(AssertUnwindSafe(|| self.make(wanted, unmade, &mut Sparing::new(note))))
                    .unwrap_or(Err(StudioError::Panicked));
                match made {
                    Ok(pieces) => Answer::Made(Made {
                        files: pieces.into_iter().map(Piece::hand_over).collect(),
                        findings: self.findings.clone(),
                    }),
                    Err(error) => Answer::Unmade(error.into()),
                }
            }
            // It makes files of a meeting that is over.
            Request::Settle(_) => Answer::Unmade(StudioError::Crashed { how: "it was told twice".to_owned() }.into()),
            Request::Judge { unmade } => Answer::Judged(self.judge(unmade)),
            #[cfg(feature = "fault-points")]
            Request::Probe { foreign } => Answer::Reached(crate::probe::reached(foreign)),
        }
    }

    /// How the recording is judged; nothing if that panics, which takes no artifact with it.
    fn judge(&self, unmade: &[ArtifactKind]) -> Option<RecordingQuality> {
        let judge = || {
            fail::fail_point!("studio::judging");
            let report = render::quality(&self.timeline, self.findings.mixed.as_ref(), &self.findings.sound, unmade);
            render::summary(&self.timeline, &report)
        };
        catch_unwind(AssertUnwindSafe(judge)).ok()
    }

    fn make(
        &mut self,
        wanted: &Wanted,
        unmade: &[ArtifactKind],
        note: &mut Sparing<'_>,
    ) -> Result<Vec<Piece>, StudioError> {
        match wanted.kind {
            ArtifactKind::Transcript | ArtifactKind::ParticipantEvents | ArtifactKind::MeetingMetadata => {
                self.documents(wanted.kind, unmade)
            }
            #[cfg(feature = "ffmpeg")]
            ArtifactKind::VideoMixed => self.video_mixed(wanted, note),
            #[cfg(feature = "ffmpeg")]
            ArtifactKind::AudioMixed => self.audio_mixed(wanted, note),
            #[cfg(feature = "ffmpeg")]
            ArtifactKind::VideoSeparate => self.video_separate(note),
            #[cfg(feature = "ffmpeg")]
            ArtifactKind::AudioSeparate => self.audio_separate(wanted, note),
            #[cfg(not(feature = "ffmpeg"))]
            _ => {
                note.share(0.0);
                Err(StudioError::WithoutCodecs)
            }
        }
    }

    fn documents(&self, kind: ArtifactKind, unmade: &[ArtifactKind]) -> Result<Vec<Piece>, StudioError> {
        self.leash.check()?;
        let Findings { mixed, sound } = self.findings.clone();
        let meeting_uuid = self.meeting_uuid.clone();
        let meeting = Meeting { meeting_uuid, title: None, mixed, sound, unmade: unmade.to_vec() };
        let documents = render::documents(&self.timeline, &meeting, kind);
        documents.into_iter().map(|document| self.document(document)).collect()
    }

    fn document(&self, document: Document) -> Result<Piece, StudioError> {
        let path = self.staging.place();
        let mut file = File::create_new(&path).map_err(StudioError::file("create", &path))?;
        let plain = Plain::new(path);
        file.write_all(&document.bytes).map_err(StudioError::file("write", plain.path()))?;
        Ok(Piece { plain, name: document.name.to_owned(), media_type: document.media_type })
    }
}

impl Piece {
    fn hand_over(self) -> Staged {
        let file = Staging::name_of(&self.plain.keep());
        Staged { file, name: self.name, media_type: self.media_type.to_owned() }
    }
}

/// Tells how far something is, and not each step of it.
struct Sparing<'a> {
    note: &'a mut dyn FnMut(Note),
    told: f64,
}

impl<'a> Sparing<'a> {
    fn new(note: &'a mut dyn FnMut(Note)) -> Self {
        Self { note, told: 0.0 }
    }

    /// So much of it is made, from 0 to 1.
    fn share(&mut self, share: f64) {
        if share - self.told >= TOLD_EVERY {
            self.told = share;
            (self.note)(Note::Share(share));
        }
    }

    #[cfg(feature = "ffmpeg")]
    fn left_out(&mut self) {
        (self.note)(Note::LeftOut);
    }
}
