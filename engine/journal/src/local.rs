//! The disk of this machine: how files grow on it. Which thread waits for it is the business of `disk`.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    num::NonZeroU64,
    os::unix::fs::MetadataExt,
    path::Path,
};

use rustix::fs::{Advice, fadvise};

use crate::disk::{Disk, DiskFile};

/// The smallest that the memory for files is given and taken in, at least on the machines we know.
const PAGE_BYTES: u64 = 4096;

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
