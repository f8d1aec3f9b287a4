//! `edts`: from a track's own time to the movie's (ISO/IEC 14496-12 §8.6.5, §8.6.6).

use media::Position;
use mp4_atom::{Edts, Elst, ElstEntry};

/// Ticks a second of the movie's own clock, in which edits and the whole duration are told: whole milliseconds are exact.
pub(crate) const MOVIE_TIMESCALE_HZ: u32 = 90_000;

/// Which part of the movie a track fills.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    /// Where the first thing shown lies in the movie.
    pub(crate) start: Position,
    /// The end of the movie, or `None` while it grows.
    pub(crate) end: Option<Position>,
    /// Where the first thing shown lies in the track, in the track's ticks.
    pub(crate) media_start_ticks: u64,
}

impl Span {
    /// The end of the movie in the movie's ticks; 0 while it grows.
    pub(crate) fn end_ticks(&self) -> u64 {
        self.end.map_or(0, ticks)
    }

    /// The edit list, or `None` if the track is shown from its first tick at second 0 and grows.
    pub(crate) fn edts(&self) -> Option<Edts> {
        let start = ticks(self.start);
        let wait = self.end.map_or(start, |end| start.min(ticks(end)));
        // 0 stands for everything that is still to come (§8.6.6.1).
        let shown = self.end.map_or(0, |end| ticks(end).saturating_sub(start));
        if self.end.is_none() && wait == 0 && self.media_start_ticks == 0 {
            return None;
        }
        let mut entries = Vec::with_capacity(2);
        if wait > 0 {
            entries.push(ElstEntry { segment_duration: wait, media_time: None, media_rate: 1.into() });
        }
        if self.end.is_none() || shown > 0 {
            let media_time = Some(self.media_start_ticks);
            entries.push(ElstEntry { segment_duration: shown, media_time, media_rate: 1.into() });
        }
        Some(Edts { elst: Some(Elst { entries }) })
    }
}

/// A place in the movie's ticks; 0 for a place before second 0.
fn ticks(position: Position) -> u64 {
    u64::try_from(position.ticks(MOVIE_TIMESCALE_HZ)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edits(start_ms: i64, end_ms: Option<i64>, media_start_ticks: u64) -> Option<Vec<(u64, Option<u64>)>> {
        let span = Span { start: Position::from_ms(start_ms), end: end_ms.map(Position::from_ms), media_start_ticks };
        let list = span.edts()?.elst.expect("an edit list box holds a list");
        Some(list.entries.into_iter().map(|edit| (edit.segment_duration, edit.media_time)).collect())
    }

    #[test]
    fn a_growing_track_has_no_end() {
        assert_eq!(edits(0, None, 0), None);
        assert_eq!(edits(0, None, 1024), Some(vec![(0, Some(1024))]));
        assert_eq!(edits(1500, None, 0), Some(vec![(135_000, None), (0, Some(0))]));
    }

    #[test]
    fn a_finished_track_fills_the_movie_from_its_start() {
        assert_eq!(edits(0, Some(2000), 0), Some(vec![(180_000, Some(0))]));
        assert_eq!(edits(500, Some(2000), 1024), Some(vec![(45_000, None), (135_000, Some(1024))]));
    }

    #[test]
    fn a_track_that_starts_after_the_end_shows_nothing() {
        assert_eq!(edits(3000, Some(2000), 0), Some(vec![(180_000, None)]));
        assert_eq!(edits(0, Some(-1), 0), Some(vec![]));
    }

    #[test]
    fn a_long_movie_needs_64_bits() {
        let day = edits(0, Some(86_400_000), 0).expect("an edit list");
        assert_eq!(day, [(86_400 * 90_000, Some(0))]);
        assert!(day[0].0 > u32::MAX.into());
    }
}
