//! Endpoints against receivers of ours, over real connections on this machine, at a pace for tests.

mod names;
mod posts;
mod receiver;
mod sockets;
mod stage;
