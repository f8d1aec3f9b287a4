//! Tells the catalogue how a capture ended, and then whoever waits for that (`docs/design/durability.md`, C4, M4 and M5).

use std::{sync::Arc, time::Duration};

use catalog::{Catalog, Outcome};
use hub::{Hub, Wake};
use model::{CaptureId, CaptureStatus, EventBody};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::scribe::unix_ms;

/// How long is waited after the first refusal; doubled with each further one.
const RETRY_FIRST: Duration = Duration::from_millis(100);
/// How long is waited at most.
const RETRY_LONGEST: Duration = Duration::from_secs(10);

/// Tells until the catalogue has understood, or until `stop`: the next start then finds the capture unfinished, and ends
/// it by itself. Consent that was withdrawn meanwhile counts unless `keep_revoked`.
pub(crate) async fn settle(
    catalog: Catalog,
    hub: Hub,
    id: CaptureId,
    outcome: Outcome,
    keep_revoked: bool,
    stop: CancellationToken,
) {
    let (label, code) = match &outcome {
        Outcome::Ended { code, .. } => ("ended", code.clone()),
        Outcome::Revoked { code, .. } => ("revoked", code.clone()),
        Outcome::Failed { code, .. } => ("failed", code.clone()),
    };
    let is_revoked = matches!(outcome, Outcome::Revoked { .. });
    metrics::counter!("hansard_captures_ended_total", "outcome" => label, "reason" => code).increment(1);
    let mut pause = RETRY_FIRST;
    let announced = loop {
        let told = if keep_revoked {
            catalog.capture_ended_and_kept(id, None, outcome.clone(), unix_ms()).await
        } else {
            catalog.capture_ended(id, None, outcome.clone(), unix_ms()).await
        };
        match told {
            Ok(announced) => break announced,
            Err(error) => {
                tracing::error!(capture = %id, %error, "the end of a capture is not in the catalogue; trying again");
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = sleep(pause) => pause = (pause * 2).min(RETRY_LONGEST),
                }
            }
        }
    };
    // Where nothing is announced the capture is at its end: it was before, or nothing of it is stored.
    let is_unannounced = announced.is_none();
    let is_final = announced
        .as_ref()
        .is_none_or(|event| matches!(event.event.body, EventBody::Status { status: CaptureStatus::Fatal, .. }));
    if let Some(event) = announced {
        hub.publish(id, Arc::new(event));
    }
    // Of what is withdrawn nobody hears more.
    if is_final || is_revoked {
        hub.close(id);
    }
    hub.wake(Wake::Renders);
    if is_unannounced {
        // On its own: a new stream is asked for at once, and a backup may read for long.
        tokio::spawn(empty_log(catalog, id, stop));
    }
}

/// Removes from the catalogue's own log what was overwritten when a capture ended of which nothing is stored; until `stop`, for
/// the next start of the daemon empties it as well.
async fn empty_log(catalog: Catalog, id: CaptureId, stop: CancellationToken) {
    let mut pause = RETRY_FIRST;
    while let Err(error) = catalog.truncate_log().await {
        tracing::info!(capture = %id, %error, "what joining a stream took is still in the catalogue's log; trying again");
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(pause) => pause = (pause * 2).min(RETRY_LONGEST),
        }
    }
}
