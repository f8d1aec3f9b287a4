//! A stream that is fetched piece by piece: a header, and fragments that know nothing of each other (RFC 8216 §3.3). A file that grows
//! is in `fragmenter`.

use bytes::Bytes;
use media::Position;

use crate::{
    boxes::{Movie, Run, Span, check, fragmented_ftyp, fragmented_moov, mdat_header, moof, put},
    config::TrackConfig,
    error::Mp4Error,
    sample::Sample,
};

/// The samples of one track in a fragment of a stream.
#[derive(Clone, Copy, Debug)]
pub struct StreamRun<'a> {
    /// The track, from 0, as in the header.
    pub track: usize,
    /// Whether it is sound, of which every sample can be decoded by itself.
    pub is_sound: bool,
    /// When the first sample is decoded, in ticks of the track.
    pub decode_ticks: u64,
    /// The samples; a run without any is left out.
    pub samples: &'a [Sample],
}

/// The header of a stream with these tracks: `ftyp` and a `moov` without samples. Sound is told without priming: whoever cuts the stream
/// gives each frame the time of what it decodes to.
///
/// # Errors
/// [`Mp4Error`] if a track cannot be described.
pub fn stream_header(configs: &[TrackConfig]) -> Result<Bytes, Mp4Error> {
    if configs.is_empty() {
        return Err(Mp4Error::NoTracks);
    }
    for (track, config) in configs.iter().enumerate() {
        check(track, config)?;
    }
    let span = Span { start: Position::ZERO, end: None, media_start_ticks: 0 };
    let mut header = Vec::new();
    put(&fragmented_ftyp(), &mut header);
    put(&fragmented_moov(Movie { created_unix_s: None }, configs.iter().map(|config| (config, span))), &mut header);
    Ok(Bytes::from(header))
}

/// A fragment of a stream, with payloads of 1 GiB together at most; empty if no run has a sample.
pub fn stream_fragment(sequence_number: u32, runs: &[StreamRun<'_>]) -> Bytes {
    let runs: Vec<Run<'_>> = runs
        .iter()
        .filter(|run| !run.samples.is_empty())
        .map(|run| Run {
            track: run.track,
            all_keys: run.is_sound,
            decode_ticks: run.decode_ticks,
            samples: run.samples,
        })
        .collect();
    if runs.is_empty() {
        return Bytes::new();
    }
    let samples = || runs.iter().flat_map(|run| run.samples);
    let payload_bytes: usize = samples().map(|sample| sample.payload.len()).sum();
    let mdat = mdat_header(payload_bytes as u64);
    let mut out = moof(sequence_number, &runs, mdat.len());
    out.reserve(mdat.len() + payload_bytes);
    out.extend_from_slice(&mdat);
    samples().for_each(|sample| out.extend_from_slice(&sample.payload));
    Bytes::from(out)
}
