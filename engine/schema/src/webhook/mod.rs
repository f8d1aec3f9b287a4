//! Status webhooks (recording-api §7): which events there are, who wants which, and their text.
//!
//! How they are signed is in [`crate::signature`]; when they are sent, and how often, is the business of `deliver`.

mod announcement;
mod belonging;

pub use crate::webhook_filter::{FAMILIES, is_filter, wants};
pub use announcement::{Announcement, announcements};
