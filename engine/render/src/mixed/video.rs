//! Makes the mixed video second by second.

use std::sync::Arc;

use bytes::Bytes;
use media::Position;
use model::Layout;
use mp4::{Finish, Fragmenter, TrackConfig};
use timeline::Timeline;

use super::{Settings, Work, blank::Blank, compose::Composing, copy::Copying, growing::GrowingFile, sound::Sound};
use crate::{Choice, Damage, Outcome, Payloads, RenderError, SoundOutcome, VideoChoice};

/// How much of the meeting a step covers, in milliseconds.
const STEP_MS: i64 = 1_000;
/// How long before the end of what is known so far nothing is made yet, in milliseconds: sound is decoded 1.5 s ahead, and whether a
/// picture is followed by another within 2 s decides how it is shown.
const UNSETTLED_MS: i64 = 2_500;

/// What a step gives.
#[derive(Debug)]
pub enum Step {
    /// Bytes to append to the growing fragmented file, which plays after each of them.
    Append(Vec<Bytes>),
    /// The video is made; how the plain file with its index first is written.
    Done(Finish),
}

/// A mixed video in the making. Memory does not grow with the meeting, apart from the index of the file.
pub struct MixedVideo {
    timeline: Arc<Timeline>,
    choice: Choice,
    pictures: Pictures,
    sound: Sound,
    file: Option<GrowingFile>,
    progress: Position,
    damage: Damage,
}

enum Pictures {
    Copy(Box<Copying>),
    Compose(Box<Composing>),
    Blank(Box<Blank>),
}

impl MixedVideo {
    /// Begins a video of `timeline`, made as `choice` says.
    ///
    /// # Errors
    /// [`RenderError::Nothing`] for a timeline without length, [`RenderError::CannotCopy`] for a choice that [`crate::plan`]
    /// would not make, or whatever an encoder says to its settings.
    pub fn new(timeline: impl Into<Arc<Timeline>>, choice: Choice, settings: Settings) -> Result<Self, RenderError> {
        let timeline = timeline.into();
        if timeline.end <= Position::ZERO {
            return Err(RenderError::Nothing);
        }
        let mut damage = Damage::default();
        let sound = Sound::new(&timeline, settings.audio_bitrate_bps)?;
        let (pictures, config, start) = match choice.video {
            VideoChoice::Copy => {
                let copying = Copying::new(&timeline, &mut damage)?;
                let (config, start) = (copying.config(), copying.start());
                (Pictures::Copy(Box::new(copying)), config, start)
            }
            VideoChoice::Compose if choice.view.layout == Layout::AudioOnly => {
                let blank = Blank::new(settings)?;
                let config = blank.config();
                (Pictures::Blank(Box::new(blank)), config, Position::ZERO)
            }
            VideoChoice::Compose => {
                let composing = Composing::new(&timeline, choice.view, settings, &mut damage)?;
                let config = composing.config();
                (Pictures::Compose(Box::new(composing)), config, Position::ZERO)
            }
        };
        let tracks = vec![TrackConfig::Video(config), TrackConfig::Audio(sound.config())];
        let created_unix_s = u64::try_from(timeline.origin.unix_ms() / 1000).ok().filter(|created| *created > 0);
        let fragmenter = Fragmenter::new(tracks, vec![start, Position::ZERO], created_unix_s)?;
        let file = Some(GrowingFile::new(fragmenter));
        Ok(Self { timeline, choice, pictures, sound, file, progress: Position::ZERO, damage })
    }

    /// The same video of a meeting of which more is known by now; `None` if what was made of it so far is not what would be made of
    /// `timeline` by `choice`, so that another has to be begun.
    ///
    /// Whatever was used is compared: so the video comes out as one that was begun when everything was known. Costs about as much
    /// as a plan.
    pub fn grown(self, timeline: impl Into<Arc<Timeline>>, choice: Choice) -> Option<Self> {
        let timeline = timeline.into();
        let (old, new) = (&*self.timeline, &*timeline);
        let is_same_video = (choice.video, choice.view) == (self.choice.video, self.choice.view);
        // A file is ended by its last step.
        let has_more = if new.is_whole { new.end > self.progress } else { new.end >= self.progress };
        if !is_same_video || new.origin != old.origin || !has_more {
            return None;
        }
        let mut damage = self.damage;
        let pictures = match self.pictures {
            Pictures::Copy(copying) => copying.agrees(old, new, self.progress).then_some(Pictures::Copy(copying))?,
            Pictures::Compose(composing) => Pictures::Compose(Box::new(composing.grown(old, new, &mut damage)?)),
            Pictures::Blank(blank) => Pictures::Blank(blank),
        };
        let sound = self.sound.grown(old, new)?;
        Some(Self { timeline, choice, pictures, sound, damage, ..self })
    }

    /// Makes the next second. Of a meeting that goes on nothing is made of what can still change: there is nothing to append then,
    /// until the video has [grown](MixedVideo::grown).
    ///
    /// # Errors
    /// [`RenderError::Finished`] after [`Step::Done`], or whatever an encoder says. Media that is damaged or cannot be
    /// read is no error; see [`MixedVideo::damage`].
    pub fn step(&mut self, payloads: &mut dyn Payloads) -> Result<Step, RenderError> {
        let end = self.timeline.end;
        if self.progress == end && self.timeline.is_whole {
            let file = self.file.take().ok_or(RenderError::Finished)?;
            return Ok(Step::Done(file.into_fragmenter().finish(end)));
        }
        let file = self.file.as_mut().ok_or(RenderError::Finished)?;
        let (timeline, damage) = (&self.timeline, &mut self.damage);
        let until = self.progress.plus_ms(STEP_MS).min(end);
        if !timeline.is_whole && until.plus_ms(UNSETTLED_MS) > end {
            return Ok(Step::Append(Vec::new()));
        }
        match &mut self.pictures {
            Pictures::Copy(copying) => {
                copying.advance(timeline, until, payloads, damage, file);
                if until == end {
                    copying.finish(end, file);
                }
            }
            Pictures::Compose(composing) => {
                composing.advance(timeline, until, payloads, damage, file)?;
                if until == end {
                    composing.finish(end, file)?;
                }
            }
            Pictures::Blank(blank) => {
                blank.advance(until, file);
                if until == end {
                    blank.finish(end, file);
                }
            }
        }
        self.sound.advance(timeline, until, payloads, damage, file)?;
        self.progress = until;
        Ok(Step::Append(file.take()))
    }

    /// How far it is made.
    pub fn progress(&self) -> Position {
        self.progress
    }

    /// What could not be used so far.
    pub fn damage(&self) -> Damage {
        self.damage
    }

    /// What composing cost so far; nothing where pictures are copied.
    pub fn work(&self) -> Work {
        match &self.pictures {
            Pictures::Copy(_) => Work::default(),
            Pictures::Compose(composing) => composing.work(),
            Pictures::Blank(blank) => Work { encoded: blank.encoded(), ..Work::default() },
        }
    }

    /// How its sound comes out, for the quality report; final once it is done.
    pub fn sound_outcome(&self) -> SoundOutcome {
        SoundOutcome { loudness: self.sound.loudness(), ..SoundOutcome::default() }
    }

    /// How it comes out, for the quality report; final once it is done.
    pub fn outcome(&self) -> Outcome {
        let shift_micros = match &self.pictures {
            Pictures::Copy(_) | Pictures::Blank(_) => 0,
            Pictures::Compose(composing) => composing.shift_micros(),
        };
        Outcome { choice: self.choice.clone(), shift_micros, damage: self.damage }
    }
}
