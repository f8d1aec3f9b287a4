//! What becomes of everything that a capture receives: it is dated and appended to the capture log; or it goes no further,
//! where nothing is stored. Which of the two is decided once, when the capture begins.
//!
//! What does not belong here: what is received and when that ends (`capture`), events (`scribe`), what a log is (`journal`).

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use hub::{Hub, Outlet};
use journal::{JournalError, LogWriter, Synced};
use model::{CaptureId, Control, Entry, Epoch, Fault, Record};

use crate::dating::{Dating, Look};

/// Where a capture keeps what it receives.
pub(crate) enum Ledger {
    /// In its log.
    Log(Box<Book>),
    /// Nowhere: only its live outputs have it.
    Nothing,
}

/// A capture log with what decides about its records.
pub(crate) struct Book {
    capture: CaptureId,
    epoch: Epoch,
    log: LogWriter,
    dating: Dating,
    hub: Hub,
    outlet: Arc<Outlet>,
    /// A look at the clocks. It dates records and decides nothing.
    look: fn() -> Look,
    /// The moment that was dated last, and its date: what is taken in one look at the connections is there at one moment.
    dated: Option<(Instant, u64)>,
}

impl Ledger {
    /// A log, whose records are dated by `look`.
    pub(crate) fn of_log(capture: CaptureId, epoch: Epoch, log: LogWriter, hub: Hub, look: fn() -> Look) -> Self {
        let outlet = hub.outlet(capture);
        Self::Log(Box::new(Book { capture, epoch, log, dating: Dating::new(look()), hub, outlet, look, dated: None }))
    }

    /// Whether anything is stored.
    pub(crate) const fn stores(&self) -> bool {
        matches!(self, Self::Log(_))
    }

    /// Takes what was received or decided.
    pub(crate) fn record(&mut self, entry: Entry, now: Instant) {
        if let Self::Log(book) = self {
            book.record(entry, now);
        }
    }

    /// When [`Ledger::tick`] is due.
    pub(crate) fn next_tick(&self) -> Option<Instant> {
        match self {
            Self::Log(book) => book.log.next_tick(),
            Self::Nothing => None,
        }
    }

    /// Sends what waits on its way to the disk if it is due.
    pub(crate) fn tick(&mut self, now: Instant) {
        if let Self::Log(book) = self
            && let Err(error) = book.log.tick(now)
        {
            tracing::error!(capture = %book.capture, code = error.code(), %error, "capture log");
        }
    }

    /// Waits for the disk; pending for ever while nothing is on its way there.
    pub(crate) fn poll_synced(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<Result<Synced, JournalError>> {
        match self {
            Self::Log(book) => book.log.poll_synced(cx, now),
            Self::Nothing => Poll::Pending,
        }
    }

    /// Lets go of what shall be deleted, without writing what waits.
    pub(crate) async fn discard(self) {
        if let Self::Log(book) = self {
            book.log.discard().await;
        }
    }

    /// Makes everything durable.
    ///
    /// # Errors
    /// If the disk refuses for long.
    pub(crate) async fn close(self) -> Result<(), JournalError> {
        match self {
            Self::Log(book) => book.log.close().await,
            Self::Nothing => Ok(()),
        }
    }
}

impl Book {
    /// Dates an entry and appends it to the log, which judges by the room that the volume has.
    fn record(&mut self, entry: Entry, now: Instant) {
        let arrived_unix_ns = match self.dated {
            Some((moment, date)) if moment == now => date,
            _ => self.begin_moment(now),
        };
        self.append(arrived_unix_ns, entry, now);
    }

    /// Looks at what is the same for everything that happens `now`; its date, in nanoseconds since the Unix epoch.
    fn begin_moment(&mut self, now: Instant) -> u64 {
        self.log.set_space(self.hub.capacity().space());
        self.log.set_watched(self.outlet.is_watched());
        let (date, stepped) = self.dating.date((self.look)());
        self.dated = Some((now, date));
        if let Some(by_ms) = stepped {
            tracing::warn!(capture = %self.capture, by_ms, "the clock of this machine was set; the recording says so");
            self.append(date, Entry::Control(Control::ClockStepped { by_ms }), now);
        }
        date
    }

    fn append(&mut self, arrived_unix_ns: u64, entry: Entry, now: Instant) {
        let record = Record { arrived_unix_ns, epoch: self.epoch, entry };
        if let Err(error) = self.log.append(&record, now) {
            metrics::counter!("hansard_stage_errors_total", "stage" => "write").increment(1);
            tracing::error!(capture = %self.capture, code = error.code(), %error, "a record was not written");
        }
    }
}
