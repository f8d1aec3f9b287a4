//! The judge judged: sound through the codec of a recording, whole and with one packet that is not as it should be.

use std::process::Command;

use super::*;
use crate::e2e::media;

/// How many slots are judged, and the one that something is done to.
const SLOTS: usize = 400;
const SPOILED: usize = 150;
/// How many slots in front of the spoiled one and at both ends are left to the memory of codecs.
const BLUR: usize = 2;

/// The counted sound from its begin, a slot each.
fn counted() -> Vec<Vec<i16>> {
    (0..SLOTS).map(|slot| fixtures::pack().counted.slot_samples(slot % counter::COUNT, RATE_HZ)).collect()
}

/// Encodes sound as a recording is, with an encoder that is not ours, and judges the file as if nothing were declared.
fn judged(slots: &[Vec<i16>]) -> Result<Heard, String> {
    let dir = tempfile::tempdir().unwrap();
    let (raw, file) = (dir.path().join("sound.l16"), dir.path().join("sound.mp4"));
    let bytes: Vec<u8> = slots.iter().flatten().flat_map(|sample| sample.to_le_bytes()).collect();
    std::fs::write(&raw, bytes).unwrap();
    let encoded = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "s16le", "-ar", "16000", "-ac", "1", "-i"])
        .arg(&raw)
        .args(["-ar", "48000", "-c:a", "aac", "-b:a", "96k"])
        .arg(&file)
        .status()
        .unwrap();
    assert!(encoded.success());
    hold(&media::heard(&file), &whole())
}

/// What belongs into a recording of which everything was sent.
fn whole() -> Vec<(i64, Belongs)> {
    let belongs = |slot: usize| match slot {
        0..BLUR => Belongs::Anything,
        _ if slot + BLUR >= SLOTS => Belongs::Anything,
        _ => Belongs::Packet(counter::number_at(slot as i64 * SLOT_MS)),
    };
    (0..SLOTS).map(|slot| (slot as i64 * SLOT_MS, belongs(slot))).collect()
}

/// How many slots are wrong, which the judge must say first.
fn wrong(slots: &[Vec<i16>]) -> usize {
    let fault = judged(slots).expect_err("it is spoiled");
    let first: usize = fault.split("at ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap().parse().unwrap();
    assert!((SPOILED - BLUR..=SPOILED).contains(&(first / SLOT_MS as usize)), "{fault}");
    fault.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn sound_of_which_nothing_is_missing_is_whole() {
    let heard = judged(&counted()).unwrap();
    assert_eq!((heard.packets, heard.silent), (SLOTS - 2 * BLUR, 0));
    assert!(heard.least_clear_db >= 1.5 * counter::LEAST_CLEAR_DB, "{heard:?}");
}

#[test]
fn one_packet_that_was_cut_out_shows_in_all_that_follow() {
    let mut slots = counted();
    slots.remove(SPOILED);
    assert!(wrong(&slots) >= SLOTS - SPOILED - 2 * BLUR);
}

#[test]
fn one_packet_that_is_there_twice_shows_in_all_that_follow() {
    let mut slots = counted();
    slots.insert(SPOILED, slots[SPOILED - 1].clone());
    assert!(wrong(&slots) >= SLOTS - SPOILED - 2 * BLUR);
}

#[test]
fn one_packet_in_place_of_which_there_is_silence_is_found() {
    let mut slots = counted();
    slots[SPOILED] = vec![0; SLOT];
    assert!((1..=1 + 2 * BLUR).contains(&wrong(&slots)));
}

#[test]
fn one_packet_in_place_of_which_another_is_heard_is_found() {
    let mut slots = counted();
    slots[SPOILED] = slots[SPOILED - 1].clone();
    assert!((1..=1 + 2 * BLUR).contains(&wrong(&slots)));
}

#[test]
fn sound_where_nobody_spoke_and_silence_that_is_not_declared_are_found() {
    let samples: Vec<f32> = counted().concat().into_iter().map(|sample| f32::from(sample) / 32_768.0).collect();
    assert!(hold(&samples, &[(0, Belongs::Silence)]).is_err());
    assert!(hold(&samples, &[(0, Belongs::Unsent)]).is_err());
    let silence = [0.0; SLOT];
    assert!(hold(&silence, &[(0, Belongs::Unsent)]).is_err());
    assert!(hold(&silence, &[(0, Belongs::Packet(0))]).is_err());
    // A file that is too short has not even that.
    assert!(hold(&[], &[(0, Belongs::Packet(0))]).is_err());
    assert_eq!(hold(&silence, &[(0, Belongs::Silence)]).map(|heard| heard.silent), Ok(1));
    assert_eq!(hold(&samples, &[(0, Belongs::Anything)]).map(|heard| heard.packets), Ok(0));
}
