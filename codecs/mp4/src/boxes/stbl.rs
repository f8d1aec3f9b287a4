//! `stbl`: the index of a track's samples (ISO/IEC 14496-12 §8.5 to §8.7). How samples are counted is in `table`.

use mp4_atom::{Co64, Stbl, Stco, Stsc, Stsd, Stss, Stsz, StszSamples, Stts};

use crate::table::Table;

/// The boxes of a table except those that place chunks; see [`place_chunks`]. `None` stands for a fragmented file, whose
/// samples are told in each fragment.
pub(super) fn stbl(stsd: Stsd, table: Option<&mut Table>, all_keys: bool) -> Stbl {
    let empty = Stbl { stsd, stco: Some(Stco::default()), ..Stbl::default() };
    let Some(table) = table else { return empty };
    let every = all_keys || table.keys.len() == table.sizes.len();
    Stbl {
        stts: Stts { entries: std::mem::take(&mut table.durations) },
        stsc: Stsc { entries: std::mem::take(&mut table.chunk_runs) },
        stss: (!every).then(|| Stss { entries: std::mem::take(&mut table.keys) }),
        stsz: Stsz { samples: StszSamples::Different { sizes: std::mem::take(&mut table.sizes) } },
        ..empty
    }
}

/// Writes where each chunk lies when all payload begins at `payload_at`: in 64 bits if `wide`, else in 32.
pub(crate) fn place_chunks(stbl: &mut Stbl, chunks: &[u64], payload_at: u64, wide: bool) {
    if wide {
        stbl.stco = None;
        stbl.co64 = Some(Co64 { entries: chunks.iter().map(|chunk| payload_at + chunk).collect() });
    } else {
        // The caller chooses `wide` whenever the file is longer than 32 bits can tell.
        let entries = chunks.iter().map(|chunk| u32::try_from(payload_at + chunk).unwrap_or(u32::MAX)).collect();
        stbl.stco = Some(Stco { entries });
        stbl.co64 = None;
    }
}
