//! The asynchronous runtime that every command uses.

use std::io;

use tokio::runtime::{Builder, Runtime};

/// A runtime with a worker per core.
pub(crate) fn build() -> io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().thread_name("hansard").build()
}
