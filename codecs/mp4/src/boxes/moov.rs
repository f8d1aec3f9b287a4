//! `moov`: the movie's header and its tracks (ISO/IEC 14496-12 §8.2, §8.8.1).

use mp4_atom::{Moov, Mvex, Mvhd, Trex};

use super::{
    edts::{MOVIE_TIMESCALE_HZ, Span},
    moof::default_flags,
    trak::{track_id, trak},
};
use crate::{config::TrackConfig, table::Table};

/// Seconds from the beginning of 1904, from which MP4 counts, to the Unix epoch.
const UNIX_EPOCH_S: u64 = 2_082_844_800;

/// What a movie header says of all tracks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Movie {
    /// When it was made, in seconds since the Unix epoch, if that is to be told.
    pub(crate) created_unix_s: Option<u64>,
}

impl Movie {
    fn created(self) -> u64 {
        self.created_unix_s.map_or(0, |unix_s| unix_s.saturating_add(UNIX_EPOCH_S))
    }

    fn mvhd(self, duration: u64, tracks: usize) -> Mvhd {
        Mvhd {
            creation_time: self.created(),
            modification_time: self.created(),
            timescale: MOVIE_TIMESCALE_HZ,
            duration,
            rate: 1.into(),
            volume: 1.into(),
            next_track_id: track_id(tracks),
            ..Mvhd::default()
        }
    }
}

/// The movie box of a fragmented file: no samples, and defaults for those of the fragments.
pub(crate) fn fragmented_moov<'a>(movie: Movie, tracks: impl Iterator<Item = (&'a TrackConfig, Span)>) -> Moov {
    let mut moov = Moov { mvex: Some(Mvex::default()), ..Moov::default() };
    for (index, (config, span)) in tracks.enumerate() {
        let id = track_id(index);
        moov.trak.push(trak(id, config, span, movie.created(), None));
        moov.mvex.get_or_insert_default().trex.push(Trex {
            track_id: id,
            default_sample_description_index: 1,
            default_sample_flags: default_flags(config.is_audio()),
            ..Trex::default()
        });
    }
    moov.mvhd = movie.mvhd(0, moov.trak.len());
    moov
}

/// The movie box of a plain file; the chunks have still to be placed.
pub(crate) fn plain_moov<'a>(
    movie: Movie,
    duration_ticks: u64,
    tracks: impl Iterator<Item = (&'a TrackConfig, Span, &'a mut Table)>,
) -> Moov {
    let trak: Vec<_> = tracks
        .enumerate()
        .map(|(index, (config, span, table))| trak(track_id(index), config, span, movie.created(), Some(table)))
        .collect();
    Moov { mvhd: movie.mvhd(duration_ticks, trak.len()), trak, ..Moov::default() }
}
