//! Status webhooks (recording-api §7): which events there are, who wants which, and their text.
//!
//! How they are signed is in [`crate::signature`]; when they are sent, and how often, is the business of `deliver`.

mod announcement;
mod belonging;
mod filter;

pub use announcement::{Announcement, announcements};
pub use filter::{FAMILIES, is_filter, wants};
