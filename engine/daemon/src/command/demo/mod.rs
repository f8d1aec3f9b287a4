//! `hansard demo`: daemon and simulated Zoom in one process, through the real webhook, TLS and WebSockets.
//!
//! `play` is the command; `stage` plays the meeting and waits for the artifacts, `display` shows how it goes, `table` says
//! what came out.

mod display;
mod play;
mod stage;
mod table;

pub(super) use play::demo;
