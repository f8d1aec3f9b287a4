//! H.264 access units to pictures. Key-frame gating is the caller's, splitting a bitstream is in `video`.

use std::collections::VecDeque;

use ffmpeg_next::{Dictionary, Packet, codec, decoder, format::Pixel, frame};
use video::h264::{NalKind, Sps, nals};

use crate::{
    Picture, PictureError, raw,
    scale::{Filter, Scalers},
};

/// The longest access unit that is decoded: more than a raw 4:2:0 picture of 2560x1440.
const LONGEST_FRAME_BYTES: usize = 8 << 20;
/// 4096x2304, either way round.
const MOST_PIXELS: u64 = 4096 * 2304;
/// How many finished pictures may wait; H.264 allows 16 reference pictures.
const MOST_WAITING: usize = 16;

/// Decodes one H.264 stream on the caller's thread: an access unit in, its picture out.
///
/// A stream that reorders pictures gives them later, in the order in which they are shown. Damaged parts are concealed
/// as players do it; the same bytes always give the same pictures. Before the first key frame nothing comes out.
pub struct H264Decoder {
    decoder: decoder::Video,
    waiting: VecDeque<Picture>,
    converters: Scalers,
}

impl H264Decoder {
    /// A decoder that has seen nothing.
    ///
    /// # Errors
    /// [`PictureError::Codec`] if libavcodec has no H.264 decoder.
    pub fn new() -> Result<Self, PictureError> {
        let decoder = open(codec::Id::H264, MOST_PIXELS)?;
        Ok(Self { decoder, waiting: VecDeque::new(), converters: Scalers::default() })
    }

    /// Decodes one access unit in Annex B. `None` if it completes no picture.
    ///
    /// # Errors
    /// [`PictureError::EmptyFrame`], [`PictureError::FrameTooLong`], [`PictureError::TooLarge`] above the pixels of
    /// 4096x2304, or [`PictureError::Damaged`] if nothing can be made of it. The decoder goes on with the next access
    /// unit.
    pub fn decode(&mut self, access_unit: &[u8]) -> Result<Option<Picture>, PictureError> {
        let packet = packet(access_unit)?;
        for nal in nals(access_unit).take_while(|nal| !nal.kind.is_picture()).filter(|nal| nal.kind == NalKind::Sps) {
            if let Ok(sps) = Sps::parse(nal.bytes) {
                check_pixels(sps.width, sps.height, MOST_PIXELS)?;
            }
        }
        self.decoder.send_packet(&packet).map_err(|error| damaged(access_unit, &error))?;
        self.drain(access_unit)?;
        Ok(self.waiting.pop_front())
    }

    /// Ends the stream and answers the pictures that were held back; then the decoder takes a new stream.
    pub fn flush(&mut self) -> Vec<Picture> {
        if self.decoder.send_eof().is_ok() {
            // What cannot be finished any more is not there.
            let _unfinished = self.drain(&[]);
        }
        let rest = self.waiting.drain(..).collect();
        self.decoder.flush();
        rest
    }

    /// Forgets the stream, for instance at a gap; the next access unit should be a key frame.
    pub fn reset(&mut self) {
        // What a damaged parameter set told libavcodec, such as how many pictures to hold back, outlives a flush.
        match open(codec::Id::H264, MOST_PIXELS) {
            Ok(decoder) => self.decoder = decoder,
            Err(_) => self.decoder.flush(),
        }
        self.waiting.clear();
    }

    /// Takes finished pictures over from libavcodec.
    fn drain(&mut self, access_unit: &[u8]) -> Result<(), PictureError> {
        loop {
            let mut frame = frame::Video::empty();
            match self.decoder.receive_frame(&mut frame) {
                Ok(()) => {
                    let picture = self.normalize(frame)?;
                    if self.waiting.len() >= MOST_WAITING {
                        self.waiting.pop_front();
                    }
                    self.waiting.push_back(picture);
                }
                Err(ffmpeg_next::Error::Eof | ffmpeg_next::Error::Other { errno: ffmpeg_next::error::EAGAIN }) => {
                    return Ok(());
                }
                Err(error) => return Err(damaged(access_unit, &error)),
            }
        }
    }

    /// Brings profiles with more bits or more colour to 4:2:0 of 8 bits.
    fn normalize(&mut self, frame: frame::Video) -> Result<Picture, PictureError> {
        check_pixels(frame.width(), frame.height(), MOST_PIXELS)?;
        if matches!(frame.format(), Pixel::YUV420P | Pixel::YUVJ420P) {
            return picture(frame);
        }
        let (width, height) = (frame.width(), frame.height());
        // The scaler's output frame is reused, so the picture needs pixels of its own.
        picture(self.converters.scale(&frame, width, height, Filter::Smooth)?.clone())
    }
}

/// Opens a decoder that works on the caller's thread, at once, and refuses pictures of more than `most_pixels`.
pub(crate) fn open(id: codec::Id, most_pixels: u64) -> Result<decoder::Video, PictureError> {
    raw::hush();
    let fault = |error: ffmpeg_next::Error| PictureError::Codec { action: "open a decoder", reason: error.to_string() };
    let found = decoder::find(id).ok_or_else(|| fault(ffmpeg_next::Error::DecoderNotFound))?;
    let mut context = codec::Context::new_with_codec(found);
    context.set_threading(codec::threading::Config::count(1));
    context.set_flags(codec::Flags::LOW_DELAY);
    let mut options = Dictionary::new();
    options.set("max_pixels", &most_pixels.to_string());
    context.decoder().open_as_with(found, options).and_then(decoder::Opened::video).map_err(fault)
}

/// Copies a payload into a packet of libavcodec, which needs room behind it.
pub(crate) fn packet(payload: &[u8]) -> Result<Packet, PictureError> {
    match payload.len() {
        0 => Err(PictureError::EmptyFrame),
        bytes if bytes > LONGEST_FRAME_BYTES => {
            Err(PictureError::FrameTooLong { bytes, limit_bytes: LONGEST_FRAME_BYTES })
        }
        _ => Ok(Packet::copy(payload)),
    }
}

pub(crate) fn damaged(payload: &[u8], error: &ffmpeg_next::Error) -> PictureError {
    PictureError::Damaged { bytes: payload.len(), reason: error.to_string() }
}

pub(crate) fn check_pixels(width: u32, height: u32, limit_pixels: u64) -> Result<(), PictureError> {
    if u64::from(width) * u64::from(height) > limit_pixels {
        return Err(PictureError::TooLarge { width, height, limit_pixels });
    }
    Ok(())
}

pub(crate) fn picture(frame: frame::Video) -> Result<Picture, PictureError> {
    Picture::new(frame)
        .ok_or_else(|| PictureError::Codec { action: "convert a picture", reason: "it is not 4:2:0".to_owned() })
}
