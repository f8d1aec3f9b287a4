//! Bytes to and from PCM: L16, Opus, AAC; resampling, mixing, levels.
