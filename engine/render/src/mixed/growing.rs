//! The file while it grows: collects samples and cuts them into fragments. Boxes are made by `mp4`.

use bytes::Bytes;
use mp4::{Fragmenter, Sample};

/// A fragment is cut early when this much waits.
const FRAGMENT_BYTES: usize = 32 << 20;
/// The longest sample that is taken; no platform sends one.
pub(crate) const SAMPLE_LIMIT_BYTES: usize = 256 << 20;

/// A file that grows.
#[derive(Debug)]
pub(crate) struct GrowingFile {
    fragmenter: Fragmenter,
    waiting_bytes: usize,
    pieces: Vec<Bytes>,
}

impl GrowingFile {
    pub(crate) fn new(fragmenter: Fragmenter) -> Self {
        let pieces = vec![fragmenter.header()];
        Self { fragmenter, waiting_bytes: 0, pieces }
    }

    pub(crate) fn push(&mut self, track: usize, sample: Sample) {
        self.waiting_bytes = self.waiting_bytes.saturating_add(sample.payload.len());
        self.fragmenter.push(track, sample);
        if self.waiting_bytes > FRAGMENT_BYTES {
            self.cut();
        }
    }

    fn cut(&mut self) {
        self.waiting_bytes = 0;
        self.pieces.extend(self.fragmenter.cut().into_iter().flatten());
    }

    /// Everything that is to be appended since the last call.
    pub(crate) fn take(&mut self) -> Vec<Bytes> {
        self.cut();
        std::mem::take(&mut self.pieces)
    }

    pub(crate) fn into_fragmenter(self) -> Fragmenter {
        self.fragmenter
    }
}
