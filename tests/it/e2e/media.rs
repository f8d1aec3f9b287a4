//! What ffprobe and ffmpeg say about a finished file, and what is heard and seen in it.

use std::{
    io::Read,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use symphonia::core::{
    codecs::{CodecParameters, audio::AudioDecoderOptions},
    formats::{FormatOptions, TrackType, probe::Hint},
    io::MediaSourceStream,
    meta::MetadataOptions,
};

/// The rate at which sound is compared, in hertz: that of the known speech.
const RATE_HZ: usize = 16_000;

fn run(program: &str, args: &[&str], file: &Path, rest: &[&str]) -> Output {
    let output = Command::new(program).args(args).arg(file).args(rest).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// ffprobe's streams and format; it must have nothing to complain about.
pub(crate) fn probe(file: &Path) -> Value {
    let output = run("ffprobe", &["-v", "warning", "-of", "json", "-show_streams", "-show_format"], file, &[]);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Asserts one h264 and one aac stream, both as long as the meeting and as each other, within 40 ms.
pub(crate) fn assert_streams(file: &Path, seconds: f64) {
    let probed = probe(file);
    let streams = probed["streams"].as_array().unwrap();
    let codecs: Vec<&str> = streams.iter().filter_map(|stream| stream["codec_name"].as_str()).collect();
    assert_eq!(codecs, ["h264", "aac"]);
    let durations: Vec<f64> =
        streams.iter().map(|stream| stream["duration"].as_str().unwrap().parse().unwrap()).collect();
    for duration in &durations {
        assert!((duration - seconds).abs() <= 0.04, "{durations:?} s instead of {seconds} s");
    }
    assert!((durations[0] - durations[1]).abs() <= 0.04, "{durations:?}");
}

/// Asserts that every packet decodes without a word of complaint.
pub(crate) fn assert_decodes(file: &Path) {
    let output = run("ffmpeg", &["-v", "warning", "-xerror", "-i"], file, &["-f", "null", "-"]);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

/// Asserts that the index comes before the media, so that a player needs no range requests.
pub(crate) fn assert_index_first(file: &Path) {
    let bytes = std::fs::read(file).unwrap();
    let mut names = Vec::new();
    let mut at = 0;
    while at + 8 <= bytes.len() {
        let short = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        names.push(String::from_utf8_lossy(&bytes[at + 4..at + 8]).into_owned());
        at += match short {
            1 => u64::from_be_bytes(bytes[at + 8..at + 16].try_into().unwrap()) as usize,
            size => size as usize,
        };
    }
    assert_eq!((names, at), (vec!["ftyp".to_owned(), "moov".to_owned(), "mdat".to_owned()], bytes.len()));
}

/// Asserts that symphonia demultiplexes and decodes every frame of sound that ffprobe counts, and no more than the one that the
/// rest of the last 20 ms of the mix may fill behind the end: the edit hides it, which symphonia does not read.
pub(crate) fn assert_symphonia_reads(file: &Path) {
    let args = ["-v", "error", "-count_packets", "-select_streams", "a", "-show_entries", "stream=nb_read_packets"];
    let counted = run("ffprobe", &[&args[..], &["-of", "csv=p=0"]].concat(), file, &[]).stdout;
    let counted: u64 = String::from_utf8(counted).unwrap().trim().parse().unwrap();
    let source = MediaSourceStream::new(Box::new(std::fs::File::open(file).unwrap()), Default::default());
    let mut reader = symphonia::default::get_probe()
        .probe(&Hint::new(), source, FormatOptions::default(), MetadataOptions::default())
        .unwrap();
    let track = reader.default_track(TrackType::Audio).unwrap().clone();
    let Some(CodecParameters::Audio(parameters)) = &track.codec_params else { panic!("no sound: {track:?}") };
    let mut decoder =
        symphonia::default::get_codecs().make_audio_decoder(parameters, &AudioDecoderOptions::default()).unwrap();
    let mut decoded = 0;
    while let Some(packet) = reader.next_packet().unwrap() {
        if packet.track_id == track.id {
            assert_eq!(decoder.decode(&packet).unwrap().spec().rate(), 48_000);
            decoded += 1;
        }
    }
    assert!((counted..=counted + 1).contains(&decoded), "symphonia decodes {decoded} frames, ffprobe counts {counted}");
}

/// The file's sound as a listener hears it: 16 kHz mono, second 0 of the file at sample 0.
pub(crate) fn heard(file: &Path) -> Vec<f32> {
    let rest = ["-map", "0:a", "-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar", "16000", "-f", "f32le", "-"];
    let output = run("ffmpeg", &["-v", "error", "-i"], file, &rest);
    output.stdout.chunks_exact(4).map(|sample| f32::from_le_bytes(sample.try_into().unwrap())).collect()
}

/// Decoded grey pictures with their moments in seconds.
pub(crate) fn seen(file: &Path, width: usize, height: usize) -> Vec<(f64, Vec<u8>)> {
    let rest = ["-map", "0:v", "-fps_mode", "passthrough", "-pix_fmt", "gray", "-f", "rawvideo", "-"];
    let pictures = run("ffmpeg", &["-v", "error", "-i"], file, &rest).stdout;
    let shape = ["-of", "default=nokey=1:noprint_wrappers=1"];
    let args = [&["-v", "error", "-select_streams", "v", "-show_entries", "frame=pts_time"][..], &shape].concat();
    let times = String::from_utf8(run("ffprobe", &args, file, &[]).stdout).unwrap();
    let times: Vec<f64> = times.lines().filter(|line| !line.is_empty()).map(|line| line.parse().unwrap()).collect();
    let pictures: Vec<Vec<u8>> = pictures.chunks_exact(width * height).map(<[u8]>::to_vec).collect();
    assert_eq!(pictures.len(), times.len());
    times.into_iter().zip(pictures).collect()
}

/// What a viewer sees at each 25th of a second, grey, with its moment in seconds.
pub(crate) fn viewed(file: &Path, width: usize, height: usize) -> Vec<(f64, Vec<u8>)> {
    let mut pictures = Vec::new();
    each_viewed(file, width, height, |at, luma| pictures.push((at, luma.to_vec())));
    pictures
}

/// Shows the same to `look`, one picture after the other: those of half an hour do not fit into memory.
pub(crate) fn each_viewed(file: &Path, width: usize, height: usize, mut look: impl FnMut(f64, &[u8])) {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-i"]).arg(file);
    command.args(["-map", "0:v", "-vf", "fps=25", "-pix_fmt", "gray", "-f", "rawvideo", "-"]);
    let mut decoder = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut pictures = decoder.stdout.take().unwrap();
    let mut luma = vec![0; width * height];
    let mut index = 0;
    while pictures.read_exact(&mut luma).is_ok() {
        look(f64::from(index) / 25.0, &luma);
        index += 1;
    }
    assert!(decoder.wait().unwrap().success(), "ffmpeg cannot decode {}", file.display());
}

/// The brightness of every pixel of a still as the ffmpeg program scales it.
pub(crate) fn scaled_still(still: &[u8], width: u32, height: u32) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(if still.starts_with(b"\x89PNG") { "still.png" } else { "still.jpg" });
    std::fs::write(&file, still).unwrap();
    let scale = format!("scale={width}:{height}:flags=lanczos");
    run("ffmpeg", &["-v", "error", "-i"], &file, &["-vf", &scale, "-pix_fmt", "gray", "-f", "rawvideo", "-"]).stdout
}

/// Where `known` is found in `heard` near `expected_seconds`: the lag in seconds with the best correlation, and how good
/// it is, 1 being identical up to loudness.
pub(crate) fn lag_seconds(heard: &[f32], known: &[i16], expected_seconds: f64) -> (f64, f64) {
    let reach = RATE_HZ as i64 / 5;
    let expected = (expected_seconds * RATE_HZ as f64).round() as i64;
    let known: Vec<f64> = known.iter().map(|sample| f64::from(*sample)).collect();
    let energy: f64 = known.iter().map(|sample| sample * sample).sum();
    (-reach..=reach)
        .step_by(4)
        .filter_map(|lag| {
            let start = usize::try_from(expected + lag).ok()?;
            let window = heard.get(start..start + known.len())?;
            let (mut product, mut power) = (0.0, 0.0);
            for (heard, known) in window.iter().zip(&known) {
                product += f64::from(*heard) * known;
                power += f64::from(*heard) * f64::from(*heard);
            }
            Some((lag as f64 / RATE_HZ as f64, product / (energy * power).sqrt().max(f64::MIN_POSITIVE)))
        })
        .max_by(|left, right| left.1.total_cmp(&right.1))
        .unwrap_or((f64::INFINITY, 0.0))
}

/// Asserts that every piece of transcript is heard where its document says, and answers the worst lag in seconds.
pub(crate) fn assert_words_in_place(file: &Path, transcript: &Value, sent: &fixtures::MeetingReport) -> f64 {
    let heard = heard(file);
    let spoken = transcript.as_array().unwrap();
    assert_eq!(spoken.len(), sent.transcript.len());
    let mut worst: f64 = 0.0;
    let mut judged = 0;
    for (said, line) in spoken.iter().zip(&sent.transcript) {
        assert_eq!(said["words"][0]["text"], line.text);
        let start = said["words"][0]["start_timestamp"]["relative"].as_f64().unwrap();
        let known = fixtures::pack().sentence(&line.clip).unwrap().sound.samples();
        // A sentence that the end of the meeting cuts off cannot be found whole.
        if (start * RATE_HZ as f64) as usize + known.len() + RATE_HZ / 5 > heard.len() {
            continue;
        }
        let (lag, likeness) = lag_seconds(&heard, &known, start);
        assert!(likeness > 0.5, "{:?} is not heard at {start} s: likeness {likeness:.2}", line.text);
        assert!(lag.abs() <= 0.04, "{:?} is heard {lag} s off", line.text);
        worst = worst.max(lag.abs());
        judged += 1;
    }
    assert!(judged > 0, "no sentence was whole");
    worst
}
