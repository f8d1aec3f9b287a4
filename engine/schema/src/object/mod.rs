//! What customers get back (recording-api §2.4, §5): the capture as a Meeting Direct Connect object, its recording, the
//! artifacts, its real-time endpoints, and lists.
//!
//! Built from [`model::Capture`] and a function that signs links; the signing itself is in `store`, the routes are in `api`.

mod artifact;
mod bot;
mod capacity;
mod capture;
mod config;
mod endpoint;
mod list;
mod receipt;
mod recording;
mod status;
#[cfg(test)]
mod tests;
mod webhook;

pub(crate) use artifact::artifact_metadata;
pub use artifact::{ArtifactObject, Moment, artifact};
pub use bot::{BotObject, bot};
pub use capacity::{CapacityObject, capacity};
pub use capture::{CaptureObject, capture};
pub use config::effective_config;
pub(crate) use config::{metadata_of, recording_metadata, recording_metadata_of};
pub use endpoint::{EndpointObject, endpoint};
pub use list::{List, list_json};
pub use receipt::{FileObject, ReceiptObject, deleted_file, receipt};
pub use recording::{RecordingObject, recording, whole_artifact, whole_recording};
pub use status::{Reference, Status};
pub use webhook::{WebhookDeliveryObject, WebhookEndpointObject, webhook_delivery, webhook_endpoint};
