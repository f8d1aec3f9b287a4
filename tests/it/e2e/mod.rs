//! The whole way, from a signed webhook to a downloaded file: simulated Zoom, the real binary, judges that are not ours.
//!
//! `stage` plays a meeting into a `hansard run` of its own, `http` is the customer, `media` and `browser` judge files,
//! `ledger` holds a capture log against what was sent.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here, and the backtrace says where")]

mod bad_input;
mod browser;
mod composed;
mod copied;
mod demo;
mod http;
mod killed;
mod ledger;
mod media;
mod stage;
mod surface;
