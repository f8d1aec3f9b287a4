//! Renders to real files and measures them from outside.

use std::{fs, path::Path, process::Command};

use mp4::Step as FileStep;
use timeline::Timeline;

use super::{meeting::Meeting, sources::chirp};
use crate::{Choice, MixedVideo, Outcome, Settings, Step, Work};

/// A finished render.
pub(super) struct Made {
    _dir: tempfile::TempDir,
    pub(super) plain: String,
    pub(super) growing: String,
    pub(super) outcome: Outcome,
    pub(super) work: Work,
}

/// A small canvas, so that tests are quick.
pub(super) fn small() -> Settings {
    Settings { canvas_width: 320, canvas_height: 180, ..Settings::default() }
}

/// Renders into files: the fragmented one as it grew, and the plain one.
pub(super) fn make(meeting: &mut Meeting, timeline: &Timeline, choice: Choice) -> Made {
    make_with(meeting, timeline, choice, small())
}

/// The same with other settings.
pub(super) fn make_with(meeting: &mut Meeting, timeline: &Timeline, choice: Choice, settings: Settings) -> Made {
    let (growing, plain, video) = run_to_end(meeting, timeline, choice, settings);
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (plain_path, growing_path) = (path("plain.mp4"), path("growing.mp4"));
    fs::write(&plain_path, plain).unwrap();
    fs::write(&growing_path, growing).unwrap();
    let (outcome, work) = (video.outcome(), video.work());
    Made { _dir: dir, plain: plain_path, growing: growing_path, outcome, work }
}

/// The bytes of the growing and of the plain file.
pub(super) fn render(meeting: &mut Meeting, timeline: &Timeline, choice: Choice) -> (Vec<u8>, Vec<u8>, Outcome) {
    let (growing, plain, video) = run_to_end(meeting, timeline, choice, small());
    (growing, plain, video.outcome())
}

fn run_to_end(
    meeting: &mut Meeting,
    timeline: &Timeline,
    choice: Choice,
    settings: Settings,
) -> (Vec<u8>, Vec<u8>, MixedVideo) {
    let video = MixedVideo::new(timeline.clone(), choice, settings).unwrap();
    finish(meeting, video, Vec::new(), timeline)
}

/// Makes the rest of a video of which the growing file has this much.
pub(super) fn finish(
    meeting: &mut Meeting,
    mut video: MixedVideo,
    mut growing: Vec<u8>,
    timeline: &Timeline,
) -> (Vec<u8>, Vec<u8>, MixedVideo) {
    let finish = loop {
        match video.step(meeting).unwrap() {
            Step::Append(pieces) => pieces.iter().for_each(|piece| growing.extend_from_slice(piece)),
            Step::Done(finish) => break finish,
        }
    };
    assert_eq!(video.progress(), timeline.end);
    let total_bytes = finish.len();
    let mut plain = Vec::new();
    for step in finish {
        match step {
            FileStep::Bytes(bytes) => plain.extend_from_slice(&bytes),
            FileStep::Copy { offset, len } => {
                plain.extend_from_slice(&growing[offset as usize..(offset + len) as usize]);
            }
        }
    }
    assert_eq!(plain.len() as u64, total_bytes);
    (growing, plain, video)
}

fn run(program: &str, arguments: &[&str]) -> Vec<u8> {
    let done = Command::new(program).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.trim().is_empty(), "{program} {arguments:?}: {said}");
    done.stdout
}

/// Decodes everything; any word of complaint is a failure.
pub(super) fn assert_decodes(path: &str) {
    run("ffmpeg", &["-v", "warning", "-xerror", "-i", path, "-map", "0", "-f", "null", "-"]);
}

/// One h264 and one aac stream whose durations, and the file's, are `seconds` within 40 ms.
pub(super) fn assert_shape(path: &str, seconds: f64) {
    assert!(Path::new(path).exists());
    let entries = "stream=codec_name,duration:format=duration";
    let told = run("ffprobe", &["-v", "error", "-show_entries", entries, "-of", "csv=p=0", path]);
    let told = String::from_utf8(told).unwrap();
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 3, "{told}");
    let near = |text: &str| (text.parse::<f64>().unwrap() - seconds).abs() <= 0.040;
    assert!(lines[0].strip_prefix("h264,").is_some_and(near), "{told}");
    assert!(lines[1].strip_prefix("aac,").is_some_and(near), "{told}");
    assert!(near(lines[2]), "{told}");
}

/// The presentation times of the pictures, in milliseconds.
pub(super) fn picture_times_ms(path: &str) -> Vec<i64> {
    let arguments = ["-v", "error", "-select_streams", "v", "-show_entries", "frame=pts_time", "-of", "csv=p=0", path];
    let told = String::from_utf8(run("ffprobe", &arguments)).unwrap();
    // Side data makes empty lines.
    let lines = told.lines().map(|line| line.trim_end_matches(',')).filter(|line| !line.is_empty());
    let seconds = lines.map(|line| line.parse::<f64>().unwrap());
    seconds.map(|seconds| (seconds * 1000.0).round() as i64).collect()
}

/// The brightness in the middle of each decoded picture.
pub(super) fn lumas(path: &str) -> Vec<u8> {
    let middle = "crop=8:8,format=gray,scale=1:1:flags=area";
    run("ffmpeg", &["-v", "error", "-i", path, "-map", "0:v", "-vf", middle, "-vsync", "0", "-f", "rawvideo", "-"])
}

/// The brightness of every pixel of the picture that is shown at each of these moments.
pub(super) fn pictures_at(path: &str, at_ms: &[i64]) -> Vec<Vec<u8>> {
    let times_ms = picture_times_ms(path);
    let gray = ["-pix_fmt", "gray", "-f", "rawvideo"];
    at_ms.iter().map(|at_ms| picture_at(path, &times_ms, *at_ms, &gray)).collect()
}

/// The picture that is shown at a moment, in the format that the arguments tell ffmpeg; `times_ms` as of [`picture_times_ms`].
pub(super) fn picture_at(path: &str, times_ms: &[i64], at_ms: i64, format: &[&str]) -> Vec<u8> {
    let index = times_ms.partition_point(|time_ms| *time_ms <= at_ms) - 1;
    let filter = format!("select=eq(n\\,{index})");
    let input = ["-v", "error", "-i", path, "-map", "0:v", "-vf", &filter, "-frames:v", "1", "-vsync", "0"];
    run("ffmpeg", &[&input[..], format, &["-"]].concat())
}

/// A digest of each decoded picture, with its time.
pub(super) fn picture_digests(path: &str) -> Vec<String> {
    let arguments = ["-v", "error", "-i", path, "-map", "0:v", "-vsync", "0", "-f", "framemd5", "-"];
    let told = String::from_utf8(run("ffmpeg", &arguments)).unwrap();
    told.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

/// The counter that each decoded picture of the pack shows, in a file of that size.
pub(super) fn counters(path: &str, width: usize, height: usize) -> Vec<Option<u16>> {
    let arguments =
        ["-v", "error", "-i", path, "-map", "0:v", "-pix_fmt", "gray", "-vsync", "0", "-f", "rawvideo", "-"];
    let pictures = run("ffmpeg", &arguments);
    pictures.chunks_exact(width * height).map(|luma| fixtures::counter::read(luma, width, width, height)).collect()
}

/// The sound as 48 kHz mono from second 0 on; what a fragmented file has before that, ffmpeg does not cut by itself.
pub(super) fn sound(path: &str) -> Vec<f32> {
    let from_0 = "aresample=48000:async=1:first_pts=0";
    let arguments =
        ["-v", "error", "-copyts", "-i", path, "-map", "0:a", "-af", from_0, "-ac", "1", "-f", "f32le", "-"];
    let raw = run("ffmpeg", &arguments);
    raw.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

/// A file of sound alone as a listener hears it, at 48 kHz mono; raw samples have no header to tell what they are.
pub(super) fn heard_of(path: &str, is_raw: bool) -> Vec<f32> {
    let shape: &[&str] = if is_raw { &["-f", "s16le", "-ar", "16000", "-ac", "1"] } else { &[] };
    let rest = ["-i", path, "-ac", "1", "-ar", "48000", "-f", "f32le", "-"];
    let arguments = [&["-v", "error"], shape, &rest].concat();
    run("ffmpeg", &arguments).as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

/// The integrated loudness in LUFS, the range in LU and the true peak in dB of full scale, by ffmpeg's meter.
pub(super) fn loudness(path: &str) -> [f64; 3] {
    let arguments = ["-nostats", "-i", path, "-af", "ebur128=peak=true", "-f", "null", "-"];
    let said = Command::new("ffmpeg").args(arguments).output().unwrap().stderr;
    let said = String::from_utf8(said).unwrap();
    let summary = said.split("Summary:").nth(1).unwrap();
    let figure = |name: &str| {
        let line = summary.lines().find_map(|line| line.trim().strip_prefix(name)).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    };
    [figure("I:"), figure("LRA:"), figure("Peak:")]
}

/// How far the chirp that should begin at `at_ms` lies from there, in milliseconds, and how well it fits, up to 1.
pub(super) fn chirp_offset_ms(sound: &[f32], at_ms: usize) -> (f64, f64) {
    let chirp = chirp(48_000);
    let reach = 48 * 12;
    let expected = at_ms * 48;
    let energy = |samples: &[f32]| samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>().sqrt();
    let chirp_energy = energy(&chirp);
    let fits = (expected.saturating_sub(reach)..expected + reach).filter_map(|start| {
        let part = sound.get(start..start + chirp.len())?;
        let product: f64 = part.iter().zip(&chirp).map(|(a, b)| f64::from(a * b)).sum();
        Some((start, product / (energy(part) * chirp_energy).max(1e-9)))
    });
    let (start, fit) = fits.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    ((start as f64 - expected as f64) / 48.0, fit)
}

/// Whether nothing is heard from one place to another.
pub(super) fn is_silent(sound: &[f32], from_ms: usize, to_ms: usize) -> bool {
    sound[from_ms * 48..to_ms * 48].iter().all(|sample| sample.abs() < 0.003)
}
