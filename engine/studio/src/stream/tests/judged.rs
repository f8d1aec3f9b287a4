//! What ffmpeg decodes of a stream: every picture at its time, and the sound beside it.

use std::{fs, path::Path, process::Command};

use super::{
    checked::Checked,
    meeting::{BEEP_EVERY_MS, Script, pictures, reel},
};
use crate::stream::reel::Reel;

/// Writes everything that a playlist names beside it.
fn download(reel: &mut Reel, into: &Path) -> String {
    let text = String::from_utf8(reel.playlist(false).to_vec()).unwrap();
    fs::write(into.join("index.m3u8"), &text).unwrap();
    for uri in Checked::read(&text).unwrap().uris() {
        let bytes = fetch(reel, &uri).unwrap_or_else(|| panic!("{uri} cannot be fetched"));
        fs::write(into.join(&uri), bytes).unwrap();
    }
    text
}

/// Fetches what a playlist names, as a player would.
pub(super) fn fetch(reel: &mut Reel, uri: &str) -> Option<bytes::Bytes> {
    if let Some(number) = uri.strip_prefix("segment-").and_then(|rest| rest.strip_suffix(".m4s")) {
        return reel.segment(number.parse().unwrap()).unwrap();
    }
    if let Some(both) = uri.strip_prefix("part-").and_then(|rest| rest.strip_suffix(".m4s")) {
        let (number, part) = both.split_once('-').unwrap();
        return reel.part(number.parse().unwrap(), part.parse().unwrap()).unwrap();
    }
    reel.header(uri).unwrap()
}

fn decoded(dir: &Path, arguments: &[&str]) -> Vec<u8> {
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-live_start_index", "0", "-i"])
        .arg(dir.join("index.m3u8"))
        .args(arguments)
        .arg("-")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success() && said.is_empty(), "{said}");
    made.stdout
}

/// The number of each picture modulo 20, as its brightness tells it.
fn numbers(dir: &Path) -> Vec<usize> {
    let grey =
        decoded(dir, &["-map", "0:v", "-fps_mode", "passthrough", "-vf", "scale=8:8,format=yuv420p", "-f", "rawvideo"]);
    grey.chunks(96).map(|picture| ((f64::from(picture[27]) - 30.0) / 10.0).round() as usize).collect()
}

/// Where beeps begin, in milliseconds.
fn beeps(dir: &Path) -> Vec<i64> {
    let pcm = decoded(dir, &["-map", "0:a", "-ar", "48000", "-ac", "1", "-f", "s16le"]);
    let samples: Vec<i16> = pcm.chunks_exact(2).map(|two| i16::from_le_bytes([two[0], two[1]])).collect();
    let mut found: Vec<i64> = Vec::new();
    for (n, sample) in samples.iter().enumerate() {
        let ms = n as i64 / 48;
        if sample.unsigned_abs() > 4_000 && found.last().is_none_or(|last| ms - last > 500) {
            found.push(ms);
        }
    }
    found
}

#[tokio::test]
async fn every_picture_and_sound_of_a_finished_meeting_is_decoded_at_its_time() {
    let data = tempfile::tempdir().unwrap();
    let all = pictures(320, 180, 500, 50);
    let mut script = Script::begin(data.path(), 1);
    script.connect(0);
    for second in 0..20 {
        script.run(second * 1_000..(second + 1) * 1_000, |ms| all.get((ms / 40) as usize).cloned());
        script.sync().await;
    }
    let dir = script.dir.clone();
    script.end(20_000).await;

    let mut reel = reel(&dir);
    reel.advance(false).unwrap();
    let place = tempfile::tempdir().unwrap();
    let text = download(&mut reel, place.path());
    let list = Checked::read(&text).unwrap();
    assert!(list.is_over && list.segments.len() == 10, "{text}");
    let expected: Vec<usize> = (0..500).map(|n| n % 20).collect();
    assert_eq!(numbers(place.path()), expected);
    let expected: Vec<i64> = (1..7).map(|n| n * BEEP_EVERY_MS).collect();
    let heard = beeps(place.path());
    assert_eq!(heard.len(), expected.len(), "{heard:?}");
    for (heard, expected) in heard.iter().zip(&expected) {
        assert!((heard - expected).abs() <= 3, "heard at {heard} ms what was sent at {expected} ms");
    }
}
