//! Packs what lies between two cuts: headers and fragments of CMAF's kind. Boxes are made by `mp4`.

use std::ops::Range;

use bytes::Bytes;
use media::Position;
use mp4::{AudioConfig, Mp4Error, Sample, StreamRun, TrackConfig, VIDEO_TIMESCALE_HZ, VideoConfig};

/// Samples of a frame of sound, at 48 kHz.
pub const AAC_FRAME_SAMPLES: u64 = 1024;
const SOUND_HZ: u32 = 48_000;

/// The header of a stretch: pictures of one look, and the sound.
///
/// # Errors
/// [`Mp4Error`] if either cannot be described.
pub fn header(pictures: VideoConfig, sound: AudioConfig) -> Result<Bytes, Mp4Error> {
    mp4::stream_header(&[TrackConfig::Video(pictures), TrackConfig::Audio(sound)])
}

/// Which frames of sound belong between two places: those that begin there. Frames are counted from second 0.
pub fn sound_frames(start: Position, end: Position) -> Range<u64> {
    let first = |at: Position| u64::try_from(at.ticks(SOUND_HZ)).unwrap_or(0).div_ceil(AAC_FRAME_SAMPLES);
    first(start)..first(end)
}

/// One fragment: pictures with when each begins and ends, and frames of sound from `first_sound` on.
pub fn pack(
    sequence_number: u32,
    pictures: &[(Bytes, Position, Position, bool)],
    first_sound: u64,
    sound: Vec<Bytes>,
) -> Bytes {
    let ticks = |at: Position| u64::try_from(at.ticks(VIDEO_TIMESCALE_HZ)).unwrap_or(0);
    let shown: Vec<Sample> = pictures
        .iter()
        .map(|(payload, at, until, key)| {
            let duration_ticks = u32::try_from(ticks(*until).saturating_sub(ticks(*at)).max(1)).unwrap_or(u32::MAX);
            Sample { payload: payload.clone(), duration_ticks, key: *key }
        })
        .collect();
    let heard: Vec<Sample> = sound
        .into_iter()
        .map(|payload| Sample { payload, duration_ticks: AAC_FRAME_SAMPLES as u32, key: true })
        .collect();
    let first_shown = pictures.first().map_or(0, |(_, at, ..)| ticks(*at));
    let first_heard = first_sound.saturating_mul(AAC_FRAME_SAMPLES);
    mp4::stream_fragment(
        sequence_number,
        &[
            StreamRun { track: 0, is_sound: false, decode_ticks: first_shown, samples: &shown },
            StreamRun { track: 1, is_sound: true, decode_ticks: first_heard, samples: &heard },
        ],
    )
}
