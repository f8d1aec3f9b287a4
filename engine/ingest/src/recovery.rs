//! Looks at what captures left behind that have no owner, and finds out what is to be done with each: it is over, it is taken up
//! again, or it crashed too often. In which order and how fast they are taken up is decided in `rejoins`. Where nothing is stored
//! there is nothing to look at: the catalogue knows all that is left.
//!
//! Each log is looked at by itself and for two seconds at most, so that a disk that hangs on one of them holds up no other; all of
//! them for four, so that a slow disk does not take the time that is left to save their streams (fault matrix A8).

use std::{
    future::pending,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use catalog::{LeftBehind, Outcome};
use futures_util::{StreamExt, stream};
use journal::{Glance, LogDir};
use model::{CaptureId, Epoch, Fault};
use tokio::{
    task::spawn_blocking,
    time::{Instant, timeout_at},
};

use crate::{
    apps::Apps,
    ending,
    rejoins::{self, Rejoin},
    witness::Witness,
};

/// How many logs are looked at at once.
const LOOKS: usize = 32;
/// How long one look may take.
const LOOK_LIMIT: Duration = Duration::from_secs(2);
/// How long all of them together may take.
pub(crate) const LOOKS_LIMIT: Duration = Duration::from_secs(4);

/// What is to be done with a capture that has no owner.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It is taken up again.
    Rejoin(Rejoin),
    /// Its log says that it ended; only the catalogue does not know.
    Over { capture: CaptureId, outcome: Outcome, keep_revoked: bool },
    /// It crashed too often.
    Quarantine { capture: CaptureId, written: Epoch, keep_revoked: bool },
}

/// Looks at all of them, several at once; of those at which it cannot look before `give_up` it is decided by what the catalogue
/// knows.
pub(crate) async fn look(
    left: Vec<LeftBehind>,
    apps: Apps,
    dir: impl AsRef<Path>,
    witness: Witness,
    give_up: Instant,
) -> Vec<Verdict> {
    let looks = left.into_iter().map(|left| {
        let keep_revoked = apps.get(&left.app).is_some_and(|app| app.keep_revoked);
        let log = LogDir::of(dir.as_ref(), left.capture);
        look_at(left, keep_revoked, log, witness.clone(), give_up)
    });
    stream::iter(looks).buffer_unordered(LOOKS).collect().await
}

async fn look_at(left: LeftBehind, keep_revoked: bool, dir: LogDir, witness: Witness, give_up: Instant) -> Verdict {
    let LeftBehind { capture, epoch, stored, changed_at_unix_ms, crashes, .. } = left;
    if rejoins::is_quarantined(crashes) {
        return Verdict::Quarantine { capture, written: epoch, keep_revoked };
    }
    if !stored {
        return Verdict::Rejoin(Rejoin::new(capture, changed_at_unix_ms, crashes, epoch));
    }
    let begun = Instant::now();
    let reading = async {
        if begun < give_up {
            spawn_blocking(move || witness.during(capture, epoch, || read(capture, &dir, keep_revoked))).await
        } else {
            // There is no time left to begin.
            pending().await
        }
    };
    let (ending, glance) = match timeout_at(give_up.min(begun + LOOK_LIMIT), reading).await {
        Ok(Ok(read)) => read,
        Ok(Err(error)) => {
            tracing::error!(%capture, %error, "reading a log panicked; the capture goes on. Please report this defect");
            (None, Glance::default())
        }
        Err(_) => {
            tracing::error!(%capture, "a log cannot be read in time; the capture goes on");
            (None, Glance::default())
        }
    };
    if let Some(outcome) = ending {
        return Verdict::Over { capture, outcome, keep_revoked };
    }
    let alive_unix_ms = glance.written.map_or(changed_at_unix_ms, |at| changed_at_unix_ms.max(since_epoch_ms(at)));
    let written = glance.epoch.map_or(epoch, |in_log| epoch.max(in_log));
    Verdict::Rejoin(Rejoin::new(capture, alive_unix_ms, crashes, written))
}

/// How a capture ended, if its log says that it did, and who wrote last and when. Blocks.
fn read(capture: CaptureId, dir: &LogDir, keep_revoked: bool) -> (Option<Outcome>, Glance) {
    let glance = dir.glance().unwrap_or_else(|error| {
        tracing::warn!(%capture, code = error.code(), %error, "a log cannot be looked at; the capture goes on");
        Glance::default()
    });
    (ending::of(capture, dir, keep_revoked), glance)
}

/// A moment of the file system's clock in milliseconds since the Unix epoch.
pub(crate) fn since_epoch_ms(at: SystemTime) -> i64 {
    i64::try_from(at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
