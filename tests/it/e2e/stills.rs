//! Still pictures that real-time endpoints are sent: read by ffmpeg, and the number that each carries held against the picture that was
//! sent at its moment; and the process that makes them, which may die, and has nothing but its pipes.

use std::fs;

use base64_turbo::STANDARD;
use fixtures::{
    MeetingReport,
    counter::{self, Placement},
};
use serde_json::{Value, json};

use super::{
    endpoints::{play_in, play_scenario},
    http, media,
    receivers::{Heard, Receiver, Receivers},
    workers::{children, status, wait_for},
};

/// One still picture as a receiver got it.
pub(super) struct Picture {
    pub(super) is_share: bool,
    user_id: i64,
    at_ms: i64,
    pub(super) width: u32,
    pub(super) height: u32,
    png: Vec<u8>,
}

impl Picture {
    /// The one that an event holds, if it holds any.
    pub(super) fn of(heard: &Heard) -> Option<Self> {
        if heard.name() != "video_separate_png.data" {
            return None;
        }
        let data = &heard.event["data"]["data"];
        let png = STANDARD.decode(data["buffer"].as_str().unwrap().as_bytes()).unwrap();
        assert!(png.starts_with(b"\x89PNG\r\n\x1A\n"));
        let side = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        let at: jiff::Timestamp = data["timestamp"]["absolute"].as_str().unwrap().parse().unwrap();
        Some(Self {
            is_share: data["type"] == "screenshare",
            user_id: data["participant"]["id"].as_i64().unwrap(),
            at_ms: at.as_millisecond(),
            width: side(16),
            height: side(20),
            png,
        })
    }

    /// The number that it carries, as the ffmpeg program decodes it.
    fn number(&self) -> Option<u16> {
        let (width, height) = (self.width as usize, self.height as usize);
        let luma = media::scaled_still(&self.png, self.width, self.height);
        assert_eq!(luma.len(), width * height, "it can be decoded");
        let whole = Placement { left: 0.0, top: 0.0, width: width as f64, height: height as f64 };
        counter::read_placed(&luma, width, whole)
    }
}

/// Asserts that a picture of a camera is the one that was sent at its moment, or up to two before it, by whom it names.
pub(super) fn assert_shows_what_was_sent(picture: &Picture, meeting: &MeetingReport) {
    let run = meeting.video_runs.iter().find(|run| {
        let end_ms = run.first_ms + i64::try_from(run.frames).unwrap() * 40;
        run.user_id == picture.user_id && (run.first_ms..end_ms).contains(&picture.at_ms)
    });
    let run = run.unwrap_or_else(|| panic!("nothing of {} was sent at {}", picture.user_id, picture.at_ms));
    let camera = fixtures::pack().camera(&run.clip).unwrap();
    let index = run.first_index as i64 + (picture.at_ms - run.first_ms) / 40;
    let allowed = [index - 2, index - 1, index].map(|index| index.rem_euclid(camera.frames.len() as i64) as u16);
    let shown = picture.number();
    assert!(shown.is_some_and(|shown| allowed.contains(&shown)), "{shown:?} is shown, not one of {allowed:?}");
}

fn endpoint(url: &str) -> Value {
    json!([{ "type": "websocket", "url": url, "events": ["video_separate_png.data", "transcript.data"] }])
}

fn stored() -> Value {
    json!({ "type": "forever" })
}

/// The processes of a daemon that make pictures.
pub(super) fn makers(pid: u32) -> Vec<i32> {
    let makes = |pid: &i32| fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.ends_with(b"--pictures\0"));
    children(pid).into_iter().filter(makes).collect()
}

#[test]
fn cameras_and_screens_are_sent_twice_a_second_within_their_box_and_show_what_was_sent() {
    let receivers = Receivers::new();
    let socket = receivers.socket(|_| true);
    let play = play_scenario("meeting", 24, &receivers, &stored(), &endpoint(&socket.url), |_| ());
    let meeting = &play.report.meetings[0];
    let pictures: Vec<Picture> = socket.heard_until_over().iter().filter_map(Picture::of).collect();
    let (screens, cameras): (Vec<&Picture>, Vec<&Picture>) = pictures.iter().partition(|picture| picture.is_share);
    for camera in &cameras {
        let is_boxed = camera.width <= 640 && camera.height <= 360 && (camera.width == 640 || camera.height == 360);
        assert!(is_boxed, "{}x{}", camera.width, camera.height);
        assert_shows_what_was_sent(camera, meeting);
    }
    let seconds: f64 = meeting.video_runs.iter().map(|run| run.frames as f64 * 0.04).sum();
    let (count, most) = (cameras.len() as f64, seconds * 2.0 + meeting.video_runs.len() as f64);
    assert!(count > seconds && count <= most, "{count} pictures of {seconds} s");
    assert!(!screens.is_empty());
    for screen in screens {
        assert_eq!((screen.width, screen.height), (1280, 720));
        let share = meeting.shares.iter().find(|share| (share.start_ms..=share.end_ms).contains(&screen.at_ms));
        assert_eq!(share.map(|share| share.user_id), Some(screen.user_id));
        assert!(screen.number().is_some_and(|slide| slide < 4), "{:?}", screen.number());
    }
    for pair in pictures.windows(2).filter(|pair| pair[0].user_id == pair[1].user_id && !pair[0].is_share) {
        assert!(
            pair[1].is_share || pair[1].at_ms - pair[0].at_ms >= 400,
            "{} follows {}",
            pair[1].at_ms,
            pair[0].at_ms
        );
    }
}

#[test]
fn a_process_that_dies_over_a_picture_costs_pictures_and_neither_the_endpoint_nor_the_recording() {
    let receivers = Receivers::new();
    let socket = receivers.socket(|_| true);
    let dies = [
        ("HANSARD_WORKER_DIES_AT", "studio::developing=60"),
        ("HANSARD_FAULTY_WORKERS", "1"),
        ("HANSARD_RENDER__ROLLING", "0"),
    ];
    let environment = dies.map(|(name, value)| (name, value.into())).to_vec();
    let play = play_in(environment, "copyable", 14, &receivers, &stored(), &endpoint(&socket.url), |_| ());
    let (heard, meeting) = (socket.heard_until_over(), &play.report.meetings[0]);
    assert_eq!(play.daemon.metric("hansard_stage_errors_total{stage=\"pictures\"}"), 1.0);
    let pictures: Vec<Picture> = heard.iter().filter_map(Picture::of).collect();
    let largest_ms = pictures.windows(2).map(|pair| pair[1].at_ms - pair[0].at_ms).max().unwrap();
    assert!(largest_ms >= 1_000, "the control: pictures are missing where it died");
    assert!(pictures.len() > 12, "there are {} pictures, before and after", pictures.len());
    pictures.iter().for_each(|picture| assert_shows_what_was_sent(picture, meeting));
    let words = heard.iter().filter(|one| one.name() == "transcript.data").count();
    assert_eq!(words, meeting.transcript.len());
    assert_eq!(play.done["status"]["code"], "done");
    let ends = http::get_json(&play.daemon.url("/api/v1/realtime_endpoint/"));
    assert_eq!(ends["results"][0]["status"]["code"], "done", "{ends}");
}

#[test]
fn one_process_makes_pictures_for_all_endpoints_has_nothing_but_its_pipes_and_is_there_only_while_they_want_them() {
    let receivers = Receivers::new();
    let sockets = [receivers.socket(|_| true), receivers.socket(|_| true)];
    let has_pictures = |socket: &Receiver| socket.heard().iter().any(|one| Picture::of(one).is_some());
    let endpoints: Vec<Value> = sockets.iter().map(|socket| endpoint(&socket.url)[0].clone()).collect();
    let play = play_scenario("copyable", 12, &receivers, &Value::Null, &json!(endpoints), |daemon| {
        let pid = wait_for("process that makes pictures", || {
            makers(daemon.pid()).into_iter().find(|pid| status(*pid, "Seccomp").as_deref() == Some("2"))
        });
        assert_eq!(status(pid, "NoNewPrivs").as_deref(), Some("1"));
        let limits = wait_for("limit of memory", || {
            let limits = fs::read_to_string(format!("/proc/{pid}/limits")).ok()?;
            limits.contains("2147483648").then_some(limits)
        });
        let line = limits.lines().find(|line| line.starts_with("Max address space")).unwrap();
        assert!(line.contains("2147483648"), "{line}");
        if let Ok(open) = fs::read_dir(format!("/proc/{pid}/fd")) {
            for file in open.map(|file| fs::read_link(file.unwrap().path()).unwrap_or_default()) {
                let file = file.to_string_lossy().into_owned();
                assert!(file.is_empty() || file == "/dev/null" || file.starts_with("pipe:"), "{file}");
            }
        }
        wait_for("picture for each", || sockets.iter().all(has_pictures).then_some(()));
        assert_eq!(makers(daemon.pid()), [pid]);
    });
    wait_for("end of the process", || makers(play.daemon.pid()).is_empty().then_some(()));
}

#[test]
fn where_the_operator_wants_no_pictures_none_are_made_and_everything_else_is_sent() {
    let receivers = Receivers::new();
    let socket = receivers.socket(|_| true);
    let none = vec![("HANSARD_RENDER__PICTURES", "0".into())];
    let play = play_in(none, "copyable", 8, &receivers, &stored(), &endpoint(&socket.url), |_| ());
    let heard = socket.heard_until_over();
    assert!(heard.iter().all(|one| one.name() == "transcript.data"));
    assert_eq!(heard.len(), play.report.meetings[0].transcript.len());
    assert_eq!(play.daemon.metric("hansard_picture_workers{state=\"running\"}"), 0.0);
}
