//! Makes the file of a mixed video: grown in fragments, finished as a plain one, read back. Where it is published is the
//! business of `job`.

use std::{path::PathBuf, sync::Arc};

use journal::PayloadReader;
use media::Position;
use render::{Choice, MixedVideo, Outcome, Settings, SoundOutcome, Step};
use timeline::Timeline;

use crate::{StudioError, file::Growing, leash::Leash, payloads::LogPayloads, staging::Plain, verify_mp4};

/// Makes the file at a place that `staging` names, and answers where it is and how it came out; stops at the next step once
/// its leash says so, and `tell`s how much of it is made, from 0 to 1. On an error nothing is left.
pub(crate) fn make(
    timeline: &Arc<Timeline>,
    choice: &Choice,
    settings: Settings,
    log: PayloadReader,
    mut staging: impl FnMut() -> PathBuf,
    leash: &Leash,
    tell: &mut dyn FnMut(f64),
) -> Result<(Plain, Outcome, SoundOutcome), StudioError> {
    Begun::new(timeline, choice, settings, log, staging())?.finish(timeline, staging, leash, tell)
}

/// A mixed video in the making, and its file.
pub(crate) struct Begun {
    video: MixedVideo,
    growing: Growing,
    log: LogPayloads,
}

impl Begun {
    /// Nothing of it is made yet; its file grows at `place`.
    pub(crate) fn new(
        timeline: &Arc<Timeline>,
        choice: &Choice,
        settings: Settings,
        log: PayloadReader,
        place: PathBuf,
    ) -> Result<Self, StudioError> {
        let mut log = LogPayloads(log);
        let choice = render::tried(timeline, choice.clone(), &mut log);
        let video = MixedVideo::new(Arc::clone(timeline), choice, settings)?;
        Ok(Self { video, growing: Growing::create(place)?, log })
    }

    /// The same of a meeting of which more is known by now, if what is made holds; else nothing is left of it.
    pub(crate) fn grown(mut self, timeline: &Arc<Timeline>, choice: &Choice) -> Option<Self> {
        let choice = render::tried(timeline, choice.clone(), &mut self.log);
        Some(Self { video: self.video.grown(Arc::clone(timeline), choice)?, ..self })
    }

    /// Whether everything that it was to be made of could be read; what could not may be read by somebody else.
    pub(crate) fn is_certain(&self) -> bool {
        self.video.damage().unreadable == 0
    }

    /// How much of it is made.
    pub(crate) fn progress(&self) -> Position {
        self.video.progress()
    }

    /// Makes a second more of a meeting that goes on; false if none is settled.
    pub(crate) fn advance(&mut self) -> Result<bool, StudioError> {
        let before = self.video.progress();
        if let Step::Append(pieces) = self.video.step(&mut self.log)? {
            self.growing.append(&pieces)?;
        }
        Ok(self.video.progress() > before)
    }

    /// Makes the rest, as [`make`] does.
    pub(crate) fn finish(
        mut self,
        timeline: &Timeline,
        mut staging: impl FnMut() -> PathBuf,
        leash: &Leash,
        tell: &mut dyn FnMut(f64),
    ) -> Result<(Plain, Outcome, SoundOutcome), StudioError> {
        let finish = loop {
            fail::fail_point!("studio::rendering");
            leash.check()?;
            match self.video.step(&mut self.log)? {
                Step::Append(pieces) => {
                    self.growing.append(&pieces)?;
                    tell(self.video.progress().seconds() / timeline.end.seconds());
                }
                Step::Done(finish) => break finish,
            }
        };
        let plain = Plain::new(staging());
        self.growing.finish(finish, plain.path())?;
        fail::fail_point!("studio::finished");
        verify_mp4(plain.path(), timeline.end)?;
        fail::fail_point!("studio::verified");
        Ok((plain, self.video.outcome(), self.video.sound_outcome()))
    }
}
