//! Scenes of scripted meetings.

mod floor;
mod galleries;
mod script;
mod sharing;
mod speaker;
mod strands;
