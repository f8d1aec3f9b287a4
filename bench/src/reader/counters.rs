//! What was read, told in the format of Prometheus.

use std::sync::atomic::{AtomicU64, Ordering};

/// The name of the number of meetings that are being read.
pub(crate) const ACTIVE: &str = "bench_reader_meetings_active";
/// The name of the number of messages that came on media sockets.
pub(crate) const MESSAGES: &str = "bench_reader_messages_total";
/// The name of the number of bytes that came out of TLS on media sockets.
pub(crate) const BYTES: &str = "bench_reader_bytes_total";

/// Counts.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) active: AtomicU64,
    pub(super) messages: AtomicU64,
    pub(super) bytes: AtomicU64,
}

impl Counters {
    /// All of them, as text.
    pub(super) fn text(&self) -> String {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        format!("{ACTIVE} {}\n{MESSAGES} {}\n{BYTES} {}\n", read(&self.active), read(&self.messages), read(&self.bytes))
    }
}
