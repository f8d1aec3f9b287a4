//! What a step of a file of sound gives.

use bytes::Bytes;
use mp4::Finish;

/// How much of the meeting a step covers, in milliseconds.
pub(super) const STEP_MS: i64 = 1_000;

/// What a step gives.
#[derive(Debug)]
pub enum SoundStep {
    /// Bytes to append to the file.
    Append(Vec<Bytes>),
    /// The file is made: as it stands, or where that is given, as the plain file that is written of it.
    Done(Option<Finish>),
}
