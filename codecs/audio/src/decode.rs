//! One participant's packets to 48 kHz mono.
//!
//! Which packets make a spurt, and where it lies in the file, is the caller's: a packet that is missing, late or
//! damaged ends a spurt.

use media::{AudioCodec, AudioFormat, Channels, SampleRate};

#[cfg(feature = "ffmpeg")]
use crate::g722::G722;
use crate::{AudioError, alaw, resample::Resampler};

#[cfg(test)]
mod tests;

/// The most time of PCM that one packet may hold; platforms send at most 1 s.
const LONGEST_PACKET_S: usize = 5;
/// RFC 6716 §3.2.5: at most 48 frames of at most 1275 bytes, and padding that nobody needs.
const LONGEST_OPUS_PACKET_BYTES: usize = 61_440;
/// RFC 6716 §2.1.4: a packet covers at most 120 ms.
const LONGEST_OPUS_PACKET_SAMPLES: usize = 5_760;

/// Decodes one participant's packets, whatever their format, to 48 kHz mono.
///
/// Over one spurt (a run of contiguous packets) exactly 48 samples are appended for each millisecond of the packets,
/// and the first of them belongs to the first packet's timestamp: the delay of the resampler is taken out. The delay of
/// the sender's encoder is not known here and not taken out.
pub struct Decoder {
    source: Source,
    resampler: Option<Resampler>,
    /// The samples of one packet at the packet's rate.
    packet: Vec<f32>,
}

enum Source {
    L16(Channels),
    Alaw(Channels),
    Opus {
        decoder: opus::Decoder,
        samples: Box<[f32]>,
    },
    #[cfg(feature = "ffmpeg")]
    G722(G722),
}

impl Decoder {
    /// A decoder of packets of `format`.
    ///
    /// Takes L16 and A-law at every rate, Opus, and with the feature `ffmpeg` G.722 at 16 kHz mono. Stereo is mixed
    /// down. Opus decodes to 48 kHz whatever `format.rate` says.
    ///
    /// # Errors
    /// [`AudioError::UnsupportedFormat`] for anything else; [`AudioError::Opus`] or [`AudioError::Codec`] if the codec
    /// library cannot be set up.
    pub fn new(format: AudioFormat) -> Result<Self, AudioError> {
        let source = match format.codec {
            AudioCodec::L16 => Source::L16(format.channels),
            AudioCodec::G711Alaw => Source::Alaw(format.channels),
            AudioCodec::Opus => Source::Opus {
                // A mono decoder mixes stereo packets down by itself.
                decoder: opus::Decoder::new(SampleRate::HZ_48000.hz(), opus::Channels::Mono)
                    .map_err(|error| AudioError::Opus { bytes: 0, reason: error.description() })?,
                samples: vec![0.0; LONGEST_OPUS_PACKET_SAMPLES].into(),
            },
            #[cfg(feature = "ffmpeg")]
            AudioCodec::G722 if format.rate == SampleRate::HZ_16000 && format.channels == Channels::Mono => {
                Source::G722(G722::new()?)
            }
            AudioCodec::G722 => return Err(AudioError::UnsupportedFormat { format }),
        };
        let resampler = match (&source, format.rate) {
            (Source::Opus { .. }, _) | (_, SampleRate::HZ_48000) => None,
            (_, rate) => Some(Resampler::new(rate.hz(), SampleRate::HZ_48000.hz())?),
        };
        Ok(Self { source, resampler, packet: Vec::new() })
    }

    /// Decodes the next packet of the spurt and appends the samples that became available, which may be fewer than it
    /// covers; the rest comes with later packets or with [`Decoder::finish_spurt`].
    ///
    /// # Errors
    /// If the payload is empty, too long or damaged. Nothing is appended, and the spurt is as if the packet had not
    /// come: finish it, leave silence for the packet's time, and begin a new spurt with the next packet.
    pub fn decode(&mut self, payload: &[u8], out: &mut Vec<f32>) -> Result<(), AudioError> {
        if payload.is_empty() {
            return Err(AudioError::EmptyPacket);
        }
        self.packet.clear();
        self.source.decode(payload, &mut self.packet)?;
        match &mut self.resampler {
            Some(resampler) => resampler.push(&self.packet, out),
            None => out.extend_from_slice(&self.packet),
        }
        Ok(())
    }

    /// Appends the last samples of the spurt and forgets it, so that the next packet begins a new one.
    ///
    /// Without a packet since the last call it appends nothing.
    pub fn finish_spurt(&mut self, out: &mut Vec<f32>) {
        if let Some(resampler) = &mut self.resampler {
            resampler.finish(out);
        }
        self.source.reset();
    }
}

impl Source {
    /// Appends the samples of one packet that is not empty, at its own rate, mixed down to mono.
    fn decode(&mut self, payload: &[u8], out: &mut Vec<f32>) -> Result<(), AudioError> {
        let limit_bytes = match self {
            Self::L16(channels) => LONGEST_PACKET_S * 48_000 * channels.count() * 2,
            Self::Alaw(channels) => LONGEST_PACKET_S * 48_000 * channels.count(),
            Self::Opus { .. } => LONGEST_OPUS_PACKET_BYTES,
            #[cfg(feature = "ffmpeg")]
            Self::G722(_) => LONGEST_PACKET_S * 8_000,
        };
        if payload.len() > limit_bytes {
            return Err(AudioError::PacketTooLong { bytes: payload.len(), limit_bytes });
        }
        match self {
            Self::L16(channels) => {
                let (samples, rest) = payload.as_chunks::<2>();
                let whole = rest.is_empty() && samples.len().is_multiple_of(channels.count());
                if !whole {
                    return Err(AudioError::PartialSample { bytes: payload.len(), sample_bytes: 2 * channels.count() });
                }
                let sample = |bytes: &[u8; 2]| f32::from(i16::from_le_bytes(*bytes)) / 32_768.0;
                append_mono(samples, *channels, sample, out);
            }
            Self::Alaw(channels) => {
                if !payload.len().is_multiple_of(channels.count()) {
                    return Err(AudioError::PartialSample { bytes: payload.len(), sample_bytes: channels.count() });
                }
                append_mono(payload, *channels, |byte| alaw::SAMPLES[usize::from(*byte)], out);
            }
            Self::Opus { decoder, samples } => {
                let count = decoder
                    .decode_float(payload, samples, false)
                    .map_err(|error| AudioError::Opus { bytes: payload.len(), reason: error.description() })?;
                out.extend_from_slice(samples.get(..count).unwrap_or_default());
            }
            #[cfg(feature = "ffmpeg")]
            Self::G722(decoder) => decoder.decode(payload, out)?,
        }
        Ok(())
    }

    /// Forgets the sound so far.
    fn reset(&mut self) {
        match self {
            Self::L16(_) | Self::Alaw(_) => {}
            Self::Opus { decoder, .. } => {
                decoder.reset_state().expect("resetting takes no argument that could be wrong");
            }
            #[cfg(feature = "ffmpeg")]
            // libavcodec's decoder keeps its predictors over a flush.
            Self::G722(decoder) => {
                if let Ok(fresh) = G722::new() {
                    *decoder = fresh;
                }
            }
        }
    }
}

fn append_mono<T>(interleaved: &[T], channels: Channels, sample: impl Fn(&T) -> f32, out: &mut Vec<f32>) {
    match channels {
        Channels::Mono => out.extend(interleaved.iter().map(sample)),
        Channels::Stereo => {
            let (pairs, _) = interleaved.as_chunks::<2>();
            out.extend(pairs.iter().map(|[left, right]| (sample(left) + sample(right)) / 2.0));
        }
    }
}
