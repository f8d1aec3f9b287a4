//! Keeps libavcodec from printing: what it has to say comes back as errors.

use std::sync::Once;

use ffmpeg_next::log;

/// Silences FFmpeg's own log, once a process.
pub(crate) fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| log::set_level(log::Level::Quiet));
}
