//! The file while it grows: a header, then a fragment for each cut. What is made of it at the end is in `finish`.

use bytes::Bytes;
use media::Position;

use crate::{
    boxes::{Movie, Run, check, fragmented_ftyp, fragmented_moov, mdat_header, moof, put},
    config::TrackConfig,
    error::Mp4Error,
    finish::{Finish, PayloadRange},
    sample::Sample,
    table::Table,
    track::Track,
};

/// How much may be pushed between two cuts: offsets within a fragment have 31 bits.
const FRAGMENT_LIMIT_BYTES: usize = 1 << 30;

/// Writes a fragmented file and remembers what a plain one will need: about 4 bytes a sample.
#[derive(Debug)]
pub struct Fragmenter {
    movie: Movie,
    tracks: Vec<Track>,
    header: Bytes,
    sequence_number: u32,
    /// The length of the fragmented file so far.
    written_bytes: u64,
    /// The sum of all payload so far, pending samples excluded.
    payload_bytes: u64,
    pending_bytes: usize,
    ranges: Vec<PayloadRange>,
}

impl Fragmenter {
    /// Begins a file. `starts` says for each track where its first sample is shown, behind any priming.
    /// `created_unix_s` is told by the header if it is given.
    ///
    /// # Errors
    /// [`Mp4Error`] if a track cannot be described.
    pub fn new(
        configs: Vec<TrackConfig>,
        starts: Vec<Position>,
        created_unix_s: Option<u64>,
    ) -> Result<Self, Mp4Error> {
        if configs.is_empty() {
            return Err(Mp4Error::NoTracks);
        }
        if configs.len() != starts.len() {
            return Err(Mp4Error::StartsMismatch { tracks: configs.len(), starts: starts.len() });
        }
        for (track, (config, start)) in configs.iter().zip(&starts).enumerate() {
            if *start < Position::ZERO {
                return Err(Mp4Error::StartBeforeZero { track, micros: start.micros() });
            }
            check(track, config)?;
        }
        let tracks: Vec<_> = configs
            .into_iter()
            .zip(starts)
            .map(|(config, start)| Track { config, start, table: Table::default(), pending: Vec::new() })
            .collect();
        let movie = Movie { created_unix_s };
        let mut header = Vec::new();
        put(&fragmented_ftyp(), &mut header);
        put(&fragmented_moov(movie, tracks.iter().map(|track| (&track.config, track.span(None)))), &mut header);
        Ok(Self {
            movie,
            tracks,
            written_bytes: header.len() as u64,
            header: Bytes::from(header),
            sequence_number: 0,
            payload_bytes: 0,
            pending_bytes: 0,
            ranges: Vec::new(),
        })
    }

    /// The first bytes of the fragmented file: `ftyp` and a `moov` without samples.
    pub fn header(&self) -> Bytes {
        self.header.clone()
    }

    /// Adds a sample behind the others of its track; it reaches the file with the next cut.
    ///
    /// # Panics
    /// If there is no such track, or more than 1 GiB waits for a cut.
    pub fn push(&mut self, track: usize, sample: Sample) {
        self.pending_bytes = self.pending_bytes.saturating_add(sample.payload.len());
        assert!(self.pending_bytes <= FRAGMENT_LIMIT_BYTES, "more than 1 GiB waits for a cut");
        let tracks = self.tracks.len();
        let Some(track) = self.tracks.get_mut(track) else { panic!("track {track} of a file with {tracks}") };
        track.pending.push(sample);
    }

    /// Writes one fragment of all samples that wait, to be appended to the file: headers, then the payloads as they were
    /// pushed. `None` if nothing waits.
    pub fn cut(&mut self) -> Option<Vec<Bytes>> {
        let runs: Vec<_> = self
            .tracks
            .iter()
            .enumerate()
            .filter(|(_, track)| !track.pending.is_empty())
            .map(|(index, track)| Run {
                track: index,
                all_keys: track.config.is_audio(),
                decode_ticks: track.table.ticks,
                samples: &track.pending,
            })
            .collect();
        if runs.is_empty() {
            return None;
        }
        self.sequence_number = self.sequence_number.wrapping_add(1);
        let mdat = mdat_header(self.pending_bytes as u64);
        let mut head = moof(self.sequence_number, &runs, mdat.len());
        head.extend_from_slice(&mdat);

        let offset = self.written_bytes + head.len() as u64;
        let payload_before = self.payload_bytes;
        let mut out = vec![Bytes::from(head)];
        self.take_pending(&mut out);
        let len = self.payload_bytes - payload_before;
        self.ranges.push(PayloadRange { offset, len });
        self.written_bytes = offset + len;
        Some(out)
    }

    /// Ends the file: says how a plain one with its index first is made.
    ///
    /// `presentation` is the exact length of the movie, to which every track is shown. Samples that wait for a cut are in
    /// the plain file all the same. A track without a sample is left out of it.
    pub fn finish(mut self, presentation: Position) -> Finish {
        let mut tail = Vec::new();
        self.take_pending(&mut tail);
        Finish::new(self.movie, self.tracks, presentation, self.payload_bytes, self.ranges, tail)
    }

    /// Moves the payloads that wait to `out`, track by track, and counts them.
    fn take_pending(&mut self, out: &mut Vec<Bytes>) {
        for track in self.tracks.iter_mut().filter(|track| !track.pending.is_empty()) {
            let chunk = self.payload_bytes;
            let samples = track.pending.len() as u32;
            for sample in track.pending.drain(..) {
                track.table.push(&sample, sample.payload.len() as u32);
                self.payload_bytes += sample.payload.len() as u64;
                out.push(sample.payload);
            }
            track.table.close_chunk(chunk, samples);
        }
        self.pending_bytes = 0;
    }
}
