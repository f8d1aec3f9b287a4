//! `ftyp`: which rules the file follows (ISO/IEC 14496-12 §4.3, annex E).

use mp4_atom::{FourCC, Ftyp};

/// The brands of a file in fragments whose offsets count from each `moof`.
pub(crate) fn fragmented_ftyp() -> Ftyp {
    brands(b"iso5", &[b"iso5", b"iso6", b"mp41"])
}

/// The brands of a plain file.
pub(crate) fn plain_ftyp() -> Ftyp {
    brands(b"isom", &[b"isom", b"iso2", b"avc1", b"mp41"])
}

fn brands(major: &[u8; 4], compatible: &[&[u8; 4]]) -> Ftyp {
    Ftyp {
        major_brand: FourCC::new(major),
        minor_version: 512,
        compatible_brands: compatible.iter().map(|brand| FourCC::new(brand)).collect(),
    }
}
