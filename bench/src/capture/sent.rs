//! What the source says it sent, and how its client behaved, in the form of the ledger of `hansard simulate`.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;

use crate::failure::Failure;

/// The reason for which a stream ends with its meeting (protocol §14.5).
const MEETING_ENDED: i64 = 6;

/// The report of the source, as far as it matters here.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Sent {
    meetings: Vec<Meeting>,
    client_errors: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Meeting {
    first_packet_ms: i64,
    end_ms: i64,
    stop_reason: i64,
    tracks: Vec<Track>,
    unsent: Vec<Track>,
    client_errors: Vec<String>,
    webhooks: Vec<Webhook>,
    keep_alive_worst_ms: u64,
    worst_lag_ms: u64,
}

#[derive(Clone, Debug, Deserialize)]
struct Track {
    kind: String,
    frames: u64,
    bytes: u64,
}

#[derive(Clone, Debug, Deserialize)]
struct Webhook {
    event: String,
    status: Option<u16>,
    latency_ms: f64,
}

impl Sent {
    /// Reads the file.
    ///
    /// # Errors
    /// If it is missing or has another form.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()).into())
    }

    fn tracks(&self) -> impl Iterator<Item = &Track> {
        self.meetings.iter().flat_map(|meeting| &meeting.tracks)
    }

    /// Media messages by kind.
    pub(super) fn frames(&self) -> BTreeMap<String, u64> {
        let mut frames = BTreeMap::new();
        for track in self.tracks() {
            *frames.entry(track.kind.clone()).or_default() += track.frames;
        }
        frames
    }

    /// Decoded payload bytes.
    pub(super) fn payload_bytes(&self) -> u64 {
        self.tracks().map(|track| track.bytes).sum()
    }

    /// Messages that were due while nobody was connected for them.
    pub(super) fn unsent(&self) -> u64 {
        self.meetings.iter().flat_map(|meeting| &meeting.unsent).map(|track| track.frames).sum()
    }

    /// Messages and payload bytes a second, of all meetings together.
    pub(super) fn per_second(&self) -> (f64, f64) {
        let (mut messages, mut bytes) = (0.0, 0.0);
        for meeting in &self.meetings {
            let seconds = (meeting.end_ms - meeting.first_packet_ms).max(1) as f64 / 1000.0;
            messages += meeting.tracks.iter().map(|track| track.frames).sum::<u64>() as f64 / seconds;
            bytes += meeting.tracks.iter().map(|track| track.bytes).sum::<u64>() as f64 / seconds;
        }
        (messages, bytes)
    }

    /// How long each webhook that was answered took.
    pub(super) fn webhook_ms(&self) -> Vec<f64> {
        let webhooks = self.meetings.iter().flat_map(|meeting| &meeting.webhooks);
        webhooks.filter(|webhook| webhook.status.is_some()).map(|webhook| webhook.latency_ms).collect()
    }

    /// The slowest answer to a keep-alive.
    pub(super) fn keep_alive_worst_ms(&self) -> u64 {
        self.meetings.iter().map(|meeting| meeting.keep_alive_worst_ms).max().unwrap_or(0)
    }

    /// The furthest that sending fell behind.
    pub(super) fn send_lag_worst_ms(&self) -> u64 {
        self.meetings.iter().map(|meeting| meeting.worst_lag_ms).max().unwrap_or(0)
    }

    /// What the client did wrong, each once with its count, and what did not go as planned.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        let mut count = |fault: String| *counts.entry(fault).or_default() += 1;
        let errors = self.meetings.iter().flat_map(|meeting| &meeting.client_errors).chain(&self.client_errors);
        errors.for_each(|error| count(error.clone()));
        for meeting in &self.meetings {
            if meeting.stop_reason != MEETING_ENDED {
                count(format!("a meeting ended early, for reason {}", meeting.stop_reason));
            }
            for webhook in meeting.webhooks.iter().filter(|webhook| !matches!(webhook.status, Some(200 | 204))) {
                count(format!("{} was answered {:?}", webhook.event, webhook.status));
            }
        }
        counts
            .into_iter()
            .map(|(fault, count)| if count == 1 { fault } else { format!("{fault} ({count} times)") })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent() -> Sent {
        let meeting = |reason: i64, errors: &[&str]| {
            serde_json::json!({"first_packet_ms": 1000, "end_ms": 3000, "stop_reason": reason, "more": 1,
                "tracks": [{"kind": "audio", "user_id": 1, "frames": 60, "bytes": 600},
                           {"kind": "audio", "user_id": 2, "frames": 40, "bytes": 400},
                           {"kind": "video", "user_id": 1, "frames": 50, "bytes": 9000}],
                "unsent": [{"kind": "video", "user_id": 1, "frames": 3, "bytes": 30}],
                "client_errors": errors, "keep_alive_worst_ms": reason, "worst_lag_ms": 4,
                "webhooks": [{"event": "meeting.rtms_started", "status": 200, "latency_ms": 1.5},
                             {"event": "meeting.rtms_stopped", "status": null, "latency_ms": 3000.0}]})
        };
        let meetings = [meeting(6, &["late"]), meeting(19, &["late"])];
        serde_json::from_value(serde_json::json!({"meetings": meetings, "client_errors": ["odd"]})).unwrap()
    }

    #[test]
    fn rates_are_of_all_meetings_together() {
        let sent = sent();
        assert_eq!(sent.per_second(), (150.0, 10_000.0));
        assert_eq!(sent.frames(), BTreeMap::from([("audio".to_owned(), 200), ("video".to_owned(), 100)]));
        assert_eq!((sent.payload_bytes(), sent.unsent(), sent.keep_alive_worst_ms()), (20_000, 6, 19));
    }

    #[test]
    fn webhooks_without_an_answer_have_no_latency_but_are_a_fault() {
        let sent = sent();
        assert_eq!(sent.webhook_ms(), [1.5, 1.5]);
        assert_eq!(
            sent.faults(),
            [
                "a meeting ended early, for reason 19",
                "late (2 times)",
                "meeting.rtms_stopped was answered None (2 times)",
                "odd",
            ]
        );
    }
}
