//! Renders a log into an M4A of everybody's sound, step by step as a render job of `studio` does beside a video, which has told how
//! loud it is.

use std::{fs, path::Path, sync::Arc};

use journal::LogDir;
use model::ArtifactFormat;
use render::{Damage, MixedSound, SoundSettings, SoundStep};

use super::{
    growing::Growing,
    opened::{LogPayloads, read},
};
use crate::failure::Failure;

/// Renders the log into `target`, durably and read back.
///
/// # Errors
/// If some of the sound was damaged, or any step fails.
pub(crate) fn sound(log: &LogDir, target: &Path) -> Result<(), Failure> {
    let timeline = Arc::new(read(log)?);
    let mut payloads = LogPayloads::of(log)?;
    let staged = target.with_extension("part");
    let mut growing = Growing::create(&staged)?;
    let settings = SoundSettings::default();
    let mut mixed = MixedSound::new(Arc::clone(&timeline), ArtifactFormat::M4a, settings)?.unmeasured();
    let finish = loop {
        match mixed.step(&mut payloads)? {
            SoundStep::Append(pieces) => growing.append(&pieces)?,
            SoundStep::Done(finish) => break finish.ok_or("an M4A is finished in a second pass")?,
        }
    };
    let damage = mixed.outcome().damage;
    if damage != Damage::default() {
        return Err(format!("a meeting without damage was rendered with {damage:?}").into());
    }
    let plain = growing.finish(finish, target)?;
    fs::remove_file(&staged)?;
    studio::verify_sound(target, ArtifactFormat::M4a, timeline.end)?;
    Ok(plain.sync_all()?)
}
