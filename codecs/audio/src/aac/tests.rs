//! What was encoded decodes to the same sound, one priming frame later.

use ffmpeg_next::decoder;

use super::*;

fn block(start: usize, sound: impl Fn(usize) -> f32) -> Block {
    let mut block = Block::silence();
    for (n, sample) in block.0.iter_mut().enumerate() {
        *sample = sound(start + n);
    }
    block
}

fn encode(channels: Channels, blocks: usize, sound: impl Fn(usize) -> f32) -> (AacEncoder, Vec<AacPacket>) {
    let mut encoder = AacEncoder::new(SampleRate::HZ_48000, channels, 96_000).unwrap();
    let mut packets = Vec::new();
    for index in 0..blocks {
        encoder.push(&block(index * 960, &sound)).unwrap();
        packets.extend(std::iter::from_fn(|| encoder.poll()));
    }
    encoder.finish().unwrap();
    packets.extend(std::iter::from_fn(|| encoder.poll()));
    (encoder, packets)
}

/// Decodes raw frames by putting an ADTS header (ISO 14496-3 §1.A.2.2) before each.
fn decode(packets: &[AacPacket], channels: u8) -> Vec<f32> {
    let found = decoder::find(codec::Id::AAC).unwrap();
    let mut decoder = codec::Context::new_with_codec(found).decoder().audio().unwrap();
    let mut out = Vec::new();
    let mut frame = frame::Audio::empty();
    for packet in packets {
        let length = packet.payload.len() + 7;
        let header = [
            0xff,
            0xf1,
            0x40 | (3 << 2),
            (channels << 6) | (length >> 11) as u8,
            (length >> 3) as u8,
            ((length & 7) as u8) << 5 | 0x1f,
            0xfc,
        ];
        decoder.send_packet(&Packet::copy(&[&header[..], &packet.payload].concat())).unwrap();
        while decoder.receive_frame(&mut frame).is_ok() {
            out.extend_from_slice(frame.plane::<f32>(0));
        }
    }
    out
}

fn tone(n: usize) -> f32 {
    (n as f32 * std::f32::consts::TAU * 997.0 / 48_000.0).sin() * 0.5
}

#[test]
fn every_sample_is_there_one_priming_frame_later() {
    for (channels, count) in [(Channels::Mono, 1), (Channels::Stereo, 2)] {
        let burst = |n: usize| if (20_000..30_000).contains(&n) { tone(n) } else { 0.0 };
        let (encoder, packets) = encode(channels, 50, burst);
        assert_eq!(packets.len(), 48_000_usize.div_ceil(1024) + 1);
        assert!(packets.iter().all(|packet| packet.samples == 1024 && !packet.payload.is_empty()));
        let out = decode(&packets, count);
        let priming = encoder.priming_samples() as usize;
        assert!(out.len() >= 48_000 + priming);
        let match_at =
            |shift: usize| (20_000..30_000).map(|n| f64::from(burst(n)) * f64::from(out[n + shift])).sum::<f64>();
        let best = (1_024 - 60..1_024 + 60).max_by(|&a, &b| match_at(a).total_cmp(&match_at(b))).unwrap();
        assert_eq!(best, priming);
    }
}

#[test]
fn the_last_samples_are_there() {
    let (_, packets) = encode(Channels::Mono, 16, tone);
    let out = decode(&packets, 1);
    let end = &out[1024 + 15_360 - 960..1024 + 15_360];
    let worst = end.iter().enumerate().map(|(n, sample)| (sample - tone(14_400 + n)).abs()).fold(0.0, f32::max);
    assert!(worst < 0.05, "{worst}");
}

#[test]
fn the_configuration_says_aac_lc_at_48_khz() {
    for (channels, count) in [(Channels::Mono, 1), (Channels::Stereo, 2)] {
        let config = AacEncoder::new(SampleRate::HZ_48000, channels, 64_000).unwrap().audio_specific_config();
        // Object type 2 in 5 bits, frequency index 3 in 4, channels in 4.
        let first = u16::from_be_bytes([config[0], config[1]]);
        assert_eq!((first >> 11, first >> 7 & 15, first >> 3 & 15), (2, 3, count));
    }
}

#[test]
fn the_same_sound_gives_the_same_bytes() {
    assert_eq!(encode(Channels::Mono, 20, tone).1, encode(Channels::Mono, 20, tone).1);
}

#[test]
fn nothing_at_all_finishes_too() {
    let (_, packets) = encode(Channels::Mono, 0, tone);
    assert!(packets.len() <= 1, "{}", packets.len());
}

#[test]
fn another_rate_is_refused() {
    let refused = AacEncoder::new(SampleRate::HZ_16000, Channels::Mono, 64_000).err();
    assert!(matches!(refused, Some(AudioError::UnsupportedRate { rate_hz: 16_000 })));
}
