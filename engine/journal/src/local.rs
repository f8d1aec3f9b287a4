//! The disk of this machine: how files grow on it, and past which copies. Which thread waits for it is the business of `disk`.

use std::{
    fs::{File, OpenOptions},
    io::{self, IoSlice, Write},
    num::NonZeroU64,
    os::unix::fs::MetadataExt,
    path::Path,
};

use rustix::fs::{Advice, OFlags, fadvise, fcntl_setfl};

use crate::{
    block::PAGE_BYTES,
    disk::{Disk, DiskFile},
};

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
        let file = LocalFile::create(path)?;
        sync_parent(path)?;
        Ok(Box::new(file))
    }
}

fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}

/// How a file's bytes get to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Through the memory that the system has for files.
    Copied,
    /// From where they lie (`O_DIRECT`), which asks for whole pages.
    Direct,
    /// Copied for good: the file system takes nothing else.
    OnlyCopied,
}

/// Whether an error says that a file cannot be written directly.
fn is_refusal(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported)
}

struct LocalFile {
    file: File,
    length_bytes: u64,
    /// Up to where the system was told that nobody reads it soon.
    let_go_bytes: u64,
    way: Way,
}

impl LocalFile {
    fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create_new(true).open(path)?;
        Ok(Self { file, length_bytes: 0, let_go_bytes: 0, way: Way::Copied })
    }

    /// Whether the next bytes begin and end with a page, in the file and in memory.
    fn are_pages(&self, parts: &[IoSlice<'_>]) -> bool {
        let is_page = |part: &IoSlice<'_>| {
            (part.as_ptr() as usize).is_multiple_of(PAGE_BYTES) && part.len().is_multiple_of(PAGE_BYTES)
        };
        self.length_bytes.is_multiple_of(PAGE_BYTES as u64) && parts.iter().all(is_page)
    }

    /// Takes the way on which the next bytes can go.
    fn choose(&mut self, parts: &[IoSlice<'_>]) -> io::Result<()> {
        let way = match self.way {
            Way::OnlyCopied => Way::OnlyCopied,
            _ if self.are_pages(parts) => Way::Direct,
            _ => Way::Copied,
        };
        if way == self.way {
            return Ok(());
        }
        match self.set(way) {
            Err(_) if way == Way::Direct => {
                self.way = Way::OnlyCopied;
                Ok(())
            }
            outcome => outcome,
        }
    }

    fn set(&mut self, way: Way) -> io::Result<()> {
        let direct = if way == Way::Direct { OFlags::DIRECT } else { OFlags::empty() };
        fcntl_setfl(&self.file, OFlags::APPEND | direct)?;
        self.way = way;
        Ok(())
    }

    /// Lets the system have the memory of what is durable. Logs are written once and mostly read much later: with them in it, the
    /// memory for files would hold nothing else, and each page would have to be taken from whoever needs it. The last page goes on
    /// growing: without it in memory the next append would wait until it was read back.
    fn let_go(&mut self) {
        let whole_bytes = self.length_bytes / PAGE_BYTES as u64 * PAGE_BYTES as u64;
        // Advice that is not taken changes nothing.
        if let Some(length) = NonZeroU64::new(whole_bytes - self.let_go_bytes)
            && fadvise(&self.file, self.let_go_bytes, Some(length), Advice::DontNeed).is_ok()
        {
            self.let_go_bytes = whole_bytes;
        }
    }
}

impl DiskFile for LocalFile {
    fn append(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        let mut slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
        let mut rest = &mut slices[..];
        // Empty parts at the front are passed over.
        IoSlice::advance_slices(&mut rest, 0);
        while !rest.is_empty() {
            self.choose(rest)?;
            match self.file.write_vectored(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.length_bytes += count as u64;
                    IoSlice::advance_slices(&mut rest, count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Some file systems say only now that they do not write directly, or ask for more than pages.
                Err(error) if self.way == Way::Direct && is_refusal(&error) => self.set(Way::OnlyCopied)?,
                Err(error) => return Err(error),
            }
        }
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
    use std::path::PathBuf;

    use tempfile::TempDir;

    use super::*;
    use crate::block::Block;

    /// A file, where it is, and what keeps it there.
    fn made() -> (LocalFile, PathBuf, TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        (LocalFile::create(&path).unwrap(), path, dir)
    }

    /// How much this thread had read from a disk so far, in bytes.
    fn read_bytes() -> u64 {
        let io = std::fs::read_to_string("/proc/thread-self/io").unwrap();
        let line = io.lines().find_map(|line| line.strip_prefix("read_bytes: ")).unwrap();
        line.parse().unwrap()
    }

    /// Appends and syncs as a log does, and answers how much was read for it; `between` has the file in each turn.
    fn read_for_appends(between: impl Fn(&LocalFile)) -> u64 {
        let (mut file, _, _dir) = made();
        let before = read_bytes();
        for _ in 0..20 {
            file.append(&[&[7; 5_000]]).unwrap();
            file.sync().unwrap();
            between(&file);
        }
        assert_eq!(file.let_go_bytes, 100_000 / PAGE_BYTES as u64 * PAGE_BYTES as u64);
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

    /// Whether it lies where direct writes are known to go, and to be refused where they are not aligned.
    fn is_ext4(file: &LocalFile) -> bool {
        const EXT4: i64 = 0xEF53;
        rustix::fs::fstatfs(&file.file).unwrap().f_type == EXT4
    }

    /// Blocks of so many bytes, one behind the other.
    fn blocks(lengths: &[usize], first: u8) -> Vec<Block> {
        let filled = lengths.iter().zip(first..).map(|(length, fill)| {
            let mut block = Block::new();
            assert_eq!(block.put(0, &vec![fill; *length]), *length);
            block
        });
        filled.collect()
    }

    #[test]
    fn whole_pages_go_directly_and_everything_is_where_it_belongs() {
        const PAGE: usize = PAGE_BYTES;
        let (mut file, path, _dir) = made();
        let mut expected = Vec::new();
        let batches: [&[usize]; 8] = [
            &[16 * PAGE, PAGE],
            &[2 * PAGE],
            &[0],
            &[100],
            &[PAGE - 100],
            &[0, PAGE],
            &[PAGE, 7],
            &[16 * PAGE, 16 * PAGE],
        ];
        let mut ways = Vec::new();
        for (batch, first) in batches.into_iter().zip((1..).step_by(10)) {
            let blocks = blocks(batch, first);
            let parts: Vec<&[u8]> = blocks.iter().map(|block| &**block).collect();
            file.append(&parts).unwrap();
            expected.extend(parts.concat());
            // Whoever reads meanwhile sees it as well, and keeps nothing that is old.
            assert!(std::fs::read(&path).unwrap() == expected);
            file.sync().unwrap();
            ways.push(file.way);
        }
        println!("{ways:?}");
        if file.way != Way::OnlyCopied || is_ext4(&file) {
            use Way::{Copied, Direct};
            assert_eq!(ways, [Direct, Direct, Direct, Copied, Copied, Direct, Copied, Copied]);
        }
    }

    #[test]
    fn what_a_file_system_does_not_take_directly_is_copied_from_then_on() {
        let (mut file, path, _dir) = made();
        // Somebody else's bytes, so that what are pages by our count lie across two: most file systems refuse that.
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"odd").unwrap();
        for fill in [1, 2] {
            let page = blocks(&[PAGE_BYTES], fill);
            assert!(file.are_pages(&[IoSlice::new(&page[0])]));
            file.append(&[&page[0]]).unwrap();
        }
        assert!(!is_ext4(&file) || file.way == Way::OnlyCopied, "{:?}", file.way);
        let expected = [&b"odd"[..], &[1; PAGE_BYTES], &[2; PAGE_BYTES]].concat();
        assert!(std::fs::read(&path).unwrap() == expected);
    }
}
