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

/// What one message of an H.264 stream holds: mostly an access unit, sometimes a piece of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessUnit {
    /// How many units it holds, of any type.
    pub units: u32,
    /// Whether it begins within a unit: bytes lie before its first start code.
    pub headless: bool,
    /// Whether its first slice goes on with a picture that began before this message (`first_mb_in_slice` is not 0,
    /// §7.4.3).
    pub continues: bool,
    /// Whether it holds a slice of an IDR picture.
    pub idr: bool,
    /// Whether decoding may begin here: an IDR picture, or a sequence with a picture parameter set.
    pub key: bool,
    /// How many slices it holds; 0 means that it shows nothing.
    pub slices: u32,
    /// The first pair of parameter sets, sharing the message's memory.
    pub sets: Option<ParameterSets>,
    /// The first sequence parameter set as it came, whether or not it could be read.
    pub first_sps: Option<Bytes>,
    /// The first picture parameter set as it came.
    pub first_pps: Option<Bytes>,
    /// The first sequence parameter set that could be read, whether or not a picture parameter set came with it.
    pub sps: Option<Sps>,
    /// Whether a sequence or picture parameter set follows that differs from the first of its kind.
    pub more_sets: bool,
}

/// Looks through one message in Annex B form.
pub fn inspect(annexb: &Bytes) -> AccessUnit {
    // Zeros before a start code are padding; anything else is the rest of a unit.
    let padding = annexb.iter().take_while(|byte| **byte == 0).count();
    let headless = padding < annexb.len() && !(padding >= 2 && annexb.get(padding) == Some(&1));
    let mut unit = AccessUnit { headless, ..AccessUnit::default() };
    let (mut sps, mut pps): (Option<&[u8]>, Option<&[u8]>) = (None, None);
    for nal in nals(annexb) {
        unit.units = unit.units.saturating_add(1);
        let first = match nal.kind {
            NalKind::Sps => &mut sps,
            NalKind::Pps => &mut pps,
            kind => {
                if kind.is_picture() {
                    unit.idr |= kind == NalKind::Idr;
                    unit.continues |= unit.slices == 0 && !begins_picture(nal.bytes);
                    unit.slices = unit.slices.saturating_add(1);
                }
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
    unit.first_sps = sps.map(|sps| annexb.slice_ref(sps));
    unit.first_pps = pps.map(|pps| annexb.slice_ref(pps));
    unit.sets = unit.first_sps.clone().zip(unit.first_pps.clone()).map(|(sps, pps)| ParameterSets { sps, pps });
    unit.key = unit.idr || unit.sets.is_some();
    unit
}

/// Whether a slice is the first of its picture: `first_mb_in_slice`, 0 being a single set bit (§7.3.3, §9.1). The second and
/// third data partition carry none and are never first.
fn begins_picture(slice: &[u8]) -> bool {
    let is_partition = matches!(slice.first().map(|header| header & 0x1F), Some(3 | 4));
    !is_partition && slice.get(1).is_none_or(|byte| byte & 0x80 != 0)
}
