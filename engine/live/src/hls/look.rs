//! What the pictures of a stretch look like: a player needs a header of its own for each. Where one look ends and the next begins is
//! decided in `cutter`.

use bytes::Bytes;
use timeline::PictureFormat;

/// What the pictures of a stretch look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// Nobody is seen.
    Black,
    /// The platform's pictures, as they came.
    Copied {
        /// The width in pixels.
        width: u32,
        /// The height in pixels.
        height: u32,
        /// The body of their `avcC` box.
        avcc: Bytes,
    },
}

impl Look {
    /// The look of pictures of a format.
    pub(crate) fn of(format: &PictureFormat) -> Self {
        Self::Copied { width: format.width, height: format.height, avcc: format.sets.avcc() }
    }

    /// What its header is called: the same in every run of the program, and never that of another look.
    pub fn name(&self) -> String {
        match self {
            Self::Black => "black".to_owned(),
            Self::Copied { width, height, avcc } => format!("{width}x{height}-{:016x}", fnv1a(avcc)),
        }
    }
}

/// FNV-1a of 64 bits: the same on every machine, which the standard library does not promise of its own.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3))
}
