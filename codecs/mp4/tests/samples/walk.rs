//! A walk over files by the rules of ISO/IEC 14496-12, sharing nothing with the writer but the layout of single boxes.

use mp4_atom::{Atom, Decode, FourCC, Header, Moof, Moov, Stbl, StszSamples, Trak};

/// What is read back of a sample: where in the track's time, how long, its bytes, whether it is a key.
pub(crate) type Read = (u64, u32, Vec<u8>, bool);

fn boxes(file: &[u8]) -> Vec<(FourCC, &[u8])> {
    let (mut rest, mut found) = (file, Vec::new());
    while !rest.is_empty() {
        let mut body = rest;
        let header = Header::decode(&mut body).expect("a header");
        let size = header.size.expect("a length");
        found.push((header.kind, &body[..size]));
        rest = &body[size..];
    }
    found
}

/// Where each chunk lies in the file.
pub(crate) fn chunk_offsets(stbl: &Stbl) -> Vec<u64> {
    match (&stbl.stco, &stbl.co64) {
        (Some(narrow), None) => narrow.entries.iter().map(|offset| u64::from(*offset)).collect(),
        (None, Some(wide)) => wide.entries.clone(),
        both => panic!("one table of chunks, not {both:?}"),
    }
}

/// Reads every sample of a track by the index of a plain file (ISO/IEC 14496-12 §8.6, §8.7).
pub(crate) fn indexed(trak: &Trak, file: &[u8]) -> Vec<Read> {
    let stbl = &trak.mdia.minf.stbl;
    let StszSamples::Different { sizes } = &stbl.stsz.samples else { panic!("sizes are told one by one") };
    let mut durations = stbl.stts.entries.iter().flat_map(|run| (0..run.sample_count).map(|_| run.sample_delta));
    let mut sizes = sizes.iter().enumerate();
    let (mut samples, mut ticks) = (Vec::new(), 0);
    for (chunk, offset) in chunk_offsets(stbl).into_iter().enumerate() {
        let run = stbl.stsc.entries.iter().rev().find(|run| run.first_chunk as usize <= chunk + 1).expect("a run");
        let mut at = offset as usize;
        for _ in 0..run.samples_per_chunk {
            let (number, size) = sizes.next().expect("a size for each sample");
            let duration = durations.next().expect("a duration for each sample");
            let key = stbl.stss.as_ref().is_none_or(|keys| keys.entries.contains(&(number as u32 + 1)));
            samples.push((ticks, duration, file[at..at + *size as usize].to_vec(), key));
            at += *size as usize;
            ticks += u64::from(duration);
        }
    }
    assert_eq!((sizes.len(), durations.next()), (0, None), "every sample lies in a chunk");
    assert_eq!(trak.mdia.mdhd.duration, ticks);
    samples
}

/// Reads every sample of a track from the fragments (§8.8).
pub(crate) fn fragmented_samples(file: &[u8], track_id: u32) -> Vec<Read> {
    let mut samples = Vec::new();
    let mut at = 0;
    for (kind, body) in boxes(file) {
        if kind == Moof::KIND {
            let moof = Moof::decode_body(&mut &body[..]).expect("a fragment");
            for traf in moof.traf.iter().filter(|traf| traf.tfhd.track_id == track_id) {
                assert!(traf.tfhd.default_base_is_moof);
                let mut ticks = traf.tfdt.as_ref().expect("a time").base_media_decode_time;
                for trun in &traf.trun {
                    let mut byte = at + trun.data_offset.expect("an offset") as usize;
                    for entry in &trun.samples {
                        let size = entry.size.expect("a size") as usize;
                        let duration = entry.duration.or(traf.tfhd.default_sample_duration).expect("a duration");
                        let default = if track_id == 1 { 0x0101_0000 } else { 0x0200_0000 };
                        let key = entry.flags.unwrap_or(default) & 0x0001_0000 == 0;
                        samples.push((ticks, duration, file[byte..byte + size].to_vec(), key));
                        byte += size;
                        ticks += u64::from(duration);
                    }
                }
            }
        }
        at += body.len() + 8;
    }
    samples
}

/// The index of a plain file, after checking that it has nothing else than brands before and payload behind it.
pub(crate) fn moov(file: &[u8]) -> Moov {
    let found = boxes(file);
    let kinds: Vec<_> = found.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, [b"ftyp", b"moov", b"mdat"].map(FourCC::new), "the index comes first");
    Moov::decode_body(&mut &found[1].1[..]).expect("an index")
}
