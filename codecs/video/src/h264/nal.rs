//! Splitting a byte stream into NAL units (H.264 Annex B). What a unit says is read in `sps` and `access_unit`.

use memchr::memmem;

const START_CODE: &[u8] = &[0, 0, 1];

/// What a NAL unit carries (H.264 Table 7-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NalKind {
    /// A slice of a picture that is no IDR picture, whole or as a data partition: types 1 to 4.
    Slice,
    /// A slice of an IDR picture: type 5.
    Idr,
    /// Supplemental enhancement information: type 6.
    Sei,
    /// A sequence parameter set: type 7.
    Sps,
    /// A picture parameter set: type 8.
    Pps,
    /// An access unit delimiter: type 9.
    Delimiter,
    /// Filler: type 12.
    Filler,
    /// A sequence parameter set extension: type 13.
    SpsExtension,
    /// Any other type, by its number.
    Other(u8),
}

impl NalKind {
    /// The kind that a unit's first byte names.
    pub const fn of(header: u8) -> Self {
        match header & 0x1F {
            1..=4 => Self::Slice,
            5 => Self::Idr,
            6 => Self::Sei,
            7 => Self::Sps,
            8 => Self::Pps,
            9 => Self::Delimiter,
            12 => Self::Filler,
            13 => Self::SpsExtension,
            other => Self::Other(other),
        }
    }

    /// Whether the unit carries a piece of a picture.
    pub const fn is_picture(self) -> bool {
        matches!(self, Self::Slice | Self::Idr)
    }
}

/// One NAL unit of a byte stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nal<'a> {
    /// What it carries.
    pub kind: NalKind,
    /// Its bytes from the header on, without start code and trailing zeros, with emulation prevention; never empty.
    pub bytes: &'a [u8],
}

/// Splits a byte stream at its start codes of 3 or 4 bytes.
///
/// Bytes before the first start code and units without a byte are skipped, so a stream without a start code has no units.
pub fn nals(annexb: &[u8]) -> impl Iterator<Item = Nal<'_>> {
    let mut starts = memmem::find_iter(annexb, START_CODE);
    let mut next = starts.next();
    std::iter::from_fn(move || {
        loop {
            let begin = next? + START_CODE.len();
            next = starts.next();
            let bytes = annexb.get(begin..next.unwrap_or(annexb.len()))?;
            // A unit ends with its stop bit, so zeros at its end belong to the next start code or are padding.
            let trailing_zeros = bytes.iter().rev().take_while(|byte| **byte == 0).count();
            let bytes = &bytes[..bytes.len() - trailing_zeros];
            if let Some(&header) = bytes.first() {
                return Some(Nal { kind: NalKind::of(header), bytes });
            }
        }
    })
}
