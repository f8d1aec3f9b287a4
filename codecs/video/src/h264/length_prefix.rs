//! From start codes to lengths: the sample format of MP4 (ISO/IEC 14496-15 §5.3.2). The parameter sets that are left out
//! go into the record of `avcc`.

use super::nal::{NalKind, nals};

/// Appends the units of a message to `out`, each behind its length as 4 big-endian bytes.
///
/// Delimiters, parameter sets and filler are left out; slices, supplemental information and everything else stay. Nothing
/// is appended for a message that holds nothing to keep.
pub fn to_length_prefixed(annexb: &[u8], out: &mut Vec<u8>) {
    out.reserve(annexb.len().saturating_add(16));
    for nal in nals(annexb) {
        match nal.kind {
            NalKind::Delimiter | NalKind::Sps | NalKind::Pps | NalKind::SpsExtension | NalKind::Filler => continue,
            NalKind::Slice | NalKind::Idr | NalKind::Sei | NalKind::Other(_) => {}
        }
        let Ok(len) = u32::try_from(nal.bytes.len()) else { continue };
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(nal.bytes);
    }
}
