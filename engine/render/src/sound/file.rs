//! Blocks of sound to the bytes of a file.

use audio::{AacEncoder, Mp3Encoder, OggOpus, OpusEncoder, OpusHead, RawEncoder};
use bytes::Bytes;
use media::{Block, Channels, Position, SampleRate};
use model::ArtifactFormat;
use mp4::{AudioConfig, Finish, Fragmenter, Sample, TrackConfig};

use super::voice::samples;
use crate::{RenderError, SoundSettings};

/// A file in the making, of which the length is known.
pub(super) struct SoundFile {
    end: Position,
    encoder: Encoder,
    written: Vec<u8>,
}

enum Encoder {
    M4a { encoder: Box<AacEncoder>, file: Box<Fragmenter>, pieces: Vec<Bytes> },
    Mp3(Box<Mp3Encoder>),
    Raw(Box<RawEncoder>),
    Ogg { encoder: Box<OpusEncoder>, file: Box<OggOpus> },
}

impl SoundFile {
    /// Begins a file of sound from its own second 0 to `end`.
    ///
    /// # Errors
    /// [`RenderError::NotSound`] for a format of pictures, or whatever an encoder says to its settings.
    pub(super) fn new(
        format: ArtifactFormat,
        end: Position,
        created_unix_s: Option<u64>,
        serial: u32,
        settings: SoundSettings,
    ) -> Result<Self, RenderError> {
        let total_samples = samples(end.micros());
        let encoder = match format {
            ArtifactFormat::M4a => m4a(settings.bitrate_bps, created_unix_s)?,
            ArtifactFormat::Mp3 => Encoder::Mp3(Box::new(Mp3Encoder::new(settings.bitrate_bps, total_samples)?)),
            ArtifactFormat::Raw => Encoder::Raw(Box::new(RawEncoder::new(total_samples)?)),
            ArtifactFormat::Ogg => {
                let encoder = OpusEncoder::new(settings.opus_bitrate_bps)?;
                let file = OggOpus::new(OpusHead {
                    channels: Channels::Mono,
                    pre_skip_samples: encoder.lookahead_samples(),
                    rate: SampleRate::HZ_48000,
                    serial,
                });
                Encoder::Ogg { encoder: Box::new(encoder), file: Box::new(file) }
            }
            ArtifactFormat::Mp4 => return Err(RenderError::NotSound { format: format.name() }),
        };
        Ok(Self { end, encoder, written: Vec::new() })
    }

    /// Adds the next 20 ms.
    pub(super) fn push(&mut self, block: &Block) -> Result<(), RenderError> {
        match &mut self.encoder {
            Encoder::M4a { encoder, .. } => encoder.push(block)?,
            Encoder::Mp3(encoder) => encoder.push(block, &mut self.written)?,
            Encoder::Raw(encoder) => encoder.push(block, &mut self.written),
            Encoder::Ogg { encoder, file } => file.push(encoder.encode(block)?)?,
        }
        Ok(())
    }

    /// What became available since the last call.
    pub(super) fn take(&mut self) -> Vec<Bytes> {
        match &mut self.encoder {
            Encoder::M4a { encoder, file, pieces } => {
                push_packets(encoder, file);
                pieces.extend(file.cut().into_iter().flatten());
                return std::mem::take(pieces);
            }
            Encoder::Ogg { file, .. } => self.written = file.take(),
            Encoder::Mp3(_) | Encoder::Raw(_) => {}
        }
        if self.written.is_empty() { Vec::new() } else { vec![std::mem::take(&mut self.written).into()] }
    }

    /// Encodes the rest, to be taken. No block may follow.
    pub(super) fn finish(&mut self) -> Result<(), RenderError> {
        match &mut self.encoder {
            Encoder::M4a { encoder, .. } => encoder.finish()?,
            Encoder::Mp3(encoder) => encoder.finish(&mut self.written)?,
            Encoder::Raw(encoder) => encoder.finish(&mut self.written),
            Encoder::Ogg { encoder, file } => {
                let end_samples = samples(self.end.micros()) + u64::from(encoder.lookahead_samples());
                // What the encoder still holds comes with silence behind it.
                while file.samples() < end_samples {
                    file.push(encoder.encode(&Block::silence())?)?;
                }
                file.finish(end_samples);
            }
        }
        Ok(())
    }

    /// How the file is written that is to be published; `None` if it is what was taken.
    pub(super) fn into_finish(self) -> Option<Finish> {
        match self.encoder {
            Encoder::M4a { file, .. } => Some(file.finish(self.end)),
            Encoder::Mp3(_) | Encoder::Raw(_) | Encoder::Ogg { .. } => None,
        }
    }
}

fn m4a(bitrate_bps: u32, created_unix_s: Option<u64>) -> Result<Encoder, RenderError> {
    let encoder = AacEncoder::new(SampleRate::HZ_48000, Channels::Mono, bitrate_bps)?;
    let track = TrackConfig::Audio(AudioConfig {
        rate: SampleRate::HZ_48000,
        channels: Channels::Mono,
        audio_specific_config: encoder.audio_specific_config(),
        priming_samples: encoder.priming_samples(),
        bitrate_bps,
    });
    let file = Fragmenter::new(vec![track], vec![Position::ZERO], created_unix_s)?;
    let pieces = vec![file.header()];
    Ok(Encoder::M4a { encoder: Box::new(encoder), file: Box::new(file), pieces })
}

fn push_packets(encoder: &mut AacEncoder, file: &mut Fragmenter) {
    while let Some(packet) = encoder.poll() {
        file.push(0, Sample { payload: packet.payload, duration_ticks: packet.samples, key: true });
    }
}
