//! Tells the catalogue how a capture ended, and then whoever waits for that.

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
/// it by itself.
pub(crate) async fn settle(catalog: Catalog, hub: Hub, id: CaptureId, outcome: Outcome, stop: CancellationToken) {
    let (label, code) = match &outcome {
        Outcome::Ended { code, .. } => ("ended", code.clone()),
        Outcome::Failed { code, .. } => ("failed", code.clone()),
    };
    metrics::counter!("hansard_captures_ended_total", "outcome" => label, "reason" => code).increment(1);
    let mut pause = RETRY_FIRST;
    let announced = loop {
        match catalog.capture_ended(id, None, outcome.clone(), unix_ms()).await {
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
    let fatal = announced
        .as_ref()
        .is_some_and(|event| matches!(event.event.body, EventBody::Status { status: CaptureStatus::Fatal, .. }));
    if let Some(event) = announced {
        hub.publish(id, Arc::new(event));
    }
    if fatal {
        hub.close(id);
    }
    hub.wake(Wake::Renders);
}
