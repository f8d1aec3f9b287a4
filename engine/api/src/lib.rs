//! Zoom webhooks and customer API in; downloads, live events, health, metrics.
//!
//! A shell: it reads requests, asks the pure crates what they mean, makes it durable in the catalogue, and answers. What
//! does not belong here: the shape of requests and answers (`schema`), proof and meaning of webhooks (`zoom`), what is
//! done about them (`ingest`, `studio`), and anything that dials out (`dial`, `deliver`).

mod addresses;
mod artifacts;
mod auth;
mod body;
mod bots;
mod capacity;
mod captures;
mod clock;
mod closing;
mod config;
mod create;
mod doors;
mod download;
mod editions;
mod endpoints;
mod error;
mod events;
mod feed;
mod front;
mod health;
mod idempotency;
mod kept;
mod key;
mod keys;
mod limits;
mod links;
mod live;
mod measure;
mod notices;
mod openapi;
mod parameters;
mod parts;
mod pause;
mod peer;
mod query;
mod range;
mod rates;
mod receivers;
mod recordings;
mod refusals;
mod repeats;
mod router;
mod said;
mod scope;
mod serve;
mod shared;
mod skew;
mod stream;
mod throttle;
mod tls;
mod watch;
mod webhook;

#[cfg(test)]
mod tests;

pub use clock::Clock;
pub use closing::Closing;
pub use config::{ApiConfig, AppConfig, Filter, LINK_TTL};
pub use doors::Doors;
pub use error::ApiError;
pub use front::Api;
pub use key::{ApiKey, KeyDigest};
pub use keys::Keys;
pub use measure::buckets;
pub use rates::Rates;
pub use router::router;
pub use scope::Scope;
pub use serve::serve;
pub use tls::{TlsError, TlsFiles};
