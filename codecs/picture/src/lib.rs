//! Pixels: decode, scale, compose, encode.
//!
//! Access units and still pictures come in, 4:2:0 pictures and names are placed on a canvas of one size, the canvas goes
//! out as H.264. What does not belong here: bitstreams without pixels (`video`), when a picture is shown (`timeline`), what is
//! placed where (`render`), boxes around encoded pictures (`mp4`).
//!
//! Geometry is always there; all that decodes, draws and encodes needs the feature `ffmpeg` (on by default).

#[cfg(feature = "ffmpeg")]
mod canvas;
#[cfg(feature = "ffmpeg")]
mod decode;
#[cfg(feature = "ffmpeg")]
mod encode;
mod error;
mod geometry;
#[cfg(feature = "ffmpeg")]
mod lettering;
#[cfg(feature = "ffmpeg")]
mod picture;
mod plane;
#[cfg(feature = "ffmpeg")]
mod png;
#[cfg(feature = "ffmpeg")]
mod raw;
#[cfg(feature = "ffmpeg")]
mod scale;
#[cfg(feature = "ffmpeg")]
mod still;
#[cfg(all(test, feature = "ffmpeg"))]
mod tests;

#[cfg(feature = "ffmpeg")]
pub use canvas::Canvas;
#[cfg(feature = "ffmpeg")]
pub use decode::H264Decoder;
#[cfg(feature = "ffmpeg")]
pub use encode::{EncodedPicture, EncoderConfig, H264Encoder, Preset};
pub use error::PictureError;
pub use geometry::{Rect, fit, shrink};
#[cfg(feature = "ffmpeg")]
pub use lettering::Lettering;
#[cfg(feature = "ffmpeg")]
pub use picture::Picture;
pub use plane::Plane;
#[cfg(feature = "ffmpeg")]
pub use png::PngEncoder;
#[cfg(feature = "ffmpeg")]
pub use still::decode_still;
