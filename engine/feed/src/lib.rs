//! The events of one capture without a seam: what was stored, or is remembered where nothing is stored, then what is
//! published, each once and in order.
//!
//! A shell that `api` and `deliver` read through, because neither may use the other. What does not belong here: what customers
//! are told of an event (`schema`), and how that travels (`api`, `deliver`).

mod follower;
mod glance;
mod source;

pub use follower::{Follower, Look, Step};
pub use glance::{Glance, Seen};
