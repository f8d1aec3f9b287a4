//! What is heard and seen in a passage of a meeting, made by itself: the same passage comes out the same whatever was made before it, so
//! that a stream can be cut anywhere and any piece of it be made again. How the pieces are cut and told is in `live`, whole files are in
//! `mixed`.

use std::ops::Range;

use audio::AacEncoder;
use bytes::Bytes;
use media::{Channels, Position, SampleRate};
use mp4::{AudioConfig, VideoConfig};
use timeline::{Timeline, VideoFrame, VideoTrack};
use video::h264::to_length_prefixed;

use crate::{
    Damage, Payloads, RenderError, Settings,
    mixed::{Blank, SAMPLE_LIMIT_BYTES, joined, with_sets},
    sound::Mix,
};

/// Samples of one frame of AAC-LC.
const FRAME_SAMPLES: u64 = 1024;
/// How many frames are mixed and encoded before those that are wanted at least, so that decoders and the encoder have settled: 171 ms.
const WARM_UP_FRAMES: u64 = 8;
/// A mix begins at a multiple of so many frames, which is one of 20 ms as well: 320 ms.
const GRID_FRAMES: u64 = 15;
const GRID_MS: i64 = 320;
/// How many frames behind the last that is wanted the encoder is given: the window of a frame reaches into the next one, and the encoder
/// looks one further ahead.
const AHEAD_FRAMES: u64 = 2;

/// How the sound of passages is to be decoded. Every frame carries the time of what it decodes to, so that nothing is to be cut off.
///
/// # Errors
/// Whatever the encoder says to the bit rate.
pub fn passage_sound(bitrate_bps: u32) -> Result<AudioConfig, RenderError> {
    let encoder = AacEncoder::new(SampleRate::HZ_48000, Channels::Mono, bitrate_bps)?;
    Ok(AudioConfig {
        rate: SampleRate::HZ_48000,
        channels: Channels::Mono,
        audio_specific_config: encoder.audio_specific_config(),
        priming_samples: 0,
        bitrate_bps,
    })
}

/// The mix of everybody in AAC: frame `n` decodes to the 1024 samples from `n` times 1024 on, counted from second 0 at 48 kHz. What could
/// not be decoded is silent, and counted.
///
/// # Errors
/// Whatever the encoder says.
pub fn sound_between(
    timeline: &Timeline,
    frames: Range<u64>,
    bitrate_bps: u32,
    payloads: &mut dyn Payloads,
    damage: &mut Damage,
) -> Result<Vec<Bytes>, RenderError> {
    let grid = frames.start.saturating_sub(WARM_UP_FRAMES) / GRID_FRAMES;
    let origin = Position::from_ms(i64::try_from(grid).unwrap_or(i64::MAX).saturating_mul(GRID_MS));
    let first = grid.saturating_mul(GRID_FRAMES);
    let wanted_samples = (frames.end.saturating_add(AHEAD_FRAMES) - first).saturating_mul(FRAME_SAMPLES);
    let wanted_micros = i64::try_from(wanted_samples.saturating_mul(1_000) / 48).unwrap_or(i64::MAX);
    let until = Position::from_micros(origin.micros().saturating_add(wanted_micros));

    let mut encoder = AacEncoder::new(SampleRate::HZ_48000, Channels::Mono, bitrate_bps)?;
    let mut mix = Mix::of_everybody_from(timeline, origin);
    mix.advance(timeline, until, until, payloads, damage, |block| Ok(encoder.push(block)?))?;
    encoder.finish()?;
    // The first packet decodes to what lies before the first sample.
    let skipped = usize::try_from(frames.start - first + 1).unwrap_or(usize::MAX);
    let count = usize::try_from(frames.end - frames.start).unwrap_or(usize::MAX);
    let packets = std::iter::from_fn(|| encoder.poll());
    Ok(packets.skip(skipped).take(count).map(|packet| packet.payload).collect())
}

/// A picture as it came, with lengths before its units; `None`, and counted, if it cannot be read or shows nothing.
pub fn picture_as_it_came(
    track: &VideoTrack,
    frame: &VideoFrame,
    payloads: &mut dyn Payloads,
    damage: &mut Damage,
) -> Option<Bytes> {
    let Ok(annexb) = joined(track, frame, payloads) else {
        damage.unreadable += 1;
        return None;
    };
    let mut sample = Vec::new();
    if annexb.len() <= SAMPLE_LIMIT_BYTES {
        to_length_prefixed(&annexb, &mut sample);
    }
    if sample.is_empty() {
        damage.pictures += 1;
        return None;
    }
    Some(Bytes::from(sample))
}

/// A picture for a decoder: as it came, behind its parameter sets where decoding can begin with it; `None`, and counted, if it cannot be
/// read.
pub fn picture_to_decode(
    track: &VideoTrack,
    frame: &VideoFrame,
    payloads: &mut dyn Payloads,
    damage: &mut Damage,
) -> Option<Bytes> {
    let Ok(payload) = joined(track, frame, payloads) else {
        damage.unreadable += 1;
        return None;
    };
    let whole = frame.idr.then(|| with_sets(track, frame, &payload)).flatten();
    Some(whole.map_or(payload, Bytes::from))
}

/// Two black key pictures, to be shown in turns where nobody is seen.
#[derive(Clone, Debug)]
pub struct Black {
    /// The pictures, with lengths before their units.
    pub pictures: Vec<Bytes>,
    /// How they are to be decoded.
    pub config: VideoConfig,
}

impl Black {
    /// Of the size of that canvas.
    ///
    /// # Errors
    /// Whatever the encoder says to the settings.
    pub fn new(settings: Settings) -> Result<Self, RenderError> {
        let blank = Blank::new(settings)?;
        Ok(Self { config: blank.config(), pictures: blank.into_pictures() })
    }
}
