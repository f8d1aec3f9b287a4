//! Makes files of sound: grown, finished, read back. Where they are published is the business of `job`.

use std::{path::PathBuf, sync::Arc};

use journal::PayloadReader;
use media::Position;
use model::ArtifactFormat;
use render::{Damage, MixedSound, Part, PartSound, RenderError, SoundOutcome, SoundSettings, SoundStep};
use timeline::Timeline;

use crate::{StudioError, file::Growing, leash::Leash, payloads::LogPayloads, staging::Plain, verify_sound};

/// What files of sound of one artifact have in common.
pub(crate) struct Sounds<'a, S: Fn() -> PathBuf> {
    pub(crate) timeline: &'a Arc<Timeline>,
    pub(crate) format: ArtifactFormat,
    pub(crate) settings: SoundSettings,
    pub(crate) log: LogPayloads,
    /// Names a place for a file.
    pub(crate) staging: S,
    pub(crate) leash: &'a Leash,
}

impl<'a, S: Fn() -> PathBuf> Sounds<'a, S> {
    pub(crate) fn new(
        timeline: &'a Arc<Timeline>,
        format: ArtifactFormat,
        settings: SoundSettings,
        log: PayloadReader,
        staging: S,
        leash: &'a Leash,
    ) -> Self {
        Self { timeline, format, settings, log: LogPayloads(log), staging, leash }
    }

    /// Makes the file of everybody, and answers where it is and how it came out; stops at the next step once its leash says so,
    /// and `tell`s how much of it is made, from 0 to 1. On an error nothing is left. How loud it is is measured only if it
    /// `is_measured`.
    pub(crate) fn mixed(
        &mut self,
        is_measured: bool,
        tell: &mut dyn FnMut(f64),
    ) -> Result<(Plain, SoundOutcome), StudioError> {
        let sound = MixedSound::new(Arc::clone(self.timeline), self.format, self.settings)?;
        let mut sound = if is_measured { sound } else { sound.unmeasured() };
        let end = self.timeline.end;
        let plain = self.write(end, |log| {
            let step = sound.step(log);
            tell(sound.progress().seconds() / end.seconds());
            step
        })?;
        Ok((plain, sound.outcome()))
    }

    /// The same of one part, the `n`th of its artifact.
    pub(crate) fn part(&mut self, part: &Part, n: usize) -> Result<(Plain, Damage), StudioError> {
        let serial = u32::try_from(n).unwrap_or(u32::MAX);
        let mut sound = PartSound::new(Arc::clone(self.timeline), part.clone(), self.format, serial, self.settings)?;
        let plain = self.write(part.length(), |log| sound.step(log))?;
        Ok((plain, sound.damage()))
    }

    fn write(
        &mut self,
        length: Position,
        mut step: impl FnMut(&mut LogPayloads) -> Result<SoundStep, RenderError>,
    ) -> Result<Plain, StudioError> {
        let mut growing = Growing::create((self.staging)())?;
        let finish = loop {
            fail::fail_point!("studio::rendering");
            self.leash.check()?;
            match step(&mut self.log)? {
                SoundStep::Append(pieces) => growing.append(&pieces)?,
                SoundStep::Done(finish) => break finish,
            }
        };
        let plain = match finish {
            Some(finish) => {
                let plain = Plain::new((self.staging)());
                growing.finish(finish, plain.path())?;
                plain
            }
            None => growing.into_plain()?,
        };
        fail::fail_point!("studio::finished");
        verify_sound(plain.path(), self.format, length)?;
        fail::fail_point!("studio::verified");
        Ok(plain)
    }
}
