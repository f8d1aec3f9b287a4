//! Still pictures of meetings that go on, for whoever taps them in `hub`.
//!
//! `makers` decides which meetings have some made, `maker` sees one meeting through. Where they are decoded is in `laboratory`; which frames
//! become pictures is decided in `live`.

mod maker;
mod makers;

pub(crate) use makers::Makers;
