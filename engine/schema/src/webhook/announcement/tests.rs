//! Envelopes field by field (recording-api §7.2).

use std::collections::BTreeMap;

use media::SourceTime;
use model::{
    Artifact, ArtifactFormat, ArtifactId, ArtifactKind, ArtifactState, Capture, CaptureId, CaptureStatus, Endpoint,
    EndpointId, EndpointPlace, EndpointWish, Project, Recording, RecordingConfig, RecordingId, RecordingState, Secret,
    StatusChange, StreamRef, Transport,
};
use serde_json::{Value, json};

use super::*;

const NOW_UNIX_MS: i64 = 1_767_225_600_000;

fn artifact() -> Artifact {
    Artifact {
        id: ArtifactId::new(1, [2; 10]),
        kind: ArtifactKind::VideoMixed,
        format: Some(ArtifactFormat::Mp4),
        edition: None,
        state: ArtifactState::Done,
        sub_code: None,
        metadata: None,
        created_at_unix_ms: NOW_UNIX_MS,
        updated_at_unix_ms: NOW_UNIX_MS,
        ordered: None,
        files: Vec::new(),
    }
}

fn notice(subject: Subject, code: &str, sub_code: Option<&str>, has_recording: bool) -> Notice {
    let requested = json!({"metadata": {"of": "recording"}, "video_mixed_mp4": {"metadata": {"of": "video"}}});
    let recording = Recording {
        id: RecordingId::new(3, [3; 10]),
        created_at_unix_ms: NOW_UNIX_MS,
        started_at: Some(SourceTime::from_unix_ms(NOW_UNIX_MS)),
        completed_at: None,
        state: RecordingState::Processing,
        updated_at_unix_ms: NOW_UNIX_MS,
        expires_at_unix_ms: None,
        log_removed_at_unix_ms: None,
        quality: None,
        metadata: None,
        artifacts: vec![artifact()],
    };
    Notice {
        number: 1,
        subject,
        code: code.to_owned(),
        sub_code: sub_code.map(str::to_owned),
        at_unix_ms: NOW_UNIX_MS + 1_500,
        recording: recording.id,
        deleted: Vec::new(),
        capture: Capture {
            id: CaptureId::new(1, [1; 10]),
            project: Project::default(),
            stream: StreamRef { app: "a".to_owned(), meeting_uuid: "m".to_owned(), stream_id: "s".to_owned() },
            server_urls: String::new(),
            created_at_unix_ms: NOW_UNIX_MS,
            config: RecordingConfig { requested: Some(requested.to_string()), ..RecordingConfig::default() },
            metadata: BTreeMap::from([("tenant".to_owned(), Some("t1".to_owned())), ("note".to_owned(), None)]),
            changes: vec![StatusChange {
                status: CaptureStatus::JoiningCall,
                sub_code: None,
                message: None,
                at_unix_ms: NOW_UNIX_MS,
            }],
            recording: has_recording.then_some(recording),
        },
        endpoint: None,
    }
}

fn told(notice: &Notice) -> Vec<(String, Value)> {
    let read = |told: Announcement| (told.event, serde_json::from_str(&told.body).expect("JSON"));
    announcements(notice).into_iter().map(read).collect()
}

fn status(code: &str, sub_code: Option<&str>) -> Value {
    json!({"code": code, "sub_code": sub_code, "updated_at": "2026-01-01T00:00:01.500000Z"})
}

fn capture() -> Value {
    json!({"id": CaptureId::new(1, [1; 10]), "metadata": {"tenant": "t1", "note": null}})
}

fn recording() -> Value {
    json!({"id": RecordingId::new(3, [3; 10]), "metadata": {"of": "recording"}})
}

#[test]
fn an_artifact_is_told_under_the_name_of_its_kind_with_everybodys_labels() {
    let all = told(&notice(Subject::Artifact(artifact().id), "failed", Some("render_crashed"), true));
    let expected = json!({
        "event": "video_mixed.failed",
        "data": {
            "data": status("failed", Some("render_crashed")),
            "video_mixed": {"id": artifact().id, "metadata": {"of": "video"}},
            "recording": recording(),
            "bot": capture(),
            "meeting_direct_connect": capture(),
        },
    });
    assert_eq!(all, [("video_mixed.failed".to_owned(), expected)]);
    let unknown = Subject::Artifact(ArtifactId::new(9, [9; 10]));
    assert!(announcements(&notice(unknown, "done", None, true)).is_empty());
}

#[test]
fn a_recording_is_told_as_itself() {
    let all = told(&notice(Subject::Recording, "done", None, true));
    let expected = json!({
        "event": "recording.done",
        "data": {
            "data": status("done", None), "recording": recording(), "bot": capture(),
            "meeting_direct_connect": capture(),
        },
    });
    assert_eq!(all, [("recording.done".to_owned(), expected)]);
}

#[test]
fn a_capture_is_told_under_both_names_and_with_its_recording_once_there_is_one() {
    for has_recording in [false, true] {
        let all = told(&notice(Subject::Capture, "call_ended", Some("call_ended_by_host"), has_recording));
        let names: Vec<&str> = all.iter().map(|(event, _)| event.as_str()).collect();
        assert_eq!(names, ["meeting_direct_connect.call_ended", "bot.call_ended"]);
        for (event, body) in &all {
            assert_eq!(body["event"], json!(event));
            let data = &body["data"];
            assert_eq!(data["data"], status("call_ended", Some("call_ended_by_host")));
            assert_eq!((&data["bot"], &data["meeting_direct_connect"]), (&capture(), &capture()));
            assert_eq!(data.get("recording"), has_recording.then(recording).as_ref());
        }
    }
}

#[test]
fn a_real_time_endpoint_is_told_with_its_labels_and_why_it_failed() {
    let id = EndpointId::new(1, [4; 10]);
    let endpoint = |state| Endpoint {
        id,
        capture: CaptureId::new(1, [1; 10]),
        recording: RecordingId::new(3, [3; 10]),
        created_at_unix_ms: NOW_UNIX_MS,
        wish: EndpointWish {
            transport: Transport::Webhook,
            url: Secret::new("https://example.com/?token=t".to_owned()),
            topics: Vec::new(),
            metadata: BTreeMap::from([("room".to_owned(), Some("7".to_owned()))]),
            replay: false,
            chunk_ms: 100,
        },
        state,
        sub_code: None,
        updated_at_unix_ms: NOW_UNIX_MS,
        place: EndpointPlace::START,
    };
    for (state, sub_code) in [(EndpointState::Running, None), (EndpointState::Failed, Some("receiver_unreachable"))] {
        let about = notice(Subject::Endpoint(id), state.code(), sub_code, false);
        assert!(announcements(&about).is_empty(), "of one that is gone nothing is told");
        let all = told(&Notice { endpoint: Some(endpoint(state)), ..about });
        let mut status = status(state.code(), sub_code);
        if let Some(code) = sub_code {
            status["error"] = json!({"code": code, "message": "nothing more is sent to it; the recording goes on"});
        }
        let event = format!("realtime_endpoint.{}", state.code());
        let expected = json!({
            "event": event,
            "data": {
                "data": status,
                "realtime_endpoint": {"id": id, "metadata": {"room": "7"}},
                "bot": capture(),
                "meeting_direct_connect": capture(),
            },
        });
        assert_eq!(all, [(event, expected)]);
    }
}
