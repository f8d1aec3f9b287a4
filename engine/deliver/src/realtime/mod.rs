//! Real-time endpoints (recording-api §4): the events of each capture, sent to whom it names while it lives.
//!
//! A task for each endpoint that is running, whether or not its capture has an owner in this process: where events are read
//! from is `feed`'s business, and what has been dealt with is in the catalogue.

mod backlog;
mod desk;
mod ending;
mod endpoints;
mod line;
mod mailbox;
mod measure;
mod numbers;
mod pace;
mod posts;
mod sampler;
mod socket;
mod sounds;
#[cfg(test)]
mod tests;

pub use endpoints::Endpoints;
