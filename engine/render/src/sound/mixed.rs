//! Makes a file of everybody's sound second by second.

use std::sync::Arc;

use media::Position;
use model::ArtifactFormat;
use timeline::Timeline;

use super::{
    file::SoundFile,
    mix::Mix,
    step::{STEP_MS, SoundStep},
};
use crate::{Damage, Payloads, RenderError, SoundOutcome, SoundSettings};

/// A file of everybody's sound in the making. Memory does not grow with the meeting, apart from the index of an M4A.
pub struct MixedSound {
    timeline: Arc<Timeline>,
    mix: Mix,
    file: Option<SoundFile>,
    progress: Position,
    damage: Damage,
}

impl MixedSound {
    /// Begins a file of `timeline`, as long as the recording.
    ///
    /// # Errors
    /// [`RenderError::Nothing`] for a timeline without length, [`RenderError::NotSound`] for a format of pictures, or whatever
    /// an encoder says to its settings.
    pub fn new(
        timeline: impl Into<Arc<Timeline>>,
        format: ArtifactFormat,
        settings: SoundSettings,
    ) -> Result<Self, RenderError> {
        let timeline = timeline.into();
        if timeline.end <= Position::ZERO {
            return Err(RenderError::Nothing);
        }
        let created_unix_s = u64::try_from(timeline.origin.unix_ms() / 1000).ok().filter(|created| *created > 0);
        let file = SoundFile::new(format, timeline.end, created_unix_s, 1, settings)?;
        let mix = Mix::of_everybody(&timeline);
        Ok(Self { timeline, mix, file: Some(file), progress: Position::ZERO, damage: Damage::default() })
    }

    /// The same without measuring how loud it is, which another file of the recording told.
    #[must_use]
    pub fn unmeasured(mut self) -> Self {
        self.mix.unmeasured();
        self
    }

    /// Makes the next second.
    ///
    /// # Errors
    /// [`RenderError::Finished`] after [`SoundStep::Done`], or whatever an encoder says. Sound that is damaged or cannot be
    /// read is no error; see [`MixedSound::outcome`].
    pub fn step(&mut self, payloads: &mut dyn Payloads) -> Result<SoundStep, RenderError> {
        let end = self.timeline.end;
        if self.progress == end {
            return Ok(SoundStep::Done(self.file.take().ok_or(RenderError::Finished)?.into_finish()));
        }
        let file = self.file.as_mut().ok_or(RenderError::Finished)?;
        let until = self.progress.plus_ms(STEP_MS).min(end);
        self.mix.advance(&self.timeline, until, end, payloads, &mut self.damage, |block| file.push(block))?;
        if until == end {
            file.finish()?;
        }
        self.progress = until;
        Ok(SoundStep::Append(file.take()))
    }

    /// How far it is made.
    pub fn progress(&self) -> Position {
        self.progress
    }

    /// How it comes out, for the quality report; final once it is done.
    pub fn outcome(&self) -> SoundOutcome {
        SoundOutcome { loudness: self.mix.loudness(), damage: self.damage, ..SoundOutcome::default() }
    }
}
