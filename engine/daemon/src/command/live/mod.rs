//! `hansard check --live`: whether clock, DNS, TLS, secrets and the public address work, without a meeting.
//!
//! `finding` is one line of the answer, `service` looks at Zoom's REST, `door` at our own webhook, `look` goes through all
//! of them and prints. Whether the configuration itself can be used is found out before, in `check`.

mod door;
mod finding;
mod look;
mod service;

pub(super) use look::look;
