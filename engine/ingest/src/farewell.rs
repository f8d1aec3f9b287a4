//! What is said and told when a capture ends. When it does, and in which order that goes, is decided in `capture`.

use std::time::Duration;

use catalog::{Catalog, Outcome};
use journal::JournalError;
use model::{
    CaptureId, Fault,
    platform::{self, End, EndKind},
};
use tokio::time::timeout;

use crate::scribe::unix_ms;

/// How long the catalogue may take to hear that consent was withdrawn, before the log has to remember it.
const TELL_LIMIT: Duration = Duration::from_secs(5);

/// Says if the end of a log could not be written.
pub(crate) fn is_closed(capture: CaptureId, closed: Result<(), JournalError>) {
    if let Err(error) = closed {
        tracing::error!(%capture, code = error.code(), %error, "the end of the capture log is missing");
    }
}

/// Counts what could not be read of a capture, and says so once; most often the platform has learned something new.
pub(crate) fn count_unread(capture: CaptureId, read: platform::Counters) {
    let platform::Counters { messages, slow, unknown, bad, contradicting } = read;
    metrics::counter!("hansard_stage_errors_total", "stage" => "parse").increment(bad);
    if unknown + bad + contradicting > 0 {
        tracing::info!(%capture, messages, unknown, bad, contradicting, slow, "not every message was understood");
    }
}

/// Tells the catalogue that consent was withdrawn; whether that is durable.
pub(crate) async fn is_told(catalog: &Catalog, id: CaptureId) -> bool {
    match timeout(TELL_LIMIT, catalog.revoke(id, unix_ms())).await {
        Ok(Ok(_)) => true,
        Ok(Err(error)) => {
            tracing::error!(capture = %id, %error, "the catalogue does not know yet that consent was withdrawn");
            false
        }
        Err(_) => false,
    }
}

/// What the catalogue is told of an end; nothing, if somebody else shall go on.
pub(crate) fn outcome(end: &End, keep_revoked: bool) -> Option<Outcome> {
    let (code, message) = (end.code.to_owned(), Some(end.message.clone()));
    match end.kind {
        EndKind::Suspended => None,
        EndKind::Revoked if !keep_revoked => Some(Outcome::Revoked { code, message }),
        EndKind::Ended | EndKind::Revoked => Some(Outcome::Ended { code, message }),
        EndKind::Failed => Some(Outcome::Failed { code, message }),
    }
}
