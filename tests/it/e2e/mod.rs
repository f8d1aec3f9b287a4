//! The whole way, from a signed webhook to a downloaded file: simulated Zoom, the real binary, judges that are not ours.
//!
//! `stage` plays a meeting into a `hansard run` of its own, `http` is the customer, `media` and `browser` judge files,
//! `ledger` holds a capture log against what was sent, `holes` what is missing in it against what is declared, `accounts` what
//! could not be sent.

mod accounts;
mod bad_input;
mod browser;
mod composed;
mod copied;
mod cuts;
mod demo;
mod faults;
mod holes;
mod http;
mod killed;
mod ledger;
mod live;
mod media;
mod network;
mod notices;
mod stage;
mod surface;
