//! Makes the file of one part of one participant's sound second by second. Which parts there are is in `parts`.

use std::sync::Arc;

use media::{AudioCodec, Position};
use model::ArtifactFormat;
use timeline::Timeline;

use super::{
    copied::Copied,
    file::SoundFile,
    mix::Mix,
    parts::Part,
    step::{STEP_MS, SoundStep},
};
use crate::{Damage, Payloads, RenderError, SoundSettings};

/// A file of one part in the making.
///
/// Opus that is wanted in Ogg is copied, packet by packet; everything else is decoded and encoded.
pub struct PartSound {
    timeline: Arc<Timeline>,
    part: Part,
    making: Option<Making>,
    /// A place in the recording.
    progress: Position,
    damage: Damage,
}

enum Making {
    Copied(Box<Copied>),
    Encoded { mix: Box<Mix>, file: Box<SoundFile> },
}

impl PartSound {
    /// Begins the file of a part of `timeline`; `serial` distinguishes it from others of its artifact.
    ///
    /// # Errors
    /// [`RenderError::NotSound`] for a format of pictures, or whatever an encoder says to its settings.
    pub fn new(
        timeline: impl Into<Arc<Timeline>>,
        part: Part,
        format: ArtifactFormat,
        serial: u32,
        settings: SoundSettings,
    ) -> Result<Self, RenderError> {
        let making = if format == ArtifactFormat::Ogg && part.format.codec == AudioCodec::Opus {
            Making::Copied(Box::new(Copied::new(&part, serial)))
        } else {
            let file = SoundFile::new(format, part.length(), None, serial, settings)?;
            Making::Encoded { mix: Box::new(Mix::of_part(&part)), file: Box::new(file) }
        };
        let (timeline, progress) = (timeline.into(), part.start);
        Ok(Self { timeline, part, making: Some(making), progress, damage: Damage::default() })
    }

    /// Makes the next second.
    ///
    /// # Errors
    /// [`RenderError::Finished`] after [`SoundStep::Done`], or whatever an encoder says. Sound that is damaged or cannot be
    /// read is no error; see [`PartSound::damage`].
    pub fn step(&mut self, payloads: &mut dyn Payloads) -> Result<SoundStep, RenderError> {
        let Self { timeline, part, damage, .. } = self;
        if self.progress == part.end {
            return match self.making.take() {
                Some(Making::Encoded { file, .. }) => Ok(SoundStep::Done(file.into_finish())),
                Some(Making::Copied(_)) => Ok(SoundStep::Done(None)),
                None => Err(RenderError::Finished),
            };
        }
        let until = self.progress.plus_ms(STEP_MS).min(part.end);
        let is_last = until == part.end;
        let pieces = match self.making.as_mut().ok_or(RenderError::Finished)? {
            Making::Copied(copied) => {
                copied.advance(timeline, part, until, payloads, damage);
                if is_last {
                    copied.finish(part);
                }
                vec![copied.take().into()]
            }
            Making::Encoded { mix, file } => {
                mix.advance(timeline, until, part.end, payloads, damage, |block| file.push(block))?;
                if is_last {
                    file.finish()?;
                }
                file.take()
            }
        };
        self.progress = until;
        Ok(SoundStep::Append(pieces))
    }

    /// What could not be used so far.
    pub fn damage(&self) -> Damage {
        self.damage
    }
}
