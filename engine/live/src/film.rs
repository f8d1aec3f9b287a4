//! The pictures of a stretch of a stream that are encoded: whatever is drawn, each comes out at once, and the same pictures always as the
//! same bytes. What is decoded for them is in `darkroom`; where a stretch begins is decided in `hls`.

use bytes::Bytes;
use mp4::VideoConfig;
use picture::{Canvas, EncoderConfig, H264Encoder, Picture, PictureError, Preset, Rect};
use video::h264::{ParameterSets, to_length_prefixed};

/// The quality that is kept, 0 to 51.
const CRF: u8 = 23;
/// What a second of pictures may take, over a buffer of two seconds, in bits.
const MOST_BPS: u32 = 2_500_000;
/// More pictures than any stretch has: it begins with the only key picture that is asked for.
const KEY_EVERY_FRAMES: u32 = 1 << 16;

/// A stretch of a stream that is encoded from its first picture on.
pub(crate) struct Film {
    canvas: Canvas,
    encoder: H264Encoder,
    size: (u32, u32),
    count: u64,
}

impl Film {
    /// Of a size in pixels, both even, in which nothing was drawn yet.
    ///
    /// # Errors
    /// A [`PictureError`] if there are no pictures of that size, or no encoder.
    pub(crate) fn new(width: u32, height: u32) -> Result<Self, PictureError> {
        let encoder = H264Encoder::new(EncoderConfig {
            width,
            height,
            fps_num: 25,
            fps_den: 1,
            preset: Preset::Superfast,
            crf: CRF,
            max_bitrate_bps: Some(MOST_BPS),
            keyframe_interval_frames: KEY_EVERY_FRAMES,
            immediate: true,
        })?;
        Ok(Self { canvas: Canvas::new(width, height)?, encoder, size: (width, height), count: 0 })
    }

    /// How its pictures are to be decoded: the same for every film of that size.
    fn config(&self) -> VideoConfig {
        let ((width, height), (sps, pps)) = (self.size, self.encoder.parameter_sets());
        VideoConfig { width, height, avcc: ParameterSets { sps, pps }.avcc() }
    }

    /// The sequence and the picture parameter set, as [`H264Encoder::parameter_sets`] has them.
    #[cfg(test)]
    pub(crate) fn parameter_sets(&self) -> (Bytes, Bytes) {
        self.encoder.parameter_sets()
    }

    /// The next picture, as an access unit in Annex B: what is given, in the middle and never stretched, or what was there before.
    ///
    /// # Errors
    /// A [`PictureError`] if it cannot be drawn or encoded.
    pub(crate) fn expose(&mut self, shown: Option<&Picture>) -> Result<Bytes, PictureError> {
        if let Some(picture) = shown {
            let (width, height) = self.size;
            self.canvas.draw_fitted(picture, Rect { x: 0, y: 0, width, height })?;
        }
        let is_first = self.count == 0;
        self.encode(is_first)
    }

    fn encode(&mut self, is_key: bool) -> Result<Bytes, PictureError> {
        self.encoder.encode(&self.canvas, self.count, is_key)?;
        self.count += 1;
        let came = self.encoder.poll().ok_or_else(|| PictureError::Codec {
            action: "encode a picture",
            reason: "it did not come out at once".to_owned(),
        })?;
        Ok(came.payload)
    }
}

/// Two black key pictures of a size, to be shown in turns where pictures of a film cannot be had.
///
/// With lengths before their units, and how they are to be decoded: as those of any film of that size.
///
/// # Errors
/// As [`Film::new`].
pub fn unexposed(width: u32, height: u32) -> Result<(Vec<Bytes>, VideoConfig), PictureError> {
    let mut film = Film::new(width, height)?;
    let pictures = (0..2).map(|_| film.encode(true).map(|picture| sample(&picture))).collect::<Result<_, _>>()?;
    Ok((pictures, film.config()))
}

/// A picture of a film with lengths before its units, as files have it.
pub fn sample(picture: &[u8]) -> Bytes {
    let mut sample = Vec::new();
    to_length_prefixed(picture, &mut sample);
    sample.into()
}
