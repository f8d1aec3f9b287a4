//! Makes a video of capture logs outside of any job, at a place that the caller names. Jobs, and what the catalogue knows of what
//! they make, are in `job`.

use std::{fs::File, path::Path, sync::Arc};

use journal::{LogDir, PayloadReader};
use media::Position;
use model::Edition;
use render::{Outcome, Settings, View};

use crate::{StudioError, leash::Leash, log, mixed};

/// What came out.
#[derive(Clone, Debug)]
pub struct Exported {
    /// How long it is.
    pub length: Position,
    /// How its picture was made, and what could not be used.
    pub outcome: Outcome,
}

/// Makes an edition of the logs, which are in the order in which their captures began, as a file at `target`, durably and read
/// back; `tell` hears how much of it is made, from 0 to 1. A log that still grows is taken as far as it goes. Blocks.
///
/// # Errors
/// Whatever is wrong with logs, excerpt, codecs or disk; nothing is left at `target` then.
pub fn export(
    logs: Vec<LogDir>,
    edition: &Edition,
    settings: Settings,
    target: &Path,
    tell: &mut dyn FnMut(f64),
) -> Result<Exported, StudioError> {
    // Whoever waits before a terminal wants what can be read, not another attempt.
    let timeline = log::read(logs.clone(), log::PATIENT_READS, None)?.excerpt(&edition.excerpt)?;
    let choice = render::plan(&timeline, edition.plan, View::from(edition));
    let timeline = Arc::new(timeline);
    let mut staged = 0;
    let staging = || {
        staged += 1;
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}-{staged}.part", std::process::id()));
        target.with_file_name(name)
    };
    let log = PayloadReader::chained(logs)?;
    let (plain, outcome, _) = mixed::make(&timeline, &choice, settings, log, staging, &Leash::default(), tell)?;
    File::open(plain.path()).and_then(|file| file.sync_all()).map_err(StudioError::file("sync", plain.path()))?;
    // A link replaces nothing; the staged name goes with `plain`.
    std::fs::hard_link(plain.path(), target).map_err(StudioError::file("move the finished file to", target))?;
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(StudioError::file("sync", folder))?;
    Ok(Exported { length: timeline.end, outcome })
}
