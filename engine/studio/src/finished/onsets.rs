//! When a finished file beeps and flashes, found by the ffmpeg program, which decodes it, and by symphonia, which shares no code with
//! it. What should have been found where is in `judge`.

use std::{
    io::Read,
    path::Path,
    process::{Command, Stdio},
};

use symphonia::core::{
    codecs::{CodecParameters, audio::AudioDecoderOptions},
    formats::TrackType,
};

use crate::verify;

/// The rate at which sound is listened to, in samples a millisecond.
const PER_MS: usize = 8;
/// What amplitude only a beep has: half of its own.
const LOUD: f32 = 0.25;
/// For how long after a beep began none begins, in milliseconds.
const DEAF_MS: f64 = 300.0;
/// The size at which pictures are looked at.
const SIDES: (usize, usize) = (40, 22);
/// From which brightness on something is white, of 255, and how much of a picture that must be: a tile of four is a quarter.
const WHITE: u8 = 150;
const WHITE_SHARE: f64 = 0.08;
/// How many samples a file hides before the first that is heard; symphonia reads no edits.
const PRIMING_SAMPLES: f64 = 1_024.0;

/// Runs the ffmpeg program on a file, which must not give it a reason to complain, and shows `take` what comes out.
fn decode(file: &Path, args: &[&str], take: impl FnOnce(&mut dyn Read)) {
    decode_from(file, &[], args, take);
}

/// The same with arguments that tell ffmpeg how to read it.
fn decode_from(file: &Path, how: &[&str], args: &[&str], take: impl FnOnce(&mut dyn Read)) {
    // Raw samples do not say what they are.
    let is_raw = file.extension().is_some_and(|extension| extension == "raw");
    let shape: &[&str] = if is_raw { &["-f", "s16le", "-ar", "16000", "-ac", "1"] } else { &[] };
    let complaints = if is_raw { "error" } else { "warning" };
    let mut command = Command::new("ffmpeg");
    command.args(["-v", complaints, "-xerror"]).args(shape).args(how).arg("-i").arg(file).args(args);
    let mut decoder = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    take(decoder.stdout.as_mut().unwrap());
    let done = decoder.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.trim().is_empty(), "ffmpeg {}: {said}", file.display());
}

/// Where beeps begin in a stream of loudness.
#[derive(Default)]
struct Beeps {
    found_ms: Vec<f64>,
}

impl Beeps {
    fn hear(&mut self, at_ms: f64, sample: f32) {
        if sample.abs() > LOUD && self.found_ms.last().is_none_or(|last_ms| at_ms - last_ms > DEAF_MS) {
            self.found_ms.push(at_ms);
        }
    }
}

/// When a file beeps, in milliseconds from its second 0.
pub(super) fn beeps_ms(file: &Path) -> Vec<f64> {
    let rate = (PER_MS * 1_000).to_string();
    let sound = ["-map", "0:a", "-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar", &rate, "-f", "s16le", "-"];
    let mut beeps = Beeps::default();
    decode(file, &sound, |samples| {
        let (mut block, mut n) = (vec![0; 1 << 16], 0_u64);
        loop {
            let mut filled = 0;
            while filled < block.len() {
                match samples.read(&mut block[filled..]).unwrap() {
                    0 => break,
                    more => filled += more,
                }
            }
            for sample in block[..filled].as_chunks::<2>().0 {
                beeps.hear(n as f64 / PER_MS as f64, f32::from(i16::from_le_bytes(*sample)) / 32_768.0);
                n += 1;
            }
            if filled < block.len() {
                return;
            }
        }
    });
    beeps.found_ms
}

/// The sound of a file from a millisecond on, at 16 kHz, as a player hears it that jumps there.
pub(super) fn heard(file: &Path, from_ms: i64, for_ms: i64) -> Vec<f64> {
    let [from, length] = [from_ms, for_ms].map(|ms| (ms as f64 / 1_000.0).to_string());
    let sound = ["-map", "0:a", "-ac", "1", "-ar", "16000", "-f", "s16le", "-"];
    let mut bytes = Vec::new();
    decode_from(file, &["-ss", &from, "-t", &length], &sound, |samples| {
        samples.read_to_end(&mut bytes).unwrap();
    });
    bytes.as_chunks::<2>().0.iter().map(|sample| f64::from(i16::from_le_bytes(*sample))).collect()
}

/// When a file begins to be white, in milliseconds from its second 0.
pub(super) fn flashes_ms(file: &Path) -> Vec<f64> {
    let times_ms = packet_times_ms(file, "v:0");
    let scale = format!("scale={}:{}:flags=area,format=gray", SIDES.0, SIDES.1);
    let look = ["-map", "0:v", "-vf", &scale, "-fps_mode", "passthrough", "-f", "rawvideo", "-"];
    let (mut found_ms, mut was_white, mut shown) = (Vec::new(), false, 0);
    decode(file, &look, |pictures| {
        let mut picture = vec![0; SIDES.0 * SIDES.1];
        while pictures.read_exact(&mut picture).is_ok() {
            let white = picture.iter().filter(|luma| **luma >= WHITE).count();
            let is_white = white as f64 >= WHITE_SHARE * picture.len() as f64;
            if is_white && !was_white {
                found_ms.push(times_ms[shown]);
            }
            was_white = is_white;
            shown += 1;
        }
    });
    assert_eq!(shown, times_ms.len(), "pictures in {}", file.display());
    found_ms
}

/// When each packet of a stream is presented, in milliseconds, as ffprobe says.
pub(super) fn packet_times_ms(file: &Path, stream: &str) -> Vec<f64> {
    let entries = ["-v", "warning", "-select_streams", stream, "-show_entries", "packet=pts_time", "-of", "csv=p=0"];
    let told = Command::new("ffprobe").args(entries).arg(file).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&told.stderr), "", "{}", file.display());
    let lines = String::from_utf8(told.stdout).unwrap();
    let seconds = lines.lines().map(|line| line.trim_end_matches(',')).filter(|line| !line.is_empty());
    let mut times_ms: Vec<f64> = seconds.map(|seconds| seconds.parse::<f64>().unwrap() * 1_000.0).collect();
    times_ms.sort_by(f64::total_cmp);
    times_ms
}

/// What symphonia reads of a file.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// When each packet of pictures is presented, in milliseconds.
    pub(super) pictures_ms: Vec<f64>,
    /// When it beeps, likewise; empty if its sound was not decoded.
    pub(super) beeps_ms: Vec<f64>,
    /// How long its sound is, likewise, what is hidden included.
    pub(super) sound_ms: f64,
}

/// Reads a file with symphonia. Packets of sound must follow each other without a hole.
pub(super) fn read_by_symphonia(file: &Path, is_decoded: bool) -> Reading {
    let mut reader = verify::open(file, "mp4").unwrap();
    let tracks = [TrackType::Audio, TrackType::Video].map(|kind| reader.default_track(kind).cloned().unwrap());
    let Some(CodecParameters::Audio(parameters)) = &tracks[0].codec_params else { panic!("no sound") };
    let options = AudioDecoderOptions::default();
    let mut decoder = symphonia::default::get_codecs().make_audio_decoder(parameters, &options).unwrap();
    let per_ms = f64::from(verify::audio_rate_hz(&tracks[0]).unwrap()) / 1_000.0;
    let base = tracks[1].time_base.unwrap();
    let tick_ms = f64::from(base.numer.get()) * 1_000.0 / f64::from(base.denom.get());
    let (mut read, mut beeps, mut heard, mut samples) =
        (Reading::default(), Beeps::default(), 0_u64, Vec::<f32>::new());
    while let Some(packet) = reader.next_packet().unwrap() {
        if packet.track_id == tracks[1].id {
            read.pictures_ms.push(packet.pts.get() as f64 * tick_ms);
            continue;
        }
        assert_eq!(packet.pts.get(), heard as i64, "a hole in the sound");
        if is_decoded {
            decoder.decode(&packet).unwrap().copy_to_vec_interleaved(&mut samples);
            for (n, sample) in samples.iter().enumerate() {
                beeps.hear((heard as f64 + n as f64 - PRIMING_SAMPLES) / per_ms, *sample);
            }
        }
        heard += packet.dur.get();
    }
    read.pictures_ms.sort_by(f64::total_cmp);
    Reading { beeps_ms: beeps.found_ms, sound_ms: heard as f64 / per_ms, ..read }
}
