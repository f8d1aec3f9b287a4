//! A meeting with pictures of several sizes, a camera that goes off, and people who come and go.

use fixtures::{
    MeetingReport,
    counter::{self, Placement},
};

use super::{ledger, media, stage};

/// The canvas of a composed file.
const CANVAS: (usize, usize) = (1280, 720);

#[test]
fn a_meeting_of_several_sizes_is_composed_in_sync_and_told_in_documents() {
    let played = stage::play("meeting", 40, 2.0);
    let meeting = played.meeting();
    assert_eq!(meeting.client_errors, Vec::<String>::new());
    ledger::assert_equal(&played.daemon.log_dir(&played.capture), meeting);

    let quality = played.json("quality.json");
    assert_eq!(quality["video"]["plan"], "compose", "{quality:#}");
    let file = played.file("video_mixed.mp4");
    media::assert_streams(&file, played.seconds());
    media::assert_decodes(&file);
    media::assert_index_first(&file);
    media::assert_symphonia_reads(&file);
    media::assert_words_in_place(&file, &played.json("transcript.json"), meeting);
    assert_speakers_are_shown(&played);
    assert_documents(&played);
}

/// The picture of whoever is shown is on the canvas at its moment, give or take one frame of the canvas.
fn assert_speakers_are_shown(played: &stage::Played) {
    let meeting = played.meeting();
    let pictures = media::viewed(&played.file("video_mixed.mp4"), CANVAS.0, CANVAS.1);
    assert!((pictures.len() as f64 - played.seconds() * 25.0).abs() <= 1.0, "{} pictures", pictures.len());
    let (mut right, mut checked) = (0, 0);
    for run in &meeting.video_runs {
        let camera = fixtures::pack().camera(&run.clip).unwrap();
        let placement = Placement::letterboxed(camera.width, camera.height, CANVAS.0 as u32, CANVAS.1 as u32);
        let start = (run.first_ms - meeting.first_packet_ms) as f64 / 1000.0;
        for (at, picture) in &pictures {
            let into_run = at - start;
            if into_run < 0.0 || into_run >= run.frames as f64 * 0.04 {
                continue;
            }
            let is_shared = meeting.shares.iter().any(|share| {
                let from_ms = |ms: i64| (ms - meeting.first_packet_ms) as f64 / 1000.0;
                (from_ms(share.start_ms) - 0.1..from_ms(share.end_ms) + 0.1).contains(at)
            });
            if is_shared {
                continue;
            }
            checked += 1;
            let index = run.first_index as i64 + (into_run / 0.04).floor() as i64;
            let len = camera.frames.len() as i64;
            let allowed = [index - 1, index, index + 1].map(|index| index.rem_euclid(len) as u16);
            let shown = counter::read_placed(picture, CANVAS.0, placement);
            right += usize::from(shown.is_some_and(|shown| allowed.contains(&shown)));
        }
    }
    assert!(checked > 500, "{checked} pictures were judged");
    assert!(right as f64 >= checked as f64 * 0.98, "{right} of {checked} pictures show what they should");
    assert_no_old_picture_is_shown(meeting, &pictures);
}

/// From two seconds after the last picture of a camera until the next one comes, the canvas is black or a dark card.
fn assert_no_old_picture_is_shown(meeting: &MeetingReport, pictures: &[(f64, Vec<u8>)]) {
    let seconds = |unix_ms: i64| (unix_ms - meeting.first_packet_ms) as f64 / 1000.0;
    let mut shown: Vec<(f64, f64)> = meeting
        .video_runs
        .iter()
        .map(|run| (seconds(run.first_ms), seconds(run.first_ms) + (run.frames - 1) as f64 * 0.04))
        .collect();
    shown.sort_by(|left, right| left.0.total_cmp(&right.0));
    let mut judged = 0;
    for pair in shown.windows(2) {
        for (at, picture) in pictures.iter().filter(|(at, _)| *at > pair[0].1 + 2.1 && *at < pair[1].0 - 0.1) {
            let bright = picture.iter().filter(|luma| **luma > 50).count();
            assert!(bright * 50 < picture.len(), "at {at} s {bright} pixels are brighter than a card with a name");
            judged += 1;
        }
    }
    assert!(judged > 10, "{judged} pictures had to be dark");
}

fn assert_documents(played: &stage::Played) {
    let meeting = played.meeting();
    let events = played.json("participant_events.json");
    let count = |action: &str| events.as_array().unwrap().iter().filter(|event| event["action"] == action).count();
    assert_eq!(count("join"), meeting.presence.len());
    assert!(count("leave") >= meeting.presence.iter().filter(|stay| stay.left_ms.is_some()).count());
    assert_eq!(count("chat_message"), meeting.chat.len());
    assert_eq!(count("screenshare_on"), meeting.shares.len());
    let chat = played.json("chat.json");
    let texts: Vec<&str> = chat.as_array().unwrap().iter().filter_map(|line| line["text"].as_str()).collect();
    assert_eq!(texts, meeting.chat.iter().map(|line| line.text.as_str()).collect::<Vec<_>>());
    let vtt = std::fs::read_to_string(played.file("transcript.vtt")).unwrap();
    assert!(vtt.starts_with("WEBVTT"));
    for line in &meeting.transcript {
        assert!(vtt.contains(&line.text), "{:?} is missing", line.text);
    }
    let speakers = played.json("speaker_timeline.json");
    let spoke = |id: i64| speakers.as_array().unwrap().iter().any(|span| span["participant"]["id"] == id);
    assert!(meeting.transcript.iter().all(|line| spoke(line.user_id)));
    assert_eq!(played.json("meeting.json")["zoom"]["meeting_uuid"], meeting.meeting_uuid);
}
