//! What an operator decides for each app, and what follows from webhooks about streams that are known.

use media::SourceTime;
use model::{CaptureStatus, Command, ParticipantId, RecordingState};

use super::*;
use crate::Filter;

/// A start notice of stream `s1` with these further fields.
fn started(further: &Value) -> String {
    let mut payload = json!({
        "meeting_uuid": "m==", "rtms_stream_id": "s1", "server_urls": "wss://zoomsjc1rtms.zoom.us",
    });
    for (key, value) in further.as_object().expect("fields") {
        payload[key] = value.clone();
    }
    json!({ "event": "meeting.rtms_started", "event_ts": NOW_UNIX_S * 1000, "payload": payload }).to_string()
}

fn told(event: &str, at_ms: i64, payload: Value) -> String {
    let mut body = json!({ "event": event, "event_ts": NOW_UNIX_S * 1000 + at_ms, "payload": payload });
    body["payload"]["rtms_stream_id"] = json!("s1");
    body.to_string()
}

impl World {
    /// Zoom says something now.
    async fn hears(&self, body: &str) -> Value {
        let answer = self.webhook("/zoom-webhook", SECRET, self.now_unix_s(), body).await;
        assert_eq!(answer.status, StatusCode::OK, "{body}");
        answer.json()["result"].clone()
    }

    /// The capture of the stream, running.
    async fn running(&self) -> CaptureId {
        self.hears(&started(&json!({}))).await;
        self.catalog.claim_start(NOW_UNIX_S * 1000).await.expect("a claim").expect("a start").capture.id
    }
}

#[tokio::test]
async fn only_streams_that_fit_the_filters_of_an_app_are_captured() {
    let filter = |accounts: &[&str], operators: &[&str], only_original_host| Filter {
        accounts: accounts.iter().map(ToString::to_string).collect(),
        operators: operators.iter().map(ToString::to_string).collect(),
        only_original_host,
    };
    let cases = [
        (filter(&[], &[], false), json!({}), true),
        (filter(&["a1", "a2"], &[], false), json!({ "account_id": "a2" }), true),
        (filter(&["a1"], &[], false), json!({ "account_id": "a2" }), false),
        (filter(&["a1"], &[], false), json!({}), false),
        (filter(&[], &["u1"], false), json!({ "operator_id": "u1" }), true),
        (filter(&[], &["u1"], false), json!({ "operator_id": "u2" }), false),
        (filter(&[], &[], true), json!({ "is_original_host": true }), true),
        (filter(&[], &[], true), json!({ "is_original_host": false }), false),
        (filter(&[], &[], true), json!({}), false),
        (
            filter(&["a1"], &["u1"], true),
            json!({ "account_id": "a1", "operator_id": "u1", "is_original_host": true }),
            true,
        ),
    ];
    for (filter, further, is_taken) in cases {
        let case = format!("{filter:?} {further}");
        let world = World::with_apps(vec![AppConfig { filter, ..app("main", &[SECRET]) }]).await;
        let result = world.hears(&started(&further)).await;
        assert_eq!(result, if is_taken { "accepted" } else { "filtered" }, "{case}");
        assert_eq!(world.captures().await.len(), usize::from(is_taken), "{case}");
    }
}

#[tokio::test]
async fn an_interruption_wakes_the_owner_once_and_a_new_address_moves_it() {
    let world = World::new().await;
    let id = world.running().await;
    let interrupted = "meeting.rtms_interrupted";
    world.hears(&told(interrupted, 1_000, json!({ "meeting_uuid": "m==" }))).await;
    world.hub.woken(hub::Wake::Commands(id)).await;
    world.hears(&told(interrupted, 2_000, json!({ "meeting_uuid": "m==" }))).await;
    assert_eq!(world.catalog.take_commands(id).await.expect("commands"), [Command::Interrupted]);
    world.hears(&told(interrupted, 3_000, json!({ "server_urls": "wss://zoomsjc2rtms.zoom.us" }))).await;
    let moved = Command::Moved { server_urls: "wss://zoomsjc2rtms.zoom.us".to_owned() };
    assert_eq!(world.catalog.take_commands(id).await.expect("commands"), [moved]);
}

#[tokio::test]
async fn a_start_that_is_announced_again_is_a_hint_unless_it_is_the_same_delivery() {
    let world = World::new().await;
    let id = world.running().await;
    assert_eq!(world.hears(&started(&json!({}))).await, "duplicate");
    assert_eq!(world.catalog.take_commands(id).await.expect("commands"), []);
    let again = started(&json!({})).replace(&format!("{}", NOW_UNIX_S * 1000), &format!("{}", NOW_UNIX_S * 1000 + 7));
    assert_eq!(world.hears(&again).await, "duplicate");
    assert_eq!(world.catalog.take_commands(id).await.expect("commands"), [Command::Interrupted]);
}

#[tokio::test]
async fn consent_that_is_withdrawn_after_the_end_deletes_at_once_unless_the_operator_keeps_it() {
    for keep_revoked in [false, true] {
        let world = World::with_apps(vec![AppConfig { keep_revoked, ..app("main", &[SECRET]) }]).await;
        let id = world.running().await;
        let now_unix_ms = NOW_UNIX_S * 1000;
        world.catalog.recording_started(id, SourceTime::from_unix_ms(now_unix_ms), now_unix_ms).await.expect("started");
        let over = catalog::Outcome::Ended { code: "over".to_owned(), message: None };
        world.catalog.capture_ended(id, None, over, now_unix_ms).await.expect("ended");
        world.hears(&told("meeting.rtms_stopped", 1_000, json!({ "stop_reason": 8 }))).await;
        let capture = world.catalog.capture(id).await.expect("a catalogue").expect("a capture");
        let state = capture.recording.as_ref().expect("a recording").state;
        assert_eq!(state == RecordingState::Deleted, !keep_revoked);
        let purge = world.catalog.claim_purge(now_unix_ms + 10_000).await.expect("a claim");
        assert_eq!(purge.is_some(), !keep_revoked);
        let object = world.ask(Method::GET, &format!("{MDC}/{id}"), None).await.json();
        assert_eq!(object["recordings"][0]["status"]["code"] == "deleted", !keep_revoked);
    }
}

#[tokio::test]
async fn a_running_capture_is_told_whose_camera_is_wanted() {
    let world = World::new().await;
    let id = world.running().await;
    let path = format!("{MDC}/{id}/watch/");
    for (body, participant) in
        [(json!({ "participant_id": 16778240 }), Some(16_778_240)), (json!({ "participant_id": null }), None)]
    {
        let answer = world.ask(Method::POST, &path, Some(&body)).await;
        assert_eq!((answer.status, answer.json()), (StatusCode::ACCEPTED, body));
        let commands = world.catalog.take_commands(id).await.expect("commands");
        assert_eq!(commands, [Command::Watch { participant: participant.map(ParticipantId) }]);
    }
    for body in [json!({}), json!({ "participant_id": "ada" }), json!({ "participant_id": 1.5 }), json!([])] {
        let answer = world.ask(Method::POST, &path, Some(&body)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
    }
    let over = catalog::Outcome::Ended { code: "over".to_owned(), message: None };
    world.catalog.capture_ended(id, None, over, NOW_UNIX_S * 1000).await.expect("ended");
    let capture = world.catalog.capture(id).await.expect("a catalogue").expect("a capture");
    assert_eq!(capture.latest().status, CaptureStatus::Fatal);
    let late = world.ask(Method::POST, &path, Some(&json!({ "participant_id": null }))).await;
    assert_eq!((late.status, late.json()["code"].clone()), (StatusCode::CONFLICT, json!("capture_over")));
    let nobody = world.send(Method::POST, &path, &[("content-type", "application/json")], "{}").await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_clock_that_is_far_from_zooms_degrades_health_and_one_that_is_set_right_heals_it() {
    let world = World::new().await;
    let ready = async || world.send(Method::GET, "/health/ready", &[], "").await.json()["status"].clone();
    assert_eq!(ready().await, "ready");
    for (age_s, health) in [(20, "ready"), (119, "ready"), (121, "degraded"), (0, "ready"), (-150, "degraded")] {
        world.webhook("/zoom-webhook", SECRET, world.now_unix_s() - age_s, &started(&json!({}))).await;
        assert_eq!(ready().await, health, "{age_s}");
    }
    // Signed so far in the future that it is refused: the alarm is there nevertheless.
    world.webhook("/zoom-webhook", SECRET, world.now_unix_s(), &started(&json!({}))).await;
    assert_eq!(ready().await, "ready");
    let refused = world.webhook("/zoom-webhook", SECRET, world.now_unix_s() + 4_000, &started(&json!({}))).await;
    assert_eq!((refused.status, ready().await), (StatusCode::UNAUTHORIZED, json!("degraded")));
}
