//! The customer's side of the engine, measured from outside: how quickly events and answers come, what many subscribers cost, and
//! that receivers which take nothing cost nothing.
//!
//! * `args` is what can be asked for, `measure` runs the parts that were: `latency`, `answers`, `crowd` and `stalled`
//! * `stage` starts engine and simulator; `customer` orders the captures, as a customer does
//! * `subscriber` reads events inward, `outward` is who the engine dials; both also as those who take nothing
//! * `script` is a meeting in which much is written, `ledger` what the simulator says it sent and when
//! * `wall` is the one clock of all processes, `load` what they and others used of the machine
//!
//! What does not belong here: what capturing costs (`capture`), promises that must hold on every machine (tests).

mod answers;
mod args;
mod crowd;
mod customer;
mod latency;
mod ledger;
mod load;
mod measure;
mod outward;
mod script;
mod stage;
mod stalled;
mod subscriber;
mod wall;

pub(crate) use args::LiveArgs;
pub(crate) use measure::measure;
