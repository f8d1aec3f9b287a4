//! Zoom webhooks and the RTMS protocol, sans-IO.
//!
//! * [`webhook`]: is a request from Zoom, and what does it announce;
//! * [`signature`]: what proves to Zoom who we are;
//! * [`rest`]: what Zoom is asked for, and what it answers;
//! * [`wire`]: the messages of the protocol, read and written;
//! * [`codes`]: what the protocol's numbers mean;
//! * [`Session`]: the machine that captures one stream, an implementation of [`model::platform::Platform`].
//!
//! Nothing here opens a socket, reads a clock or draws a random number: that is `ingest`, `dial` and `api`. What a capture
//! becomes later is in `timeline` and downstream of it.

pub mod codes;
mod error;
mod product;
pub mod rest;
mod session;
pub mod signature;
pub mod webhook;
pub mod wire;

pub use error::{WebhookError, WireError};
pub use product::Product;
pub use session::{SIGNALING_WINDOW, Session, SessionConfig, ShareWant, VideoWant, Wants, split_urls};
