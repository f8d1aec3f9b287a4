//! What is known of one meeting while it is joined, shared by its connections. Sending is the business of `press`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::books::Entry;

/// What the ids of streams begin with.
const STREAM: &str = "b";

/// One meeting.
#[derive(Debug)]
pub(super) struct Meeting {
    /// Its number, which is all that its ids are made from.
    pub(super) number: usize,
    /// What is to be told of it at the end.
    entry: Mutex<Entry>,
    /// Whether the client said that it is ready.
    pub(super) is_ready: watch::Sender<bool>,
    /// Whether it is over.
    pub(super) is_over: watch::Sender<bool>,
}

impl Meeting {
    pub(super) fn new(number: usize) -> Self {
        let entry = Mutex::new(Entry::default());
        Self { number, entry, is_ready: watch::Sender::new(false), is_over: watch::Sender::new(false) }
    }

    /// Its UUID.
    pub(super) fn uuid(&self) -> String {
        format!("bench/{:014}+A==", self.number)
    }

    /// The id of its stream, which no probing webhook names.
    pub(super) fn stream_id(&self) -> String {
        format!("{STREAM}{:031x}", self.number)
    }

    /// Its books.
    pub(super) fn entry(&self) -> MutexGuard<'_, Entry> {
        self.entry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The number of the meeting with that stream.
pub(super) fn number_of(stream_id: &str) -> Option<usize> {
    usize::from_str_radix(stream_id.strip_prefix(STREAM)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_id_leads_back_to_its_meeting() {
        for number in [0, 1, 999] {
            assert_eq!(number_of(&Meeting::new(number).stream_id()), Some(number));
        }
        assert_eq!(number_of("no number"), None);
    }
}
