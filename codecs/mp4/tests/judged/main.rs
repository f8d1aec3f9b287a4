//! Promise: players accept the file at every moment of its life, at the exact times that were asked for. The media are
//! made by ffmpeg and judged by ffprobe, ffmpeg and symphonia, never by this crate.

mod growing;
mod judge;
mod plain;
mod source;
