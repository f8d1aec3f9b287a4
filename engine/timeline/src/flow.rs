//! Whether everything that is due comes while a meeting goes on. What is missing once it is over is declared by `missing`.

use std::collections::BTreeSet;

use media::SourceTime;
use model::{Control, Entry, Epoch, Record, platform::Leg};

use crate::builder::SETTLING_MS;

#[cfg(test)]
mod tests;

/// How far a frame may lie behind the latest one before it is late, in milliseconds: what came 3 s before counts as settled.
const LATE_MS: i64 = SETTLING_MS - 500;
/// How much older than the latest frame one can be that was kept for us, in milliseconds (protocol §9.2).
const OLDEST_MS: i64 = 65_000;
/// For how long nothing may be late until everything flows again, in nanoseconds: after a reconnection a backlog of 60 s can come
/// (protocol §9.2), at once or bit by bit.
const CALM_NS: u64 = 5_000_000_000;

/// Follows a log that grows, and tells whether what came is all that came until a little while ago.
///
/// While it does not flow, a connection is down, or what it missed comes after it is back; then nothing behind the latest frame is
/// settled. It errs now and then, because nobody can know what is still to come: whoever relies on it has to compare.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    epoch: Option<Epoch>,
    /// Connections that were there and what carries what a picture or its sound is made of.
    ready: BTreeSet<Leg>,
    down: BTreeSet<Leg>,
    latest: Option<SourceTime>,
    arrived_unix_ns: u64,
    /// When something came last after which more may come late.
    stirred_unix_ns: u64,
}

impl Flow {
    /// Takes note of the next record of the log.
    pub fn note(&mut self, record: &Record) {
        self.arrived_unix_ns = self.arrived_unix_ns.max(record.arrived_unix_ns);
        if self.epoch.replace(record.epoch).is_some_and(|before| before != record.epoch) {
            self.down.append(&mut self.ready);
            self.stir();
        }
        match &record.entry {
            Entry::Media(frame) => {
                let behind_ms = self.latest.map_or(0, |latest| latest.ms_since(frame.at));
                if behind_ms > LATE_MS {
                    self.stir();
                }
                // No backlog is that old: the latest time was a stray one, or the clock was set back.
                if behind_ms <= 0 || behind_ms > OLDEST_MS {
                    self.latest = Some(frame.at);
                }
            }
            Entry::Control(Control::LegReady { leg, .. }) => {
                self.ready.insert(*leg);
                if self.down.remove(leg) {
                    self.stir();
                }
            }
            Entry::Control(Control::LegLost { leg, .. }) => {
                if self.ready.remove(leg) && !matches!(leg, Leg::Transcript | Leg::Chat) {
                    self.down.insert(*leg);
                }
            }
            // It will not come back.
            Entry::Control(Control::LegRefused { leg, .. }) => {
                self.down.remove(leg);
            }
            Entry::Control(Control::Ended { .. }) => {
                self.ready.clear();
                self.down.clear();
            }
            Entry::Control(_) | Entry::Event(_) => {}
        }
    }

    /// Whether everything flows.
    pub fn is_calm(&self) -> bool {
        self.down.is_empty() && self.arrived_unix_ns.saturating_sub(self.stirred_unix_ns) >= CALM_NS
    }

    /// The time of the latest frame.
    pub fn latest(&self) -> Option<SourceTime> {
        self.latest
    }

    fn stir(&mut self) {
        self.stirred_unix_ns = self.arrived_unix_ns;
    }
}
