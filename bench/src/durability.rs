//! How long what many captures record waits until it is durable, on the disk of this machine. No sockets, no engine: only
//! logs, at the rate of meetings with one voice and one camera each.

use std::{
    future::{pending, poll_fn},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use journal::{DiskPool, JournalError, LocalDisk, LogDir, LogSettings, LogWriter};
use media::{Frame, SourceTime, Track, TrackKind};
use model::{CaptureId, Entry, Epoch, Record};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep_until},
};

use crate::{cli::DurabilityArgs, failure::Failure, quantiles::Quantiles};

/// One packet of 20 ms of Opus.
const SOUND_BYTES: usize = 120;
/// One picture of a camera at 1 Mbit/s and 25 pictures a second.
const PICTURE_BYTES: usize = 5_000;
/// How often sound comes; pictures come with every second packet.
const SOUND_EVERY: Duration = Duration::from_millis(20);

/// Writes the logs and prints what became of them.
///
/// # Errors
/// If the disk refuses.
pub(crate) async fn measure(args: &DurabilityArgs, scratch: &Path) -> Result<(), Failure> {
    let place = tempfile::tempdir_in(scratch)?;
    let pool = DiskPool::start(Arc::new(LocalDisk), args.threads)?;
    let mut captures = JoinSet::new();
    for number in 0..args.captures {
        let dir = LogDir::of(place.path(), CaptureId::new(u64::from(number), [1; 10]));
        let log = LogWriter::open(dir, pool.clone(), LogSettings::default(), Epoch(1), Instant::now())?;
        captures.spawn(capture(log, Duration::from_secs(u64::from(args.seconds))));
    }
    let mut lags_s = Vec::new();
    while let Some(capture) = captures.join_next().await {
        lags_s.extend(capture??);
    }
    let lags = Quantiles::of(lags_s).ok_or("nothing became durable")?;
    println!(
        "{} captures, {} disk threads, {} s: {} syncs; oldest record when it became durable: {:.3} s p50, {:.3} s p99, {:.3} s max",
        args.captures, args.threads, args.seconds, lags.count, lags.p50, lags.p99, lags.max,
    );
    Ok(())
}

/// Records for a while, and answers the lag of each sync, in seconds.
async fn capture(mut log: LogWriter, lasts: Duration) -> Result<Vec<f64>, JournalError> {
    let began = Instant::now();
    let mut frames = interval(SOUND_EVERY);
    frames.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut lags_s, mut number) = (Vec::new(), 0_i64);
    while began.elapsed() < lasts {
        let due = log.next_tick();
        let turn = async {
            match due {
                Some(due) => sleep_until(due.into()).await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            synced = poll_fn(|cx| log.poll_synced(cx, Instant::now())) => lags_s.push(synced?.lag.as_secs_f64()),
            () = turn => {}
            _ = frames.tick() => {
                log.append(&record(TrackKind::Audio, number, SOUND_BYTES), Instant::now())?;
                if number % 2 == 0 {
                    log.append(&record(TrackKind::Video, number, PICTURE_BYTES), Instant::now())?;
                }
                number += 1;
            }
        }
        log.tick(Instant::now())?;
    }
    log.close().await?;
    Ok(lags_s)
}

fn record(kind: TrackKind, number: i64, len: usize) -> Record {
    static FILL: [u8; PICTURE_BYTES] = [0x5A; PICTURE_BYTES];
    let payload = Bytes::from_static(FILL.get(..len).unwrap_or(&FILL));
    let frame = Frame { track: Track { kind, source: 1 }, at: SourceTime::from_unix_ms(number * 20), payload };
    Record { arrived_unix_ns: 1, epoch: Epoch(1), entry: Entry::Media(frame) }
}
