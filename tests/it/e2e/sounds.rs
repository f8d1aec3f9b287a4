//! A meeting of which sound is wanted in every format, as one file and as parts, fetched through links alone.

use std::{collections::BTreeMap, io::Read, path::Path, process::Command};

use ::media::TrackKind;
use model::Entry;
use serde_json::{Value, json};

use super::{http, media, ordered, stage};

/// What amplitude only a beep has, and how far one may be from its second.
const BEEP: f32 = 0.25;
const OFFSET_S: f64 = 0.04;
const RATE_HZ: f64 = 16_000.0;

/// What is behind a link.
fn fetch(url: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let response = http::anonymous(url);
    assert_eq!(response.status(), 200, "{url}");
    response.into_body().into_reader().read_to_end(&mut bytes).unwrap();
    bytes
}

/// A file's sound at 16 kHz, judged by ffmpeg, which must not complain; raw samples are what they are.
fn heard(file: &Path, is_raw: bool) -> Vec<f32> {
    if is_raw {
        let samples = std::fs::read(file).unwrap();
        let sample = |bytes: &[u8; 2]| f32::from(i16::from_le_bytes(*bytes)) / 32_768.0;
        return samples.as_chunks::<2>().0.iter().map(sample).collect();
    }
    let args = ["-ac", "1", "-ar", "16000", "-f", "f32le", "-"];
    let output = Command::new("ffmpeg").args(["-v", "warning", "-i"]).arg(file).args(args).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{}", file.display());
    output.stdout.as_chunks::<4>().0.iter().map(|sample| f32::from_le_bytes(*sample)).collect()
}

/// Where beeps begin, in seconds.
pub(super) fn beeps(sound: &[f32]) -> Vec<f64> {
    let step = 80;
    let loud = |at: usize| sound[at..(at + step).min(sound.len())].iter().any(|sample| sample.abs() > BEEP);
    let begins = |at: &usize| loud(*at) && !(at.saturating_sub(4_000)..*at).step_by(step).any(loud);
    (0..sound.len()).step_by(step).filter(begins).map(|at| at as f64 / RATE_HZ).collect()
}

struct Sounds {
    played: stage::Played,
    dir: tempfile::TempDir,
}

impl Sounds {
    /// The artifact of a kind and format, as it is listed.
    fn artifact(&self, kind: &str, format: &str) -> &Value {
        let all = self.played.capture["recordings"][0]["artifacts"].as_array().unwrap();
        let found = all.iter().find(|each| each["kind"] == kind && each["format"] == format);
        found.unwrap_or_else(|| panic!("no {kind} in {format}: {all:#?}"))
    }

    /// Writes what is behind a link to a file of that name.
    fn download(&self, url: &Value, name: &str) -> std::path::PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, fetch(url.as_str().unwrap())).unwrap();
        path
    }

    /// The list of parts of a format, with links.
    fn parts(&self, format: &str) -> Vec<Value> {
        let list = http::json_behind(self.artifact("audio_separate", format)["data"]["download_url"].as_str().unwrap());
        list.as_array().unwrap().clone()
    }
}

fn played(scenario: &str, seconds: u64, speed: f64) -> Sounds {
    let wanted = json!({
        "audio_mixed_mp3": { "metadata": { "for": "players" } }, "audio_mixed_m4a": {}, "audio_mixed_raw": {},
        "audio_separate_raw": {}, "audio_separate_mp3": {}, "audio_separate_ogg": { "metadata": { "for": "archive" } },
    });
    let played = ordered::play(stage::options(scenario, seconds, speed), &wanted);
    Sounds { played, dir: tempfile::tempdir().unwrap() }
}

/// Every full second has a beep, in every file of everybody, as in the video.
#[test]
fn beeps_are_at_their_seconds_in_every_format_of_sound() {
    let sounds = played("flash-beep", 12, 2.0);
    let seconds = sounds.played.seconds();
    let labels = &sounds.played.capture["recordings"][0]["media_shortcuts"]["audio_mixed"];
    assert_eq!((&labels["format"], &labels["metadata"]), (&json!("mp3"), &json!({ "for": "players" })));
    let expected = beeps(&media::heard(&sounds.played.file("video_mixed.mp4")));
    assert!(expected.len() >= 9, "{expected:?}");
    let judge = |file: &Path, is_raw: bool, shift: f64, least: usize| {
        let found = beeps(&heard(file, is_raw));
        assert!(found.len() >= least, "{}: {found:?}", file.display());
        for at in found {
            let off = expected.iter().map(|beep| (beep - at - shift).abs()).fold(f64::INFINITY, f64::min);
            assert!(off <= OFFSET_S, "{}: a beep at {at:.3} s, {off:.3} s off {expected:?}", file.display());
        }
    };
    for format in ["mp3", "m4a", "raw"] {
        let file = sounds
            .download(&sounds.artifact("audio_mixed", format)["data"]["download_url"], &format!("mixed.{format}"));
        let length = heard(&file, format == "raw").len() as f64 / RATE_HZ;
        assert!((length - seconds).abs() <= OFFSET_S, "{format} lasts {length} s instead of {seconds} s");
        judge(&file, format == "raw", 0.0, expected.len());
    }
    for format in ["mp3", "ogg", "raw"] {
        for part in sounds.parts(format) {
            let start = part["start_timestamp"]["relative"].as_f64().unwrap();
            let file =
                sounds.download(&part["download_url"], &format!("part-{}.{format}", part["id"].as_str().unwrap()));
            judge(&file, format == "raw", start, expected.len() - 1);
        }
    }
    let loudness = &sounds.played.json("quality.json")["loudness"];
    assert!((-70.0..0.0).contains(&loudness["integrated_lufs"].as_f64().unwrap()), "{loudness}");
    assert!(loudness["true_peak_dbtp"].as_f64().unwrap() <= 0.0, "{loudness}");
}

#[test]
fn everybody_has_parts_and_who_comes_back_has_two_and_opus_is_copied_byte_by_byte() {
    let sounds = played("meeting", 40, 2.0);
    let played = &sounds.played;
    let people = played.json("participants.json");
    let name = |id: i64| {
        let found = people.as_array().unwrap().iter().find(|person| person["id"] == id);
        found.unwrap_or_else(|| panic!("{id} is nobody"))["name"].clone()
    };
    let sent: Vec<(i64, String)> = played
        .meeting()
        .tracks
        .iter()
        .filter(|track| track.kind == "audio")
        .map(|track| (track.user_id, track.codec.clone()))
        .collect();
    let mut lists = Vec::new();
    for format in ["ogg", "mp3", "raw"] {
        let parts = sounds.parts(format);
        let mut heard_of: BTreeMap<i64, usize> = BTreeMap::new();
        for part in &parts {
            let who = part["participant"]["id"].as_i64().unwrap();
            *heard_of.entry(who).or_default() += 1;
            assert_eq!(part["participant"]["name"], name(who), "the latest name");
            assert!(part.get("file").is_none() && part.get("type").is_none(), "{part}");
            let file = sounds.download(&part["download_url"], &format!("{}.{format}", part["id"].as_str().unwrap()));
            let length = heard(&file, format == "raw").len() as f64 / RATE_HZ;
            let told = part["duration"].as_f64().unwrap();
            assert!((length - told).abs() <= OFFSET_S, "{format}: {length} s instead of {told} s");
        }
        assert!(sent.iter().all(|(who, _)| heard_of.contains_key(who)), "{sent:?}, {heard_of:?}");
        let told = parts.iter().map(|part| (part["participant"]["id"].clone(), part["start_timestamp"].clone()));
        lists.push(told.collect::<Vec<_>>());
    }
    assert!(lists.windows(2).all(|pair| pair[0] == pair[1]), "the same parts in every format");
    // Whoever leaves and comes back is another participant of the same name.
    let names: Vec<Value> = lists[0].iter().map(|(who, _)| name(who.as_i64().unwrap())).collect();
    let again = names.iter().enumerate().any(|(n, one)| names[n + 1..].contains(one));
    assert!(again, "{names:?}");
    assert_copied(&sounds, &sent);
}

/// Every packet of Opus in the log is in a file, byte by byte and in order, with nothing but silence between.
fn assert_copied(sounds: &Sounds, sent: &[(i64, String)]) {
    assert!(sent.iter().all(|(_, codec)| codec == "opus"), "{sent:?}");
    let log = sounds.played.daemon.log_dir(&sounds.played.capture);
    let mut logged: BTreeMap<i64, Vec<(i64, Vec<u8>)>> = BTreeMap::new();
    let mut reader = journal::LogReader::open(journal::LogDir::at(log)).unwrap();
    while let Some(stored) = reader.next_record().unwrap() {
        if let Entry::Media(frame) = stored.record.entry
            && frame.track.kind == TrackKind::Audio
        {
            logged.entry(frame.track.source).or_default().push((frame.at.unix_ms(), frame.payload.to_vec()));
        }
    }
    let mut copied: BTreeMap<i64, Vec<Vec<u8>>> = BTreeMap::new();
    for part in sounds.parts("ogg") {
        let bytes = fetch(part["download_url"].as_str().unwrap());
        let mut reader = ogg::PacketReader::new(std::io::Cursor::new(bytes));
        let packets = std::iter::from_fn(|| reader.read_packet().unwrap()).skip(2).map(|packet| packet.data);
        let own = packets.filter(|packet| packet.len() != 3 || packet[1..] != [0xFF, 0xFE]);
        copied.entry(part["participant"]["id"].as_i64().unwrap()).or_default().extend(own);
    }
    for (source, mut packets) in logged {
        packets.sort_by_key(|(at_ms, _)| *at_ms);
        packets.retain(|(_, packet)| packet.len() != 3 || packet[1..] != [0xFF, 0xFE]);
        let packets: Vec<Vec<u8>> = packets.into_iter().map(|(_, packet)| packet).collect();
        assert!(!packets.is_empty());
        assert!(copied[&source] == packets, "{source}: {} of {} packets", copied[&source].len(), packets.len());
    }
}
