//! Status webhooks of a whole meeting (recording-api §7.3, §14.10): their order, and that a GET shows what they say.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{
    http,
    receiver::{Heard, Receiver},
    stage::{self, Setting},
};

/// The artifacts of an app's meeting.
const ARTIFACTS: [&str; 4] = ["video_mixed", "transcript", "participant_events", "meeting_metadata"];

/// What comes too early or not at all among the events of one recording.
fn out_of_order(events: &[String]) -> Vec<String> {
    let place = |event: &str| events.iter().position(|heard| heard == event);
    let mut found = Vec::new();
    let mut wants = |earlier: &str, later: &str| {
        let is_right = matches!((place(earlier), place(later)), (Some(earlier), Some(later)) if earlier < later);
        if !is_right {
            found.push(format!("{earlier} does not come before {later}"));
        }
    };
    wants("meeting_direct_connect.joining_call", "recording.processing");
    for artifact in ARTIFACTS {
        wants("recording.processing", &format!("{artifact}.processing"));
        wants(&format!("{artifact}.processing"), &format!("{artifact}.done"));
        wants(&format!("{artifact}.done"), "recording.done");
    }
    for (earlier, later) in
        [("joining_call", "in_call_recording"), ("in_call_recording", "call_ended"), ("call_ended", "done")]
    {
        wants(&format!("meeting_direct_connect.{earlier}"), &format!("meeting_direct_connect.{later}"));
    }
    wants("recording.done", "meeting_direct_connect.done");
    found
}

/// Whether the capture shows what the message says, or what followed from it.
fn shows(capture: &Value, message: &Heard) -> bool {
    let event = message.event();
    let (family, code) = event.split_once('.').unwrap();
    let has_reached = |status: &Value| status["code"] == code || code == "processing" && status["code"] == "done";
    let recording = &capture["recordings"][0];
    match family {
        "meeting_direct_connect" => {
            let changes = capture["status_changes"].as_array().unwrap();
            changes.iter().any(|change| change["code"] == code)
        }
        "recording" => has_reached(&recording["status"]),
        _ => {
            let id = &message.json()["data"][family]["id"];
            let artifacts = recording["artifacts"].as_array();
            artifacts.into_iter().flatten().any(|of| of["id"] == *id && has_reached(&of["status"]))
        }
    }
}

#[test]
fn point_10_webhooks_of_a_meeting_come_in_order_and_after_a_get_shows_what_they_say() {
    let receiver = Receiver::start();
    let (runtime, simulator, daemon) = stage::set_up_with(stage::options("copyable", 6, 1.0), |_| Setting {
        environment: receiver.environment(),
        ..Setting::default()
    });
    let unseen = Arc::new(Mutex::new(Vec::new()));
    let (noted, url) = (Arc::clone(&unseen), daemon.url("/api/v1/meeting_direct_connect/"));
    receiver.on_each(move |message| {
        let id = message.json()["data"]["meeting_direct_connect"]["id"].as_str().unwrap().to_owned();
        let capture = http::get_json(&format!("{url}{id}/"));
        if !shows(&capture, message) {
            noted.lock().unwrap().push(format!("{} before it is seen in {capture:#}", message.event()));
        }
    });
    let report = runtime.block_on(simulator.run());
    let played = stage::finish(daemon, report);
    receiver.wait_for("meeting_direct_connect.done");
    let unseen = unseen.lock().unwrap();
    assert!(unseen.is_empty(), "{unseen:#?}");
    let messages = receiver.messages();
    assert!(messages.iter().all(|(_, times)| *times == 1), "{messages:#?}");
    let events: Vec<String> = messages.iter().map(|(heard, _)| heard.event()).collect();
    let found = out_of_order(&events);
    assert!(found.is_empty(), "{found:#?} in {events:#?}");

    let done = messages.iter().find(|(heard, _)| heard.event() == "recording.done").unwrap().0.json();
    let recording = &played.capture["recordings"][0];
    assert_eq!(done["data"]["recording"]["id"], recording["id"]);
    assert_eq!(
        done["data"]["data"],
        serde_json::json!({
            "code": "done", "sub_code": null, "updated_at": recording["status"]["updated_at"],
        })
    );
    // The last one counts once its outcome is known, which is after its answer.
    let counted = || played.daemon.metric("hansard_delivery_attempts_total") == messages.len() as f64;
    let deadline = Instant::now() + Duration::from_secs(20);
    while !counted() || played.daemon.metric("hansard_delivery_pending") > 0.0 {
        assert!(Instant::now() < deadline, "not every attempt is counted");
        std::thread::sleep(Duration::from_millis(100));
    }

    // The control: what contradicts the capture is noticed.
    let other = |event: &str| Heard { id: String::new(), body: format!(r#"{{"event":"{event}","data":{{}}}}"#) };
    for event in ["recording.deleted", "meeting_direct_connect.fatal", "transcript.done"] {
        assert!(!shows(&played.capture, &other(event)), "{event}");
    }
}

#[test]
fn an_order_that_is_not_kept_is_found() {
    let mut events: Vec<String> = ["meeting_direct_connect.joining_call", "recording.processing"]
        .map(str::to_owned)
        .into_iter()
        .chain(ARTIFACTS.map(|artifact| format!("{artifact}.processing")))
        .chain(["in_call_recording", "call_ended"].map(|code| format!("meeting_direct_connect.{code}")))
        .chain(ARTIFACTS.map(|artifact| format!("{artifact}.done")))
        .chain(["recording.done", "meeting_direct_connect.done"].map(str::to_owned))
        .collect();
    assert_eq!(out_of_order(&events), [""; 0]);
    let last = events.len() - 1;
    events.swap(last - 1, last);
    assert_eq!(out_of_order(&events), ["recording.done does not come before meeting_direct_connect.done"]);
    events.truncate(last - 1);
    assert_eq!(out_of_order(&events).len(), 6, "what never comes is found");
}
