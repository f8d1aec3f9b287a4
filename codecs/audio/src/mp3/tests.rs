//! Files as the FFmpeg program plays them.

use std::{io::Write as _, process::Command};

use super::*;

fn tone(samples: usize) -> Vec<f32> {
    (0..samples)
        .map(|n| (n as f32 * std::f32::consts::TAU * (200.0 + n as f32 / 100.0) / 48_000.0).sin() * 0.4)
        .collect()
}

fn encoded(sound: &[f32], bitrate_bps: u32) -> Vec<u8> {
    let mut encoder = Mp3Encoder::new(bitrate_bps, sound.len() as u64).unwrap();
    let mut out = Vec::new();
    for chunk in sound.chunks(960) {
        let mut block = Block::silence();
        block.0[..chunk.len()].copy_from_slice(chunk);
        encoder.push(&block, &mut out).unwrap();
    }
    encoder.finish(&mut out).unwrap();
    out
}

/// What a listener hears, by a program that complains of nothing.
fn played(mp3: &[u8]) -> Vec<f32> {
    let mut file = tempfile::NamedTempFile::with_suffix(".mp3").unwrap();
    file.write_all(mp3).unwrap();
    let output = Command::new("ffmpeg")
        .args(["-v", "warning", "-f", "mp3", "-i"])
        .arg(file.path())
        .args(["-f", "f32le", "-"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    output.stdout.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

#[test]
fn every_sample_is_heard_at_its_place_and_none_besides() {
    for samples in [1, 959, 960, 48_000, 48_047, 48_048, 100_000] {
        let sound = tone(samples);
        let heard = played(&encoded(&sound, 96_000));
        assert_eq!(heard.len(), samples);
        let likeness = |shift: usize| -> f64 {
            let places = (2_000..samples.saturating_sub(2_000)).map(|n| (n, n + shift - 48));
            places.map(|(n, at)| f64::from(sound[n]) * f64::from(heard[at])).sum()
        };
        if samples > 5_000 {
            let best = (0..97).max_by(|a, b| likeness(*a).total_cmp(&likeness(*b)));
            assert_eq!(best, Some(48), "{samples} samples: heard too early or too late");
            let power: f64 = (2_000..samples - 2_000).map(|n| f64::from(sound[n]).powi(2)).sum();
            // LAME turns everything down by a twentieth, so that what it makes does not clip.
            assert!((likeness(48) / power - 0.95).abs() < 0.02, "{samples} samples: {} of {power}", likeness(48));
        }
    }
}

#[test]
fn the_same_sound_makes_the_same_file() {
    let sound = tone(30_000);
    assert!(encoded(&sound, 96_000) == encoded(&sound, 96_000));
}

#[test]
fn the_nearest_bit_rate_that_can_be_used_is_used() {
    let sound = tone(48_000);
    for (asked_bps, kbps) in [(1, 64), (64_000, 64), (100_000, 96), (1_000_000, 320)] {
        // 24 ms a frame.
        assert_eq!(encoded(&sound, asked_bps).len() % (kbps * 3), 0, "{asked_bps} bit/s");
    }
}

#[test]
fn an_encoder_that_is_finished_takes_no_more() {
    let mut encoder = Mp3Encoder::new(96_000, 960).unwrap();
    let mut out = Vec::new();
    encoder.push(&Block::silence(), &mut out).unwrap();
    encoder.finish(&mut out).unwrap();
    assert!(matches!(encoder.finish(&mut out), Err(AudioError::Codec { .. })));
}
