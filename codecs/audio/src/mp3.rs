//! 48 kHz blocks to an MP3 file (MPEG-1 Layer III, ISO 11172-3) with LAME through libavcodec. What the first frame tells of the
//! rest is in `first_frame`.

mod first_frame;

use ffmpeg_next::{ChannelLayout, Dictionary, Packet, codec, encoder, format, frame};
use media::{Block, SampleRate};

use crate::{AudioError, quiet};
use first_frame::{FEWEST_FRAMES, FRAME_SAMPLES, FirstFrame};

/// What LAME puts before the first sample that goes in.
const ENCODER_DELAY_SAMPLES: u32 = 576;
/// The bit rates of Layer III whose frames have room for what the first one tells, in kbit/s, with their index in a header.
const RATES: [(u32, u8); 10] =
    [(64, 5), (80, 6), (96, 7), (112, 8), (128, 9), (160, 10), (192, 11), (224, 12), (256, 13), (320, 14)];

/// Encodes blocks to a whole MP3 file of one channel and constant bit rate, deterministically and on the caller's thread.
///
/// Its first frame tells players how much to leave out before the first and after the last sample (LAME's extension of the
/// Xing header), and where each hundredth lies, so that they play every sample at its place and seek to it.
pub struct Mp3Encoder {
    encoder: encoder::Audio,
    waiting: Vec<f32>,
    sent_samples: i64,
    frame_bytes: usize,
    /// How many frames the file still lacks.
    missing_frames: u64,
    /// The first frame, until it is written.
    first: Option<Vec<u8>>,
}

impl Mp3Encoder {
    /// An encoder of sound of `total_samples`, at the bit rate of Layer III nearest to `bitrate_bps`, at least 64 kbit/s. What is
    /// pushed beyond the total is hidden from listeners.
    ///
    /// # Errors
    /// [`AudioError::Codec`] if libavcodec has no LAME.
    pub fn new(bitrate_bps: u32, total_samples: u64) -> Result<Self, AudioError> {
        quiet::hush();
        let fault = |error| fault("open the MP3 encoder", error);
        let found = encoder::find_by_name("libmp3lame").ok_or_else(|| fault(ffmpeg_next::Error::EncoderNotFound))?;
        let nearest = RATES.into_iter().min_by_key(|(kbps, _)| (kbps * 1000).abs_diff(bitrate_bps));
        let (kbps, rate_index) = nearest.expect("there are bit rates");
        let mut context = codec::Context::new_with_codec(found);
        context.set_threading(codec::threading::Config::count(1));
        context.set_flags(codec::Flags::BITEXACT);
        context.set_time_base((1, SampleRate::HZ_48000.hz() as i32));
        let mut audio = context.encoder().audio().map_err(fault)?;
        audio.set_rate(SampleRate::HZ_48000.hz() as i32);
        audio.set_format(format::Sample::F32(format::sample::Type::Planar));
        audio.set_channel_layout(ChannelLayout::MONO);
        audio.set_bit_rate(kbps as usize * 1000);
        let encoder = audio.open_as_with(found, Dictionary::new()).map_err(fault)?;
        let first = FirstFrame { kbps, rate_index, encoder_delay_samples: ENCODER_DELAY_SAMPLES, total_samples };
        Ok(Self {
            encoder,
            waiting: Vec::with_capacity(2 * FRAME_SAMPLES),
            sent_samples: 0,
            frame_bytes: first.frame_bytes(),
            missing_frames: first.frames(),
            first: Some(first.frame()),
        })
    }

    /// Takes the next 20 ms and appends what became available.
    ///
    /// # Errors
    /// [`AudioError::Codec`] if libavcodec refuses it, or after [`Mp3Encoder::finish`].
    pub fn push(&mut self, block: &Block, out: &mut Vec<u8>) -> Result<(), AudioError> {
        self.waiting.extend_from_slice(&block.0[..]);
        while self.waiting.len() >= FRAME_SAMPLES {
            self.send(out)?;
        }
        Ok(())
    }

    /// Appends the rest. No block may follow.
    ///
    /// # Errors
    /// [`AudioError::Codec`] if libavcodec refuses it, the second time, or if LAME gave fewer frames than the sound has.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), AudioError> {
        // LAME is done with a frame once it has seen what follows it, and short sound needs more frames than it fills.
        for _ in 0..FEWEST_FRAMES {
            self.waiting.resize(self.waiting.len().next_multiple_of(FRAME_SAMPLES).max(FRAME_SAMPLES), 0.0);
            while self.waiting.len() >= FRAME_SAMPLES {
                self.send(out)?;
            }
        }
        self.encoder.send_eof().map_err(|error| fault("finish MP3", error))?;
        self.drain(out)?;
        match self.missing_frames {
            0 => Ok(()),
            missing => Err(AudioError::Codec { action: "finish MP3", reason: format!("{missing} frames are missing") }),
        }
    }

    /// Encodes the first whole frame of what waits.
    fn send(&mut self, out: &mut Vec<u8>) -> Result<(), AudioError> {
        let planar = format::Sample::F32(format::sample::Type::Planar);
        let mut frame = frame::Audio::new(planar, FRAME_SAMPLES, ChannelLayout::MONO);
        if frame.planes() == 0 {
            return Err(AudioError::Codec { action: "encode MP3", reason: "no memory for a frame".to_owned() });
        }
        frame.set_rate(SampleRate::HZ_48000.hz());
        frame.set_pts(Some(self.sent_samples));
        frame.plane_mut::<f32>(0).copy_from_slice(&self.waiting[..FRAME_SAMPLES]);
        self.waiting.drain(..FRAME_SAMPLES);
        self.sent_samples += FRAME_SAMPLES as i64;
        self.encoder.send_frame(&frame).map_err(|error| fault("encode MP3", error))?;
        self.drain(out)
    }

    fn drain(&mut self, out: &mut Vec<u8>) -> Result<(), AudioError> {
        let mut packet = Packet::empty();
        loop {
            match self.encoder.receive_packet(&mut packet) {
                Ok(()) => self.write(packet.data().unwrap_or_default(), out)?,
                Err(ffmpeg_next::Error::Eof | ffmpeg_next::Error::Other { errno: ffmpeg_next::error::EAGAIN }) => {
                    return Ok(());
                }
                Err(error) => return Err(fault("encode MP3", error)),
            }
        }
    }

    /// Appends one frame, unless it holds nothing of the sound any more.
    fn write(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Result<(), AudioError> {
        if frame.len() != self.frame_bytes {
            let reason = format!("a frame has {} bytes instead of {}", frame.len(), self.frame_bytes);
            return Err(AudioError::Codec { action: "encode MP3", reason });
        }
        if self.missing_frames > 0 {
            out.extend(self.first.take().into_iter().flatten());
            out.extend_from_slice(frame);
            self.missing_frames -= 1;
        }
        Ok(())
    }
}

fn fault(action: &'static str, error: ffmpeg_next::Error) -> AudioError {
    AudioError::Codec { action, reason: error.to_string() }
}

#[cfg(test)]
mod tests;
