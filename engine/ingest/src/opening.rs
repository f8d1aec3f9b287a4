//! Opens the log of a capture, and waits for a disk that refuses. What is written into it is the business of its owner.

use std::time::Duration;

use catalog::Outcome;
use journal::{DiskPool, LogDir, LogSettings, LogWriter};
use model::{Epoch, Fault};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// For how long a log that cannot be opened is tried again, and how often: Zoom keeps a lost stream for a minute.
const OPENING: Duration = Duration::from_secs(60);
const OPEN_EVERY: Duration = Duration::from_secs(1);

/// Opens the log of a capture, where a disk that stalls holds up no other capture's sockets. A disk that refuses is asked again for as long as the stream can still be joined: space and
/// files that are all in use come back. Answers nothing if the daemon stops meanwhile: the next one goes on.
pub(crate) async fn open_log(
    dir: &LogDir,
    disk: &DiskPool,
    settings: LogSettings,
    epoch: Epoch,
    stop: &CancellationToken,
) -> Result<LogWriter, Option<Outcome>> {
    let give_up = Instant::now() + OPENING;
    loop {
        let (dir, disk, now) = (dir.clone(), disk.clone(), Instant::now().into_std());
        let opening = tokio::task::spawn_blocking(move || LogWriter::open(dir, disk, settings, epoch, now));
        let error = match opening.await.expect("listing a directory does not panic") {
            Ok(log) => return Ok(log),
            Err(error) => error,
        };
        if Instant::now() + OPEN_EVERY > give_up {
            return Err(Some(Outcome::Failed { code: error.code().to_owned(), message: Some(error.to_string()) }));
        }
        tracing::error!(code = error.code(), %error, "a capture log cannot be opened; trying again");
        tokio::select! {
            () = sleep(OPEN_EVERY) => {}
            () = stop.cancelled() => return Err(None),
        }
    }
}
