//! How many files and sockets this process may open, and how many it has open.

use std::fs;

use rustix::process::{Resource, getrlimit};

/// How many this process may open; the largest number where there is no limit.
pub fn open_file_limit() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// How many it has open; 0 if the system does not tell.
pub(crate) fn open_files() -> u64 {
    // The directory that is being read is one of them.
    fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count().saturating_sub(1) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_opened_is_counted() {
        let held: Vec<_> = (0..50).map(|_| fs::File::open("/dev/null").unwrap()).collect();
        assert!(open_files() >= held.len() as u64);
        assert!(open_files() <= open_file_limit());
    }
}
