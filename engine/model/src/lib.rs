//! The words that every engine crate shares: ids, captures, recordings, artifacts, participants, events, jobs, and the
//! contract that a platform speaks.
//!
//! Plain data without behaviour beyond its own invariants. What does not belong here: how a customer sees it (`schema`),
//! how it is stored (`catalog`, `journal`), what a platform sends (`zoom`), anything that takes time or does I/O.

mod artifact;
mod capacity;
mod capture;
mod config;
mod cursor;
mod edition;
mod endpoint;
mod event;
mod excerpt;
mod fault;
mod grade;
mod id;
mod job;
mod labels;
mod leg;
mod loss;
mod participant;
pub mod platform;
mod project;
mod record;
mod secret;
mod topic;
mod transport;
mod turn;
mod view;
mod webhook;

pub use artifact::{Artifact, ArtifactFile, ArtifactFormat, ArtifactKind, ArtifactState, TranscriptOrder};
pub use capacity::{Load, Room, Shortage, Space};
pub use capture::{Capture, CaptureStatus, FOREIGN_APP, Recording, RecordingState, StatusChange, StreamRef};
pub use config::{RecordingConfig, Retention, TranscriptConfig};
pub use cursor::{Cursor, Epoch};
pub use edition::Edition;
pub use endpoint::{Endpoint, EndpointPlace, EndpointState, EndpointWish};
pub use event::{Audience, ChatMessage, ChatOperation, Event, EventBody, SequencedEvent, Utterance};
pub use excerpt::Excerpt;
pub use fault::{Blame, Fault};
pub use grade::{Grade, RecordingQuality};
pub use id::{ArtifactId, CaptureId, DeliveryId, EndpointId, JobId, RecordingId, WebhookEndpointId};
pub use job::{
    Command, DeletedFile, Deletion, NewCapture, PurgeJob, PurgeScope, Purged, RenderJob, RenderScope, StartJob,
};
pub use labels::Labels;
pub use loss::LossCause;
pub use participant::{Participant, ParticipantId};
pub use project::{NoProject, Project};
pub use record::{Control, DropReason, Entry, Locator, Record};
pub use secret::{Pii, Secret};
pub use topic::{Topic, TopicClass, UnknownTopic};
pub use transport::Transport;
pub use turn::Turn;
pub use view::{BesideShare, Layout, VideoPlan};
pub use webhook::{
    ConfiguredWebhook, Consequence, DeliveryAttempt, DeliveryState, DueDelivery, FailingRun, Notice, Subject,
    WebhookDelivery, WebhookDisabled, WebhookEndpoint, WebhookMessage, WebhookWish,
};
