//! What an access unit holds, told without decoding it. Splitting is in `nal`, the parameter sets' fields in `sps`.

use bytes::Bytes;

use super::{
    nal::{NalKind, nals},
    sps::Sps,
};

/// A pair of parameter sets that a decoder needs before the first picture.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ParameterSets {
    /// The sequence parameter set with header, without start code; at most 65535 bytes.
    pub sps: Bytes,
    /// The picture parameter set with header, without start code; at most 65535 bytes.
    pub pps: Bytes,
}

/// What one message of an H.264 stream holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessUnit {
    /// Whether it holds a slice of an IDR picture.
    pub idr: bool,
    /// Whether decoding may begin here: an IDR picture, or a sequence with a picture parameter set.
    pub key: bool,
    /// How many slices it holds; 0 means that it shows nothing.
    pub slices: u32,
    /// The first pair of parameter sets, sharing the message's memory.
    pub sets: Option<ParameterSets>,
    /// The first sequence parameter set that could be read, whether or not a picture parameter set came with it.
    pub sps: Option<Sps>,
    /// Whether a sequence or picture parameter set follows that differs from the first of its kind.
    pub more_sets: bool,
}

/// Looks through one message in Annex B form.
pub fn inspect(annexb: &Bytes) -> AccessUnit {
    let mut unit = AccessUnit::default();
    let (mut sps, mut pps): (Option<&[u8]>, Option<&[u8]>) = (None, None);
    for nal in nals(annexb) {
        let first = match nal.kind {
            NalKind::Sps => &mut sps,
            NalKind::Pps => &mut pps,
            kind => {
                unit.idr |= kind == NalKind::Idr;
                unit.slices = unit.slices.saturating_add(u32::from(kind.is_picture()));
                continue;
            }
        };
        // An MP4 has 16 bits for the length of a set; a longer one is no set that an encoder makes.
        if nal.bytes.len() > usize::from(u16::MAX) {
            continue;
        }
        if nal.kind == NalKind::Sps && unit.sps.is_none() {
            unit.sps = Sps::parse(nal.bytes).ok();
        }
        match first {
            None => *first = Some(nal.bytes),
            Some(known) => unit.more_sets |= *known != nal.bytes,
        }
    }
    unit.sets = sps.zip(pps).map(|(sps, pps)| ParameterSets { sps: annexb.slice_ref(sps), pps: annexb.slice_ref(pps) });
    unit.key = unit.idr || unit.sets.is_some();
    unit
}
