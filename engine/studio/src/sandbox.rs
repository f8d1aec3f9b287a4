//! Takes from a worker's process, before it looks at anything that strangers sent, whatever it does not need: files but for the logs
//! that it reads and the directory that it writes to, sockets, other programs, other processes. Each layer is had where the kernel has
//! it; one that is missing is told and nothing more, because captures are to be rendered on old machines too.

mod calls;
mod files;

use std::{fs, io, path::Path};

use rustix::{
    process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit},
    thread::set_no_new_privs,
};

/// How many files a worker may have open: it needs three pipes, eight segments for each of two readers, and two files that it writes.
const OPEN_FILES: u64 = 256;
/// How much sooner than the daemon the kernel ends a worker where memory runs out, of 1000.
const SOONER: &str = "500";

/// Gives up, for this thread and those that it starts, all but reading below `logs` and writing in `staging`, if there is one. To be
/// called while there is no other thread.
pub(crate) fn enter(logs: &[&Path], staging: Option<&Path>) {
    fail::fail_point!("studio::confining", |_| ());
    // A limit of memory is none of the layers that all have: what a long meeting takes is not known beforehand, and address space that is
    // reserved is not used. Where memory runs out, this one goes first.
    let ended_first = fs::write("/proc/self/oom_score_adj", SOONER);
    let files_limited = limit(Resource::Nofile, OPEN_FILES);
    let no_core = limit(Resource::Core, 0);
    // What lies in memory belongs to others: no picture of it, and nobody of the same user looks in.
    let not_dumpable = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let no_new_privileges = set_no_new_privs(true);
    let confined_files = files::confine(logs, staging);
    let confined_calls = calls::confine();
    tracing::debug!(
        ended_first = told(&ended_first),
        files_limited = told(&files_limited),
        no_core = told(&no_core),
        not_dumpable = told(&not_dumpable),
        no_new_privileges = told(&no_new_privileges),
        files = %confined_files,
        calls = told(&confined_calls),
        "a worker is confined"
    );
}

/// Lowers the address space that this process may take; what would take more fails. To be called before [`enter`], behind which no
/// limit can be changed.
#[cfg(feature = "ffmpeg")]
pub(crate) fn limit_memory(most_bytes: u64) {
    let memory_limited = limit(Resource::As, most_bytes);
    tracing::debug!(memory_limited = told(&memory_limited), "a worker has less memory");
}

/// Lowers a limit, for good.
fn limit(of: Resource, most: u64) -> io::Result<()> {
    let most = getrlimit(of).maximum.map_or(most, |now| now.min(most));
    Ok(setrlimit(of, Rlimit { current: Some(most), maximum: Some(most) })?)
}

fn told<T, E: ToString>(done: &Result<T, E>) -> String {
    match done {
        Ok(_) => "yes".to_owned(),
        Err(error) => error.to_string(),
    }
}
