//! What can go wrong between bitstreams and pixels.

use thiserror::Error;

/// A picture that cannot be decoded, drawn or encoded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PictureError {
    /// A frame without a payload.
    #[error("the frame is empty; keep showing the picture before it")]
    EmptyFrame,
    /// A frame of more bytes than any sender makes.
    #[error("a frame of {bytes} bytes is longer than the {limit_bytes} that one may have; keep the picture before it")]
    FrameTooLong {
        /// The length of the payload.
        bytes: usize,
        /// The longest that is taken.
        limit_bytes: usize,
    },
    /// The bitstream is damaged, or its picture is larger than 4096x2304.
    #[error("{bytes} bytes cannot be decoded: {reason}; keep the picture before it and wait for a key frame")]
    Damaged {
        /// The length of the payload.
        bytes: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The picture has more pixels than are taken.
    #[error("a picture of {width}x{height} is larger than the {limit_pixels} pixels that one may have")]
    TooLarge {
        /// Its width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
        /// The most that is taken.
        limit_pixels: u64,
    },
    /// The codec is not one of still pictures.
    #[error("{codec} is not a still picture; decode it with H264Decoder")]
    NotStill {
        /// The codec that was named.
        codec: &'static str,
    },
    /// A canvas or an encoder was asked for with a size that it cannot have.
    #[error("a canvas of {width}x{height} is not possible; both must be even, from 16 up, within 4096x2304")]
    CanvasSize {
        /// The width that was asked for, in pixels.
        width: u32,
        /// The height that was asked for, in pixels.
        height: u32,
    },
    /// A frame rate, quality or interval that the encoder cannot have.
    #[error("the encoder cannot have {what} {value}; see EncoderConfig for the range")]
    EncoderSetting {
        /// The field.
        what: &'static str,
        /// Its value.
        value: u64,
    },
    /// A canvas that is not of the encoder's size.
    #[error("a canvas of {width}x{height} does not fit the encoder, which was made for another size")]
    CanvasMismatch {
        /// The width of the canvas in pixels.
        width: u32,
        /// The height of the canvas in pixels.
        height: u32,
    },
    /// A picture whose number is not greater than the one before.
    #[error("picture {frame_index} was given to the encoder after picture {last_index}; numbers must grow")]
    OutOfOrder {
        /// Its number.
        frame_index: u64,
        /// The number before.
        last_index: u64,
    },
    /// A font of the binary is damaged or another one than it is listed as.
    #[error("the bundled font {family} cannot be read; build again from an unchanged codecs/picture/fonts")]
    FontUnreadable {
        /// The name of its family.
        family: &'static str,
    },
    /// The library that shapes text panicked over a name.
    #[error("the shaper failed over a name, a defect of Hansard; the card is drawn without it")]
    NameNotDrawn,
    /// libavcodec or libswscale refused something that is not the data's fault.
    #[error("FFmpeg could not {action}: {reason}; is the FFmpeg of this machine complete and is there memory?")]
    Codec {
        /// What was tried.
        action: &'static str,
        /// What the library says.
        reason: String,
    },
}

impl PictureError {
    /// A stable snake_case code, for metrics and reports.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::EmptyFrame => "picture_empty",
            Self::FrameTooLong { .. } => "picture_frame_too_long",
            Self::Damaged { .. } => "picture_damaged",
            Self::TooLarge { .. } => "picture_too_large",
            Self::NotStill { .. } => "picture_not_still",
            Self::CanvasSize { .. } => "canvas_size_invalid",
            Self::EncoderSetting { .. } => "encoder_setting_invalid",
            Self::CanvasMismatch { .. } => "canvas_size_mismatch",
            Self::OutOfOrder { .. } => "picture_out_of_order",
            Self::FontUnreadable { .. } => "picture_font_unreadable",
            Self::NameNotDrawn => "picture_name_not_drawn",
            Self::Codec { .. } => "picture_codec_failed",
        }
    }
}
