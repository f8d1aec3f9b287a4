//! One track of a file that grows: what it holds and what was pushed to it. Packing is in `fragmenter`.

use media::Position;

use crate::{boxes::Span, config::TrackConfig, sample::Sample, table::Table};

/// One track and its samples.
#[derive(Debug)]
pub(crate) struct Track {
    pub(crate) config: TrackConfig,
    /// Where its first sample is shown.
    pub(crate) start: Position,
    /// The samples that were cut.
    pub(crate) table: Table,
    /// The samples that wait for a cut.
    pub(crate) pending: Vec<Sample>,
}

impl Track {
    /// Which part of a movie that ends at `end` the track fills.
    pub(crate) fn span(&self, end: Option<Position>) -> Span {
        Span { start: self.start, end, media_start_ticks: self.config.media_start_ticks() }
    }
}
