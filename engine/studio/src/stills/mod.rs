//! Still pictures of meetings that go on, for whoever taps them in `hub`. What is decoded is decoded in a process of its own, which has
//! nothing but its pipes; one that dies costs pictures and nothing else.
//!
//! `makers` decides which meetings have one, `maker` sees one meeting through, `laboratory` is the process as the daemon sees it, `develop`
//! what runs in it, `words` what they say to each other. Which frames become pictures is decided in `live`.

mod develop;
mod laboratory;
mod maker;
mod makers;
mod rests;
mod words;

pub use develop::develop;
pub(crate) use makers::Makers;
