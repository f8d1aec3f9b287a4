//! Where the platform's clock jumped, and how what was stamped after that goes on.
//!
//! The platform's timestamps are the clock (architecture §2, rule 8). But they may be reset to zero by a reconnect, or leap
//! by an hour (fault matrix C13); then only the time that passed here tells how what follows joins what came before. A
//! single frame that lies elsewhere is a stray, and nothing follows from it. What does not belong here: which timestamps
//! can be true at all (`clock`), and steps back of less than what the platform buffers (`assemble`).

mod course;
mod follow;
mod shift;
mod text;

pub(crate) use shift::{Frames, Jumps, Seam};
