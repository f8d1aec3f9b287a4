//! Webhooks while the catalogue cannot commit (fault matrix D6, D8): they are not acknowledged, the next delivery is taken, and
//! nothing that was acknowledged is lost.

use std::{
    thread,
    time::{Duration, Instant},
};

use fixtures::{Options, Script};
use serde_json::json;

use super::stage::{Scene, wait_for};
use crate::e2e::{
    accounts,
    bad_input::{unix_s, webhook},
    faults, http, ledger,
};

/// What Zoom waits for an answer.
const ZOOM_WAITS: Duration = Duration::from_secs(3);

/// Delivers the start of a stream that nobody can join, signed; answers the status and how long that took.
fn announce(scene: &Scene, stream: &str) -> (u16, Duration) {
    let payload = json!({ "meeting_uuid": format!("meeting of {stream}"), "rtms_stream_id": stream,
        "operator_id": "operator", "server_urls": "wss://127.0.0.1:1" });
    let body = json!({ "event": "meeting.rtms_started", "event_ts": unix_s() * 1000, "payload": payload });
    deliver(scene, &body.to_string())
}

/// Asks for the proof that the webhook secret is known, as Zoom does time and again.
fn challenge(scene: &Scene) -> (u16, Duration) {
    let body = json!({ "event": "endpoint.url_validation", "event_ts": unix_s() * 1000, "payload": { "plainToken": "token" } });
    deliver(scene, &body.to_string())
}

fn deliver(scene: &Scene, body: &str) -> (u16, Duration) {
    let began = Instant::now();
    let secret = Options::default().webhook_secret;
    (webhook(&scene.daemon.url("/zoom-webhook"), &secret, unix_s(), body), began.elapsed())
}

fn is_known(scene: &Scene, stream: &str) -> bool {
    let list = http::get_json(&scene.daemon.url("/api/v1/meeting_direct_connect"));
    list["results"].as_array().unwrap().iter().any(|capture| capture["zoom_rtms"]["rtms_stream_id"] == stream)
}

#[test]
fn a_webhook_that_cannot_be_kept_is_answered_503_and_its_next_delivery_is_taken() {
    let scene = Scene::recording(30);
    assert_eq!(announce(&scene, "before").0, 200);
    for (name, rules) in
        [("full", "catalog any ENOSPC"), ("broken", "catalog sync EIO"), ("read-only", "catalog write EROFS")]
    {
        scene.faults.set(rules);
        for _ in 0..3 {
            let (status, took) = announce(&scene, name);
            assert_eq!(status, 503, "{rules}");
            assert!(took < ZOOM_WAITS, "{rules}: {took:?}");
        }
        assert_eq!(challenge(&scene).0, 200, "{rules}");
        assert!(!is_known(&scene, name), "{rules}");
        scene.faults.clear();
        wait_for("a webhook that is taken", || (announce(&scene, name).0 == 200).then_some(()));
        assert!(is_known(&scene, name), "{rules}");
    }
    let mut scene = scene;
    scene.daemon.kill_and_restart();
    for name in ["before", "full", "broken", "read-only"] {
        assert!(is_known(&scene, name), "{name} was acknowledged");
    }
}

#[test]
fn a_webhook_on_a_disk_that_stands_still_is_not_acknowledged_before_it_is_durable() {
    let scene = Scene::recording(20);
    scene.faults.set("catalog sync hold");
    let (status, took) = announce(&scene, "held");
    assert_eq!(status, 503);
    assert!(took < ZOOM_WAITS, "{took:?}");
    assert_eq!(challenge(&scene).0, 200);
    scene.faults.clear();
    // Whether the delivery was taken by then or is now, it is kept, once.
    wait_for("a webhook that is taken", || (announce(&scene, "held").0 == 200).then_some(()));
    assert!(is_known(&scene, "held"));
}

#[test]
fn a_meeting_whose_start_could_not_be_kept_is_recorded_from_the_next_delivery_on() {
    let script = Script::parse("scenario copyable\nduration 16s\nwith retry-speed 200").unwrap();
    let options = Options { script: Some(script), ..Options::default() };
    let scene = Scene::begin(options, "catalog any ENOSPC");
    wait_for("a webhook that is refused", || {
        (scene.daemon.metric("hansard_webhook_requests_total") >= 2.0).then_some(())
    });
    thread::sleep(Duration::from_millis(500));
    assert_eq!(scene.daemon.frames_received(), 0);
    scene.faults.clear();
    let (played, _faults) = scene.finish();
    let started = &played.meeting().webhooks[0];
    assert!(started.attempts > 1 && started.acknowledged(), "{started:?}");
    faults::assert_polite(played.meeting());
    ledger::assert_equal(&played.daemon.log_dir(&played.capture), played.meeting());
    accounts::assert_accounted(&played, &[]);
}
