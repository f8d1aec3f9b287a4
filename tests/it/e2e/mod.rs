//! The whole way, from a signed webhook to a downloaded file: simulated Zoom, the real binary, judges that are not ours.
//!
//! `stage` plays a meeting into a daemon of its own, `ordered` as a customer wants it, `http` is the customer, `receiver` what the customer
//! is told at, `media` and `browser` judge files, `conformance` has what clients of Recall.ai rely on,
//! `daemon` is the `hansard run` it goes into, `supervisor` what that runs under; `ledger` holds a capture log against what was
//! sent, `holes` what is missing in it against what is declared, `accounts` what could not be sent; `recovered` breaks data
//! directories.

pub(crate) mod accounts;
pub(crate) mod bad_input;
mod browser;
mod composed;
mod conformance;
mod copied;
mod counted;
pub(crate) mod cuts;
mod daemon;
mod demo;
mod editions;
mod endpoints;
mod fatal;
pub(crate) mod faults;
mod galleries;
pub(crate) mod holes;
pub(crate) mod http;
mod killed;
pub(crate) mod ledger;
mod live;
mod lives;
pub(crate) mod media;
mod network;
mod notices;
pub(crate) mod ordered;
mod paused;
pub(crate) mod receiver;
mod receivers;
mod recovered;
mod rolled;
mod scarce;
mod secrets;
mod separate;
mod sounds;
pub(crate) mod stage;
mod stalled;
mod stills;
mod streaming;
mod supervised;
pub(crate) mod supervisor;
mod surface;
mod tapped;
mod upgrade;
mod watched;
mod webhooks;
mod workers;
