//! What customers send us (recording-api §2.3, §3).
//!
//! Reading only: defaults, aliases and limits are applied here; whether the caller may, and what happens then, is `api`.

mod change;
mod config;
mod create;
mod edition;
mod endpoint;
mod field;
mod picture;
mod replay;
#[cfg(test)]
mod tests;
mod transcript;
mod webhook;

pub use change::labels;
pub use config::KEYS;
pub use create::CreateMdc;
pub use edition::edition;
pub use replay::{Replay, replay};
pub use transcript::transcript;
pub use webhook::{WebhookChange, new_webhook, webhook_change};
