//! Renders from memory, judged by programs that share no code with ours: ffprobe and ffmpeg.

mod choices;
#[cfg(feature = "ffmpeg")]
mod composed;
#[cfg(feature = "ffmpeg")]
mod copied;
#[cfg(feature = "ffmpeg")]
mod council;
mod documents;
mod golden;
#[cfg(feature = "ffmpeg")]
mod judge;
#[cfg(feature = "ffmpeg")]
mod layouts;
mod ledger;
mod meeting;
mod muted;
mod parts;
#[cfg(feature = "ffmpeg")]
mod pieces;
#[cfg(feature = "ffmpeg")]
mod rolled;
#[cfg(feature = "ffmpeg")]
mod separate;
#[cfg(feature = "ffmpeg")]
mod sound;
#[cfg(feature = "ffmpeg")]
mod sources;
mod speech;
