//! Status webhooks: who wants to hear, what there is to tell, and how telling it went. What is said is in `schema`, when it is
//! tried again in `deliver`, who may register a receiver in `api`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    ArtifactId, Capture, DeletedFile, DeliveryId, Endpoint, EndpointId, Project, RecordingId, Secret, WebhookEndpointId,
};

/// A receiver of status webhooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookEndpoint {
    /// Its id.
    pub id: WebhookEndpointId,
    /// The project whose captures it hears of.
    pub project: Project,
    /// What it is called in the configuration; `None` if it was registered over the API.
    pub configured_as: Option<String>,
    /// What was asked for.
    pub wish: WebhookWish,
    /// Why nothing is delivered to it any more; `None` while something is.
    pub disabled: Option<WebhookDisabled>,
    /// Since when every attempt failed, in milliseconds of this machine's wall clock since the Unix epoch; `None` while the
    /// latest one succeeded.
    pub failing_since_unix_ms: Option<i64>,
    /// Its failures since then of which none is far from the one before.
    pub failing_run: Option<FailingRun>,
    /// When it was registered, in milliseconds of this machine's wall clock since the Unix epoch.
    pub created_at_unix_ms: i64,
    /// When it was changed last, in milliseconds of this machine's wall clock since the Unix epoch.
    pub updated_at_unix_ms: i64,
}

/// What can be asked of a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookWish {
    /// Where it is.
    pub url: String,
    /// The events that it wants, such as `recording.done` or `transcript.*`; empty for all.
    pub events: Vec<String>,
    /// What people call it.
    pub description: String,
    /// The customer's own labels.
    pub metadata: BTreeMap<String, Option<String>>,
    /// Whether what concerns one recording waits for what came before it.
    pub ordered: bool,
    /// Whether signatures come under the older names of their headers as well.
    pub svix_headers: bool,
    /// Whether changes of a capture's status are told as those of a bot as well.
    pub bot_events: bool,
}

/// A receiver as the configuration names it.
#[derive(Clone, Debug)]
pub struct ConfiguredWebhook {
    /// Its name, which is its own.
    pub name: String,
    /// The project whose captures it hears of.
    pub project: Project,
    /// What is asked of it.
    pub wish: WebhookWish,
    /// What signs what it gets.
    pub secret: Secret<String>,
}

/// Why nothing is delivered to a receiver any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookDisabled {
    /// Its customer wants it so.
    ByCaller,
    /// It answered 410.
    Gone,
    /// Every attempt of five days failed, and no day was without one.
    Failing,
}

impl WebhookDisabled {
    /// The stable snake_case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ByCaller => "by_caller",
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }
}

/// Attempts that failed one after the other, without a day between two of them. Where nothing was tried for longer, because there
/// was nothing to tell or nobody to tell it, nothing is known of a receiver, and a run begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailingRun {
    /// When the first of them began, in milliseconds of this machine's wall clock since the Unix epoch.
    pub since_unix_ms: i64,
    /// When the latest of them began, in milliseconds of this machine's wall clock since the Unix epoch.
    pub latest_unix_ms: i64,
}

impl FailingRun {
    /// How far two failures of a run may be apart, in milliseconds. While a message waits, its attempts are closer.
    const LONGEST_GAP_MS: i64 = 24 * 3_600_000;

    /// The run to which an attempt belongs that failed at a moment after those of `before`.
    #[must_use]
    pub fn after(before: Option<Self>, at_unix_ms: i64) -> Self {
        let goes_on = before.filter(|run| at_unix_ms.saturating_sub(run.latest_unix_ms) <= Self::LONGEST_GAP_MS);
        Self { since_unix_ms: goes_on.map_or(at_unix_ms, |run| run.since_unix_ms), latest_unix_ms: at_unix_ms }
    }

    /// How long it lasts, in milliseconds.
    pub const fn lasts_ms(self) -> i64 {
        self.latest_unix_ms.saturating_sub(self.since_unix_ms)
    }
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The capture itself.
    Capture,
    /// Its recording.
    Recording,
    /// An artifact of that.
    Artifact(ArtifactId),
    /// A real-time endpoint of the capture.
    Endpoint(EndpointId),
}

/// A change of state that is to be told.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Its place among all of them.
    pub number: i64,
    /// What changed.
    pub subject: Subject,
    /// The code of the state that it is in.
    pub code: String,
    /// Why, as a stable code.
    pub sub_code: Option<String>,
    /// When, in milliseconds of this machine's wall clock since the Unix epoch.
    pub at_unix_ms: i64,
    /// The recording, whether there is one yet or not: what concerns the same one is told in order.
    pub recording: RecordingId,
    /// The capture with all that belongs to it.
    pub capture: Capture,
    /// Where it tells of a deletion, the files that went.
    pub deleted: Vec<DeletedFile>,
    /// The endpoint that it is about, if it is about one.
    pub endpoint: Option<Endpoint>,
}

/// Something to be told, in the same words to all who hear of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookMessage {
    /// To whom.
    pub endpoints: Vec<WebhookEndpointId>,
    /// The name of the event.
    pub event: String,
    /// The text that is sent, byte for byte, at every attempt.
    pub body: String,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It is to be tried, for the first time or again.
    Waiting,
    /// The receiver has it.
    Delivered,
    /// It is not tried any more.
    Dead,
}

impl DeliveryState {
    /// The stable snake_case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }
}

/// One attempt to deliver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryAttempt {
    /// When it began, in milliseconds of this machine's wall clock since the Unix epoch.
    pub at_unix_ms: i64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// The HTTP status that was answered; `None` if nothing was.
    pub status: Option<u16>,
    /// Why it failed, as a stable code; `None` if it did not.
    pub code: Option<String>,
}

/// A delivery that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueDelivery {
    /// Its id, which is the message's at every attempt.
    pub id: DeliveryId,
    /// The text that is sent.
    pub body: String,
    /// How often it was tried since it was last put in the queue.
    pub attempts: u32,
    /// How often it was put in the queue once more.
    pub round: u32,
}

/// A delivery as its log tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookDelivery {
    /// Its id, which is the message's at every attempt.
    pub id: DeliveryId,
    /// The name of the event.
    pub event: String,
    /// The text that is sent.
    pub body: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// When it was put in the queue first, in milliseconds of this machine's wall clock since the Unix epoch.
    pub created_at_unix_ms: i64,
    /// When it is tried next, in milliseconds of this machine's wall clock since the Unix epoch; `None` if it is not.
    pub next_at_unix_ms: Option<i64>,
    /// Why it is not delivered, as a stable code.
    pub code: Option<String>,
    /// The latest attempts, oldest first.
    pub attempts: Vec<DeliveryAttempt>,
}

/// What follows from an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// The receiver has it.
    Delivered,
    /// It is tried again then, in milliseconds of this machine's wall clock since the Unix epoch.
    Again {
        /// When.
        at_unix_ms: i64,
    },
    /// It is not tried any more.
    Dead,
}
