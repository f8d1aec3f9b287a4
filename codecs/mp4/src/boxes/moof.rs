//! `moof`: what a fragment holds (ISO/IEC 14496-12 §8.8.4 to §8.8.12). Offsets count from the box itself.

use mp4_atom::{Mfhd, Moof, Tfdt, Tfhd, Traf, Trun, TrunEntry, TrunSamples};

use super::{put::put, trak::track_id};
use crate::sample::Sample;

/// `sample_depends_on = 2`: needs no other sample (§8.8.3.1).
const KEY_FLAGS: u32 = 0x0200_0000;
/// `sample_depends_on = 1`, `sample_is_non_sync_sample = 1`.
const DELTA_FLAGS: u32 = 0x0101_0000;

/// The samples of one track in a fragment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run<'a> {
    /// The track, from 0.
    pub(crate) track: usize,
    /// Whether decoding may begin at every sample.
    pub(crate) all_keys: bool,
    /// The sum of all earlier durations.
    pub(crate) decode_ticks: u64,
    /// The samples, never empty.
    pub(crate) samples: &'a [Sample],
}

/// The flags of samples whose fragment says nothing else.
pub(super) fn default_flags(all_keys: bool) -> u32 {
    if all_keys { KEY_FLAGS } else { DELTA_FLAGS }
}

/// The box for a fragment whose payloads follow it run by run behind an `mdat` header of `mdat_header_bytes`.
pub(crate) fn moof(sequence_number: u32, runs: &[Run<'_>], mdat_header_bytes: usize) -> Vec<u8> {
    let mut moof = Moof { mfhd: Mfhd { sequence_number }, traf: runs.iter().map(|run| traf(*run)).collect::<Vec<_>>() };
    let mut out = Vec::new();
    put(&moof, &mut out);
    // The length of the box does not depend on the offsets in it.
    let mut offset = out.len() + mdat_header_bytes;
    for (traf, run) in moof.traf.iter_mut().zip(runs) {
        for trun in &mut traf.trun {
            trun.data_offset =
                Some(i32::try_from(offset).expect("a fragment is limited to 1 GiB when samples are pushed"));
        }
        offset += run.samples.iter().map(|sample| sample.payload.len()).sum::<usize>();
    }
    out.clear();
    put(&moof, &mut out);
    out
}

fn traf(run: Run<'_>) -> Traf {
    let duration = run.samples.first().map_or(0, |sample| sample.duration_ticks);
    let steady = run.samples.iter().all(|sample| sample.duration_ticks == duration);
    let keys_after_first = !run.all_keys && run.samples.iter().skip(1).any(|sample| sample.key);
    let flags = |index: usize, sample: &Sample| {
        let own = if sample.key { KEY_FLAGS } else { DELTA_FLAGS };
        // One flag at the head of the run is enough while only the first sample may differ from the default.
        (!run.all_keys && (keys_after_first || (index == 0 && sample.key))).then_some(own)
    };
    let entries: Vec<_> = run
        .samples
        .iter()
        .enumerate()
        .map(|(index, sample)| TrunEntry {
            duration: (!steady).then_some(sample.duration_ticks),
            size: u32::try_from(sample.payload.len()).ok(),
            flags: flags(index, sample),
            cts: None,
        })
        .collect();
    Traf {
        tfhd: Tfhd {
            track_id: track_id(run.track),
            default_sample_duration: steady.then_some(duration),
            default_base_is_moof: true,
            ..Tfhd::default()
        },
        tfdt: Some(Tfdt { base_media_decode_time: run.decode_ticks }),
        trun: vec![Trun { data_offset: Some(0), samples: TrunSamples::Explicit(entries) }],
        ..Traf::default()
    }
}
