//! Ends a capture that crashed too often, and keeps what it received. When that is, is decided in `rejoins`.
//!
//! Its stream is not joined any more; of its log nothing is read. What was announced last and the log may lack is written
//! behind it, then the end, so that files can be made of it like of any other.

use catalog::{Catalog, Outcome};
use hub::Hub;
use journal::{DiskPool, LogDir, LogSettings, LogWriter};
use model::{CaptureId, Control, Entry, Epoch, Fault, Record};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{dating::Look, opening::open_log, recall::Recall, settle::settle};

/// The sub-code of a capture that crashed too often.
const fn code() -> &'static str {
    "capture_quarantined"
}

/// What ending a capture takes.
pub(crate) struct Quarantine {
    pub(crate) capture: CaptureId,
    /// The epoch of whoever wrote its log last.
    pub(crate) written: Epoch,
    pub(crate) keep_revoked: bool,
    pub(crate) catalog: Catalog,
    pub(crate) hub: Hub,
    pub(crate) dir: LogDir,
    pub(crate) disk: DiskPool,
    pub(crate) log: LogSettings,
    pub(crate) stop: CancellationToken,
}

impl Quarantine {
    /// Ends the log, then tells the catalogue.
    pub(crate) async fn carry_out(self) {
        let Self { capture, .. } = self;
        tracing::error!(%capture, code = code(), "a capture crashed three times within a minute and is ended; what it stored is kept. Please report this defect");
        self.end_log().await;
        let message = "The capture crashed three times within a minute by a defect of Hansard and is not taken up again; what \
                       was stored before is kept.";
        let outcome = Outcome::Failed { code: code().to_owned(), message: Some(message.to_owned()) };
        settle(self.catalog, self.hub, capture, outcome, self.keep_revoked, self.stop).await;
    }

    /// Writes the end into the log, if there is one. A catalogue or a disk that refuses is no reason to take the capture up once more.
    async fn end_log(&self) {
        let Self { capture, .. } = *self;
        let job = match self.catalog.take_up(capture, self.written).await {
            Ok(Some(job)) => job,
            Ok(None) => return,
            Err(error) => return tracing::error!(%capture, %error, "the log of a capture gets no end"),
        };
        if !job.capture.config.retention.stores() {
            return;
        }
        let recall = Recall::before(&self.catalog, &job).await;
        match open_log(&self.dir, &self.disk, self.log, job.epoch, &self.stop).await {
            Ok(log) => {
                if let Err(error) = write(log, job.epoch, recall).await {
                    tracing::error!(%capture, code = error.code(), %error, "the log of a capture gets no end");
                }
            }
            Err(outcome) => tracing::error!(%capture, ?outcome, "the log of a capture gets no end"),
        }
    }
}

async fn write(mut log: LogWriter, epoch: Epoch, recall: Recall) -> Result<(), journal::JournalError> {
    let ended = Control::Ended { code: code().to_owned(), cut_short: true, stop_reason: None, at: None };
    let entries = recall.newest.into_iter().map(Entry::Event).chain([Entry::Control(ended)]);
    let arrived_unix_ns = Look::now().wall_ns;
    for entry in entries {
        log.append(&Record { arrived_unix_ns, epoch, entry }, Instant::now().into_std())?;
    }
    log.close().await
}
