//! One sample of a track. How samples are counted is in `table`, how they are packed in `fragmenter`.

use bytes::Bytes;

/// One sample: a picture with lengths before its units, or a raw AAC frame. Samples are shown in the order in which they
/// are decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The bytes, which go into the file as they are; shorter than 1 GiB.
    pub payload: Bytes,
    /// How long it is shown, in ticks of its track.
    pub duration_ticks: u32,
    /// Whether decoding may begin here; every sample of a sound track may say so.
    pub key: bool,
}
