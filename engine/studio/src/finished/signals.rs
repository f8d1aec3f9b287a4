//! What is heard and seen of a scripted meeting, as payloads: a beep and a flash whose first sample and first picture are known to the
//! millisecond, and what is between them. When they are sent is decided in `meeting`.

use std::{f64::consts::TAU, process::Command};

use bytes::Bytes;
use media::AudioCodec;

/// How much time one packet covers, in milliseconds.
pub(super) const PACKET_MS: i64 = 20;
/// How long a beep is, in milliseconds, and what amplitude it has; nothing else but speech has half of that.
const BEEP_MS: f64 = 100.0;
const BEEP: f64 = 0.5;
/// What somebody who speaks sounds like where loudness tells who does: -33 dBFS.
const HUM: f64 = 0.03;
/// How many packets before the one with the beep are replaced, so that an Opus decoder knows what it begins in, and how many after it.
const OPUS_LEAD: usize = 5;
const OPUS_TAIL: usize = 10;
/// How many packets a beep touches at most.
const TOUCHED: usize = 6;
/// By how much the Opus encoder delays what it hears, in milliseconds, at its lowest delay.
const OPUS_DELAY_MS: f64 = 2.5;
/// 20 ms of silence in Opus.
const OPUS_SILENCE: [u8; 3] = [0xF8, 0xFF, 0xFE];

/// The size of every picture.
pub(super) const WIDTH: u32 = 160;
pub(super) const HEIGHT: u32 = 90;
/// How many pictures a dark and a white run have; each begins with one that can be decoded by itself.
const DARK_PICTURES: usize = 110;
const WHITE_PICTURES: usize = 12;

/// Payloads of one kind of sound, and of pictures.
pub(super) struct Signals {
    pub(super) codec: AudioCodec,
    pub(super) silence: Bytes,
    pub(super) hum: Bytes,
    /// By the millisecond of the packet in which the beep begins.
    beeps: Vec<Vec<Bytes>>,
    /// How many packets of a beep come before the one in which it begins.
    lead: usize,
    dark: Vec<Bytes>,
    white: Vec<Bytes>,
    /// A dark slide and a white one.
    slides: [Bytes; 2],
}

impl Signals {
    /// In that coding.
    pub(super) fn of(codec: AudioCodec) -> Self {
        let lead = if codec == AudioCodec::Opus { OPUS_LEAD } else { 0 };
        let beeps = (0..PACKET_MS).map(|offset_ms| beep(codec, lead, offset_ms as f64)).collect();
        let (silence, hum) = match codec {
            AudioCodec::Opus => (Bytes::from_static(&OPUS_SILENCE), Bytes::from_static(&OPUS_SILENCE)),
            _ => (l16(&|_| 0.0, 0), l16(&hum, 0)),
        };
        let mut dark = pictures();
        let white = dark.split_off(DARK_PICTURES);
        Self { codec, silence, hum, beeps, lead, dark, white, slides: [40, 220].map(slide) }
    }

    /// The packet that lies `packets` after the one in which a beep begins, at that millisecond of it; `None` where the beep changes
    /// nothing.
    pub(super) fn beep(&self, offset_ms: i64, packets: i64) -> Option<Bytes> {
        let run = self.beeps.get(usize::try_from(offset_ms).ok()?)?;
        run.get(usize::try_from(packets + self.lead as i64).ok()?).cloned()
    }

    /// Picture `n` of a run, of which the first can be decoded by itself.
    pub(super) fn picture(&self, is_white: bool, n: usize) -> Bytes {
        let run = if is_white { &self.white } else { &self.dark };
        run[n.min(run.len() - 1)].clone()
    }

    pub(super) fn slide(&self, is_white: bool) -> Bytes {
        self.slides[usize::from(is_white)].clone()
    }
}

fn hum(at_ms: f64) -> f64 {
    HUM * (TAU * at_ms / 5.0).sin()
}

fn beep(codec: AudioCodec, lead: usize, offset_ms: f64) -> Vec<Bytes> {
    let begins_ms = lead as f64 * PACKET_MS as f64 + offset_ms;
    let sound = |at_ms: f64| {
        let into_ms = at_ms - begins_ms;
        if (0.0..BEEP_MS).contains(&into_ms) { BEEP * (TAU * into_ms).sin() } else { 0.0 }
    };
    if codec != AudioCodec::Opus {
        return (0..TOUCHED).map(|n| l16(&|at_ms| sound(at_ms) + hum(at_ms), n)).collect();
    }
    let mut encoder = opus::Encoder::new(48_000, opus::Channels::Mono, opus::Application::LowDelay).unwrap();
    encoder.set_bitrate(opus::Bitrate::Bits(96_000)).unwrap();
    let packet = |n: usize| -> Vec<f32> {
        (n * 960..(n + 1) * 960).map(|sample| sound(sample as f64 / 48.0 + OPUS_DELAY_MS) as f32).collect()
    };
    let packets = lead + TOUCHED + OPUS_TAIL;
    (0..packets).map(|n| encoder.encode_vec_float(&packet(n), 4_000).unwrap().into()).collect()
}

/// Packet `n` of a sound as 16 kHz L16.
fn l16(sound: &dyn Fn(f64) -> f64, n: usize) -> Bytes {
    let samples = (n * 320..(n + 1) * 320).map(|sample| (sound(sample as f64 / 16.0) * 32_767.0) as i16);
    samples.flat_map(i16::to_le_bytes).collect::<Vec<u8>>().into()
}

fn ffmpeg(args: &[&str]) -> Vec<u8> {
    let made = Command::new("ffmpeg").args(["-v", "error", "-f", "lavfi", "-i"]).args(args).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    made.stdout
}

/// Access units of a dark run and a white one.
fn pictures() -> Vec<Bytes> {
    let source = format!("nullsrc=s={WIDTH}x{HEIGHT}:r=25,geq=lum='if(lt(N,{DARK_PICTURES}),40,220)':cb=128:cr=128");
    let (keys, count) = (DARK_PICTURES.to_string(), (DARK_PICTURES + WHITE_PICTURES).to_string());
    let coding = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-threads", "1", "-g", &keys];
    let rest = ["-x264-params", "aud=1:scenecut=0", "-f", "h264", "-"];
    let stream = ffmpeg(&[&[&source, "-frames:v", &count, "-pix_fmt", "yuv420p"], &coding[..], &rest[..]].concat());
    // Each begins with a delimiter.
    let begins = stream.windows(5).enumerate().filter(|(_, bytes)| *bytes == [0, 0, 0, 1, 9]).map(|(at, _)| at);
    let begins: Vec<usize> = begins.chain([stream.len()]).collect();
    assert_eq!(begins.len(), DARK_PICTURES + WHITE_PICTURES + 1);
    begins.windows(2).map(|unit| Bytes::copy_from_slice(&stream[unit[0]..unit[1]])).collect()
}

/// A still that is all of one brightness.
fn slide(luma: u8) -> Bytes {
    let source = format!("nullsrc=s={WIDTH}x{HEIGHT},geq=lum={luma}:cb=128:cr=128");
    ffmpeg(&[&source, "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "-"]).into()
}
