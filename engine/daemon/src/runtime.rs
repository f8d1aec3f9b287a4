//! The asynchronous runtime that every command uses, and what the daemon asks of the system.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::runtime::{Builder, Runtime};

/// A runtime with a worker per core.
pub(crate) fn build() -> io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().thread_name("hansard").build()
}

/// Lets this process open as many files as the system allows it at all: a capture holds seven, and the usual limit of 1024
/// would end the 145th.
pub(crate) fn allow_open_files() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        Ok(()) => tracing::debug!(files = limit.maximum, "limit of open files raised"),
        Err(error) => tracing::warn!(files = limit.current, %error, "the limit of open files cannot be raised"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_of_open_files_is_as_high_as_it_can_be() {
        allow_open_files();
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
    }
}
