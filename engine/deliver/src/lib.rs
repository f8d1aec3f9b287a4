//! What goes out to customers: status webhooks ([`Deliver`]), and real-time endpoints ([`Endpoints`], in `realtime`).
//!
//! `expansion`, `schedule` and `verdict` decide, and take time as an argument: who hears of what, when something is tried again,
//! what an answer means. `courier` brings one message, `webhooks` sees to it that what is due is brought, over and over.
//!
//! What does not belong here: what is said and how it is signed (`schema`), which addresses may be dialled and how (`dial`),
//! what happened and what waits to be told (`catalog`), who may register a receiver (`api`).

mod clock;
mod courier;
mod deliver;
mod expansion;
mod measure;
mod realtime;
#[cfg(test)]
mod receiver;
mod schedule;
mod signing;
mod verdict;
mod webhooks;

pub use deliver::Deliver;
pub use realtime::Endpoints;
pub use signing::Signing;
