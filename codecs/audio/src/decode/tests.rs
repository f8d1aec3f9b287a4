//! What a decoder makes of packets: how many samples, where they lie, and that damaged ones harm nothing.

use std::f64::consts::TAU;

use proptest::prelude::*;

use super::*;

fn format(codec: AudioCodec, hz: u32, channels: Channels) -> AudioFormat {
    AudioFormat { codec, rate: SampleRate::new(hz).unwrap(), channels, packet_ms: 20 }
}

fn l16(hz: u32) -> Decoder {
    Decoder::new(format(AudioCodec::L16, hz, Channels::Mono)).unwrap()
}

fn bytes(samples: impl IntoIterator<Item = f64>) -> Vec<u8> {
    samples.into_iter().flat_map(|sample| ((sample * 32_767.0).round() as i16).to_le_bytes()).collect()
}

/// Decodes one spurt of packets of `packet_bytes`.
fn spurt(decoder: &mut Decoder, payload: &[u8], packet_bytes: usize) -> Vec<f32> {
    let mut out = Vec::new();
    for packet in payload.chunks(packet_bytes) {
        decoder.decode(packet, &mut out).unwrap();
    }
    decoder.finish_spurt(&mut out);
    out
}

fn opus_packets(channels: opus::Channels, samples: &[f32]) -> Vec<Vec<u8>> {
    let width = channels as usize;
    let mut encoder = opus::Encoder::new(48_000, channels, opus::Application::Audio).unwrap();
    encoder.set_bitrate(opus::Bitrate::Bits(96_000)).unwrap();
    samples.chunks_exact(960 * width).map(|block| encoder.encode_vec_float(block, 4000).unwrap()).collect()
}

fn power(samples: &[f32]) -> f64 {
    samples.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>() / samples.len() as f64
}

#[test]
fn a_spurt_has_48_samples_for_each_millisecond_whatever_the_rate_and_the_packets() {
    for hz in [8_000, 16_000, 32_000, 48_000] {
        for packets in [1, 2, 7, 50] {
            for packet_ms in [20, 30, 100] {
                let payload = bytes((0..packets * packet_ms * hz / 1000).map(|n| f64::from(n).sin() / 2.0));
                let out = spurt(&mut l16(hz), &payload, (packet_ms * hz / 500) as usize);
                assert_eq!(
                    out.len() as u32,
                    packets * packet_ms * 48,
                    "{packets} packets of {packet_ms} ms at {hz} Hz"
                );
            }
        }
    }
}

#[test]
fn a_click_stays_where_it_was() {
    for hz in [8_000_u32, 16_000, 32_000] {
        for at_ms in [0, 5, 40, 397] {
            let at = (at_ms * hz / 1000) as usize;
            let payload = bytes((0..hz as usize * 2 / 5).map(|n| if n == at { 0.9 } else { 0.0 }));
            let out = spurt(&mut l16(hz), &payload, (hz / 25) as usize);
            let peak = (0..out.len()).max_by(|&a, &b| out[a].abs().total_cmp(&out[b].abs())).unwrap();
            let off_samples = peak.abs_diff(at_ms as usize * 48);
            assert!(off_samples <= 1, "a click at {at_ms} ms of {hz} Hz is {off_samples} samples off");
        }
    }
}

#[test]
fn a_chirp_keeps_its_phase_and_its_loudness() {
    // 100 Hz to 3 kHz in 1 s.
    let chirp = |seconds: f64| 0.5 * (TAU * (100.0 * seconds + 1450.0 * seconds * seconds)).sin();
    for hz in [8_000_u32, 16_000, 32_000, 48_000] {
        let payload = bytes((0..hz).map(|n| chirp(f64::from(n) / f64::from(hz))));
        let out = spurt(&mut l16(hz), &payload, (hz / 25) as usize);
        // The first and last 20 ms ring, because the spurt begins and ends abruptly.
        let worst =
            (960..out.len() - 960).map(|n| (f64::from(out[n]) - chirp(n as f64 / 48_000.0)).abs()).fold(0.0, f64::max);
        assert!(worst < 2e-3, "{worst} at {hz} Hz");
    }
}

#[test]
fn each_spurt_begins_clean() {
    let payload = bytes((0..3_200).map(|n| (f64::from(n) / 7.0).sin()));
    let mut decoder = l16(16_000);
    let first = spurt(&mut decoder, &payload, 640);
    let second = spurt(&mut decoder, &payload, 640);
    assert_eq!(first, second);
    let mut nothing = Vec::new();
    decoder.finish_spurt(&mut nothing);
    assert!(nothing.is_empty());
}

#[test]
fn stereo_is_mixed_down() {
    let mut decoder = Decoder::new(format(AudioCodec::L16, 48_000, Channels::Stereo)).unwrap();
    let out = spurt(&mut decoder, &bytes([0.5, 0.25, -1.0, 1.0]), 8);
    assert!((out[0] - 0.375).abs() < 1e-4 && out[1].abs() < 1e-4, "{out:?}");
}

#[test]
fn a_law_is_decoded_by_its_table_and_resampled() {
    let mut decoder = Decoder::new(format(AudioCodec::G711Alaw, 8_000, Channels::Mono)).unwrap();
    let silence = spurt(&mut decoder, &[0xd5; 1_600], 160);
    assert_eq!(silence.len(), 9_600);
    assert!(silence.iter().all(|sample| sample.abs() < 1e-3));
}

#[test]
fn opus_packets_give_20_ms_each_and_nothing_waits() {
    let tone: Vec<f32> = (0..48_000).map(|n| (n as f32 * 0.05).sin() * 0.4).collect();
    let mut decoder = Decoder::new(format(AudioCodec::Opus, 48_000, Channels::Mono)).unwrap();
    let mut out = Vec::new();
    for (count, packet) in (1..).zip(opus_packets(opus::Channels::Mono, &tone)) {
        decoder.decode(&packet, &mut out).unwrap();
        assert_eq!(out.len(), count * 960);
    }
    decoder.finish_spurt(&mut out);
    assert_eq!(out.len(), 48_000);
    assert!((power(&out[4_800..]) / power(&tone[4_800..]) - 1.0).abs() < 0.05);
}

#[test]
fn opus_delays_only_by_its_encoders_look_ahead() {
    let mut encoder = opus::Encoder::new(48_000, opus::Channels::Mono, opus::Application::Audio).unwrap();
    let look_ahead = encoder.get_lookahead().unwrap() as usize;
    let mut sound = vec![0.0; 48_000];
    for (n, sample) in sound[24_000..28_800].iter_mut().enumerate() {
        *sample = (n as f32 * 0.13).sin() * 0.5;
    }
    let mut decoder = Decoder::new(format(AudioCodec::Opus, 48_000, Channels::Mono)).unwrap();
    let mut out = Vec::new();
    for packet in opus_packets(opus::Channels::Mono, &sound) {
        decoder.decode(&packet, &mut out).unwrap();
    }
    let match_at =
        |shift: usize| (24_000..28_800).map(|n| f64::from(sound[n]) * f64::from(out[n + shift])).sum::<f64>();
    let best = (0..960).max_by(|&a, &b| match_at(a).total_cmp(&match_at(b))).unwrap();
    assert!(best.abs_diff(look_ahead) <= 2, "{best} samples instead of {look_ahead}");
}

#[test]
fn stereo_opus_is_mixed_down() {
    let left = |n: usize| (n as f32 * 0.05).sin() * 0.4;
    let same: Vec<f32> = (0..19_200).flat_map(|n| [left(n), left(n)]).collect();
    let one_sided: Vec<f32> = (0..19_200).flat_map(|n| [left(n), 0.0]).collect();
    let decoded = |samples: &[f32]| {
        let mut decoder = Decoder::new(format(AudioCodec::Opus, 48_000, Channels::Stereo)).unwrap();
        let mut out = Vec::new();
        for packet in opus_packets(opus::Channels::Stereo, samples) {
            decoder.decode(&packet, &mut out).unwrap();
        }
        assert_eq!(out.len(), 19_200);
        power(&out[4_800..])
    };
    assert!((decoded(&same) / 0.08 - 1.0).abs() < 0.05);
    assert!((decoded(&one_sided) / 0.02 - 1.0).abs() < 0.1);
}

#[cfg(feature = "ffmpeg")]
#[test]
fn g722_is_decoded_to_the_tone_it_was_made_of() {
    let tone: Vec<i16> =
        (0..16_000).map(|n| ((f64::from(n) * TAU * 440.0 / 16_000.0).sin() * 12_000.0) as i16).collect();
    let payload = g722_packets(&tone);
    let mut decoder = Decoder::new(format(AudioCodec::G722, 16_000, Channels::Mono)).unwrap();
    let out = spurt(&mut decoder, &payload, 160);
    assert_eq!(out.len(), 48_000);
    let expected = (12_000.0_f64 / 32_768.0).powi(2) / 2.0;
    assert!((power(&out[9_600..38_400]) / expected - 1.0).abs() < 0.1);
    let again = spurt(&mut decoder, &payload, 160);
    assert_eq!(out, again, "each spurt begins with fresh predictors");
}

#[cfg(feature = "ffmpeg")]
fn g722_packets(samples: &[i16]) -> Vec<u8> {
    use ffmpeg_next::{ChannelLayout, Packet, codec, encoder, format, frame};
    let found = encoder::find(codec::Id::ADPCM_G722).unwrap();
    let mut audio = codec::Context::new_with_codec(found).encoder().audio().unwrap();
    let packed = format::Sample::I16(format::sample::Type::Packed);
    audio.set_rate(16_000);
    audio.set_format(packed);
    audio.set_channel_layout(ChannelLayout::MONO);
    let mut encoder = audio.open_as(found).unwrap();
    let mut payload = Vec::new();
    for block in samples.chunks_exact(320) {
        let mut frame = frame::Audio::new(packed, 320, ChannelLayout::MONO);
        frame.set_rate(16_000);
        frame.plane_mut::<i16>(0).copy_from_slice(block);
        encoder.send_frame(&frame).unwrap();
        let mut packet = Packet::empty();
        while encoder.receive_packet(&mut packet).is_ok() {
            payload.extend_from_slice(packet.data().unwrap());
        }
    }
    payload
}

#[test]
fn a_format_that_cannot_be_decoded_is_refused() {
    let refused = Decoder::new(format(AudioCodec::G722, 48_000, Channels::Stereo));
    assert!(matches!(refused.err(), Some(AudioError::UnsupportedFormat { .. })));
}

#[test]
fn a_damaged_packet_is_an_error_and_the_spurt_as_if_it_had_not_come() {
    let mut decoder = l16(16_000);
    let mut out = Vec::new();
    assert!(matches!(decoder.decode(&[], &mut out), Err(AudioError::EmptyPacket)));
    decoder.decode(&[0; 640], &mut out).unwrap();
    assert!(matches!(decoder.decode(&[0; 641], &mut out), Err(AudioError::PartialSample { .. })));
    assert!(matches!(decoder.decode(&vec![0; 1 << 20], &mut out), Err(AudioError::PacketTooLong { .. })));
    decoder.finish_spurt(&mut out);
    assert_eq!(out.len(), 960);

    let mut decoder = Decoder::new(format(AudioCodec::Opus, 48_000, Channels::Mono)).unwrap();
    // Code 3 with a count of 0 frames (RFC 6716 §3.2.5).
    assert!(matches!(decoder.decode(&[0xff, 0x00], &mut out), Err(AudioError::Opus { bytes: 2, .. })));
    assert_eq!(out.len(), 960);
}

proptest! {
    #[test]
    fn no_packet_panics_or_gives_more_than_it_may(
        payload in prop::collection::vec(any::<u8>(), 0..400),
        codec in prop::sample::select(vec![AudioCodec::L16, AudioCodec::G711Alaw, AudioCodec::Opus, AudioCodec::G722]),
        hz in prop::sample::select(vec![8_000, 16_000, 48_000]),
        stereo: bool,
    ) {
        let channels = if stereo { Channels::Stereo } else { Channels::Mono };
        let Ok(mut decoder) = Decoder::new(format(codec, hz, channels)) else { return Ok(()) };
        let mut out = Vec::new();
        for _ in 0..3 {
            // An error is an answer too.
            let _answer = decoder.decode(&payload, &mut out);
        }
        decoder.finish_spurt(&mut out);
        prop_assert!(out.len() <= 3 * 5_760.max(payload.len() * 6));
        prop_assert!(out.iter().all(|sample| sample.is_finite()));
    }
}
