//! What goes out to customers: status webhooks and real-time endpoints.
//!
//! What does not belong here: what is said (`schema`), which addresses may be dialled and how (`dial`), what happened and
//! what waits to be told (`catalog`), who may register a receiver (`api`).

mod deliver;

pub use deliver::Deliver;
