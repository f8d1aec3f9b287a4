//! Where tests put files that nobody needs on a disk.

use std::path::Path;

use tempfile::TempDir;

/// A directory that is gone once it is dropped: in memory, where there is such a place.
pub(crate) fn place() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a directory")
}
