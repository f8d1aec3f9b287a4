//! Headless Chromium plays and seeks a finished file over its download link, as a customer's page would.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{http, ordered, stage};

/// The names under which Chromium is installed, as in `scripts/setup`.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// How long Chromium may take for everything, its own start included.
const PATIENCE: Duration = Duration::from_secs(60);

/// A page that plays the beginning, seeks to two places, and posts what happened.
const PAGE: &str = r#"<!doctype html><video id="v" muted src="FILE"></video><script>
const v = document.getElementById("v");
const next = (name) => new Promise((done, fail) => {
  v.addEventListener(name, done, { once: true });
  v.addEventListener("error", () => fail(v.error.message), { once: true });
});
const tell = (what) => fetch("/result", { method: "POST", body: what });
(async () => {
  if (v.readyState < 2) await next("loadeddata");
  const shown = [v.videoWidth, v.videoHeight, v.duration.toFixed(2)];
  await v.play();
  while (v.currentTime < 0.5) await next("timeupdate");
  v.pause();
  const places = [];
  for (const share of [0.75, 0.25]) {
    v.currentTime = v.duration * share;
    await next("seeked");
    places.push(Math.abs(v.currentTime - v.duration * share) < 0.05 && v.readyState >= 2);
  }
  tell(JSON.stringify({ shown, places }));
})().catch((why) => tell("failed: " + why));
</script>"#;

/// Ended when dropped.
struct Browser(Child);

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts one that opens `page`, without a window; `None` if there is no program of that name.
fn open(name: &str, profile: &Path, page: &str) -> Option<Browser> {
    let child = Command::new(name)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--disable-dev-shm-usage", "--autoplay-policy=no-user-gesture-required"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(page)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    child.ok().map(Browser)
}

/// Opens a page that plays `video_url`, and answers what the page posts.
fn told_by_the_page(video_url: &str) -> String {
    told_by(&PAGE.replace("FILE", video_url), &[])
}

/// Opens a page with the scripts that it names, and answers what it posts.
pub(super) fn told_by(content: &str, scripts: &[(&str, &str)]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let profile = tempfile::tempdir().unwrap();
    let page = format!("http://{}/", listener.local_addr().unwrap());
    let _browser = NAMES
        .iter()
        .find_map(|name| open(name, profile.path(), &page))
        .unwrap_or_else(|| panic!("none of {NAMES:?} is installed; run scripts/setup --test"));
    listener.set_nonblocking(true).unwrap();
    let deadline = Instant::now() + PATIENCE;
    loop {
        assert!(Instant::now() < deadline, "the page told nothing");
        let Ok((socket, _)) = listener.accept() else {
            std::thread::sleep(Duration::from_millis(20));
            continue;
        };
        socket.set_nonblocking(false).unwrap();
        if let Some(told) = serve(socket, content, scripts) {
            return told;
        }
    }
}

/// Answers one request: the page itself, or thanks for what it posts, which is handed on.
fn serve(mut socket: std::net::TcpStream, content: &str, scripts: &[(&str, &str)]) -> Option<String> {
    let mut reader = BufReader::new(socket.try_clone().unwrap());
    let mut request = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
        request.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let script = scripts.iter().find(|(path, _)| request.starts_with(&format!("GET {path} ")));
    let page = if request.starts_with("GET / ") { content } else { script.map_or("", |(_, script)| script) };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        page.len()
    );
    socket.write_all((head + page).as_bytes()).unwrap();
    request.starts_with("POST /result").then(|| String::from_utf8(body).unwrap())
}

/// Asserts that the page plays and seeks a video of that size, and of that length within 40 ms.
fn assert_played(video_url: &Value, (width, height): (u64, u64), seconds: f64) {
    let told = told_by_the_page(video_url.as_str().unwrap());
    let told: Value = serde_json::from_str(&told).unwrap_or_else(|_| panic!("{told}"));
    let length: f64 = told["shown"][2].as_str().unwrap().parse().unwrap();
    assert_eq!((&told["shown"][0], &told["shown"][1]), (&json!(width), &json!(height)), "{told}");
    assert!((length - seconds).abs() <= 0.04, "{told} instead of {seconds} s");
    assert_eq!(told["places"], json!([true, true]), "{told}");
}

#[test]
fn chromium_plays_and_seeks_copied_and_composed_files() {
    for scenario in ["copyable", "meeting"] {
        let played = stage::play(scenario, 7, 2.0);
        let shortcuts = &played.capture["recordings"][0]["media_shortcuts"];
        assert_played(&shortcuts["video_mixed"]["data"]["download_url"], (1280, 720), played.seconds());
    }
}

#[test]
fn chromium_plays_and_seeks_a_gallery_and_a_camera_of_its_own() {
    let played = ordered::play(
        stage::options("meeting", 16, 2.0),
        &json!({ "video_mixed_layout": "gallery_view_v2", "video_separate_mp4": {} }),
    );
    let recording = &played.capture["recordings"][0];
    let gallery = &recording["media_shortcuts"]["video_mixed"]["data"]["download_url"];
    assert_played(gallery, (1280, 720), played.seconds());
    let artifacts = recording["artifacts"].as_array().unwrap();
    let separate = artifacts.iter().find(|each| each["kind"] == "video_separate").expect("it is listed");
    let parts = http::json_behind(separate["data"]["download_url"].as_str().unwrap());
    let length = |part: &&Value| part["duration"].as_f64().unwrap();
    let cameras = parts.as_array().unwrap().iter().filter(|part| part["type"] == "webcam");
    let longest = cameras.max_by(|one, other| length(one).total_cmp(&length(other))).expect("somebody is seen");
    let runs = &played.meeting().video_runs;
    let run = runs.iter().find(|run| longest["participant"]["id"] == run.user_id).unwrap();
    let camera = fixtures::pack().camera(&run.clip).unwrap();
    assert_played(&longest["download_url"], (camera.width.into(), camera.height.into()), length(&longest));
}

#[test]
fn chromium_plays_and_seeks_a_file_that_is_for_its_sound() {
    let wanted = json!({ "video_mixed_layout": "audio_only" });
    let played = ordered::play(stage::options("copyable", 7, 2.0), &wanted);
    let shortcuts = &played.capture["recordings"][0]["media_shortcuts"];
    assert_played(&shortcuts["video_mixed"]["data"]["download_url"], (1280, 720), played.seconds());
}
