//! One test binary for what no crate can test alone.
//!
//! `architecture` holds the house together; `e2e` goes the whole way from webhook to file. What does not belong here: anything that a crate can test beside its code.

mod architecture;
mod e2e;
