//! Headless Chromium plays and seeks a finished file over its download link, as a customer's page would.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::stage;

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
        if let Some(told) = serve(socket, video_url) {
            return told;
        }
    }
}

/// Answers one request: the page itself, or thanks for what it posts, which is handed on.
fn serve(mut socket: std::net::TcpStream, video_url: &str) -> Option<String> {
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
    let page = if request.starts_with("GET / ") { PAGE.replace("FILE", video_url) } else { String::new() };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        page.len()
    );
    socket.write_all((head + &page).as_bytes()).unwrap();
    request.starts_with("POST /result").then(|| String::from_utf8(body).unwrap())
}

#[test]
fn chromium_plays_and_seeks_copied_and_composed_files() {
    for scenario in ["copyable", "meeting"] {
        let played = stage::play(scenario, 7, 2.0);
        let shortcuts = &played.capture["recordings"][0]["media_shortcuts"];
        let told = told_by_the_page(shortcuts["video_mixed"]["data"]["download_url"].as_str().unwrap());
        let expected = format!(r#"{{"shown":[1280,720,"{:.2}"],"places":[true,true]}}"#, played.seconds());
        assert_eq!(told, expected, "{scenario}");
    }
}
