use std::f64::consts::TAU;

use bytes::Bytes;
use media::{AudioCodec, Channels, SampleRate, Track, TrackKind};
use proptest::prelude::*;

use super::*;

const ORIGIN: SourceTime = SourceTime::from_unix_ms(1_767_225_600_000);
const L16: AudioFormat =
    AudioFormat { codec: AudioCodec::L16, rate: SampleRate::HZ_16000, channels: Channels::Mono, packet_ms: 20 };
const BOTH: SoundWant = SoundWant { separate: true, mixed: true, chunk_ms: 100 };

/// 20 ms of a tone that goes on from where the packet before ended.
fn tone(source: i64, hz: f64, number: i64) -> Frame {
    let sample = |index: i64| (10_000.0 * (TAU * hz * index as f64 / 16_000.0).sin()) as i16;
    let samples = (number * 320..(number + 1) * 320).flat_map(|index| sample(index).to_le_bytes());
    packet(source, number * 20, samples.collect())
}

fn packet(source: i64, at_ms: i64, payload: Vec<u8>) -> Frame {
    let track = Track { kind: TrackKind::Audio, source };
    Frame { track, at: ORIGIN.plus_ms(at_ms), payload: Bytes::from(payload) }
}

fn all(sound: &mut Sound) -> Vec<Chunk> {
    std::iter::from_fn(|| sound.poll()).collect()
}

fn samples(chunks: &[Chunk], source: Option<i64>) -> Vec<i16> {
    let own = chunks.iter().filter(|chunk| chunk.source == source);
    own.flat_map(|chunk| chunk.pcm.as_chunks::<2>().0.iter().map(|bytes| i16::from_le_bytes(*bytes))).collect()
}

/// How strong a tone is in sound of 16 kHz, from 0 to about 1 of full scale (Goertzel).
fn strength(samples: &[i16], hz: f64) -> f64 {
    let turn = TAU * hz / 16_000.0;
    let (mut real, mut imaginary) = (0.0, 0.0);
    for (index, sample) in samples.iter().enumerate() {
        let (sin, cos) = (turn * index as f64).sin_cos();
        real += f64::from(*sample) * cos;
        imaginary += f64::from(*sample) * sin;
    }
    2.0 * real.hypot(imaginary) / samples.len() as f64 / 32_768.0
}

#[test]
fn each_voice_and_the_mix_come_in_pieces_of_100_ms_with_the_time_of_their_first_sample() {
    let (mut sound, now) = (Sound::new(BOTH), Instant::now());
    for number in 0..100 {
        for (source, hz) in [(1, 440.0), (2, 1_000.0)] {
            sound.handle_packet(&tone(source, hz, number), L16, now);
        }
    }
    sound.finish();
    let chunks = all(&mut sound);
    for source in [Some(1), Some(2), None] {
        let own: Vec<&Chunk> = chunks.iter().filter(|chunk| chunk.source == source).collect();
        assert_eq!(own.len(), 20, "{source:?}");
        for (chunk, number) in own.iter().zip(0..) {
            assert_eq!((chunk.at, chunk.pcm.len()), (ORIGIN.plus_ms(number * 100), 3_200), "{source:?} {number}");
        }
        let heard = samples(&chunks, source);
        for (hz, whose) in [(440.0, 1), (1_000.0, 2)] {
            let expected = source.is_none_or(|source| source == whose);
            let found = strength(&heard[1_600..], hz);
            assert_eq!(found > 0.25, expected, "{hz} Hz in {source:?}: {found}");
            assert!(expected || found < 0.01, "{hz} Hz in {source:?}: {found}");
        }
    }
}

#[test]
fn a_sample_lies_where_its_time_says() {
    let (mut sound, now) = (Sound::new(BOTH), Instant::now());
    for number in 0..50 {
        let level: i16 = if number == 25 { 20_000 } else { 0 };
        let payload = (0..320).flat_map(|_| level.to_le_bytes()).collect();
        sound.handle_packet(&packet(7, number * 20, payload), L16, now);
    }
    sound.finish();
    let chunks = all(&mut sound);
    for source in [Some(7), None] {
        let loud: Vec<usize> =
            samples(&chunks, source).iter().enumerate().filter(|(_, one)| **one > 10_000).map(|(at, _)| at).collect();
        let (first, last) = (loud[0], loud[loud.len() - 1]);
        assert!(first.abs_diff(500 * 16) <= 8 && last.abs_diff(520 * 16) <= 8, "{source:?}: {first} to {last}");
    }
}

#[test]
fn nothing_is_said_while_somebody_is_muted_and_the_mix_has_silence_there() {
    let (mut sound, now) = (Sound::new(BOTH), Instant::now());
    for number in (0..50).chain(75..100) {
        sound.handle_packet(&tone(1, 440.0, number), L16, now);
    }
    sound.finish();
    let chunks = all(&mut sound);
    let times: Vec<i64> =
        chunks.iter().filter(|chunk| chunk.source == Some(1)).map(|chunk| chunk.at.ms_since(ORIGIN)).collect();
    assert_eq!(times, (0..10).chain(15..20).map(|piece| piece * 100).collect::<Vec<_>>());
    assert_eq!(samples(&chunks, None).len(), 2 * 16_000);
    assert!(strength(&samples(&chunks, None)[1_100 * 16..1_400 * 16], 440.0) < 0.001);
}

#[test]
fn whoever_falls_silent_is_heard_to_the_end_soon_and_a_long_pause_is_not_made_up() {
    let (mut sound, start) = (Sound::new(BOTH), Instant::now());
    for number in 0..7 {
        sound.handle_packet(&tone(1, 440.0, number), L16, start);
    }
    assert_eq!(all(&mut sound).len(), 1, "100 of 140 ms, and no mix that may still change");
    let due = sound.poll_timeout().expect("somebody is heard");
    assert!(due > start);
    sound.handle_timeout(due);
    let rest = all(&mut sound);
    assert_eq!(rest.iter().filter(|chunk| chunk.source == Some(1)).map(|chunk| chunk.pcm.len()).sum::<usize>(), 1_280);
    assert_eq!(samples(&rest, None).len(), 140 * 16);
    assert_eq!(sound.poll_timeout(), None);
    // An hour later.
    for number in 180_000..180_010 {
        sound.handle_packet(&tone(1, 440.0, number), L16, due);
    }
    sound.finish();
    let later = all(&mut sound);
    assert_eq!(samples(&later, None).len(), 200 * 16);
    assert!(later.iter().all(|chunk| chunk.at.ms_since(ORIGIN) >= 3_600_000));
}

#[test]
fn a_voice_that_is_late_by_less_than_the_wait_is_in_the_mix() {
    let (mut sound, now) = (Sound::new(SoundWant { separate: false, ..BOTH }), Instant::now());
    for number in 0..100 {
        sound.handle_packet(&tone(1, 440.0, number), L16, now);
        if number >= 8 {
            sound.handle_packet(&tone(2, 1_000.0, number - 8), L16, now);
        }
    }
    sound.finish();
    let chunks = all(&mut sound);
    assert!(chunks.iter().all(|chunk| chunk.source.is_none()), "nobody wants the others");
    assert!(strength(&samples(&chunks, None)[1_600..1_700 * 16], 1_000.0) > 0.25);
}

#[test]
fn a_mix_of_the_platform_is_nobodys_sound() {
    let (mut sound, now) = (Sound::new(BOTH), Instant::now());
    for number in 0..10 {
        sound.handle_packet(&tone(0, 440.0, number), L16, now);
    }
    sound.finish();
    let chunks = all(&mut sound);
    assert!(!chunks.is_empty() && chunks.iter().all(|chunk| chunk.source.is_none()));
}

proptest! {
    #[test]
    fn any_packets_at_any_time_are_taken_and_never_make_more_than_they_are(
        packets in proptest::collection::vec((0_i64..4, -200_000_i64..200_000, 0_usize..700), 0..60),
    ) {
        let (mut sound, now) = (Sound::new(BOTH), Instant::now());
        for (source, at_ms, length) in &packets {
            sound.handle_packet(&packet(*source, *at_ms, vec![7; *length]), L16, now);
        }
        sound.finish();
        let made: usize = all(&mut sound).iter().map(|chunk| chunk.pcm.len()).sum();
        // Each packet its own sound and, with what is missing before it, its part of the mix.
        prop_assert!(made <= packets.len() * (2 * 800 + 32_000 * 2));
    }
}
