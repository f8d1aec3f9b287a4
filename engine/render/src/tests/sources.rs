//! Sound and pictures whose content tells their own time.

use std::process::Command;

use bytes::Bytes;
use media::TrackKind;
use video::h264::{NalKind, nals};

use super::meeting::Meeting;

/// How long a chirp lasts.
pub(super) const CHIRP_MS: usize = 400;

/// A tone that rises from 300 to 3000 Hz, so that it fits itself at one place only.
pub(super) fn chirp(rate_hz: usize) -> Vec<f32> {
    let samples = rate_hz * CHIRP_MS / 1000;
    let seconds = CHIRP_MS as f64 / 1000.0;
    (0..samples)
        .map(|n| {
            let t = n as f64 / rate_hz as f64;
            let phase = std::f64::consts::TAU * (300.0 * t + (3000.0 - 300.0) * t * t / (2.0 * seconds));
            0.4 * phase.sin() as f32
        })
        .collect()
}

/// Sends a chirp as 16 kHz L16 in packets of 20 ms.
pub(super) fn send_l16_chirp(meeting: &mut Meeting, source: i64, at_ms: i64) {
    for (index, packet) in chirp(16_000).chunks(320).enumerate() {
        let bytes: Vec<u8> = packet.iter().flat_map(|sample| ((sample * 32_767.0) as i16).to_le_bytes()).collect();
        meeting.media(TrackKind::Audio, source, at_ms + 20 * index as i64, bytes);
    }
}

/// Sends a chirp as Opus in packets of 20 ms; its encoder delays it by 2.5 ms.
pub(super) fn send_opus_chirp(meeting: &mut Meeting, source: i64, at_ms: i64) {
    let mut encoder = opus::Encoder::new(48_000, opus::Channels::Mono, opus::Application::LowDelay).unwrap();
    encoder.set_bitrate(opus::Bitrate::Bits(96_000)).unwrap();
    let mut sound = chirp(48_000);
    sound.resize(sound.len() + 960, 0.0);
    for (index, packet) in sound.chunks(960).enumerate() {
        meeting.media(
            TrackKind::Audio,
            source,
            at_ms + 20 * index as i64,
            encoder.encode_vec_float(packet, 4_000).unwrap(),
        );
    }
}

/// The brightness of picture `n`: 20 values, 10 apart.
fn luma_of(n: usize) -> u8 {
    30 + 10 * (n % 20) as u8
}

/// The same as ffmpeg's grey, which has full range: what is 16 in the stream is 0 there, and 235 is 255.
pub(super) fn grey_of(n: usize) -> u8 {
    ((f64::from(luma_of(n)) - 16.0) * 255.0 / 219.0).round() as u8
}

/// Access units of `frames` grey pictures at 25 a second, made by the ffmpeg program with x264; picture `n` has the
/// brightness [`luma_of`] says.
pub(super) fn pictures(width: u32, height: u32, frames: usize, keys: u32) -> Vec<Bytes> {
    let source = format!("nullsrc=s={width}x{height}:r=25,geq=lum='30+10*mod(N,20)':cb=128:cr=128");
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", &source, "-frames:v", &frames.to_string(), "-pix_fmt", "yuv420p"])
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", &keys.to_string(), "-threads", "1"])
        .args(["-x264-params", "aud=1:scenecut=0", "-f", "h264", "-"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut units: Vec<Vec<u8>> = Vec::new();
    for nal in nals(&made.stdout) {
        if nal.kind == NalKind::Delimiter {
            units.push(Vec::new());
        }
        let unit = units.last_mut().unwrap();
        unit.extend_from_slice(&[0, 0, 0, 1]);
        unit.extend_from_slice(nal.bytes);
    }
    assert_eq!(units.len(), frames);
    units.into_iter().map(Bytes::from).collect()
}

/// Sends pictures at 25 a second.
pub(super) fn send_pictures(meeting: &mut Meeting, source: i64, at_ms: i64, pictures: &[Bytes]) {
    for (index, picture) in pictures.iter().enumerate() {
        meeting.media(TrackKind::Video, source, at_ms + 40 * index as i64, picture.clone());
    }
}
