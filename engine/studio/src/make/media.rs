//! The artifacts of sound and pictures: which files each has, what of them is left out, and what is found on the way. How one file is
//! made is in `mixed` and `sound`.

use std::{path::PathBuf, sync::Arc};

use journal::PayloadReader;
use model::{ArtifactFormat, Edition, Fault};
use render::{Parts, RenderError, SoundOutcome, VideoParts, View};
use timeline::Timeline;

use super::{Make, Piece, Sparing};
use crate::{
    StudioError,
    message::Wanted,
    mixed::{self, Begun},
    payloads::LogPayloads,
    sound::Sounds,
    staging::Plain,
};

impl Make<'_> {
    pub(super) fn video_mixed(&mut self, wanted: &Wanted, note: &mut Sparing<'_>) -> Result<Vec<Piece>, StudioError> {
        let (timeline, choice) = match &wanted.edition {
            None => (Arc::clone(&self.timeline), self.choice.clone()),
            Some(edition) => excerpt(&self.timeline, edition)?,
        };
        let begun = if wanted.edition.is_none() { self.begun.take() } else { None };
        let begun = match begun {
            Some(begun) => begun,
            None => {
                let log = PayloadReader::chained(self.logs.clone())?;
                Begun::new(&timeline, &choice, self.video, log, self.staging.place())?
            }
        };
        let staging = || self.staging.place();
        let (plain, outcome, sound) = begun.finish(&timeline, staging, self.leash, &mut |share| note.share(share))?;
        if wanted.edition.is_none() {
            self.findings.mixed = Some(outcome);
            self.findings.sound.merge(sound);
        }
        Ok(vec![video("video_mixed.mp4".to_owned(), plain)])
    }

    /// The parts one after the other, the list last.
    pub(super) fn video_separate(&mut self, note: &mut Sparing<'_>) -> Result<Vec<Piece>, StudioError> {
        let VideoParts { parts, left_out } = render::video_parts(&self.timeline);
        let all = Arc::clone(&self.timeline);
        let whole = render::without_mix(&all);
        let mut outcome = SoundOutcome { left_out_parts: left_out, ..SoundOutcome::default() };
        let (mut pieces, mut made_parts) = (Vec::with_capacity(parts.len() + 1), Vec::with_capacity(parts.len()));
        for (done, part) in parts.iter().enumerate() {
            let mut log = LogPayloads(PayloadReader::chained(self.logs.clone())?);
            let timeline = part.timeline(&whole).map_err(StudioError::from);
            let Some(mut timeline) = unless_damaged(timeline, &mut outcome, note)? else { continue };
            let choice = part.choice(&mut timeline);
            let settings = part.settings(&timeline, self.video, &mut log);
            let staging = || self.staging.place();
            let tell = &mut |share: f64| note.share((done as f64 + share) / parts.len() as f64);
            let made = mixed::make(&Arc::new(timeline), &choice, settings, log.0, staging, self.leash, tell);
            let Some((plain, made, _)) = unless_damaged(made, &mut outcome, note)? else { continue };
            outcome.damage.add(made.damage);
            pieces.push(video(render::file::part(made_parts.len() + 1, ArtifactFormat::Mp4), plain));
            made_parts.push(part.clone());
        }
        self.findings.sound.merge(outcome);
        pieces.push(self.document(render::video_parts_list(&self.timeline, &made_parts))?);
        Ok(pieces)
    }

    /// One pass over the log for each format: a fault in one takes no other with it.
    pub(super) fn audio_mixed(&mut self, wanted: &Wanted, note: &mut Sparing<'_>) -> Result<Vec<Piece>, StudioError> {
        let format = format_of(wanted)?;
        let is_measured = self.findings.sound.loudness.is_none();
        let (plain, outcome) = self.sound_of(format)?.mixed(is_measured, &mut |share| note.share(share))?;
        self.findings.sound.merge(outcome);
        Ok(vec![sound(render::file::audio_mixed(format), format, plain)])
    }

    /// The parts one after the other, the list last.
    pub(super) fn audio_separate(
        &mut self,
        wanted: &Wanted,
        note: &mut Sparing<'_>,
    ) -> Result<Vec<Piece>, StudioError> {
        let format = format_of(wanted)?;
        let Parts { parts, left_out } = render::parts(&self.timeline);
        let mut outcome = SoundOutcome { left_out_parts: left_out, ..SoundOutcome::default() };
        let (mut pieces, mut made_parts) = (Vec::with_capacity(parts.len() + 1), Vec::with_capacity(parts.len()));
        let mut sounds = self.sound_of(format)?;
        for (done, part) in parts.iter().enumerate() {
            let n = made_parts.len() + 1;
            note.share(done as f64 / parts.len() as f64);
            let Some((plain, damage)) = unless_damaged(sounds.part(part, n), &mut outcome, note)? else { continue };
            outcome.damage.add(damage);
            pieces.push(sound(render::file::part(n, format), format, plain));
            made_parts.push(part.clone());
        }
        drop(sounds);
        self.findings.sound.merge(outcome);
        pieces.push(self.document(render::parts_list(&self.timeline, &made_parts, format))?);
        Ok(pieces)
    }

    fn sound_of(&self, format: ArtifactFormat) -> Result<Sounds<'_, impl Fn() -> PathBuf>, StudioError> {
        let log = PayloadReader::chained(self.logs.clone())?;
        let staging = || self.staging.place();
        Ok(Sounds::new(&self.timeline, format, self.sound, log, staging, self.leash))
    }
}

/// What an edition holds of a recording, and how it looks.
pub(crate) fn excerpt(timeline: &Timeline, edition: &Edition) -> Result<(Arc<Timeline>, render::Choice), StudioError> {
    let part = timeline.excerpt(&edition.excerpt)?;
    let choice = render::plan(&part, edition.plan, View::from(edition));
    Ok((Arc::new(part), choice))
}

fn video(name: String, plain: Plain) -> Piece {
    Piece { plain, name, media_type: ArtifactFormat::Mp4.media_type() }
}

fn sound(name: String, format: ArtifactFormat, plain: Plain) -> Piece {
    Piece { plain, name, media_type: format.media_type() }
}

/// One part of several: `None`, and counted, if what is in it does not let it be made, which takes no other with it.
pub(super) fn unless_damaged<T>(
    made: Result<T, StudioError>,
    outcome: &mut SoundOutcome,
    note: &mut Sparing<'_>,
) -> Result<Option<T>, StudioError> {
    match made {
        Ok(made) => Ok(Some(made)),
        Err(error @ (StudioError::Render(_) | StudioError::Unsound { .. })) => {
            tracing::error!(code = error.code(), %error, "a part could not be made, and is left out");
            note.left_out();
            outcome.left_out_parts += 1;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The format of an artifact that has one.
fn format_of(wanted: &Wanted) -> Result<ArtifactFormat, StudioError> {
    wanted.format.ok_or(StudioError::Render(RenderError::NotSound { format: "without a format" }))
}
