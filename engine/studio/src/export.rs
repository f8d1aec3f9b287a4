//! Makes a video of capture logs outside of any job, at a place that the caller names. Jobs, and what the catalogue knows of what
//! they make, are in `job`.

use std::{fs::File, path::Path};

use journal::{LogDir, PayloadReader};
use media::Position;
use model::Edition;
use render::{Outcome, Settings};

use crate::{StudioError, leash::Leash, log, make::excerpt, mixed, staging::Staging};

/// What came out.
#[derive(Clone, Debug)]
pub struct Exported {
    /// How long it is.
    pub length: Position,
    /// How its picture was made, and what could not be used.
    pub outcome: Outcome,
}

/// Makes an edition of the logs, which are in the order in which their captures began, as a file at `target`, durably and read
/// back; `tell` hears how much of it is made, from 0 to 1. A log that still grows is taken as far as it goes. Blocks, until it is made or
/// its leash says otherwise.
///
/// # Errors
/// Whatever is wrong with logs, excerpt, codecs or disk; nothing is left at `target` then.
pub fn export(
    logs: Vec<LogDir>,
    edition: &Edition,
    settings: Settings,
    target: &Path,
    leash: &Leash,
    tell: &mut dyn FnMut(f64),
) -> Result<Exported, StudioError> {
    // Whoever waits before a terminal wants what can be read, not another attempt.
    let all = log::read(logs.clone(), log::PATIENT_READS, None, &mut |_| {})?;
    let (timeline, choice) = excerpt(&all, edition)?;
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let staging = Staging::new(folder, format!("{name}.{}-", std::process::id()));
    let (log, place) = (PayloadReader::chained(logs)?, || staging.place());
    let (plain, outcome, _) = mixed::make(&timeline, &choice, settings, log, place, leash, tell)?;
    File::open(plain.path()).and_then(|file| file.sync_all()).map_err(StudioError::file("sync", plain.path()))?;
    // A link replaces nothing; the staged name goes with `plain`.
    std::fs::hard_link(plain.path(), target).map_err(StudioError::file("move the finished file to", target))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(StudioError::file("sync", folder))?;
    Ok(Exported { length: timeline.end, outcome })
}
