//! Tests of the log on a simulated disk that loses power: what was reported durable is read back, whatever else is lost.
//! Only compiled for tests; faults of single calls are tested in `write`.

pub(crate) mod dice;
mod disk;
mod ledger;
mod loss;
pub(crate) mod place;
mod run;
mod tests;
mod tree;
