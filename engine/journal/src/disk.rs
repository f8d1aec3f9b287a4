//! The disk, and the few threads that wait for it. What is written is the business of `write`.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    num::NonZeroU64,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use rustix::fs::{Advice, fadvise};
use tokio::sync::oneshot;

use crate::{
    cadence::{Cadence, Turns},
    checksum,
};

/// The smallest that the memory for files is given and taken in, at least on the machines we know.
const PAGE_BYTES: u64 = 4096;

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
    /// Adds bytes at the end.
    ///
    /// # Errors
    /// The system's; what was written of the bytes is then unknown.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Makes everything appended so far durable (`fdatasync`).
    ///
    /// # Errors
    /// The system's; the file must not be trusted any more.
    fn sync(&mut self) -> io::Result<()>;
}

/// The real disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalDisk;

impl Disk for LocalDisk {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        match std::fs::create_dir(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => sync_parent(path),
        }
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new().append(true).create_new(true).open(path)?;
        sync_parent(path)?;
        Ok(Box::new(LocalFile { file, length_bytes: 0, let_go_bytes: 0 }))
    }
}

fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}

struct LocalFile {
    file: File,
    length_bytes: u64,
    /// Up to where the system was told that nobody reads it soon.
    let_go_bytes: u64,
}

impl LocalFile {
    /// Lets the system have the memory of what is durable. Logs are written once and mostly read much later: with them in it, the
    /// memory for files would hold nothing else, and each page would have to be taken from whoever needs it. The last page goes on
    /// growing: without it in memory the next append would wait until it was read back.
    fn let_go(&mut self) {
        let whole_bytes = self.length_bytes / PAGE_BYTES * PAGE_BYTES;
        // Advice that is not taken changes nothing.
        if let Some(length) = NonZeroU64::new(whole_bytes - self.let_go_bytes)
            && fadvise(&self.file, self.let_go_bytes, Some(length), Advice::DontNeed).is_ok()
        {
            self.let_go_bytes = whole_bytes;
        }
    }
}

impl DiskFile for LocalFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.length_bytes += bytes.len() as u64;
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        self.let_go();
        // Somebody removed it: whoever opens the log finds nothing of what it holds.
        if self.file.metadata()?.nlink() == 0 { Err(io::ErrorKind::NotFound.into()) } else { Ok(()) }
    }
}

/// One batch on its way to the disk: either the next bytes of an open file, or the first ones of a new file.
pub(crate) struct Batch {
    pub(crate) target: Target,
    /// What is to be written, one after the other.
    pub(crate) blocks: Vec<Vec<u8>>,
}

pub(crate) enum Target {
    /// A new file, and the directories that must be made durable before it, outermost first.
    Create { dirs: Vec<PathBuf>, path: PathBuf },
    /// One that was created by an earlier batch, and whose every sync succeeded.
    Open(Box<dyn DiskFile>),
}

/// What became of a batch. What was to be written comes back, so that it can be written elsewhere after a failure.
pub(crate) struct Outcome {
    pub(crate) blocks: Vec<Vec<u8>>,
    pub(crate) result: io::Result<Box<dyn DiskFile>>,
}

/// A batch, and where its outcome is awaited.
pub(crate) type Task = (Batch, oneshot::Sender<Outcome>);

/// A few named threads that write and sync for all captures of one volume. Cloning shares them; they end with the last
/// clone.
#[derive(Clone)]
pub struct DiskPool {
    tasks: mpsc::Sender<Task>,
    cadence: Cadence,
}

impl DiskPool {
    /// Starts `threads` threads, at least one, that work on `disk`.
    ///
    /// # Errors
    /// The system's, if a thread cannot be started.
    pub fn start(disk: Arc<dyn Disk>, threads: usize) -> io::Result<Self> {
        let (pool, queue) = Self::queue(Instant::now());
        let queue = Arc::new(Mutex::new(queue));
        for number in 0..threads.max(1) {
            let (disk, queue) = (Arc::clone(&disk), Arc::clone(&queue));
            thread::Builder::new().name(format!("disk-{number}")).spawn(move || work(&*disk, &queue))?;
        }
        Ok(pool)
    }

    /// A pool without threads: whoever has the queue does the work.
    pub(crate) fn queue(began: Instant) -> (Self, mpsc::Receiver<Task>) {
        let (tasks, queue) = mpsc::channel();
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

fn work(disk: &dyn Disk, queue: &Mutex<mpsc::Receiver<Task>>) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((mut batch, answer)) = next else { return };
        let started = Instant::now();
        let result = write(disk, batch.target, &mut batch.blocks);
        metrics::histogram!("hansard_storage_sync_duration_seconds").record(started.elapsed().as_secs_f64());
        // The owner may be gone; then nobody wants the outcome.
        let _ = answer.send(Outcome { blocks: batch.blocks, result });
    }
}

/// Procedures W2 to W4 of `docs/design/durability.md`: whatever fails, the file is never used again. The checksums of the blocks'
/// chunks are put in before.
pub(crate) fn write(disk: &dyn Disk, target: Target, blocks: &mut [Vec<u8>]) -> io::Result<Box<dyn DiskFile>> {
    let mut file = match target {
        Target::Open(file) => file,
        Target::Create { dirs, path } => {
            dirs.iter().try_for_each(|dir| disk.create_dir(dir))?;
            let file = disk.create(&path)?;
            fail::fail_point!("journal::created");
            file
        }
    };
    checksum::put(blocks);
    blocks.iter().try_for_each(|block| file.append(block))?;
    fail::fail_point!("journal::appended");
    file.sync()?;
    fail::fail_point!("journal::synced");
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How much this thread had read from a disk so far, in bytes.
    fn read_bytes() -> u64 {
        let io = std::fs::read_to_string("/proc/thread-self/io").unwrap();
        let line = io.lines().find_map(|line| line.strip_prefix("read_bytes: ")).unwrap();
        line.parse().unwrap()
    }

    /// Appends and syncs as a log does, and answers how much was read for it; `between` has the file in each turn.
    fn read_for_appends(between: impl Fn(&LocalFile)) -> u64 {
        let dir = tempfile::tempdir().unwrap();
        let file = OpenOptions::new().append(true).create_new(true).open(dir.path().join("log")).unwrap();
        let mut file = LocalFile { file, length_bytes: 0, let_go_bytes: 0 };
        let before = read_bytes();
        for _ in 0..20 {
            file.append(&[7; 5_000]).unwrap();
            file.sync().unwrap();
            between(&file);
        }
        assert_eq!(file.let_go_bytes, 100_000 / PAGE_BYTES * PAGE_BYTES);
        read_bytes() - before
    }

    #[test]
    fn an_append_waits_for_nothing_to_be_read_back() {
        // The control: with the last page gone as well, it is. Where files live in memory alone nothing ever is.
        let all =
            |file: &LocalFile| fadvise(&file.file, 0, NonZeroU64::new(file.length_bytes), Advice::DontNeed).unwrap();
        let control = read_for_appends(all);
        println!("{control} bytes are read where all pages are let go");
        assert_eq!(read_for_appends(|_| {}), 0);
    }
}
