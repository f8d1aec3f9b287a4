//! What a log asks of a disk, and the few threads that wait for it. What is written is the business of `write`, how the real disk
//! takes it that of `local`.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use flume::{Receiver, Sender};
use tokio::sync::oneshot;

use crate::{
    block::Block,
    cadence::{Cadence, Turns},
};

/// What a log needs of a disk; tests put one in its place that fails.
pub trait Disk: Send + Sync + 'static {
    /// Makes a directory, whose parent exists, unless it is there, and makes its name durable in either case: whoever made
    /// it may have died before that.
    ///
    /// # Errors
    /// The system's; whether the directory is there, and for how long, is then unknown.
    fn create_dir(&self, path: &Path) -> io::Result<()>;

    /// Makes a file that must not exist yet, and makes its name durable.
    ///
    /// # Errors
    /// The system's; [`io::ErrorKind::AlreadyExists`] if it exists.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
}

/// A file that only grows.
pub trait DiskFile: Send {
    /// Adds bytes at the end, part for part. Where the file and all parts begin and end with a page, the disk may be given them
    /// without a copy in between.
    ///
    /// # Errors
    /// The system's; what was written of the bytes is then unknown.
    fn append(&mut self, parts: &[&[u8]]) -> io::Result<()>;

    /// Makes everything appended so far durable (`fdatasync`).
    ///
    /// # Errors
    /// The system's; the file must not be trusted any more.
    fn sync(&mut self) -> io::Result<()>;
}

/// One batch on its way to the disk: either the next bytes of an open file, or the first ones of a new file.
pub(crate) struct Batch {
    pub(crate) target: Target,
    /// What is to be written, one after the other.
    pub(crate) blocks: Vec<Block>,
}

pub(crate) enum Target {
    /// A new file, and the directories that must be made durable before it, outermost first.
    Create { dirs: Vec<PathBuf>, path: PathBuf },
    /// One that was created by an earlier batch, and whose every sync succeeded.
    Open(Box<dyn DiskFile>),
}

/// What became of a batch. What was to be written comes back, so that it can be written elsewhere after a failure.
pub(crate) struct Outcome {
    pub(crate) blocks: Vec<Block>,
    pub(crate) result: io::Result<Box<dyn DiskFile>>,
}

/// A batch, and where its outcome is awaited.
pub(crate) type Task = (Batch, oneshot::Sender<Outcome>);

/// A few named threads that write and sync for all captures of one volume. Cloning shares them; they end with the last
/// clone.
#[derive(Clone)]
pub struct DiskPool {
    tasks: Sender<Task>,
    cadence: Cadence,
}

impl DiskPool {
    /// Starts `threads` threads, at least one, that work on `disk`.
    ///
    /// # Errors
    /// The system's, if a thread cannot be started.
    pub fn start(disk: Arc<dyn Disk>, threads: usize) -> io::Result<Self> {
        let (pool, queue) = Self::queue(Instant::now());
        for number in 0..threads.max(1) {
            let (disk, queue) = (Arc::clone(&disk), queue.clone());
            thread::Builder::new().name(format!("disk-{number}")).spawn(move || work(&*disk, &queue))?;
        }
        Ok(pool)
    }

    /// A pool without threads: whoever has the queue does the work.
    pub(crate) fn queue(began: Instant) -> (Self, Receiver<Task>) {
        let (tasks, queue) = flume::unbounded();
        (Self { tasks, cadence: Cadence::new(began) }, queue)
    }

    /// The age of the oldest record that is not durable yet, of all logs of the volume; zero if nothing waits. Cheap enough
    /// to be asked every second, and true while the disk stalls.
    pub fn longest_wait(&self, now: Instant) -> Duration {
        self.cadence.longest_wait(now)
    }

    /// The turns of one more log.
    pub(crate) fn join(&self) -> Turns {
        self.cadence.join()
    }

    /// Hands over a batch; the outcome arrives at the receiver.
    pub(crate) fn submit(&self, batch: Batch) -> oneshot::Receiver<Outcome> {
        let (answer, outcome) = oneshot::channel();
        // A send fails only when every thread has ended; the dropped answer then tells the caller.
        let _ = self.tasks.send((batch, answer));
        outcome
    }
}

fn work(disk: &dyn Disk, queue: &Receiver<Task>) {
    while let Ok((batch, answer)) = queue.recv() {
        let started = Instant::now();
        let writing = AssertUnwindSafe(|| write(disk, batch.target, &batch.blocks));
        // A defect costs a file, which is given up like one that the disk refused; what was to be written is still there.
        let result =
            catch_unwind(writing).unwrap_or_else(|_| Err(io::Error::other("the disk thread panicked; a defect")));
        metrics::histogram!("hansard_storage_sync_duration_seconds").record(started.elapsed().as_secs_f64());
        // The owner may be gone; then nobody wants the outcome.
        let _ = answer.send(Outcome { blocks: batch.blocks, result });
    }
}

/// Procedures W2 to W4 of `docs/design/durability.md`: whatever fails, the file is never used again.
pub(crate) fn write(disk: &dyn Disk, target: Target, blocks: &[Block]) -> io::Result<Box<dyn DiskFile>> {
    let mut file = match target {
        Target::Open(file) => file,
        Target::Create { dirs, path } => {
            dirs.iter().try_for_each(|dir| disk.create_dir(dir))?;
            let file = disk.create(&path)?;
            fail::fail_point!("journal::created");
            file
        }
    };
    file.append(&blocks.iter().map(|block| &**block).collect::<Vec<_>>())?;
    fail::fail_point!("journal::appended");
    file.sync()?;
    fail::fail_point!("journal::synced");
    Ok(file)
}
