use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::VideoError;

// Parameter sets as x264 writes them: (what, SPS, PPS).
const BASELINE: (&str, &str) = ("6742c00cd901419f9f011000000300100000030320f142a480", "68cb83cb20");
const HIGH: (&str, &str) = ("6764001facb200a00b760220000003002000000641e30649", "68ebc3cb22c0");
const MAIN_CROPPED: (&str, &str) = ("674d401fd9005005beab011000000300100000030320f1832480", "68ebc3cb20");
const HIGH_422_10: (&str, &str) = ("677a000db6cb20283f6022000003000200000300641e285490", "68ebc3cb22c0");
const INTERLACED: (&str, &str) =
    ("6764001eacd940b424d82364000003000400000300c9810003d090007a12930c03e28532c0", "68fba3cb22c0");
const SCALING_LISTS: (&str, &str) = ("6764000dacd94141fb011000000300100000030320f1429960", "68ebe3cb3002c0");

fn unhex(text: &str) -> Vec<u8> {
    let digit = |at: usize| (text.as_bytes()[at] as char).to_digit(16).expect("hexadecimal") as u8;
    (0..text.len() / 2).map(|at| digit(2 * at) << 4 | digit(2 * at + 1)).collect()
}

fn sps(set: (&str, &str)) -> Sps {
    Sps::parse(&unhex(set.0)).expect("a real parameter set")
}

fn sets(set: (&str, &str)) -> ParameterSets {
    ParameterSets { sps: unhex(set.0).into(), pps: unhex(set.1).into() }
}

fn annexb(units: &[&[u8]]) -> Bytes {
    Bytes::from(units.iter().flat_map(|unit| [&[0, 0, 0, 1][..], unit]).collect::<Vec<_>>().concat())
}

#[test]
fn sizes_are_told_after_cropping() {
    assert_eq!((sps(BASELINE).width, sps(BASELINE).height), (320, 180));
    assert_eq!((sps(HIGH).width, sps(HIGH).height), (1280, 720));
    assert_eq!((sps(MAIN_CROPPED).width, sps(MAIN_CROPPED).height), (1278, 718));
    assert_eq!((sps(HIGH_422_10).width, sps(HIGH_422_10).height), (320, 240));
    assert_eq!((sps(INTERLACED).width, sps(INTERLACED).height), (720, 576));
    assert_eq!((sps(SCALING_LISTS).width, sps(SCALING_LISTS).height), (320, 240));
}

#[test]
fn profiles_and_formats_are_told() {
    let told = |sps: Sps| (sps.profile_idc, sps.level_idc, sps.chroma_format_idc, sps.bit_depth_luma);
    assert_eq!(told(sps(BASELINE)), (66, 12, 1, 8));
    assert_eq!(told(sps(MAIN_CROPPED)), (77, 31, 1, 8));
    assert_eq!(told(sps(HIGH)), (100, 31, 1, 8));
    assert_eq!(told(sps(HIGH_422_10)), (122, 13, 2, 10));
    assert!(sps(HIGH).frame_mbs_only && !sps(INTERLACED).frame_mbs_only);
}

#[test]
fn the_vui_is_read_behind_emulation_prevention_and_hrd() {
    assert_eq!(sps(BASELINE).max_num_reorder_frames, Some(0));
    assert_eq!(sps(INTERLACED).full_range, Some(true));
    assert_eq!(sps(INTERLACED).sample_aspect_ratio, Some((16, 11)));
    assert!(sps(INTERLACED).max_num_reorder_frames.is_some_and(|frames| frames >= 1));
    assert!(sps(INTERLACED).may_reorder() && !sps(HIGH).may_reorder());
}

#[test]
fn a_parameter_set_cut_before_its_vui_is_an_error_and_within_it_is_not() {
    let whole = unhex(HIGH.0);
    assert!(matches!(Sps::parse(&whole[..6]), Err(VideoError::SpsTruncated { .. })));
    assert_eq!(Sps::parse(&whole[..14]).map(|sps| (sps.width, sps.height)), Ok((1280, 720)));
    assert_eq!(Sps::parse(&unhex(HIGH.1)), Err(VideoError::NotSps { unit_type: 8 }));
    assert_eq!(Sps::parse(&[]), Err(VideoError::NotSps { unit_type: 0 }));
}

#[test]
fn units_are_split_at_start_codes_of_3_and_4_bytes() {
    let stream = [9, 9, 0, 0, 0, 1, 0x67, 1, 0, 0, 0, 0, 1, 0x68, 2, 0, 0, 1, 0, 0, 1, 0x65, 3, 0, 0, 3, 0, 0];
    let split: Vec<_> = nals(&stream).map(|nal| (nal.kind, nal.bytes)).collect();
    assert_eq!(
        split,
        [(NalKind::Sps, &[0x67, 1][..]), (NalKind::Pps, &[0x68, 2]), (NalKind::Idr, &[0x65, 3, 0, 0, 3]),]
    );
    assert_eq!(nals(&[0x65, 1, 2]).count(), 0);
    assert_eq!(nals(&[0, 0, 1]).count(), 0);
}

#[test]
fn an_idr_picture_with_its_sets_is_a_key_and_shares_their_memory() {
    let (sps, pps) = (unhex(HIGH.0), unhex(HIGH.1));
    let message = annexb(&[&[9, 0xF0], &sps, &pps, &[6, 5, 1, 0x80], &[0x65, 0x88, 0x80], &[0x65, 0x44, 0x80]]);
    let unit = inspect(&message);
    assert!(unit.idr && unit.key && !unit.more_sets);
    assert_eq!(unit.slices, 2);
    assert_eq!(unit.sets, Some(sets(HIGH)));
    assert_eq!(unit.sps.map(|sps| sps.width), Some(1280));
    let shared = unit.sets.expect("the sets are there").sps.as_ptr();
    assert!(message.as_ptr_range().contains(&shared));
}

#[test]
fn a_plain_picture_is_no_key_and_one_with_sets_is() {
    let plain = inspect(&annexb(&[&[0x41, 0x9A, 0x80]]));
    assert_eq!((plain.idr, plain.key, plain.slices), (false, false, 1));
    let (sps, pps) = (unhex(BASELINE.0), unhex(BASELINE.1));
    let recovery = inspect(&annexb(&[&sps, &pps, &[0x41, 0x9A, 0x80]]));
    assert_eq!((recovery.idr, recovery.key), (false, true));
    let half = inspect(&annexb(&[&sps, &[0x41, 0x9A, 0x80]]));
    assert_eq!((half.key, half.sets, half.sps.is_some()), (false, None, true));
}

#[test]
fn a_message_tells_whether_it_goes_on_with_something() {
    let told = |message: &Bytes| {
        let unit = inspect(message);
        (unit.units, unit.headless, unit.continues)
    };
    // A slice header begins with first_mb_in_slice: 1 is 0, 010 is 1.
    let (first, second) = (&[0x65, 0x88, 0x80][..], &[0x65, 0x44, 0x80][..]);
    assert_eq!(told(&annexb(&[first, second])), (2, false, false));
    assert_eq!(told(&annexb(&[second])), (1, false, true));
    assert_eq!(told(&annexb(&[&[6, 5, 0x80], second, first])), (3, false, true));
    assert_eq!(told(&annexb(&[&[0x23, 0xFF, 0x80]])), (1, false, true));
    assert_eq!(told(&annexb(&[&[9, 0xF0]])), (1, false, false));
    // Padding is no rest of a unit, other bytes are; a start code of 3 bytes is one.
    assert_eq!(told(&Bytes::from_static(&[0, 0, 0, 0, 0, 1, 0x65, 0x88])), (1, false, false));
    assert_eq!(told(&Bytes::from_static(&[0, 0, 1, 0x65, 0x88])), (1, false, false));
    assert_eq!(told(&Bytes::from_static(&[0x21, 0, 0, 1, 0x65, 0x44])), (1, true, true));
    assert_eq!(told(&Bytes::from_static(&[1, 0x65])), (0, true, false));
    assert_eq!(told(&Bytes::from_static(&[0, 0])), (0, false, false));
    assert_eq!(told(&Bytes::new()), (0, false, false));
}

#[test]
fn sets_that_come_without_their_counterpart_are_told_as_well() {
    let (sps, pps) = (unhex(HIGH.0), unhex(HIGH.1));
    let alone = inspect(&annexb(&[&sps]));
    assert_eq!((alone.first_sps, alone.first_pps, alone.sets), (Some(sps.clone().into()), None, None));
    let alone = inspect(&annexb(&[&[9, 0xF0], &pps]));
    assert_eq!((alone.first_sps, alone.first_pps, alone.sets), (None, Some(pps.clone().into()), None));
}

#[test]
fn several_different_sets_are_noticed_and_repeated_ones_are_not() {
    let (sps, pps, other) = (unhex(HIGH.0), unhex(HIGH.1), unhex(BASELINE.1));
    assert!(!inspect(&annexb(&[&sps, &pps, &sps, &pps, &[0x65, 0x80]])).more_sets);
    let unit = inspect(&annexb(&[&sps, &pps, &other, &[0x65, 0x80]]));
    assert!(unit.more_sets);
    assert_eq!(unit.sets, Some(sets(HIGH)));
}

#[test]
fn the_configuration_record_of_main_is_short_and_of_high_says_more() {
    let record = sets(MAIN_CROPPED).avcc();
    let sps = unhex(MAIN_CROPPED.0);
    assert_eq!(record[..8], [1, 77, 0x40, 31, 0xFF, 0xE1, 0, sps.len() as u8]);
    assert_eq!(record[8..8 + sps.len()], sps);
    assert_eq!(record[8 + sps.len()..], [&[1, 0, 5][..], &unhex(MAIN_CROPPED.1)].concat());
    assert!(sets(HIGH).avcc().ends_with(&[0x22, 0xC0, 0xFD, 0xF8, 0xF8, 0]));
    assert!(sets(HIGH_422_10).avcc().ends_with(&[0xFE, 0xFA, 0xFA, 0]));
}

#[test]
fn sets_that_no_encoder_makes_still_give_a_record() {
    let absurd = ParameterSets { sps: Bytes::from(vec![0x67; 70_000]), pps: Bytes::new() };
    assert!(absurd.avcc().starts_with(&[1, 0x67, 0x67, 0x67, 0xFF, 0xE1, 0xFF, 0xFF]));
    assert_eq!(
        ParameterSets { sps: Bytes::new(), pps: Bytes::new() }.avcc()[..],
        [1, 0, 0, 0, 0xFF, 0xE1, 0, 0, 1, 0, 0]
    );
}

#[test]
fn samples_keep_pictures_and_messages_and_leave_sets_to_the_record() {
    let (sps, pps) = (unhex(HIGH.0), unhex(HIGH.1));
    let message = annexb(&[&[9, 0xF0], &sps, &pps, &[6, 5, 0x80], &[12, 0xFF, 0x80], &[0x65, 0x88, 0x80]]);
    let mut out = vec![7];
    to_length_prefixed(&message, &mut out);
    assert_eq!(out, [7, 0, 0, 0, 3, 6, 5, 0x80, 0, 0, 0, 3, 0x65, 0x88, 0x80]);
}

/// Any unit: a header, then bytes with emulation prevention, then the stop bit.
fn unit() -> impl Strategy<Value = Vec<u8>> {
    let bytes =
        proptest::collection::vec(prop_oneof![3 => Just(0u8), 1 => Just(1u8), 1 => Just(3u8), 4 => any::<u8>()], 0..60);
    (1u8..24, bytes).prop_map(|(header, payload)| [&[header][..], &escape(&payload), &[0x80]].concat())
}

/// Puts emulation prevention bytes in (§7.4.1.1).
fn escape(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for &byte in payload {
        if byte <= 3 && out.ends_with(&[0, 0]) {
            out.push(3);
        }
        out.push(byte);
    }
    out
}

proptest! {
    #[test]
    fn joined_units_split_again(units in proptest::collection::vec((unit(), any::<bool>()), 0..8)) {
        let joined: Vec<u8> =
            units.iter().flat_map(|(unit, long)| [if *long { &[0, 0, 0, 1][..] } else { &[0, 0, 1] }, unit].concat()).collect();
        let split: Vec<_> = nals(&joined).map(|nal| nal.bytes.to_vec()).collect();
        prop_assert_eq!(split, units.into_iter().map(|(unit, _)| unit).collect::<Vec<_>>());
    }

    #[test]
    fn emulation_prevention_is_undone(payload in proptest::collection::vec(prop_oneof![Just(0u8), Just(3u8), any::<u8>()], 0..80)) {
        let escaped = escape(&payload);
        let mut bits = bits::Bits::new(&escaped);
        let read: Vec<u8> = (0..payload.len()).map_while(|_| bits.u(8).ok()).map(|byte| byte as u8).collect();
        prop_assert_eq!(read, payload);
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(prop_oneof![Just(0u8), Just(1u8), Just(0x67u8), any::<u8>()], 0..300)) {
        let message = Bytes::from(bytes);
        let unit = inspect(&message);
        if let Some(sets) = unit.sets {
            sets.avcc();
        }
        let mut out = Vec::new();
        to_length_prefixed(&message, &mut out);
        prop_assert!(out.len() <= message.len() * 2 + 4);
    }

    #[test]
    fn damaged_parameter_sets_never_panic_and_never_claim_an_absurd_size(
        which in 0usize..6, at in 0usize..40, flip in 1u8.., cut in 0usize..40,
    ) {
        let mut bytes = unhex([BASELINE, HIGH, MAIN_CROPPED, HIGH_422_10, INTERLACED, SCALING_LISTS][which].0);
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= flip;
        }
        bytes.truncate(cut.max(1));
        if let Ok(sps) = Sps::parse(&bytes) {
            prop_assert!((1..=16_880).contains(&sps.width) && (1..=33_760).contains(&sps.height));
            ParameterSets { sps: bytes.into(), pps: Bytes::new() }.avcc();
        }
    }

    #[test]
    fn random_parameter_sets_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
        // The answer does not matter, that there is one does.
        let _answer = Sps::parse(&[&[0x67, 100, 0, 30][..], &bytes].concat());
    }
}
