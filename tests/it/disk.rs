//! The disk of a real `hansard run` fails (fault matrix A3, B2 to B4, B7, C7, D8): it is slow, stalls, refuses, is full, forgets
//! what was not synced.
//!
//! `preload` puts `tests/preload/disk.c` before the daemon's C library, `stage` plays a meeting onto such a disk, `judge` says
//! what must be there afterwards, `image` what a power cut leaves, `listener` hears live events, `process` says what the daemon cost. What does not belong here: what the journal does with a
//! disk that refuses, batch by batch (`journal`).

mod full;
mod image;
mod inbox;
mod judge;
mod listener;
mod power;
pub(crate) mod preload;
mod process;
mod refusing;
mod rendering;
mod slow;
mod stage;
