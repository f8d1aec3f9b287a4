//! The daemon dies, at random moments, at named points and while it recovers (fault matrix A1, A2, B9): every recording plays,
//! what is missing is declared and no more than the loss budget, and nothing that was acknowledged is gone.
//!
//! `HANSARD_SEED` asks for other moments than usual, `HANSARD_KILLS` for more of them. Each run prints what it found.

mod delivered;
mod kills;
mod points;
mod recovery;
