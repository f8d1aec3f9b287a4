//! Zoom's webhooks: proof first, then meaning (protocol §2).
//!
//! [`verify`] looks at raw bytes only; [`parse`] is called after it. What does not belong here: answering HTTP (`api`),
//! knowing what was seen before (`catalog`).

mod canonical;
mod challenge;
mod notice;
mod parse;
mod verify;

#[cfg(test)]
mod limits;
#[cfg(test)]
mod tests;

pub use canonical::canonical_body;
pub use challenge::answer_challenge;
pub use notice::{ConcurrencyNotice, InterruptNotice, Notice, Pressure, StartNotice, StopNotice};
pub use parse::{parse, parse_notice_json};
pub use verify::{FRESH_S, LATE_S, SignedHeaders, Verified, verify};
