//! JPEG and PNG files to pictures. Their headers are read first (by `video`), so that nothing in them sizes an
//! allocation unchecked.

use std::borrow::Cow;

use ffmpeg_next::{codec, decoder, format::Pixel, frame, software::scaling::Flags};
use media::VideoCodec;

use crate::{Picture, PictureError, decode, raw::Scaler, scale};

/// 3840x2160, in any shape.
const MOST_PIXELS: u64 = 3840 * 2160;

/// Decodes one JPEG or PNG file to BT.709 in limited range; transparency is ignored.
///
/// # Errors
/// [`PictureError::NotStill`] for H.264; [`PictureError::TooLarge`] above 3840x2160 pixels;
/// [`PictureError::EmptyFrame`], [`PictureError::FrameTooLong`] or [`PictureError::Damaged`] for what is not such a
/// file.
pub fn decode_still(codec: VideoCodec, payload: &[u8]) -> Result<Picture, PictureError> {
    if payload.is_empty() {
        return Err(PictureError::EmptyFrame);
    }
    if codec == VideoCodec::H264 {
        return Err(PictureError::NotStill { codec: "H.264" });
    }
    let unreadable = || PictureError::Damaged { bytes: payload.len(), reason: "it has no readable header".to_owned() };
    let (found, width, height) = video::still::dimensions(payload).ok_or_else(unreadable)?;
    decode::check_pixels(width, height, MOST_PIXELS)?;
    let (id, payload) = match codec {
        VideoCodec::Jpeg if found == codec => (codec::Id::MJPEG, Cow::Borrowed(payload)),
        VideoCodec::Png if found == codec => {
            (codec::Id::PNG, Cow::Owned(png_essentials(payload).ok_or_else(unreadable)?))
        }
        _ => return Err(unreadable()),
    };
    let packet = decode::packet(&payload)?;
    let mut decoder: decoder::Video = decode::open(id, MOST_PIXELS)?;
    let mut frame = frame::Video::empty();
    decoder
        .send_packet(&packet)
        .and_then(|()| decoder.send_eof())
        .and_then(|()| decoder.receive_frame(&mut frame))
        .map_err(|error| decode::damaged(&payload, &error))?;
    decode::check_pixels(frame.width(), frame.height(), MOST_PIXELS)?;

    let full_range = matches!(frame.format(), Pixel::YUVJ420P | Pixel::YUVJ422P | Pixel::YUVJ444P | Pixel::YUVJ440P);
    let (width, height) = (frame.width(), frame.height());
    let mut scaler = Scaler::new(scale::definition(&frame), width, height, Flags::BILINEAR | Flags::ACCURATE_RND)?;
    scaler.use_still_colours(full_range)?;
    let mut converted = scale::blank(width, height)?;
    scaler.run(&frame, &mut converted)?;
    decode::picture(converted)
}

/// Copies a PNG (ISO 15948 §5.3) without the chunks that its pixels do not need; `None` if it is none.
///
/// Compressed text and colour profiles would be unpacked by the decoder to any length.
fn png_essentials(file: &[u8]) -> Option<Vec<u8>> {
    const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
    let mut rest = file.strip_prefix(SIGNATURE)?;
    let mut essential = SIGNATURE.to_vec();
    while let Some((&[l3, l2, l1, l0, kind @ ..], _)) = rest.split_first_chunk::<8>() {
        let length = u32::from_be_bytes([l3, l2, l1, l0]) as usize;
        // A file that was cut keeps the part of its last chunk.
        let whole = length.checked_add(12)?.min(rest.len());
        if matches!(&kind, b"IHDR" | b"PLTE" | b"tRNS" | b"IDAT" | b"IEND") {
            essential.extend_from_slice(&rest[..whole]);
        }
        rest = &rest[whole..];
    }
    Some(essential)
}

#[cfg(test)]
mod tests;
