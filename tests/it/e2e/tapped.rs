//! Media that real-time endpoints are sent while a meeting goes on, held against the file that is made afterwards and against
//! what Zoom sent.

use std::{collections::BTreeMap, process::Command};

use base64_turbo::STANDARD;
use serde_json::{Value, json};

use super::{
    endpoints::play_scenario,
    http, media,
    receivers::{Heard, Receivers},
    sounds::beeps,
};

/// How far a beep may lie from where the file has it, in seconds.
const OFFSET_S: f64 = 0.04;
const RATE_HZ: f64 = 16_000.0;

fn endpoint(url: &str) -> Value {
    let events = ["audio_mixed_raw.data", "audio_separate_raw.data", "video_separate_h264.data", "transcript.data"];
    json!({ "type": "websocket", "url": url, "events": events })
}

fn of<'a>(heard: &'a [Heard], name: &str) -> Vec<&'a Heard> {
    heard.iter().filter(|one| one.name() == name).collect()
}

fn bytes(one: &Heard) -> Vec<u8> {
    STANDARD.decode(one.event["data"]["data"]["buffer"].as_str().unwrap().as_bytes()).unwrap()
}

fn seconds(one: &Heard) -> f64 {
    one.event["data"]["data"]["timestamp"]["relative"].as_f64().unwrap()
}

/// Whose a piece is.
fn whose(one: &Heard) -> Option<i64> {
    one.event["data"]["data"]["participant"]["id"].as_i64()
}

/// The pieces on one time line that begins with second 0, silent where there is none.
fn line_of(pieces: &[&Heard]) -> Vec<f32> {
    let mut line = Vec::new();
    for piece in pieces {
        let at = (seconds(piece) * RATE_HZ).round();
        let samples = bytes(piece);
        let samples = samples.as_chunks::<2>().0.iter().map(|two| f32::from(i16::from_le_bytes(*two)) / 32_768.0);
        for (index, sample) in (at.max(0.0) as usize..).zip(samples) {
            if line.len() <= index {
                line.resize(index + 1, 0.0);
            }
            line[index] = sample;
        }
    }
    line
}

#[test]
fn sound_is_heard_live_where_the_file_has_it() {
    let receivers = Receivers::new();
    let socket = receivers.socket(|_| true);
    let endpoints = json!([endpoint(&socket.url)]);
    let play = play_scenario("flash-beep", 12, &receivers, &json!({ "type": "forever" }), &endpoints, |_| ());
    let heard = socket.heard_until_over();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("video.mp4");
    let url = play.done.pointer("/recordings/0/media_shortcuts/video_mixed/data/download_url").unwrap();
    let video = http::anonymous(url.as_str().unwrap()).into_body().with_config().limit(1 << 30).read_to_vec().unwrap();
    std::fs::write(&file, video).unwrap();
    let expected = beeps(&media::heard(&file));
    assert!(expected.len() >= 9, "{expected:?}");
    let mixed = of(&heard, "audio_mixed_raw.data");
    let mut by_source: BTreeMap<i64, Vec<&Heard>> = BTreeMap::new();
    for piece in of(&heard, "audio_separate_raw.data") {
        by_source.entry(whose(piece).unwrap()).or_default().push(piece);
    }
    assert!(!by_source.is_empty());
    for (name, pieces, least) in
        std::iter::once((None, &mixed, 8)).chain(by_source.iter().map(|(id, all)| (Some(id), all, 0)))
    {
        // A machine that hesitates makes a piece shorter, and loses nothing.
        let full = pieces.iter().filter(|piece| bytes(piece).len() == 3_200).count();
        assert!(full * 2 >= pieces.len(), "{name:?}: {full} of {} pieces have 100 ms", pieces.len());
        assert!(pieces.windows(2).all(|pair| seconds(pair[0]) < seconds(pair[1])), "{name:?}: in order, each once");
        let found = beeps(&line_of(pieces));
        assert!(found.len() >= least, "{name:?}: {found:?}, expected {expected:?}");
        for at in found {
            let off = expected.iter().map(|beep| (beep - at).abs()).fold(f64::INFINITY, f64::min);
            assert!(off <= OFFSET_S, "{name:?}: a beep at {at:.3} s, {off:.3} s off {expected:?}");
        }
    }
    let seqs: Vec<u64> = heard.iter().map(Heard::seq).collect();
    assert!(seqs.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(play.daemon.metric("hansard_realtime_dropped_total"), 0.0);
}

#[test]
fn each_camera_is_sent_as_a_stream_that_a_decoder_reads_from_its_first_byte_also_where_nothing_is_stored() {
    let receivers = Receivers::new();
    let socket = receivers.socket(|_| true);
    let endpoints = json!([endpoint(&socket.url)]);
    let play = play_scenario("copyable", 8, &receivers, &Value::Null, &endpoints, |_| ());
    let heard = socket.heard_until_over();
    let pictures = of(&heard, "video_separate_h264.data");
    let sent: u64 =
        play.report.meetings[0].tracks.iter().filter(|track| track.kind == "video").map(|track| track.frames).sum();
    assert!(pictures.len() as u64 <= sent && pictures.len() as u64 > sent / 2, "{} of {sent}", pictures.len());
    let mut by_source: BTreeMap<i64, Vec<u8>> = BTreeMap::new();
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for picture in &pictures {
        assert_eq!(picture.event["data"]["data"]["type"], "webcam");
        by_source.entry(whose(picture).unwrap()).or_default().extend(bytes(picture));
        *counts.entry(whose(picture).unwrap()).or_default() += 1;
    }
    let dir = tempfile::tempdir().unwrap();
    for (source, stream) in by_source {
        let file = dir.path().join(format!("{source}.h264"));
        std::fs::write(&file, stream).unwrap();
        let args = ["-v", "error", "-count_frames", "-select_streams", "v", "-show_entries", "stream=nb_read_frames"];
        let output = Command::new("ffprobe").args(args).args(["-of", "csv=p=0"]).arg(&file).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "a decoder complains of {source}");
        let frames: usize = String::from_utf8_lossy(&output.stdout).trim().trim_end_matches(',').parse().unwrap();
        assert_eq!(frames, counts[&source]);
    }
    assert!(!of(&heard, "audio_mixed_raw.data").is_empty());
}
