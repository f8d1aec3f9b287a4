//! What Zoom tells by webhook while a meeting runs: true, false, early, late (protocol §2.6, §10, §11; fault matrix C4, C5,
//! C20).

use std::{
    path::Path,
    time::{Duration, Instant},
};

use fixtures::{Invitation, Report, Simulator};
use serde_json::{Value, json};

use super::{
    bad_input::{unix_s, webhook},
    cuts, http,
    stage::{self, Daemon, Setting},
};
use crate::cable::Loose;

/// How long consent may have been withdrawn until nothing is left (fault matrix C20).
const FORGETTING: Duration = Duration::from_secs(60);

/// A meeting whose notices are sent by the test.
struct Meeting<'a> {
    daemon: &'a Daemon,
    invitation: Invitation,
    webhook_secret: String,
    zoom: std::net::SocketAddr,
}

impl Meeting<'_> {
    /// Sends a signed notice of the running stream.
    fn tell(&self, event: &str, more: Value) {
        self.tell_of(unix_s() * 1000, event, more);
    }

    /// Sends a signed notice that says it happened at that moment.
    fn tell_of(&self, event_ms: u64, event: &str, more: Value) {
        let mut payload = json!({ "meeting_uuid": self.invitation.meeting_uuid,
            "operator_id": self.invitation.operator_id, "account_id": self.invitation.account_id,
            "rtms_stream_id": self.invitation.rtms_stream_id });
        payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let body = json!({ "event": event, "event_ts": event_ms, "payload": payload }).to_string();
        assert_eq!(webhook(&self.daemon.url("/zoom-webhook"), &self.webhook_secret, unix_s(), &body), 200, "{body}");
    }

    fn started(&self, server_urls: &str) {
        self.tell("meeting.rtms_started", json!({ "server_urls": server_urls }));
    }

    fn stopped(&self, reason: i64) {
        self.tell("meeting.rtms_stopped", json!({ "stop_reason": reason }));
    }

    /// Waits until the capture is terminal, and answers it.
    fn wait_for_end(&self) -> Value {
        self.daemon.wait_for_end(&self.invitation.rtms_stream_id)
    }
}

/// Plays a steady meeting and does `meanwhile` two seconds after its media began to flow.
fn play<T>(seconds: u64, meanwhile: impl AsyncFnOnce(&Meeting) -> T) -> (Daemon, Report, T) {
    let options = stage::options("copyable", seconds, 1.0);
    let runtime = stage::runtime();
    let simulator = runtime.block_on(Simulator::start(options.clone())).unwrap();
    let daemon = Daemon::start(&options, stage::own_address(), simulator.ca_pem(), Setting::default());
    let (invitation, zoom) = (simulator.invitations().remove(0), simulator.addr());
    let (report, done) = runtime.block_on(async {
        let meeting = Meeting { daemon: &daemon, invitation, webhook_secret: options.webhook_secret, zoom };
        let playing = tokio::spawn(simulator.run());
        meeting.started(&meeting.invitation.server_urls);
        daemon.wait_for_frames(1);
        tokio::time::sleep(Duration::from_secs(2)).await;
        let done = meanwhile(&meeting).await;
        (playing.await.unwrap(), done)
    });
    (daemon, report, done)
}

#[test]
fn an_interruption_that_is_told_again_and_again_while_all_is_well_costs_nothing() {
    let (daemon, report, ()) = play(7, async |meeting| {
        for _ in 0..6 {
            meeting.tell("meeting.rtms_interrupted", json!({}));
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    });
    let played = stage::finish(daemon, report);
    assert_eq!(cuts::judge(&played), []);
    assert_eq!(played.meeting().client_errors, Vec::<String>::new());
}

#[test]
fn a_stream_that_moves_to_another_server_is_followed_at_once_by_the_same_capture() {
    let (daemon, report, cable) = play(9, async |meeting| {
        let loose = Loose::new().await;
        let url = format!("wss://{}", loose.address());
        let cable = loose.connect(meeting.zoom);
        meeting.started(&url);
        cable
    });
    let played = stage::finish(daemon, report);
    assert!(cable.connections() > 0, "nobody came to the new address");
    // It may be so quick that not even a picture is missing.
    let holes = cuts::judge(&played);
    assert!(holes.iter().all(|hole| hole.track == "video" && hole.ms() < 5_000) && holes.len() <= 1, "{holes:?}");
    let captures = http::get_json(&played.daemon.url("/api/v1/meeting_direct_connect"));
    assert_eq!(captures["results"].as_array().unwrap().len(), 1);
}

#[test]
fn a_stop_that_is_told_before_the_sockets_say_so_ends_the_capture_at_once() {
    let (_daemon, report, capture) = play(8, async |meeting| {
        let told = Instant::now();
        meeting.stopped(6);
        let capture = meeting.wait_for_end();
        assert!(told.elapsed() < Duration::from_secs(12), "{:?} until the end", told.elapsed());
        capture
    });
    assert_eq!(capture["status"]["code"], "done", "{capture}");
    let rejoined = report.meetings[0].client_errors.iter().filter(|error| error.contains("refused")).count();
    assert_eq!(rejoined, 0, "{:?}", report.meetings[0].client_errors);
}

#[test]
fn a_start_that_its_own_stop_has_overtaken_is_never_joined() {
    let options = stage::options("copyable", 4, 1.0);
    let runtime = stage::runtime();
    let simulator = runtime.block_on(Simulator::start(options.clone())).unwrap();
    let daemon = Daemon::start(&options, stage::own_address(), simulator.ca_pem(), Setting::default());
    let loose = runtime.block_on(Loose::new());
    let url = format!("wss://{}", loose.address());
    let cable = runtime.block_on(async { loose.connect(simulator.addr()) });
    let invitation = simulator.invitations().remove(0);
    let webhook_secret = options.webhook_secret;
    let zoom = simulator.addr();
    let meeting = Meeting { daemon: &daemon, invitation, webhook_secret, zoom };
    let now_ms = unix_s() * 1000;
    meeting.tell_of(now_ms - 1_000, "meeting.rtms_stopped", json!({ "stop_reason": 6 }));
    meeting.tell_of(now_ms - 5_000, "meeting.rtms_started", json!({ "server_urls": url }));
    // A capture would have dialled long before now.
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(cable.connections(), 0);
    let captures = http::get_json(&daemon.url("/api/v1/meeting_direct_connect"));
    let running = captures["results"].as_array().unwrap().iter();
    let running = running.filter(|one| !matches!(one["status"]["code"].as_str(), Some("done" | "fatal"))).count();
    assert_eq!(running, 0, "{captures}");
    // The negative control: the same start of a stream that was not stopped.
    let other = json!({ "server_urls": url, "rtms_stream_id": "0123456789abcdef0123456789abcdef" });
    meeting.tell_of(now_ms - 5_000, "meeting.rtms_started", other);
    let deadline = Instant::now() + Duration::from_secs(5);
    while cable.connections() == 0 {
        assert!(Instant::now() < deadline, "a start without a stop is not joined either");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Every file below `dir` in which one of `canaries` lies.
fn files_with(dir: &Path, canaries: &[&[u8]]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_with(&path, canaries));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap_or_default();
        let holds = |canary: &&&[u8]| bytes.windows(canary.len()).any(|window| window == **canary);
        if canaries.iter().any(|canary| holds(&canary)) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn nothing_of_the_meeting_remains_after_consent_was_withdrawn() {
    let camera = fixtures::pack().camera("wide").unwrap();
    let words = &fixtures::pack().sentences[0].text;
    let picture = camera.frames[0];
    let canaries: [&[u8]; 2] = [&picture[picture.len() / 2..][..48], words.as_bytes()];
    let (daemon, _, capture) = play(12, async |meeting| {
        let deadline = Instant::now() + Duration::from_secs(10);
        let dir = meeting.daemon.data_dir();
        while files_with(&dir, &canaries[..1]).is_empty() || files_with(&dir, &canaries[1..]).is_empty() {
            assert!(Instant::now() < deadline, "nothing of the meeting was ever on the disk: the canaries are wrong");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let told = Instant::now();
        meeting.stopped(8);
        loop {
            let left = files_with(&dir, &canaries);
            if left.is_empty() {
                break;
            }
            assert!(told.elapsed() < FORGETTING, "the meeting is still in {left:?}");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        meeting.wait_for_end()
    });
    assert_eq!(capture["status"]["sub_code"], "zoom_rtms_stream_revoked", "{capture}");
    let recording = &capture["recordings"][0];
    assert_eq!(recording["status"]["code"], "deleted", "{capture}");
    assert!(recording["media_shortcuts"]["video_mixed"]["data"]["download_url"].is_null(), "{capture}");
    // Nothing came back while the meeting went on.
    assert_eq!(files_with(&daemon.data_dir(), &canaries), Vec::<String>::new());
}
