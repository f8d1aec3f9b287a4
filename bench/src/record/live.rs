//! What the customer's side took: events, answers, subscribers.

use serde::{Deserialize, Serialize};

use crate::quantiles::Quantiles;

/// Every part that was measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LiveResult {
    /// From Zoom's socket to subscribers.
    pub(crate) latency: Option<EventLatency>,
    /// Requests at a fixed rate.
    pub(crate) answers: Vec<Answers>,
    /// Many subscribers of one meeting.
    pub(crate) crowd: Option<Crowd>,
    /// Subscribers and receivers that take nothing.
    pub(crate) stalled: Option<Stalled>,
}

/// How long utterances took from the moment at which the simulator began to write them until a subscriber had read them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct EventLatency {
    /// How many meetings ran at once.
    pub(crate) meetings: u32,
    /// How many subscribers they had together; each meeting had a WebSocket besides.
    pub(crate) subscribers: u32,
    /// How long it was measured.
    pub(crate) seconds: f64,
    /// Over Server-Sent Events.
    pub(crate) inward_ms: Quantiles,
    /// Over the WebSockets that the engine dials.
    pub(crate) outward_ms: Quantiles,
    /// Utterances that a subscriber did not hear exactly once and in order.
    pub(crate) astray: u64,
    /// How many cores the engine kept busy.
    pub(crate) engine_cores: f64,
    /// How many cores whoever has nothing to do with this kept busy.
    pub(crate) others_cores: f64,
}

/// Requests that came at a fixed rate; what each waited beyond its planned moment counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Answers {
    /// What was asked.
    pub(crate) what: String,
    /// How often.
    pub(crate) per_second: u32,
    /// For how long.
    pub(crate) seconds: u32,
    /// How long each that succeeded took.
    pub(crate) took_ms: Quantiles,
    /// How many did not.
    pub(crate) errors: u64,
    /// What one of those came to.
    pub(crate) first_error: Option<String>,
    /// How many cores the engine kept busy.
    pub(crate) engine_cores: f64,
    /// How many cores whoever has nothing to do with this kept busy.
    pub(crate) others_cores: f64,
}

/// Many subscribers of one meeting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Crowd {
    /// How many.
    pub(crate) subscribers: u32,
    /// How long it was measured.
    pub(crate) seconds: f64,
    /// How many messages were written a second.
    pub(crate) events_per_s: f64,
    /// How long each took to each.
    pub(crate) took_ms: Quantiles,
    /// How many events were read, of every kind.
    pub(crate) events: u64,
    /// Messages that a subscriber did not hear exactly once and in order.
    pub(crate) astray: u64,
    /// What one subscriber more adds to the engine's resident memory.
    pub(crate) kib_per_subscriber: f64,
    /// How many cores the engine kept busy.
    pub(crate) engine_cores: f64,
    /// How many cores whoever has nothing to do with this kept busy.
    pub(crate) others_cores: f64,
}

/// Subscribers and receivers that take nothing, beside some that do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Stalled {
    /// How many subscribers take nothing.
    pub(crate) subscribers: u32,
    /// How many WebSockets that the engine dials.
    pub(crate) sockets: u32,
    /// How many webhooks of real-time endpoints that are never answered.
    pub(crate) webhooks: u32,
    /// How many receivers of status webhooks that never answer.
    pub(crate) receivers: u32,
    /// How long it was measured.
    pub(crate) seconds: f64,
    /// The mean of the engine's resident memory in the first third of that.
    pub(crate) rss_first_mib: f64,
    /// In the second.
    pub(crate) rss_middle_mib: f64,
    /// In the last.
    pub(crate) rss_last_mib: f64,
    /// The most that the kernel held for all sockets of the machine.
    pub(crate) kernel_mib: f64,
    /// How often subscribers came: those that were cut off come again.
    pub(crate) stalls: u64,
    /// How many connections the engine had at the end.
    pub(crate) connections_at_end: u64,
    /// Messages that those heard who read.
    pub(crate) healthy_heard: u64,
    /// Messages that one of those did not hear exactly once and in order.
    pub(crate) healthy_astray: u64,
    /// How long each took to those.
    pub(crate) healthy_ms: Quantiles,
    /// How many cores the engine kept busy.
    pub(crate) engine_cores: f64,
    /// How many cores whoever has nothing to do with this kept busy.
    pub(crate) others_cores: f64,
}
