//! Promise: whatever is pushed and cut, the finished file's index finds exactly those samples, and so do the fragments.
//! The index is walked here with nothing of the writer's.

mod walk;

use bytes::Bytes;
use media::{Channels, Position, SampleRate};
use mp4::{AudioConfig, Fragmenter, Mp4Error, Sample, Step, TrackConfig, VideoConfig, scan};
use mp4_atom::{Decode, Ftyp, Moov, Trak};
use proptest::prelude::*;

use walk::{Read, chunk_offsets, fragmented_samples, indexed, moov};

#[derive(Clone, Debug)]
enum Act {
    Push(usize, u32, Vec<u8>, bool),
    Cut,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let duration = prop_oneof![3 => Just(3600u32), 1 => 0u32..100_000];
    let push = (0usize..2, duration, proptest::collection::vec(any::<u8>(), 0..40), any::<bool>())
        .prop_map(|(track, duration, payload, key)| Act::Push(track, duration, payload, key || track == 1));
    proptest::collection::vec(prop_oneof![4 => push, 1 => Just(Act::Cut)], 0..80)
}

fn configs() -> Vec<TrackConfig> {
    // A minimal record: baseline, one set of each kind with one byte.
    let avcc = Bytes::from_static(&[1, 66, 0xC0, 30, 0xFF, 0xE1, 0, 1, 0x67, 1, 0, 1, 0x68]);
    vec![
        TrackConfig::Video(VideoConfig { width: 640, height: 360, avcc }),
        TrackConfig::Audio(AudioConfig {
            rate: SampleRate::HZ_48000,
            channels: Channels::Mono,
            audio_specific_config: Bytes::from_static(&[0x11, 0x88]),
            priming_samples: 1024,
            bitrate_bps: 64_000,
        }),
    ]
}

fn begin(starts_ms: [i64; 2]) -> Fragmenter {
    Fragmenter::new(configs(), starts_ms.map(Position::from_ms).to_vec(), Some(1_767_225_600)).expect("sound tracks")
}

fn apply(steps: impl Iterator<Item = Step>, fragmented: &[u8]) -> Vec<u8> {
    steps
        .flat_map(|step| match step {
            Step::Bytes(bytes) => bytes.to_vec(),
            Step::Copy { offset, len } => fragmented[offset as usize..(offset + len) as usize].to_vec(),
        })
        .collect()
}

proptest! {
    #[test]
    fn the_finished_file_holds_what_was_pushed(acts in acts(), starts in [0i64..3000, 0i64..3000], length_ms in 0i64..100_000) {
        let mut writer = begin(starts);
        let mut file = writer.header().to_vec();
        let mut pushed: [Vec<Read>; 2] = Default::default();
        let mut cut: [usize; 2] = [0; 2];
        for act in acts {
            match act {
                Act::Push(track, duration_ticks, payload, key) => {
                    let ticks = pushed[track].last().map_or(0, |(ticks, duration, ..)| ticks + u64::from(*duration));
                    pushed[track].push((ticks, duration_ticks, payload.clone(), key));
                    writer.push(track, Sample { payload: payload.into(), duration_ticks, key });
                }
                Act::Cut => {
                    let waits = pushed.iter().zip(cut).any(|(pushed, cut)| pushed.len() > cut);
                    let fragment = writer.cut();
                    prop_assert_eq!(fragment.is_some(), waits);
                    file.extend(fragment.unwrap_or_default().concat());
                    cut = [pushed[0].len(), pushed[1].len()];
                }
            }
        }
        prop_assert_eq!(scan(&file), file.len());
        for track in 0..2 {
            prop_assert_eq!(&fragmented_samples(&file, track as u32 + 1)[..], &pushed[track][..cut[track]]);
        }

        let finish = writer.finish(Position::from_ms(length_ms));
        let total = finish.len();
        let plain = apply(finish, &file);
        prop_assert_eq!(plain.len() as u64, total);
        let moov = moov(&plain);
        prop_assert_eq!(moov.mvhd.duration, length_ms as u64 * 90);
        let kept: Vec<_> = pushed.iter().filter(|samples| !samples.is_empty()).collect();
        prop_assert_eq!(moov.trak.len(), kept.len());
        for (trak, samples) in moov.trak.iter().zip(kept) {
            prop_assert_eq!(&indexed(trak, &plain), samples);
        }
    }
}

#[test]
fn a_file_beyond_4_gib_gets_64_bit_offsets() {
    let mut writer = begin([0, 0]);
    let payload = Bytes::from(vec![0; 48 << 20]);
    let mut written = writer.header().len() as u64;
    for _ in 0..100 {
        writer.push(0, Sample { payload: payload.clone(), duration_ticks: 90_000, key: true });
        writer.push(1, Sample { payload: Bytes::from_static(b"sound"), duration_ticks: 48_000, key: true });
        written += writer.cut().expect("a fragment").iter().map(|bytes| bytes.len() as u64).sum::<u64>();
    }
    let mut finish = writer.finish(Position::from_ms(100_000));
    let total = finish.len();
    let Some(Step::Bytes(head)) = finish.next() else { panic!("the index comes first") };
    let copies: Vec<_> = finish
        .map(|step| match step {
            Step::Copy { offset, len } => (offset, len),
            other => panic!("all payload is in the fragmented file: {other:?}"),
        })
        .collect();
    let payload_bytes = 100 * ((48 << 20) + 5);
    assert_eq!(copies.iter().map(|(_, len)| len).sum::<u64>(), payload_bytes);
    assert_eq!(copies.last().map(|(offset, len)| offset + len), Some(written));
    assert_eq!(head.len() as u64 + payload_bytes, total);
    assert!(head.ends_with(&[&b"\0\0\0\x01mdat"[..], &(payload_bytes + 16).to_be_bytes()].concat()));

    let mut rest = &head[..];
    Ftyp::decode(&mut rest).expect("brands");
    let moov = Moov::decode(&mut rest).expect("an index");
    assert_eq!(rest.len(), 16);
    let sound = chunk_offsets(&moov.trak[1].mdia.minf.stbl);
    assert_eq!(sound.last(), Some(&(total - 5)));
    assert!(sound.windows(2).all(|pair| pair[1] - pair[0] == (48 << 20) + 5));
}

#[test]
fn a_meeting_of_a_day_keeps_its_length() {
    let mut writer = begin([0, 250]);
    for _ in 0..24 {
        writer.push(0, Sample { payload: Bytes::from_static(b"picture"), duration_ticks: 3600 * 90_000, key: true });
        writer.push(1, Sample { payload: Bytes::from_static(b"sound"), duration_ticks: 3600 * 48_000, key: true });
        writer.cut();
    }
    let Some(Step::Bytes(head)) = writer.finish(Position::from_ms(86_400_000)).next() else { panic!("an index") };
    let mut rest = &head[..];
    Ftyp::decode(&mut rest).expect("brands");
    let moov = Moov::decode(&mut rest).expect("an index");
    let day = 86_400 * 90_000;
    assert!(day > u64::from(u32::MAX));
    assert_eq!((moov.mvhd.timescale, moov.mvhd.duration), (90_000, day));
    assert_eq!(moov.trak[0].mdia.mdhd.duration, day);
    assert_eq!(moov.trak[0].tkhd.duration, day);
    let edits = |trak: &Trak| -> Vec<(u64, Option<u64>)> {
        let list = trak.edts.clone().and_then(|edts| edts.elst).expect("edits");
        list.entries.iter().map(|edit| (edit.segment_duration, edit.media_time)).collect()
    };
    assert_eq!(edits(&moov.trak[0]), [(day, Some(0))]);
    assert_eq!(edits(&moov.trak[1]), [(22_500, None), (day - 22_500, Some(1024))]);
}

#[test]
fn a_file_that_cannot_be_described_is_refused() {
    let start = |micros| vec![Position::from_micros(micros); 2];
    let refused = |configs, starts| Fragmenter::new(configs, starts, None).map(|_| ()).expect_err("a fault");
    assert_eq!(refused(vec![], vec![]), Mp4Error::NoTracks);
    assert_eq!(refused(configs(), vec![Position::ZERO]), Mp4Error::StartsMismatch { tracks: 2, starts: 1 });
    assert_eq!(refused(configs(), start(-1)), Mp4Error::StartBeforeZero { track: 0, micros: -1 });
    let [TrackConfig::Video(video), TrackConfig::Audio(audio)] = &configs()[..] else { panic!("both kinds") };
    let wide = TrackConfig::Video(VideoConfig { width: 65_536, ..video.clone() });
    assert_eq!(
        refused(vec![wide], vec![Position::ZERO]),
        Mp4Error::PictureSize { track: 0, width: 65_536, height: 360 }
    );
    for end in 0..video.avcc.len() {
        let cut = TrackConfig::Video(VideoConfig { avcc: video.avcc.slice(..end), ..video.clone() });
        assert!(matches!(refused(vec![cut], vec![Position::ZERO]), Mp4Error::DecoderConfig { track: 0, .. }));
    }
    let mute = TrackConfig::Audio(AudioConfig { audio_specific_config: Bytes::new(), ..audio.clone() });
    assert!(matches!(refused(vec![mute], vec![Position::ZERO]), Mp4Error::DecoderConfig { bytes: 0, .. }));
}
