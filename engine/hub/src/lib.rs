//! The meeting point of the shells in one process: live events and media, wake-ups, who listens, how much more
//! it can take.
//!
//! Everything here only makes quick what the catalogue makes sure: what is missed here is found there by polling. The one
//! exception is `memory`: the newest events of a capture of which nothing is stored are nowhere else. What does not belong
//! here: anything that must survive a restart (`catalog`), anything that decides.

mod capacity;
mod hub;
mod memory;
mod outlet;
mod progress;
mod publisher;
mod ring;
mod room;
mod stills;
mod subscription;
mod viewing;

pub use capacity::Capacity;
pub use hub::{Hub, Wake};
pub use memory::Memory;
pub use outlet::{Drained, Flow, Outlet, Passing, Tap, Tapped, Watched};
pub use progress::{Making, Progress};
pub use stills::{Shown, Still, StillTap};
pub use subscription::{Heard, Subscription};
pub use viewing::{LiveAnswer, LivePiece, LiveQuestion, Viewing};
