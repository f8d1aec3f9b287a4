//! Who was at work when the process died: the only honest answer to which capture took it down (fault matrix A4). What follows
//! from that is decided in `rejoins`.
//!
//! While it looks, each thread writes into a slot of a file for which capture it works, and clears that when it is done; and
//! when the process aborts itself, as it does after a panic within a panic, a stack overflow or a failed allocation, the handler
//! of that signal leaves a mark. The system keeps both whatever becomes of the process, and the next one reads the names.
//!
//! Without the mark the names count for nothing. A process that was killed did not die of what it was doing: an operator, a test
//! or the system's out-of-memory killer chose the moment, and three such moments must not end a meeting.
//!
//! It costs two short writes each time that a task is polled, so it looks only where that may be of use: in a process that follows
//! one that died, and no longer than crashes count.

use std::{
    cell::Cell,
    fs::{self, File, OpenOptions},
    future::Future,
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::Path,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::{Instant, SystemTime},
};

use model::{CaptureId, Epoch};
use signal_hook::consts::SIGABRT;

/// The name of the file of slots in the data directory.
const FILE: &str = "witness";
/// The name of the file that is not empty once the process aborted itself.
const MARK: &str = "witness.abort";
/// The length of a slot in bytes: an id, a space, an epoch in ten digits, a newline.
const SLOT_BYTES: usize = 48;
/// What a slot holds while its thread works for nobody.
const IDLE: [u8; SLOT_BYTES] = {
    let mut idle = [b' '; SLOT_BYTES];
    idle[SLOT_BYTES - 1] = b'\n';
    idle
};

/// The next slot that no thread has.
static SLOTS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The slot of this thread.
    static SLOT: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Watches who is at work; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Witness(Option<Watch>);

#[derive(Clone, Debug)]
struct Watch {
    file: Arc<File>,
    until: Instant,
}

impl Witness {
    /// Watches nobody.
    pub(crate) fn blind() -> Self {
        Self::default()
    }

    /// Watches until a moment, in files that [`left`] reads and [`forget`] removes. The mark stays armed for the rest of the
    /// process; one witness a process.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn new(data_dir: &Path, until: Instant) -> io::Result<Self> {
        let fresh = |name: &str| {
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(data_dir.join(name))
        };
        // Without its mark no name counts, so the mark is empty before there are names.
        signal_hook::low_level::pipe::register(SIGABRT, fresh(MARK)?)?;
        let file = fresh(FILE)?;
        Ok(Self(Some(Watch { file: Arc::new(file), until })))
    }

    /// Has `work` done on this thread in the name of a capture.
    pub(crate) fn during<T>(&self, capture: CaptureId, epoch: Epoch, work: impl FnOnce() -> T) -> T {
        let Some(watch) = self.0.as_ref().filter(|watch| Instant::now() < watch.until) else { return work() };
        let _at_work = AtWork::begin(watch, capture, epoch);
        work()
    }

    /// Watches a task of a capture whenever it is polled.
    pub(crate) fn watch<F: Future>(&self, capture: CaptureId, epoch: Epoch, task: F) -> Watched<F> {
        Watched { witness: self.clone(), capture, epoch, task: Box::pin(task) }
    }
}

/// A thread that works for a capture, until it is dropped.
struct AtWork<'a> {
    watch: &'a Watch,
    offset: u64,
}

impl<'a> AtWork<'a> {
    fn begin(watch: &'a Watch, capture: CaptureId, epoch: Epoch) -> Self {
        let slot = SLOT.get().unwrap_or_else(|| {
            let slot = SLOTS.fetch_add(1, Ordering::Relaxed);
            SLOT.set(Some(slot));
            slot
        });
        let offset = slot * SLOT_BYTES as u64;
        write(watch, offset, format!("{capture} {:>10}\n", epoch.0).as_bytes());
        Self { watch, offset }
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        write(self.watch, self.offset, &IDLE);
    }
}

/// A disk that refuses costs an attribution and nothing else.
fn write(watch: &Watch, offset: u64, slot: &[u8]) {
    if let Err(error) = watch.file.write_all_at(slot, offset) {
        tracing::debug!(%error, "who is at work cannot be written down");
    }
}

/// A task that is watched.
pub(crate) struct Watched<F> {
    witness: Witness,
    capture: CaptureId,
    epoch: Epoch,
    task: Pin<Box<F>>,
}

impl<F: Future> Future for Watched<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Self { witness, capture, epoch, task } = &mut *self;
        witness.during(*capture, *epoch, || task.as_mut().poll(cx))
    }
}

/// Who was at work when the process aborted itself that wrote the files, and when that was; nobody if it did not.
///
/// # Errors
/// The system's.
pub(crate) fn left(data_dir: &Path) -> io::Result<Vec<(CaptureId, Epoch, SystemTime)>> {
    let at = match fs::metadata(data_dir.join(MARK)) {
        Ok(mark) if mark.len() > 0 => mark.modified()?,
        Ok(_) => return Ok(Vec::new()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let bytes = fs::read(data_dir.join(FILE))?;
    Ok(bytes.chunks(SLOT_BYTES).filter_map(named).map(|(capture, epoch)| (capture, epoch, at)).collect())
}

/// Removes the files, once what they told is kept elsewhere.
///
/// # Errors
/// The system's.
pub(crate) fn forget(data_dir: &Path) -> io::Result<()> {
    for name in [MARK, FILE] {
        match fs::remove_file(data_dir.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Whom a slot names.
fn named(slot: &[u8]) -> Option<(CaptureId, Epoch)> {
    let (capture, epoch) = std::str::from_utf8(slot).ok()?.trim().split_once(' ')?;
    Some((capture.parse().ok()?, Epoch(epoch.trim().parse().ok()?)))
}

#[cfg(test)]
mod tests;
