//! How we say it to customers: requests, objects, events, documents, signatures.
//!
//! Pure: JSON text in, plain values out, and the other way round. What does not belong here: HTTP status lines, routes and
//! authentication (`api`), what is captured and when it counts as finished (`ingest`, `studio`), bytes of media (`render`).

pub mod document;
mod error;
pub mod event;
pub mod file;
mod json;
pub mod object;
mod person;
pub mod request;
pub mod signature;
mod time;
pub mod webhook;
mod webhook_filter;

pub use error::{FieldErrors, Problem, Rejection};
pub use person::Person;
pub use time::{Stamp, iso_of_position, iso_of_unix_ms, ms_of_text, unix_ms_of_http_date, unix_ms_of_iso};
