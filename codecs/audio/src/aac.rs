//! 48 kHz blocks to AAC-LC frames (ISO 14496-3) through libavcodec's own encoder. Boxes around them are made by `mp4`.

use std::collections::VecDeque;

use bytes::Bytes;
use ffmpeg_next::{ChannelLayout, Dictionary, Packet, codec, encoder, format, frame};
use media::{Block, Channels, SampleRate};

use crate::{AudioError, quiet};

#[cfg(test)]
mod tests;

/// ISO 14496-3: an AAC-LC frame covers 1024 samples.
const FRAME_SAMPLES: usize = 1024;
/// What comes out before the first sample that went in.
const PRIMING_SAMPLES: u32 = 1024;

/// One encoded AAC frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AacPacket {
    /// A raw data block, without ADTS.
    pub payload: Bytes,
    /// How many samples of each channel it decodes to.
    pub samples: u32,
}

/// Encodes blocks to AAC-LC, raw frames without ADTS, deterministically and on the caller's thread.
///
/// Feed blocks, drain packets; after the last block [`AacEncoder::finish`] and drain again. The first packet decodes to
/// the priming samples; sample `n` of the input is sample `n + priming_samples` of the decoded output.
pub struct AacEncoder {
    encoder: encoder::Audio,
    layout: ChannelLayout,
    channels: Channels,
    waiting: Vec<f32>,
    sent_samples: i64,
    packets: VecDeque<AacPacket>,
    config: Bytes,
}

impl AacEncoder {
    /// An encoder of `bitrate_bps` for all channels together; two channels carry the same sound.
    ///
    /// # Errors
    /// [`AudioError::UnsupportedRate`] unless `rate` is 48 kHz; [`AudioError::Codec`] if libavcodec has no AAC encoder
    /// or refuses the bit rate.
    pub fn new(rate: SampleRate, channels: Channels, bitrate_bps: u32) -> Result<Self, AudioError> {
        if rate != SampleRate::HZ_48000 {
            return Err(AudioError::UnsupportedRate { rate_hz: rate.hz() });
        }
        quiet::hush();
        let fault = |error| fault("open the AAC encoder", error);
        let found = encoder::find_by_name("aac").ok_or_else(|| fault(ffmpeg_next::Error::EncoderNotFound))?;
        let layout = match channels {
            Channels::Mono => ChannelLayout::MONO,
            Channels::Stereo => ChannelLayout::STEREO,
        };
        let mut context = codec::Context::new_with_codec(found);
        context.set_threading(codec::threading::Config::count(1));
        // Bit-exact keeps libavcodec's version out of the stream; the global header asks for raw frames.
        context.set_flags(codec::Flags::GLOBAL_HEADER | codec::Flags::BITEXACT);
        context.set_time_base((1, rate.hz() as i32));
        let mut audio = context.encoder().audio().map_err(fault)?;
        audio.set_rate(rate.hz() as i32);
        audio.set_format(format::Sample::F32(format::sample::Type::Planar));
        audio.set_channel_layout(layout);
        audio.set_bit_rate(bitrate_bps as usize);
        let options: Dictionary = [("aac_coder", "fast"), ("profile", "aac_low")].iter().collect();
        let encoder = audio.open_as_with(found, options).map_err(fault)?;
        let config = extradata(&encoder);
        let waiting = Vec::with_capacity(2 * FRAME_SAMPLES);
        Ok(Self { encoder, layout, channels, waiting, sent_samples: 0, packets: VecDeque::new(), config })
    }

    /// Takes the next 20 ms.
    ///
    /// # Errors
    /// [`AudioError::Codec`] if libavcodec refuses it, or after [`AacEncoder::finish`].
    pub fn push(&mut self, block: &Block) -> Result<(), AudioError> {
        self.waiting.extend_from_slice(&block.0[..]);
        while self.waiting.len() >= FRAME_SAMPLES {
            self.send()?;
        }
        Ok(())
    }

    /// The next finished packet, in order; `None` until more blocks were pushed.
    pub fn poll(&mut self) -> Option<AacPacket> {
        self.packets.pop_front()
    }

    /// Encodes what is left, filled up with silence to a whole frame; then poll the rest. No block may follow.
    ///
    /// # Errors
    /// [`AudioError::Codec`] if libavcodec refuses it, or the second time.
    pub fn finish(&mut self) -> Result<(), AudioError> {
        if !self.waiting.is_empty() {
            self.waiting.resize(FRAME_SAMPLES, 0.0);
            self.send()?;
        }
        self.encoder.send_eof().map_err(|error| fault("finish AAC", error))?;
        self.drain()
    }

    /// The AudioSpecificConfig (ISO 14496-3 §1.6.2.1) for the `esds` box.
    pub fn audio_specific_config(&self) -> Bytes {
        self.config.clone()
    }

    /// How many samples the decoder puts out before the first that went in; the file's edit list skips them.
    pub const fn priming_samples(&self) -> u32 {
        PRIMING_SAMPLES
    }

    /// Encodes the first whole frame of what waits.
    fn send(&mut self) -> Result<(), AudioError> {
        let mut frame =
            frame::Audio::new(format::Sample::F32(format::sample::Type::Planar), FRAME_SAMPLES, self.layout);
        if frame.planes() < self.channels.count() {
            return Err(AudioError::Codec { action: "encode AAC", reason: "no memory for a frame".to_owned() });
        }
        frame.set_rate(SampleRate::HZ_48000.hz());
        frame.set_pts(Some(self.sent_samples));
        for channel in 0..self.channels.count() {
            frame.plane_mut::<f32>(channel).copy_from_slice(&self.waiting[..FRAME_SAMPLES]);
        }
        self.waiting.drain(..FRAME_SAMPLES);
        self.sent_samples += FRAME_SAMPLES as i64;
        self.encoder.send_frame(&frame).map_err(|error| fault("encode AAC", error))?;
        self.drain()
    }

    fn drain(&mut self) -> Result<(), AudioError> {
        let mut packet = Packet::empty();
        loop {
            match self.encoder.receive_packet(&mut packet) {
                Ok(()) => self.packets.push_back(AacPacket {
                    payload: Bytes::copy_from_slice(packet.data().unwrap_or_default()),
                    samples: FRAME_SAMPLES as u32,
                }),
                Err(ffmpeg_next::Error::Eof | ffmpeg_next::Error::Other { errno: ffmpeg_next::error::EAGAIN }) => {
                    return Ok(());
                }
                Err(error) => return Err(fault("encode AAC", error)),
            }
        }
    }
}

fn fault(action: &'static str, error: ffmpeg_next::Error) -> AudioError {
    AudioError::Codec { action, reason: error.to_string() }
}

#[expect(unsafe_code, reason = "ffmpeg-next has no access to an encoder's extradata")]
fn extradata(encoder: &encoder::Audio) -> Bytes {
    // SAFETY: the context is open and borrowed; libavcodec keeps `extradata_size` readable bytes behind `extradata`, or
    // leaves it null, until the context is closed.
    unsafe {
        let context = encoder.as_ptr();
        let (data, bytes) = ((*context).extradata, (*context).extradata_size);
        if data.is_null() || bytes <= 0 {
            return Bytes::new();
        }
        Bytes::copy_from_slice(std::slice::from_raw_parts(data, bytes as usize))
    }
}
