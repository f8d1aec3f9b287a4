//! Zoom's own SDK as a client of the simulated Zoom: what it insists on is right for reasons outside of our own heads.
//!
//! `sdk` runs the Python app of `tests/interop`, `ledger` holds what reached the app against what was sent, `plan` is what
//! the app asks for; each other file is one set of judgements. `webhooks` judges what Hansard itself sends, `stream`
//! what it tells those who listen, `contract` and `quickstart` what it answers, `metrics` what it counts.

mod contract;
mod ledger;
mod plan;
mod sdk;

mod events;
mod losses;
mod media;
mod metrics;
mod quickstart;
mod stream;
mod strictness;
mod webhooks;
