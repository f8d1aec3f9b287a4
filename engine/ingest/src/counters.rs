//! Metrics of the capture path, with their handles made once so that a frame costs no lookup.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use std::time::Duration;

use media::{Frame, TrackKind};
use metrics::{Counter, counter, gauge};

/// Counts what is received.
#[derive(Clone)]
pub(crate) struct Counters {
    frames: [Counter; 3],
    bytes: [Counter; 3],
    lag: Arc<Lag>,
}

/// The largest durability lag since it was last asked for.
#[derive(Default)]
pub(crate) struct Lag {
    micros: AtomicU64,
}

impl Counters {
    pub(crate) fn new() -> Self {
        let kinds = [TrackKind::Audio, TrackKind::Video, TrackKind::Share];
        Self {
            frames: kinds.map(|kind| counter!("hansard_media_received_frames_total", "kind" => kind.name())),
            bytes: kinds.map(|kind| counter!("hansard_media_received_bytes_total", "kind" => kind.name())),
            lag: Arc::default(),
        }
    }

    pub(crate) fn received(&self, frame: &Frame) {
        let kind = frame.track.kind as usize;
        self.frames[kind].increment(1);
        self.bytes[kind].increment(frame.payload.len() as u64);
    }

    pub(crate) fn synced(&self, lag: Duration) {
        let micros = u64::try_from(lag.as_micros()).unwrap_or(u64::MAX);
        self.lag.micros.fetch_max(micros, Ordering::Relaxed);
    }

    /// Publishes the durability lag, about once a second: the worst since it was asked for last, and `waits`, the age of
    /// what is not durable yet, if that is more.
    pub(crate) fn sample_lag(&self, waits: Duration) {
        let synced = Duration::from_micros(self.lag.micros.swap(0, Ordering::Relaxed));
        gauge!("hansard_durability_lag_seconds").set(synced.max(waits).as_secs_f64());
    }

    /// Publishes how many captures run.
    pub(crate) fn sample_active(&self, active: usize) {
        gauge!("hansard_captures_active", "state" => "running").set(active as f64);
    }

    /// Publishes how many bytes of events are in memory because nothing of their captures is stored.
    pub(crate) fn sample_memory(&self, bytes: usize) {
        gauge!("hansard_events_in_memory_bytes").set(bytes as f64);
    }
}
