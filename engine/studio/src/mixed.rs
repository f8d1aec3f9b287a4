//! Makes the file of a mixed video: grown in fragments, finished as a plain one, read back. Where it is published is the
//! business of `job`.

use std::{path::PathBuf, sync::Arc};

use journal::PayloadReader;
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
    let mut payloads = LogPayloads(log);
    let mut video = MixedVideo::new(Arc::clone(timeline), choice.clone(), settings)?;
    let mut growing = Growing::create(staging())?;
    let finish = loop {
        fail::fail_point!("studio::rendering");
        leash.check()?;
        match video.step(&mut payloads)? {
            Step::Append(pieces) => {
                growing.append(&pieces)?;
                tell(video.progress().seconds() / timeline.end.seconds());
            }
            Step::Done(finish) => break finish,
        }
    };
    let plain = Plain::new(staging());
    growing.finish(finish, plain.path())?;
    fail::fail_point!("studio::finished");
    verify_mp4(plain.path(), timeline.end)?;
    fail::fail_point!("studio::verified");
    Ok((plain, video.outcome(), video.sound_outcome()))
}
