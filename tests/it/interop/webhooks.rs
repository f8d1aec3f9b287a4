//! Status webhooks of the real binary, judged by the libraries that receivers use: the Python packages `standardwebhooks` and `svix`.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::sdk;
use crate::e2e::{
    http,
    stage::{self, Setting},
};

const PATH: &str = "/api/v1/webhook_endpoint/";

/// How long everything may take to arrive; the second attempt is made after 5 s.
const ARRIVING: Duration = Duration::from_secs(60);

/// The receiver of `tests/interop`, ended when dropped.
struct Receiver {
    child: Child,
    port: u16,
    dir: TempDir,
}

impl Receiver {
    /// Starts one that answers 500 to so many requests.
    fn start(refused: u32) -> Self {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let dir = tempfile::tempdir().unwrap();
        let mut child = Command::new(sdk::python(tests.parent().unwrap()))
            .arg(tests.join("interop/receiver.py"))
            .arg(refused.to_string())
            .current_dir(dir.path())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().strip_prefix("listening ").and_then(|port| port.parse().ok());
        let port = port.unwrap_or_else(|| panic!("the receiver does not listen: {line:?}"));
        Self { child, port, dir }
    }

    fn knows(&self, endpoint: &Value) {
        std::fs::write(self.dir.path().join("secret"), endpoint["secret"].as_str().unwrap()).unwrap();
    }

    fn heard(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.dir.path().join("heard.jsonl")).unwrap_or_default();
        // The last line may be on its way.
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Waits until it heard so many requests, and answers them.
    fn wait_for(&self, is_enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let deadline = Instant::now() + ARRIVING;
        loop {
            let heard = self.heard();
            if is_enough(&heard) {
                return heard;
            }
            assert!(Instant::now() < deadline, "{heard:#?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn event(heard: &Value) -> Value {
    let body: Value = serde_json::from_str(heard["body"].as_str().unwrap()).unwrap();
    body["event"].clone()
}

#[test]
fn point_9_two_libraries_for_receivers_take_every_webhook_for_genuine_and_nothing_that_was_changed() {
    let receiver = Receiver::start(1);
    let (runtime, simulator, daemon) = stage::set_up_with(stage::options("copyable", 4, 1.0), |_| Setting {
        environment: vec![("HANSARD_DELIVER__PRIVATE", r#"["127.0.0.0/8"]"#.into())],
        ..Setting::default()
    });
    let wish =
        json!({ "url": format!("http://127.0.0.1:{}/", receiver.port), "svix_headers": true, "bot_events": true });
    let (status, endpoint) = http::post(&daemon.url(PATH), &wish);
    assert_eq!(status, 201, "{endpoint}");
    receiver.knows(&endpoint);
    let report = runtime.block_on(simulator.run());
    let played = stage::finish(daemon, report);
    let last = |heard: &[Value]| heard.last().is_some_and(|last| event(last) == "bot.done");
    let heard = receiver.wait_for(last);

    let [refused, again, ..] = heard.as_slice() else { panic!("{heard:#?}") };
    assert_eq!((&refused["status"], &again["status"]), (&json!(500), &json!(200)));
    assert_eq!((&refused["id"], &refused["body"]), (&again["id"], &again["body"]), "the same bytes under the same id");
    let changed = json!({
        "genuine": true, "another_body": false, "another_secret": false, "another_id": false, "stale": false,
    });
    let mut of_svix = changed.clone();
    of_svix["older_names"] = json!(true);
    for one in &heard {
        assert_eq!(one["judged"], json!({ "standardwebhooks": changed, "svix": of_svix }), "{one}");
    }

    // While a secret is replaced, the one before counts as well.
    let own = played.daemon.url(&format!("{PATH}{}/", endpoint["id"].as_str().unwrap()));
    let (status, rotated) = http::post(&format!("{own}rotate_secret/"), &json!({}));
    assert_eq!(status, 200, "{rotated}");
    assert_ne!(rotated["secret"], endpoint["secret"]);
    for secret in [&endpoint, &rotated] {
        receiver.knows(secret);
        let before = receiver.heard().len();
        let id = again["id"].as_str().unwrap();
        assert_eq!(http::post(&format!("{own}deliveries/{id}/resend/"), &json!({})), (200, json!({ "queued": 1 })));
        let heard = receiver.wait_for(|heard| heard.len() > before);
        let resent = heard.last().unwrap();
        assert_eq!((&resent["id"], &resent["body"]), (&again["id"], &again["body"]));
        assert_eq!(resent["judged"]["standardwebhooks"], changed);
    }
}
