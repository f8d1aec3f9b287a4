//! Why a file cannot be begun.

/// A fault in what a file is to hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mp4Error {
    /// There is no track.
    #[error("a file needs at least one track; none was given")]
    NoTracks,
    /// Tracks and starts differ in number.
    #[error("{starts} starts were given for {tracks} tracks; give one for each track")]
    StartsMismatch {
        /// How many tracks.
        tracks: usize,
        /// How many starts.
        starts: usize,
    },
    /// A track is to begin before second 0.
    #[error("track {track} begins {micros} µs from second 0; leave out what lies before it")]
    StartBeforeZero {
        /// The track, from 0.
        track: usize,
        /// Its start in microseconds.
        micros: i64,
    },
    /// A picture has a side that a file cannot express.
    #[error("track {track} has pictures of {width}x{height}; each side must be 1 to 65535 pixels")]
    PictureSize {
        /// The track, from 0.
        track: usize,
        /// The width in pixels.
        width: u32,
        /// The height in pixels.
        height: u32,
    },
    /// A decoder configuration cannot be read.
    #[error("the decoder configuration of track {track} ({bytes} bytes) cannot be read: {cause}")]
    DecoderConfig {
        /// The track, from 0.
        track: usize,
        /// Its length in bytes.
        bytes: usize,
        /// What is wrong with it.
        cause: String,
    },
}
