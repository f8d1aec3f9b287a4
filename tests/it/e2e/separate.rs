//! Each participant's pictures in parts, fetched through links alone and held against what the simulated Zoom sent.

use std::fs;

use fixtures::counter;
use serde_json::{Value, json};

use super::{http, media, ordered, stage};

#[test]
fn whoever_is_seen_or_shares_has_parts_that_play_and_show_what_was_sent() {
    let played = ordered::play(stage::options("meeting", 40, 2.0), &json!({ "video_separate_mp4": {} }));
    let meeting = played.meeting();
    let artifacts = played.capture["recordings"][0]["artifacts"].as_array().unwrap();
    let separate = artifacts.iter().find(|each| each["kind"] == "video_separate").expect("it is listed");
    assert_eq!(separate["status"]["code"], "done", "{separate}");
    let parts = http::json_behind(separate["data"]["download_url"].as_str().unwrap());
    let parts = parts.as_array().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let shares = parts.iter().filter(|part| part["type"] == "screenshare");
    assert_eq!(shares.count(), meeting.shares.len(), "{parts:#?}");

    let mut shown = 0;
    for (n, part) in parts.iter().enumerate() {
        let file = dir.path().join(format!("{n}.mp4"));
        let mut body = http::anonymous(part["download_url"].as_str().unwrap()).into_body();
        fs::write(&file, body.with_config().limit(1 << 30).read_to_vec().unwrap()).unwrap();
        media::assert_streams(&file, part["duration"].as_f64().unwrap());
        media::assert_decodes(&file);
        media::assert_index_first(&file);
        media::assert_symphonia_reads(&file);
        if part["type"] == "webcam" {
            shown += pictures_as_sent(&file, part, meeting);
        }
    }
    let sent: u64 = meeting.video_runs.iter().map(|run| run.frames).sum();
    assert!(shown as f64 >= sent as f64 * 0.98, "{shown} of {sent} pictures are in a part");
}

/// How many pictures of a part show the number that was sent for their moment; none may show another.
fn pictures_as_sent(file: &std::path::Path, part: &Value, meeting: &fixtures::MeetingReport) -> usize {
    let probed = media::probe(file);
    let video = probed["streams"].as_array().unwrap().iter().find(|stream| stream["codec_type"] == "video").unwrap();
    let (width, height) = (video["width"].as_u64().unwrap() as usize, video["height"].as_u64().unwrap() as usize);
    let start = part["start_timestamp"]["relative"].as_f64().unwrap();
    let runs = meeting.video_runs.iter().filter(|run| part["participant"]["id"] == run.user_id);
    let runs: Vec<_> = runs.collect();
    let pictures = media::seen(file, width, height);
    for (at, picture) in &pictures {
        let moment_ms = meeting.first_packet_ms + ((start + at) * 1_000.0).round() as i64;
        let run = runs.iter().rev().find(|run| run.first_ms <= moment_ms + 2).expect("somebody is seen who was sent");
        let camera = fixtures::pack().camera(&run.clip).unwrap();
        let index = run.first_index as i64 + ((moment_ms - run.first_ms) as f64 / 40.0).round() as i64;
        let expected = index.rem_euclid(camera.frames.len() as i64) as u16;
        let number = counter::read(picture, width, width, height);
        assert_eq!(number, Some(expected), "at {at} s of {part}");
    }
    pictures.len()
}
