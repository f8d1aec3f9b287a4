//! The decoder configuration record of an MP4 (ISO/IEC 14496-15 §5.3.3.1). The box around it is in `mp4`.

use bytes::Bytes;

use super::{access_unit::ParameterSets, sps::Sps};

impl ParameterSets {
    /// Writes the body of an `avcC` box with these sets and lengths of 4 bytes.
    ///
    /// Profiles above main carry chroma format and bit depths as well, unless the sequence parameter set cannot be read.
    pub fn avcc(&self) -> Bytes {
        let mut out = Vec::with_capacity(self.sps.len() + self.pps.len() + 15);
        let [profile, constraints, level] =
            self.sps.get(1..4).and_then(|head| head.first_chunk::<3>()).copied().unwrap_or_default();
        out.extend_from_slice(&[1, profile, constraints, level, 0xFF, 0xE1]);
        put_set(&mut out, &self.sps);
        out.push(1);
        put_set(&mut out, &self.pps);
        if !matches!(profile, 66 | 77 | 88)
            && let Ok(sps) = Sps::parse(&self.sps)
        {
            out.extend_from_slice(&[
                0xFC | sps.chroma_format_idc,
                0xF8 | (sps.bit_depth_luma - 8),
                0xF8 | (sps.bit_depth_chroma - 8),
                0,
            ]);
        }
        Bytes::from(out)
    }
}

/// Writes a set behind its length; what exceeds 65535 bytes is cut.
fn put_set(out: &mut Vec<u8>, set: &[u8]) {
    let len = u16::try_from(set.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(&set[..usize::from(len)]);
}
