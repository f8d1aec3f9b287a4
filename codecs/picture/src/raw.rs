//! The few accesses to FFmpeg's structures that `ffmpeg-next` does not offer safely. All `unsafe` of this crate is
//! here.

use std::sync::Once;

use bytes::Bytes;
use ffmpeg_next::{encoder, ffi, format::Pixel, frame, log, software::scaling};

use crate::{PictureError, Plane, Rect};

/// Silences FFmpeg's own log, once a process: what it has to say comes back as errors.
pub(crate) fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| log::set_level(log::Level::Quiet));
}

/// The pixels of one plane of an 8-bit planar frame, `width` by `height`; empty if the frame has no such plane.
///
/// `ffmpeg-next` answers `stride * height` bytes, which for a cropped picture end behind the plane.
#[expect(unsafe_code, reason = "ffmpeg-next answers planes of cropped frames too long")]
pub(crate) fn plane(frame: &frame::Video, index: usize, width: u32, height: u32) -> Plane<'_> {
    let fits = index < frame.planes() && width <= frame.plane_width(index) && height <= frame.plane_height(index);
    if !fits || width == 0 || height == 0 {
        return Plane::EMPTY;
    }
    // SAFETY: libavcodec keeps `height` rows of at least `width` bytes `linesize` apart behind `data`, and the frame
    // holds a reference to their buffer as long as it is borrowed. The slice ends with the last pixel of the last row.
    // A stride that is not positive, or shorter than a row, is refused.
    unsafe {
        let raw = frame.as_ptr();
        let (data, stride) = ((*raw).data[index], (*raw).linesize[index]);
        match usize::try_from(stride) {
            Ok(stride) if !data.is_null() && stride >= width as usize => {
                let length = stride * (height as usize - 1) + width as usize;
                Plane { bytes: std::slice::from_raw_parts(data, length), stride_bytes: stride, width, height }
            }
            _ => Plane::EMPTY,
        }
    }
}

/// Another frame on the same pixels, with its own timestamp and picture type.
#[expect(unsafe_code, reason = "ffmpeg-next clones frames with their pixels")]
pub(crate) fn share(frame: &frame::Video) -> Result<frame::Video, PictureError> {
    let mut shared = frame::Video::empty();
    // SAFETY: both frames are allocated, and the second one is blank, which is what `av_frame_ref` asks for.
    let status = unsafe { ffi::av_frame_ref(shared.as_mut_ptr(), frame.as_ptr()) };
    if status < 0 {
        return Err(PictureError::Codec {
            action: "share a frame",
            reason: ffmpeg_next::Error::from(status).to_string(),
        });
    }
    Ok(shared)
}

/// The parameter sets of an open encoder, as Annex B.
#[expect(unsafe_code, reason = "ffmpeg-next has no access to an encoder's extradata")]
pub(crate) fn extradata(encoder: &encoder::Video) -> Bytes {
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

/// A scaler between two sizes and formats. The output is 4:2:0 of 8 bits in limited range, unless another format is named.
pub(crate) struct Scaler(scaling::Context);

// SAFETY: a scaler is plain memory without ties to the thread that made it, and it is used by one owner at a time.
#[expect(unsafe_code, reason = "ffmpeg-next does not mark its scalers as movable")]
unsafe impl Send for Scaler {}

impl Scaler {
    pub(crate) fn new(
        from: scaling::context::Definition,
        width: u32,
        height: u32,
        flags: scaling::Flags,
    ) -> Result<Self, PictureError> {
        Self::to(Pixel::YUV420P, from, width, height, flags)
    }

    /// The same to pixels of another format.
    pub(crate) fn to(
        format: Pixel,
        from: scaling::context::Definition,
        width: u32,
        height: u32,
        flags: scaling::Flags,
    ) -> Result<Self, PictureError> {
        scaling::Context::get(from.format, from.width, from.height, format, width, height, flags)
            .map(Self)
            .map_err(|error| PictureError::Codec { action: "set up a scaler", reason: error.to_string() })
    }

    /// Has the output follow BT.709, from RGB or from the full-range BT.601 of JPEG.
    pub(crate) fn use_still_colours(&mut self, full_range: bool) -> Result<(), PictureError> {
        self.use_colours((ffi::SWS_CS_ITU601, full_range), false)
    }

    /// Has the output, RGB, follow from BT.709.
    pub(crate) fn use_screen_colours(&mut self, full_range: bool) -> Result<(), PictureError> {
        self.use_colours((ffi::SWS_CS_ITU709, full_range), true)
    }

    /// `from` is the matrix of the input, and whether its black is 0 and its white 255; `to_full_range` the latter of the output.
    #[expect(unsafe_code, reason = "ffmpeg-next has no access to a scaler's colour matrices")]
    fn use_colours(&mut self, from: (i32, bool), to_full_range: bool) -> Result<(), PictureError> {
        // SAFETY: the context is open and owned; the coefficient tables are static; contrast and saturation are 1.0 in
        // the 16.16 fixed point that the function takes.
        let status = unsafe {
            ffi::sws_setColorspaceDetails(
                self.0.as_mut_ptr(),
                ffi::sws_getCoefficients(from.0),
                i32::from(from.1),
                ffi::sws_getCoefficients(ffi::SWS_CS_ITU709),
                i32::from(to_full_range),
                0,
                1 << 16,
                1 << 16,
            )
        };
        if status < 0 {
            return Err(PictureError::Codec { action: "convert colours", reason: "not supported".to_owned() });
        }
        Ok(())
    }

    /// Scales to a place within `to`, an 8-bit 4:2:0 frame with pixels of its own. The place has the size of the output and even
    /// edges.
    #[expect(unsafe_code, reason = "ffmpeg-next scales to whole frames only")]
    pub(crate) fn run_into(
        &mut self,
        from: &frame::Video,
        to: &mut frame::Video,
        place: Rect,
    ) -> Result<(), PictureError> {
        let fault = |reason: &str| PictureError::Codec { action: "scale a picture", reason: reason.to_owned() };
        let (input, output) = (*self.0.input(), *self.0.output());
        let is_input = (from.format(), from.width(), from.height()) == (input.format, input.width, input.height);
        let is_output = (place.width, place.height) == (output.width, output.height) && to.format() == Pixel::YUV420P;
        if !is_input || !is_output || place != place.within(to.width(), to.height()).even() {
            return Err(fault("it does not fit"));
        }
        let mut places = [std::ptr::null_mut(); 8];
        // SAFETY: `from` has the size and format that the scaler was made for, and all its planes. Each plane of `to` holds its
        // `linesize` for every row, and chroma planes half of both sides; `place` lies within, so that the first pixel of each
        // part does, and the scaler writes no row or column beyond the output's size. Both frames are borrowed until it is done.
        let rows = unsafe {
            let raw = to.as_mut_ptr();
            for (plane, start) in places.iter_mut().enumerate().take(3) {
                let shift = u32::from(plane > 0);
                let stride = usize::try_from((*raw).linesize[plane]).map_err(|_| fault("it is upside down"))?;
                *start = (*raw).data[plane].add((place.y >> shift) as usize * stride + (place.x >> shift) as usize);
            }
            ffi::sws_scale(
                self.0.as_mut_ptr(),
                (*from.as_ptr()).data.as_ptr().cast(),
                (*from.as_ptr()).linesize.as_ptr(),
                0,
                input.height as i32,
                places.as_ptr(),
                (*raw).linesize.as_ptr(),
            )
        };
        if rows < 0 { Err(fault(&ffmpeg_next::Error::from(rows).to_string())) } else { Ok(()) }
    }

    pub(crate) fn run(&mut self, from: &frame::Video, to: &mut frame::Video) -> Result<(), PictureError> {
        self.0
            .run(from, to)
            .map_err(|error| PictureError::Codec { action: "scale a picture", reason: error.to_string() })
    }
}
