//! A canvas to H.264 through libx264. When a canvas is encoded is decided by `render`; boxes are made by `mp4`.

use std::collections::VecDeque;

use bytes::Bytes;
use ffmpeg_next::{Dictionary, Packet, Rational, codec, color, encoder, format::Pixel, picture};
use serde::{Deserialize, Serialize};
use video::h264::{NalKind, nals};

use crate::{Canvas, PictureError, canvas::check_size, raw};

/// How much work libx264 puts into each picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// The least; large files, no CABAC.
    Ultrafast,
    /// Little: a good default for recordings.
    #[default]
    Superfast,
    /// Some, with ten pictures of look-ahead.
    Veryfast,
    /// What libx264 calls medium.
    Medium,
}

impl Preset {
    /// libx264's name for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ultrafast => "ultrafast",
            Self::Superfast => "superfast",
            Self::Veryfast => "veryfast",
            Self::Medium => "medium",
        }
    }
}

/// What an encoder is to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncoderConfig {
    /// Width in pixels, as [`Canvas::new`] takes it.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Pictures in `fps_den` seconds; at least 1.
    pub fps_num: u32,
    /// See `fps_num`; at least 1.
    pub fps_den: u32,
    /// How much work.
    pub preset: Preset,
    /// The quality to keep, 0 (lossless) to 51 (worst); 23 is libx264's own.
    pub crf: u8,
    /// What a second may cost at most, over a buffer of two seconds.
    pub max_bitrate_bps: Option<u32>,
    /// A key picture at least this often; at least 1.
    pub keyframe_interval_frames: u32,
    /// Whether a picture comes out with its canvas and not after the next one; each is then taken to last as long as its neighbours.
    pub immediate: bool,
}

/// One encoded picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedPicture {
    /// One access unit in Annex B, without parameter sets.
    pub payload: Bytes,
    /// The number under which its canvas was given.
    pub frame_index: u64,
    /// Whether decoding can begin here.
    pub key: bool,
}

/// Encodes canvases to H.264 without reordering, on the caller's thread; the same canvases give the same bytes.
///
/// Feed canvases, drain pictures; after the last one [`H264Encoder::finish`] and drain again. A picture comes out once
/// the next canvas is in, because its duration decides what it may cost, unless it shall come out at once. An unchanged canvas costs less than half of a
/// changed one: libx264 skips its blocks; skipping numbers costs nothing at all.
pub struct H264Encoder {
    encoder: encoder::Video,
    size: (u32, u32),
    last_index: Option<u64>,
    pictures: VecDeque<EncodedPicture>,
    sps: Bytes,
    pps: Bytes,
}

impl H264Encoder {
    /// An encoder that makes what `config` says.
    ///
    /// # Errors
    /// [`PictureError::CanvasSize`] or [`PictureError::EncoderSetting`] for a value out of range;
    /// [`PictureError::Codec`] if libavcodec has no libx264.
    pub fn new(config: EncoderConfig) -> Result<Self, PictureError> {
        check_size(config.width, config.height)?;
        let within = |what, value: u32, least, most| {
            if (least..=most).contains(&value) {
                Ok(value)
            } else {
                Err(PictureError::EncoderSetting { what, value: value.into() })
            }
        };
        let fps_num = within("fps_num", config.fps_num, 1, 1 << 24)? as i32;
        let fps_den = within("fps_den", config.fps_den, 1, 1 << 24)? as i32;
        let interval = within("keyframe_interval_frames", config.keyframe_interval_frames, 1, 1 << 16)?;
        let crf = within("crf", config.crf.into(), 0, 51)?;

        raw::hush();
        let fault = |error| fault("open libx264", error);
        let found = encoder::find_by_name("libx264").ok_or_else(|| fault(ffmpeg_next::Error::EncoderNotFound))?;
        let mut context = codec::Context::new_with_codec(found);
        context.set_threading(codec::threading::Config::count(1));
        // Parameter sets belong beside the stream, as `avcC` wants them.
        context.set_flags(codec::Flags::GLOBAL_HEADER | codec::Flags::CLOSED_GOP);
        context.set_time_base(Rational(fps_den, fps_num));
        context.set_frame_rate(Some(Rational(fps_num, fps_den)));
        let mut video = context.encoder().video().map_err(fault)?;
        video.set_width(config.width);
        video.set_height(config.height);
        video.set_format(Pixel::YUV420P);
        video.set_gop(interval);
        video.set_max_b_frames(0);
        video.set_aspect_ratio(Rational(1, 1));
        video.set_colorspace(color::Space::BT709);
        video.set_color_primaries(color::Primaries::BT709);
        video.set_color_transfer_characteristic(color::TransferCharacteristic::BT709);
        video.set_color_range(color::Range::MPEG);
        let mut options = Dictionary::new();
        options.set("preset", config.preset.name());
        options.set("crf", &crf.to_string());
        options.set("forced-idr", "1");
        if config.immediate {
            options.set("x264-params", "force-cfr=1:rc-lookahead=0:sync-lookahead=0:mbtree=0");
        }
        if let Some(max_bitrate_bps) = config.max_bitrate_bps {
            options.set("maxrate", &max_bitrate_bps.to_string());
            options.set("bufsize", &max_bitrate_bps.saturating_mul(2).min(i32::MAX as u32).to_string());
        }
        let encoder = video.open_as_with(found, options).map_err(fault)?;
        let sets = raw::extradata(&encoder);
        let (sps, pps) = (unit(&sets, NalKind::Sps), unit(&sets, NalKind::Pps));
        if sps.is_empty() || pps.is_empty() {
            return Err(PictureError::Codec { action: "open libx264", reason: "it gave no parameter sets".to_owned() });
        }
        let size = (config.width, config.height);
        Ok(Self { encoder, size, last_index: None, pictures: VecDeque::new(), sps, pps })
    }

    /// Encodes the canvas as picture number `frame_index` (its time is that many frame durations); numbers grow, and
    /// may skip. `force_key` makes it a key picture.
    ///
    /// # Errors
    /// [`PictureError::CanvasMismatch`], [`PictureError::OutOfOrder`], or [`PictureError::Codec`] if libx264 refuses
    /// it.
    pub fn encode(&mut self, canvas: &Canvas, frame_index: u64, force_key: bool) -> Result<(), PictureError> {
        if (canvas.width(), canvas.height()) != self.size {
            return Err(PictureError::CanvasMismatch { width: canvas.width(), height: canvas.height() });
        }
        if let Some(last_index) = self.last_index.filter(|&last| last >= frame_index) {
            return Err(PictureError::OutOfOrder { frame_index, last_index });
        }
        let Ok(pts) = i64::try_from(frame_index) else {
            return Err(PictureError::EncoderSetting { what: "frame_index", value: frame_index });
        };
        self.last_index = Some(frame_index);
        let mut frame = raw::share(canvas.frame())?;
        frame.set_pts(Some(pts));
        frame.set_kind(if force_key { picture::Type::I } else { picture::Type::None });
        self.encoder.send_frame(&frame).map_err(|error| fault("encode a picture", error))?;
        // libx264 copies the pixels as soon as it takes the frame, and after this it has taken it.
        self.drain()
    }

    /// The next finished picture, in order; `None` until more canvases were encoded.
    pub fn poll(&mut self) -> Option<EncodedPicture> {
        self.pictures.pop_front()
    }

    /// Ends the stream; then poll the rest. No canvas may follow.
    ///
    /// # Errors
    /// [`PictureError::Codec`] if libx264 fails, or the second time.
    pub fn finish(&mut self) -> Result<(), PictureError> {
        self.encoder.send_eof().map_err(|error| fault("finish the pictures", error))?;
        self.drain()
    }

    /// The sequence and the picture parameter set, each a NAL unit without a start code; the same for the whole stream.
    pub fn parameter_sets(&self) -> (Bytes, Bytes) {
        (self.sps.clone(), self.pps.clone())
    }

    fn drain(&mut self) -> Result<(), PictureError> {
        let mut packet = Packet::empty();
        loop {
            match self.encoder.receive_packet(&mut packet) {
                Ok(()) => self.pictures.push_back(EncodedPicture {
                    payload: Bytes::copy_from_slice(packet.data().unwrap_or_default()),
                    frame_index: packet.pts().and_then(|pts| u64::try_from(pts).ok()).unwrap_or_default(),
                    key: packet.is_key(),
                }),
                Err(ffmpeg_next::Error::Eof | ffmpeg_next::Error::Other { errno: ffmpeg_next::error::EAGAIN }) => {
                    return Ok(());
                }
                Err(error) => return Err(fault("encode a picture", error)),
            }
        }
    }
}

fn fault(action: &'static str, error: ffmpeg_next::Error) -> PictureError {
    PictureError::Codec { action, reason: error.to_string() }
}

/// The first NAL unit of a kind, without start code; empty if there is none.
fn unit(annexb: &Bytes, kind: NalKind) -> Bytes {
    nals(annexb).find(|nal| nal.kind == kind).map(|nal| annexb.slice_ref(nal.bytes)).unwrap_or_default()
}
