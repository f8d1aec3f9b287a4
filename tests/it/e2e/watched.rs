//! Meetings that are watched over HLS: by a reader that believes nothing, by ffmpeg, and by hls.js in Chromium.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use fixtures::{Options, Script, Simulator, counter};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::{runtime::Runtime, task::JoinHandle};

use super::{
    browser, http, media,
    stage::{self, Daemon},
    stills::makers,
    workers::{status, wait_for},
};

#[expect(dead_code, reason = "it judges more than is looked at here")]
#[path = "../../../engine/studio/src/stream/tests/checked.rs"]
mod checked;

use checked::Checked;

/// How long a picture may take from where it was sent to where it is seen, on a machine that has much else to do. What it takes on a
/// quiet one is printed.
const LATENCY_MS: i64 = 6_000;
/// How long any test waits for a stream.
const PATIENCE: Duration = Duration::from_secs(60);

/// A meeting that goes on, and what makes it.
struct Going {
    runtime: Runtime,
    meeting: JoinHandle<fixtures::Report>,
    daemon: Daemon,
    capture: Value,
}

fn begin(options: Options) -> Going {
    let (runtime, simulator, daemon) = stage::set_up(options, &["127.0.0.1"]);
    let meeting = runtime.spawn(Simulator::run(simulator));
    let capture = daemon.wait_for_recording();
    Going { runtime, meeting, daemon, capture }
}

impl Going {
    fn url(&self) -> String {
        self.capture["live"]["hls_url"].as_str().unwrap_or_else(|| panic!("{}", self.capture)).to_owned()
    }

    fn finish(self) -> (Daemon, fixtures::Report) {
        (self.daemon, self.runtime.block_on(self.meeting).unwrap())
    }
}

/// A viewer who refreshes as low-latency players do, and fetches everything that is new.
struct Viewer {
    url: String,
    last: Option<Checked>,
    parts: u64,
}

impl Viewer {
    fn new(url: String) -> Self {
        Self { url, last: None, parts: 0 }
    }

    /// Asks for what comes next; false once nothing does.
    fn refresh(&mut self) -> bool {
        let query = self.last.as_ref().map_or_else(String::new, |last| {
            let (segment, part) = (last.segments.len() as u64, last.open.len());
            format!("?_HLS_msn={segment}&_HLS_part={part}")
        });
        let mut answer = match http::agent().get(format!("{}{query}", self.url)).call() {
            Ok(answer) if answer.status() == 200 => answer,
            // It dies, or it has nothing yet.
            _ => {
                std::thread::sleep(Duration::from_millis(200));
                return true;
            }
        };
        assert_eq!(answer.headers()["content-type"], "application/vnd.apple.mpegurl");
        let text = answer.body_mut().read_to_string().unwrap();
        let now = Checked::read(&text).unwrap_or_else(|error| panic!("{error}:\n{text}"));
        if let Some(last) = &self.last {
            now.follows(last).unwrap_or_else(|error| panic!("{error}:\n{text}"));
        }
        if let Some((_, uri)) = now.open.last() {
            let got = http::anonymous(&self.url.replace("index.m3u8", uri));
            self.parts += u64::from(got.status() == 200);
        }
        let is_over = now.is_over;
        self.last = Some(now);
        !is_over
    }
}

/// The pictures that ffmpeg sees at an address, with their moments.
fn assert_every_picture(url: &str, report: &fixtures::Report) {
    let meeting = &report.meetings[0];
    let [run] = meeting.video_runs.as_slice() else { panic!("one run of one camera: {:?}", meeting.video_runs) };
    let camera = fixtures::pack().camera(&run.clip).unwrap();
    let (width, height) = (camera.width as usize, camera.height as usize);
    let pictures = media::seen(Path::new(url), width, height);
    assert_eq!(pictures.len() as u64, run.frames, "pictures in the stream");
    for (index, (_, picture)) in pictures.iter().enumerate() {
        let expected = ((run.first_index + index as u64) % camera.frames.len() as u64) as u16;
        assert_eq!(counter::read(picture, width, width, height), Some(expected), "picture {index}");
    }
}

#[test]
fn a_meeting_is_watched_while_it_goes_on_and_ffmpeg_reads_it_then_and_afterwards() {
    let going = begin(stage::options("copyable", 24, 1.0));
    let mut viewer = Viewer::new(going.url());
    let deadline = Instant::now() + PATIENCE;
    while viewer.last.as_ref().is_none_or(|last| last.segments.len() < 3) {
        assert!(viewer.refresh() && Instant::now() < deadline);
    }
    let live = Command::new("ffmpeg")
        .args(["-v", "error", "-i", &going.url(), "-t", "4", "-map", "0:v", "-f", "framehash", "-"])
        .output()
        .unwrap();
    assert!(live.status.success(), "{}", String::from_utf8_lossy(&live.stderr));
    let seen = String::from_utf8_lossy(&live.stdout).lines().filter(|line| !line.starts_with('#')).count();
    assert!((95..=101).contains(&seen), "{seen} pictures in 4 s");
    while viewer.refresh() {
        assert!(Instant::now() < deadline, "it has no end");
    }
    assert!(viewer.parts > 20, "{} parts", viewer.parts);
    let url = going.url();
    let (daemon, report) = going.finish();
    assert_every_picture(&url, &report);
    assert!(media::heard(Path::new(&url)).len() > 20 * 16_000, "there is sound beside them");
    let capture = daemon.wait_for_end(&report.meetings[0].rtms_stream_id);
    assert_eq!(capture["status"]["code"], "done", "{capture}");
}

/// A meeting whose camera sends a key picture when it is turned on, and never again.
fn with_one_key_picture(seconds: u64) -> Options {
    let lines = format!("scenario staged\nduration {seconds}s\n0s join ada\n0s camera ada small\n1s count ada\n");
    Options { script: Some(Script::parse(&lines).unwrap()), ..stage::options("staged", seconds, 1.0) }
}

/// What a player sees that has nothing but one segment after the other: the numbers of its pictures.
fn numbers_of_each(url: &str, list: &Checked, width: usize, height: usize) -> Vec<Vec<Option<u16>>> {
    let place = tempfile::tempdir().unwrap();
    let mut numbers = Vec::new();
    for told in &list.segments {
        let mut alone = Vec::new();
        for uri in [&told.map, &told.uri] {
            let mut answer = http::anonymous(&url.replace("index.m3u8", uri));
            assert_eq!(answer.status(), 200, "{uri}");
            alone.extend(answer.body_mut().read_to_vec().unwrap());
        }
        let file = place.path().join("alone.mp4");
        std::fs::write(&file, alone).unwrap();
        let pictures = media::seen(&file, width, height);
        numbers.push(pictures.iter().map(|(_, luma)| counter::read(luma, width, width, height)).collect());
    }
    numbers
}

#[test]
fn pictures_that_have_no_key_pictures_are_made_so_that_each_segment_can_be_begun_with() {
    let going = begin(with_one_key_picture(24));
    let (mut viewer, deadline) = (Viewer::new(going.url()), Instant::now() + PATIENCE);
    while viewer.refresh() {
        assert!(Instant::now() < deadline, "it has no end");
    }
    assert!(viewer.parts > 20, "{} parts", viewer.parts);
    let url = going.url();
    let list = Checked::read(&http::anonymous(&url).body_mut().read_to_string().unwrap()).unwrap();
    let made = list.segments.iter().filter(|told| told.map == "header-made-640x360.mp4").count();
    assert!(made >= 8, "{list:?}");
    let numbers = numbers_of_each(&url, &list, 640, 360);
    let (daemon, report) = going.finish();
    let [run] = report.meetings[0].video_runs.as_slice() else { panic!("{:?}", report.meetings[0].video_runs) };
    let expected: Vec<Option<u16>> = (0..run.frames).map(|n| Some((run.first_index + n) as u16)).collect();
    assert_eq!(numbers.concat(), expected);
    assert_eq!(daemon.metric("hansard_stage_errors_total{stage=\"pictures\"}"), 0.0);
    wait_for("end of the process", || makers(daemon.pid()).is_empty().then_some(()));
}

#[test]
fn a_process_that_makes_pictures_of_a_stream_and_is_killed_costs_pictures_and_nothing_else() {
    let going = begin(with_one_key_picture(24));
    let (mut viewer, deadline) = (Viewer::new(going.url()), Instant::now() + PATIENCE);
    assert_eq!(makers(going.daemon.pid()), [] as [i32; 0], "none is there before somebody watches");
    let mut killed = false;
    while viewer.refresh() {
        assert!(Instant::now() < deadline, "it has no end");
        if let Some(pid) = makers(going.daemon.pid()).first().filter(|_| !killed) {
            assert_eq!(status(*pid, "Seccomp").as_deref(), Some("2"));
            kill_process(Pid::from_raw(*pid).unwrap(), Signal::KILL).unwrap();
            killed = true;
        }
    }
    assert!(killed, "the control");
    let url = going.url();
    let list = Checked::read(&http::anonymous(&url).body_mut().read_to_string().unwrap()).unwrap();
    let numbers = numbers_of_each(&url, &list, 640, 360).concat();
    let (daemon, report) = going.finish();
    let run = &report.meetings[0].video_runs[0];
    let read: Vec<u16> = numbers.iter().flatten().copied().collect();
    assert!(read.len() as u64 + 150 > run.frames, "{} of {} pictures are there", read.len(), run.frames);
    assert!(read.len() < numbers.len() && read.is_sorted(), "the control: something is black");
    assert_eq!(daemon.metric("hansard_stage_errors_total{stage=\"pictures\"}"), 1.0);
    let capture = daemon.wait_for_end(&report.meetings[0].rtms_stream_id);
    assert_eq!(capture["status"]["code"], "done", "{capture}");
}

#[test]
fn a_stream_goes_on_where_its_daemon_died() {
    let mut going = begin(stage::options("copyable", 30, 1.0));
    let mut viewer = Viewer::new(going.url());
    let deadline = Instant::now() + PATIENCE;
    while viewer.last.as_ref().is_none_or(|last| last.segments.len() < 4) {
        assert!(viewer.refresh() && Instant::now() < deadline);
    }
    going.daemon.kill_and_restart();
    let before = viewer.last.as_ref().map_or(0, |last| last.segments.len());
    while viewer.refresh() {
        assert!(Instant::now() < deadline, "it has no end");
    }
    let after = viewer.last.map_or(0, |last| last.segments.len());
    assert!(after >= before + 5, "{before} segments before, {after} after");
    going.finish();
}

#[test]
fn only_who_has_a_key_or_a_link_may_watch() {
    let going = begin(stage::options("copyable", 8, 1.0));
    let (url, id) = (going.url(), going.capture["id"].as_str().unwrap().to_owned());
    let keyed = going.daemon.url(&format!("/live/{id}/index.m3u8"));
    assert_eq!(http::get(&keyed).status(), 200);
    assert_eq!(http::anonymous(&keyed).status(), 401);
    assert_eq!(http::anonymous(&url).status(), 200);
    let (start, end) = url.rsplit_once('/').unwrap();
    let last = if start.ends_with('0') { '1' } else { '0' };
    let forged = format!("{}{last}/{end}", &start[..start.len() - 1]);
    assert_eq!(http::anonymous(&forged).status(), 403);
    let other = url.replace(&id, "mdc_00000000000000000000000000");
    assert!([403, 404].contains(&http::anonymous(&other).status().as_u16()));
    assert_eq!(http::anonymous(&url.replace("index.m3u8", "segment-99999.m4s")).status(), 404);
    assert_eq!(http::anonymous(&format!("{url}?_HLS_msn=9999")).status(), 400);
    let allowed = http::agent().get(&url).header("Origin", "https://player.example").call().unwrap();
    assert_eq!(allowed.headers()["access-control-allow-origin"], "*");
    going.finish();
}

/// A page that plays a stream at its live edge, and posts which picture it showed when.
const PAGE: &str = r#"<!doctype html><video id="v" muted playsinline></video><script src="/hls.js"></script><script>
const v = document.getElementById("v");
const canvas = document.createElement("canvas");
canvas.width = 360; canvas.height = 24;
const pen = canvas.getContext("2d", { willReadFrequently: true });
const tell = (what) => fetch("/result", { method: "POST", body: JSON.stringify(what) });
const shown = [], faults = [];
const read = () => {
  pen.drawImage(v, 0, 0, 360, 360 * v.videoHeight / v.videoWidth);
  const cell = (i) => pen.getImageData(4 + 16 * i + 8, 12, 1, 1).data[0] > 120 ? 1 : 0;
  let number = 0;
  for (let i = 2; i < 18; i++) number = number * 2 + cell(i);
  return cell(0) && !cell(1) && !cell(20) && cell(21) ? number : -1;
};
const look = () => {
  shown.push([Date.now(), read()]);
  v.requestVideoFrameCallback(look);
};
const hls = new Hls({ lowLatencyMode: true });
hls.on(Hls.Events.ERROR, (_, data) => faults.push([data.type, data.details, data.fatal]));
hls.loadSource("FILE");
hls.attachMedia(v);
hls.on(Hls.Events.MANIFEST_PARSED, () => v.play());
v.requestVideoFrameCallback(look);
setTimeout(() => tell({ shown, faults, latency: hls.latency, time: v.currentTime }), 14000);
</script>"#;

/// How late a browser showed each picture of a meeting whose number it could read, in milliseconds, ordered; and what hls.js complained of.
fn shown_by_hls_js(options: Options) -> (Vec<i64>, Value) {
    let player = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/players/node_modules/hls.js/dist/hls.min.js");
    let player = std::fs::read_to_string(&player).expect("hls.js is there; run scripts/setup --test");
    let going = begin(options);
    let told = browser::told_by(&PAGE.replace("FILE", &going.url()), &[("/hls.js", &player)]);
    let told: Value = serde_json::from_str(&told).unwrap_or_else(|_| panic!("{told}"));
    let (_daemon, report) = going.finish();
    let run = &report.meetings[0].video_runs[0];
    let clip = fixtures::pack().camera(&run.clip).unwrap().frames.len() as i64;
    let mut late_ms: Vec<i64> = told["shown"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one[1].as_i64() >= Some(0))
        .map(|one| {
            let (at_ms, number) = (one[0].as_i64().unwrap(), one[1].as_i64().unwrap());
            // The latest time that it was sent before it was seen.
            let first = (number - run.first_index as i64).rem_euclid(clip);
            let sent_ms = run.first_ms + first * 40;
            (at_ms - sent_ms).rem_euclid(clip * 40)
        })
        .collect();
    late_ms.sort_unstable();
    (late_ms, told["faults"].clone())
}

fn assert_shown_soon(options: Options) {
    let (late_ms, faults) = shown_by_hls_js(options);
    let fatal = faults.as_array().unwrap().iter().filter(|fault| fault[2] == json!(true)).count();
    assert_eq!(fatal, 0, "{faults}");
    assert!(late_ms.len() > 100, "{} pictures with a number: {late_ms:?}", late_ms.len());
    let (middle, worst) = (late_ms[late_ms.len() / 2], late_ms[late_ms.len() * 95 / 100]);
    eprintln!("latency of {} pictures: p50 {middle} ms, p95 {worst} ms; {faults}", late_ms.len());
    assert!(middle <= LATENCY_MS, "half of the pictures were seen later than {middle} ms: {faults}");
}

#[test]
fn hls_js_in_chromium_shows_each_picture_soon_after_it_was_sent() {
    assert_shown_soon(stage::options("copyable", 28, 1.0));
}

#[test]
fn hls_js_in_chromium_goes_on_where_pictures_are_made_that_were_copied() {
    assert_shown_soon(with_one_key_picture(28));
}
