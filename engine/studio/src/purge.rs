//! Deletes the files of recordings whose consent was withdrawn (fault matrix C20) or whose time is over, and capture logs that are
//! no longer needed. Which those are, and what leaves the rows, is decided in the catalogue. This is `docs/design/durability.md`, X3 and X4.

use std::{future::Future, sync::Arc, time::Duration};

use catalog::{Catalog, CatalogError};
use hub::Hub;
use journal::LogDir;
use model::{Fault, PurgeJob, PurgeScope, Purged};
use store::Store;
use tokio::time::sleep;

use crate::{StudioError, clock::unix_ms, settings::Settings};

/// How long is waited before what became of a deletion is told again to a catalogue that could not take it.
const TELL_AGAIN: Duration = Duration::from_secs(1);

/// Removes everything of a recording from the disk, or its logs alone, then tells the catalogue and whoever still listens. What could not be
/// removed is tried again a second later, for as long as it takes.
pub(crate) async fn purge(job: PurgeJob, settings: Arc<Settings>, catalog: Catalog, store: Store, hub: Hub) {
    if job.scope == PurgeScope::Recording {
        for capture in &job.captures {
            hub.close(*capture);
        }
    }
    let error = match remove(&job, &settings, &store).await {
        Ok(purged) => return finish(&job, purged, &catalog).await,
        Err(error) => error,
    };
    tracing::error!(recording = %job.recording, code = error.code(), %error, "a recording is not deleted yet; trying again");
    metrics::counter!("hansard_stage_errors_total", "stage" => "purge").increment(1);
    tell(&job, || catalog.purge_failed(job.id, error.code(), unix_ms())).await;
}

/// Tells the catalogue that no file is left.
async fn finish(job: &PurgeJob, purged: Purged, catalog: &Catalog) {
    if tell(job, || catalog.purge_done(job, purged, unix_ms())).await.is_some() {
        let Purged { files, bytes } = purged;
        match job.scope {
            PurgeScope::Recording => {
                tracing::info!(recording = %job.recording, files, bytes, "a recording was deleted")
            }
            PurgeScope::Logs => tracing::info!(recording = %job.recording, files, bytes, "a capture log was deleted"),
            PurgeScope::Artifact(id) => tracing::info!(artifact = %id, files, bytes, "an artifact was deleted"),
        }
        metrics::counter!("hansard_recordings_purged_total", "scope" => job.scope.name()).increment(1);
    }
}

/// Tells the catalogue something, as often as it takes; `None` if it is closed. The job is then claimed still, and the next
/// process takes it up.
async fn tell<T, W>(job: &PurgeJob, mut write: impl FnMut() -> W) -> Option<T>
where
    W: Future<Output = Result<T, CatalogError>>,
{
    loop {
        match write().await {
            Ok(told) => return Some(told),
            Err(CatalogError::Closed) => return None,
            Err(error) => {
                tracing::error!(recording = %job.recording, %error, "a deletion is not in the catalogue yet; trying again");
                sleep(TELL_AGAIN).await;
            }
        }
    }
}

/// Removes everything of a recording from the disk, or its logs alone, and counts it.
pub(crate) async fn remove(job: &PurgeJob, settings: &Settings, store: &Store) -> Result<Purged, StudioError> {
    if let PurgeScope::Artifact(artifact) = job.scope {
        let (files, bytes) = store.delete_artifact(job.recording, artifact).await?;
        return Ok(Purged { files, bytes });
    }
    let dirs: Vec<LogDir> = job.captures.iter().map(|capture| LogDir::of(&settings.data_dir, *capture)).collect();
    let logs = tokio::task::spawn_blocking(move || {
        let mut purged = Purged::default();
        for dir in dirs {
            let removed = dir.remove()?;
            fail::fail_point!("studio::purging");
            purged.files += removed.files;
            purged.bytes += removed.bytes;
        }
        Ok::<Purged, StudioError>(purged)
    });
    let mut purged = logs.await.expect("removing files does not panic")?;
    if job.scope == PurgeScope::Recording {
        let (files, bytes) = store.delete_recording(job.recording).await?;
        purged.files += files;
        purged.bytes += bytes;
    }
    Ok(purged)
}
