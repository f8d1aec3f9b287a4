//! One test binary for what no crate can test alone.
//!
//! `architecture` holds the house together; `e2e` goes the whole way from webhook to file; `interop` has Zoom's own SDK judge
//! the simulated Zoom; `crash` kills the daemon, `disk` lets its disk fail, `overload` takes disk, memory and sockets away,
//! `isolation` lets one capture, render or answer break, `soak` mixes it all; `packaging` holds the files for systemd against its own
//! tools; `judge` reads finished files; `cable` is a network that fails on demand, `dice` chance that can be repeated. What does
//! not belong here: anything that a crate can test beside its code.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here, and the backtrace says where")]

mod architecture;
mod cable;
mod crash;
mod dice;
mod disk;
mod e2e;
mod interop;
mod isolation;
mod judge;
mod overload;
mod packaging;
mod soak;
