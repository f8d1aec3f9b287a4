//! The picture of a file that is for its sound: black, once a second. Nothing is encoded but its first two pictures.

use bytes::Bytes;
use media::Position;
use mp4::{VIDEO_TIMESCALE_HZ, VideoConfig};
use picture::{Canvas, EncoderConfig, H264Encoder};
use video::h264::{ParameterSets, to_length_prefixed};

use super::{Settings, growing::GrowingFile, lane::Lane};
use crate::RenderError;

/// Repeats two black key pictures in turns: two IDR pictures that follow each other must differ in their number (ISO/IEC 14496-10
/// §7.4.3), and these do.
pub(crate) struct Blank {
    pictures: Vec<Bytes>,
    config: VideoConfig,
    next_s: i64,
    lane: Lane,
}

impl Blank {
    pub(crate) fn new(settings: Settings) -> Result<Self, RenderError> {
        let (width, height) = (settings.canvas_width, settings.canvas_height);
        let mut encoder = H264Encoder::new(EncoderConfig {
            width,
            height,
            fps_num: 1,
            fps_den: 1,
            preset: settings.preset,
            crf: settings.crf,
            max_bitrate_bps: Some(settings.video_bitrate_bps),
            keyframe_interval_frames: 1,
            immediate: false,
        })?;
        let canvas = Canvas::new(width, height)?;
        for index in 0..2 {
            encoder.encode(&canvas, index, true)?;
        }
        encoder.finish()?;
        let mut pictures = Vec::new();
        while let Some(picture) = encoder.poll() {
            let mut sample = Vec::new();
            to_length_prefixed(&picture.payload, &mut sample);
            pictures.push(sample.into());
        }
        let (sps, pps) = encoder.parameter_sets();
        let config = VideoConfig { width, height, avcc: ParameterSets { sps, pps }.avcc() };
        Ok(Self { pictures, config, next_s: 0, lane: Lane::default() })
    }

    pub(crate) fn config(&self) -> VideoConfig {
        self.config.clone()
    }

    /// The pictures themselves.
    pub(crate) fn into_pictures(self) -> Vec<Bytes> {
        self.pictures
    }

    /// How many pictures were encoded.
    pub(crate) fn encoded(&self) -> u64 {
        self.pictures.len() as u64
    }

    /// Adds the pictures before `until`.
    pub(crate) fn advance(&mut self, until: Position, file: &mut GrowingFile) {
        loop {
            let at = Position::from_ms(self.next_s.saturating_mul(1_000));
            let turn = usize::from(self.next_s % 2 == 1);
            let Some(picture) = self.pictures.get(turn).filter(|_| at < until) else { return };
            self.lane.put(file, picture.clone(), at.ticks(VIDEO_TIMESCALE_HZ), true);
            self.next_s += 1;
        }
    }

    /// Ends the track.
    pub(crate) fn finish(&mut self, end: Position, file: &mut GrowingFile) {
        self.lane.release(file, end.ticks(VIDEO_TIMESCALE_HZ));
    }
}
