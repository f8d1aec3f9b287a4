//! The boxes that we write, from our values to `mp4-atom`'s. When they are written and where is in `fragmenter` and
//! `finish`.

mod edts;
mod ftyp;
mod mdat;
mod moof;
mod moov;
mod put;
mod stbl;
mod stsd;
mod trak;

pub(crate) use edts::{MOVIE_TIMESCALE_HZ, Span};
pub(crate) use ftyp::{fragmented_ftyp, plain_ftyp};
pub(crate) use mdat::mdat_header;
pub(crate) use moof::{Run, moof};
pub(crate) use moov::{Movie, fragmented_moov, plain_moov};
pub(crate) use put::put;
pub(crate) use stbl::place_chunks;
pub(crate) use trak::check;
