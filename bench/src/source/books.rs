//! What was sent to each meeting, and what the client did, in the form of the simulator's ledger. How it is read is in
//! `capture::sent`.

use serde::Serialize;
use serde_json::{Value, json};

use super::reel::Kind;

/// The reason for which a stream ends with its meeting (protocol §14.5).
pub(super) const MEETING_ENDED: i64 = 6;

/// How much was sent of one kind.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Amount {
    frames: u64,
    bytes: u64,
}

/// One meeting.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    /// When its first message was made, in Unix milliseconds; 0 if none was.
    pub(super) first_packet_ms: u64,
    /// When it ended.
    pub(super) end_ms: u64,
    /// How long the slowest answer to a keep-alive took, in milliseconds.
    pub(super) keep_alive_worst_ms: u64,
    /// How late a message was sent at most, in milliseconds.
    pub(super) worst_lag_ms: u64,
    /// How long the webhook took that announced it, in milliseconds, and its status.
    pub(super) webhook: Option<(f64, u16)>,
    /// What the client did wrong.
    pub(super) client_errors: Vec<String>,
    sent: [Amount; Kind::ALL.len()],
    unsent: [Amount; Kind::ALL.len()],
}

impl Entry {
    /// Takes note of a message that was due, and whether it was sent.
    pub(super) fn enter(&mut self, kind: Kind, payload_bytes: u64, is_sent: bool) {
        let amounts = if is_sent { &mut self.sent } else { &mut self.unsent };
        let amount = &mut amounts[kind as usize];
        amount.frames += 1;
        amount.bytes += payload_bytes;
    }

    fn ledger(&self) -> Value {
        let tracks = |amounts: &[Amount]| -> Value {
            let listed = Kind::ALL.iter().zip(amounts).filter(|(_, amount)| amount.frames > 0);
            listed
                .map(|(kind, amount)| json!({"kind": kind.key(), "frames": amount.frames, "bytes": amount.bytes}))
                .collect()
        };
        let webhooks = self.webhook.iter().map(
            |(latency_ms, status)| json!({"event": "meeting.rtms_started", "status": status, "latency_ms": latency_ms}),
        );
        json!({
            "first_packet_ms": self.first_packet_ms,
            "end_ms": self.end_ms,
            "stop_reason": if self.end_ms > 0 { MEETING_ENDED } else { 0 },
            "tracks": tracks(&self.sent),
            "unsent": tracks(&self.unsent),
            "client_errors": self.client_errors,
            "webhooks": webhooks.collect::<Value>(),
            "keep_alive_worst_ms": self.keep_alive_worst_ms,
            "worst_lag_ms": self.worst_lag_ms,
        })
    }
}

/// The ledger of all meetings.
pub(super) fn ledger<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Value {
    json!({ "meetings": entries.into_iter().map(Entry::ledger).collect::<Value>(), "client_errors": [] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_and_what_was_not_are_told_apart() {
        let mut entry = Entry::default();
        entry.enter(Kind::Sound, 640, true);
        entry.enter(Kind::Sound, 640, true);
        entry.enter(Kind::Pictures, 9_000, false);
        let ledger = ledger([&entry]);
        assert_eq!(ledger["meetings"][0]["tracks"], json!([{"kind": "audio", "frames": 2, "bytes": 1280}]));
        assert_eq!(ledger["meetings"][0]["unsent"], json!([{"kind": "video", "frames": 1, "bytes": 9000}]));
    }
}
