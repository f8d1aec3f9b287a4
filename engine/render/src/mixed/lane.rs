//! The picture track of a growing file: a picture lasts until the next one.

use bytes::Bytes;
use mp4::Sample;

use super::growing::GrowingFile;

/// The number of the picture track in the file.
pub(crate) const PICTURES: usize = 0;
/// The number of the sound track in the file.
pub(crate) const SOUND: usize = 1;

/// Holds the newest picture back until it is known how long it lasts.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    held: Option<Held>,
}

#[derive(Debug)]
struct Held {
    payload: Bytes,
    at_ticks: i64,
    key: bool,
}

impl Lane {
    /// Adds a picture that is shown from `at_ticks` of the track's clock on.
    pub(crate) fn put(&mut self, file: &mut GrowingFile, payload: Bytes, at_ticks: i64, key: bool) {
        self.release(file, at_ticks);
        self.held = Some(Held { payload, at_ticks, key });
    }

    /// Ends the track: the last picture lasts until `end_ticks`.
    pub(crate) fn release(&mut self, file: &mut GrowingFile, end_ticks: i64) {
        if let Some(held) = self.held.take() {
            let duration_ticks = u32::try_from(end_ticks.saturating_sub(held.at_ticks).max(1)).unwrap_or(u32::MAX);
            file.push(PICTURES, Sample { payload: held.payload, duration_ticks, key: held.key });
        }
    }
}
