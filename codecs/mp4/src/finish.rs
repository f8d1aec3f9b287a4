//! The file when it is finished: an index, then the payload of every fragment. Who reads and writes the bytes is not here
//! (`studio`).

use bytes::Bytes;
use media::Position;

use crate::{
    boxes::{MOVIE_TIMESCALE_HZ, Movie, mdat_header, place_chunks, plain_ftyp, plain_moov, put},
    track::Track,
};

/// The long form of an `mdat` header, for deciding whether offsets need 64 bits.
const MDAT_HEADER_MAX_BYTES: u64 = 16;

/// One piece of the plain file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// These bytes.
    Bytes(Bytes),
    /// A piece of the fragmented file.
    Copy {
        /// Where it begins there.
        offset: u64,
        /// How many bytes it has.
        len: u64,
    },
}

/// Where a fragment's payload lies in the fragmented file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PayloadRange {
    pub(crate) offset: u64,
    pub(crate) len: u64,
}

/// The plain file as pieces, in order: `ftyp`, `moov` and the head of `mdat` first, then all payload.
#[derive(Debug)]
pub struct Finish {
    head: Option<Bytes>,
    ranges: std::vec::IntoIter<PayloadRange>,
    tail: std::vec::IntoIter<Bytes>,
    total_bytes: u64,
}

impl Finish {
    /// Makes the index of `tracks`. `payload_bytes` is the sum of `ranges` and `tail`.
    pub(crate) fn new(
        movie: Movie,
        mut tracks: Vec<Track>,
        presentation: Position,
        payload_bytes: u64,
        ranges: Vec<PayloadRange>,
        tail: Vec<Bytes>,
    ) -> Self {
        tracks.retain(|track| !track.table.is_empty());
        let duration_ticks = u64::try_from(presentation.ticks(MOVIE_TIMESCALE_HZ)).unwrap_or(0);
        let described = tracks.iter_mut().map(|track| {
            let span = track.span(Some(presentation));
            (&track.config, span, &mut track.table)
        });
        let mut moov = plain_moov(movie, duration_ticks, described);
        let mut place = |payload_at, wide| {
            for (trak, track) in moov.trak.iter_mut().zip(&tracks) {
                place_chunks(&mut trak.mdia.minf.stbl, &track.table.chunks, payload_at, wide);
            }
            let mut head = Vec::new();
            put(&plain_ftyp(), &mut head);
            put(&moov, &mut head);
            head
        };

        // The index lies before what it points at, so its own length is found first.
        let narrow = place(0, false).len() as u64;
        let wide = narrow + MDAT_HEADER_MAX_BYTES + payload_bytes > u32::MAX.into();
        let chunks: u64 = tracks.iter().map(|track| track.table.chunks.len() as u64).sum();
        let mdat = mdat_header(payload_bytes);
        let payload_at = narrow + if wide { 4 * chunks } else { 0 } + mdat.len() as u64;
        let mut head = place(payload_at, wide);
        head.extend_from_slice(&mdat);
        debug_assert_eq!(head.len() as u64, payload_at);

        Self {
            total_bytes: head.len() as u64 + payload_bytes,
            head: Some(Bytes::from(head)),
            ranges: ranges.into_iter(),
            tail: tail.into_iter(),
        }
    }

    /// The length of the whole plain file in bytes, however many steps were taken.
    #[expect(clippy::len_without_is_empty, reason = "a file is never empty: it begins with its header")]
    pub fn len(&self) -> u64 {
        self.total_bytes
    }
}

impl Iterator for Finish {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        if let Some(head) = self.head.take() {
            return Some(Step::Bytes(head));
        }
        match self.ranges.next() {
            Some(PayloadRange { offset, len }) => Some(Step::Copy { offset, len }),
            None => self.tail.next().map(Step::Bytes),
        }
    }
}
