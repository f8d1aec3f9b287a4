//! Objects against their documented shapes.

use std::collections::BTreeMap;

use media::SourceTime;
use model::{
    Artifact, ArtifactFile, ArtifactFormat, ArtifactId, ArtifactKind, ArtifactState, Capture, CaptureId, CaptureStatus,
    Grade, LossCause, Project, Recording, RecordingConfig, RecordingId, RecordingQuality, RecordingState, Retention,
    StatusChange, StreamRef,
};
use serde_json::{Value, json};

use super::*;

const NOW_UNIX_MS: i64 = 1_767_225_600_000;

fn change(status: CaptureStatus, seconds: i64) -> StatusChange {
    StatusChange { status, sub_code: None, message: None, at_unix_ms: NOW_UNIX_MS + seconds * 1000 }
}

fn bare() -> Capture {
    Capture {
        id: CaptureId::new(1, [1; 10]),
        project: Project::default(),
        stream: StreamRef { app: "main".to_owned(), meeting_uuid: "a/B+c==".to_owned(), stream_id: "0123".to_owned() },
        server_urls: "wss://zoom.us".to_owned(),
        created_at_unix_ms: NOW_UNIX_MS,
        config: RecordingConfig::of_an_app(),
        metadata: BTreeMap::from([("tenant".to_owned(), Some("t1".to_owned())), ("note".to_owned(), None)]),
        changes: vec![change(CaptureStatus::JoiningCall, 0)],
        recording: None,
    }
}

fn made(kind: ArtifactKind, state: ArtifactState, names: &[&str]) -> Artifact {
    Artifact {
        id: ArtifactId::new(kind as u64, [2; 10]),
        kind,
        format: (kind == ArtifactKind::VideoMixed).then_some(ArtifactFormat::Mp4),
        edition: None,
        state,
        sub_code: (state == ArtifactState::Failed).then(|| "render_failed".to_owned()),
        created_at_unix_ms: NOW_UNIX_MS,
        updated_at_unix_ms: NOW_UNIX_MS,
        metadata: None,
        ordered: None,
        files: names
            .iter()
            .map(|name| ArtifactFile {
                name: (*name).to_owned(),
                media_type: "application/json".to_owned(),
                bytes: 2,
                sha256: "00".to_owned(),
            })
            .collect(),
    }
}

fn recorded(state: RecordingState, artifacts: Vec<Artifact>) -> Capture {
    let recording = Recording {
        id: RecordingId::new(3, [3; 10]),
        created_at_unix_ms: NOW_UNIX_MS,
        started_at: Some(SourceTime::from_unix_ms(NOW_UNIX_MS + 500)),
        completed_at: Some(SourceTime::from_unix_ms(NOW_UNIX_MS + 60_500)),
        state,
        updated_at_unix_ms: NOW_UNIX_MS + 70_000,
        expires_at_unix_ms: None,
        log_removed_at_unix_ms: None,
        quality: None,
        metadata: None,
        artifacts,
    };
    Capture { recording: Some(recording), ..bare() }
}

fn shown(of: &Capture) -> Value {
    let link = |_, name: &str| Some(format!("https://x/{name}"));
    let progress = |id| (id == ArtifactId::new(ArtifactKind::VideoMixed as u64, [2; 10])).then_some(0.5);
    let moment = Moment { link: &link, progress: &progress, live: &|| None };
    serde_json::to_value(capture(of, moment)).expect("an object")
}

#[test]
fn a_new_capture_has_no_recordings_and_never_its_signature() {
    let object = shown(&bare());
    assert_eq!(
        object,
        json!({
            "id": bare().id.to_string(),
            "created_at": "2026-01-01T00:00:00.000000Z",
            "zoom_rtms": { "meeting_uuid": "a/B+c==", "rtms_stream_id": "0123", "server_urls": "wss://zoom.us" },
            "google_meet_media_api": null,
            "recording_config": effective_config(&bare().config),
            "durability": { "code": "durable" },
            "status": { "code": "joining_call", "sub_code": null, "updated_at": "2026-01-01T00:00:00.000000Z" },
            "status_changes": [
                { "code": "joining_call", "sub_code": null, "message": null, "created_at": "2026-01-01T00:00:00.000000Z" }
            ],
            "recordings": [],
            "live": { "hls_url": null },
            "metadata": { "tenant": "t1", "note": null },
        })
    );
    assert_eq!(object["recording_config"]["transcript"]["provider"], json!({ "meeting_captions": {} }));
}

#[test]
fn a_capture_of_which_nothing_is_stored_says_that_a_crash_loses_it() {
    let stored = recorded(RecordingState::Done, Vec::new());
    let mut streaming = stored.clone();
    streaming.config.retention = Retention::Nothing;
    // As after consent was withdrawn: there was no log to remove.
    streaming.recording.as_mut().expect("a recording").log_removed_at_unix_ms = Some(NOW_UNIX_MS);
    let of = |capture| {
        let object = shown(capture);
        let [durability, log] =
            [&object["durability"]["code"], &object["recordings"][0]["capture_log"]].map(Clone::clone);
        (
            durability,
            log,
            object["recording_config"]["retention"].clone(),
            object["recordings"][0]["expires_at"].clone(),
        )
    };
    let none = json!({ "code": "none", "removed_at": null });
    assert_eq!(of(&streaming), (json!("none"), none, Value::Null, Value::Null));
    let kept = json!({ "code": "kept", "removed_at": null });
    assert_eq!(of(&stored), (json!("durable"), kept, json!({ "type": "forever" }), Value::Null), "the control");
}

#[test]
fn the_status_is_the_latest_change() {
    let mut of = bare();
    of.changes.push(StatusChange {
        sub_code: Some("zoom_rtms_no_permission".to_owned()),
        message: Some("Zoom refused.".to_owned()),
        ..change(CaptureStatus::Fatal, 5)
    });
    let object = shown(&of);
    assert_eq!(object["status"]["code"], "fatal");
    assert_eq!(object["status"]["sub_code"], "zoom_rtms_no_permission");
    assert_eq!(object["status_changes"][1]["message"], "Zoom refused.");
    assert_eq!(object["status_changes"][1]["created_at"], "2026-01-01T00:00:05.000000Z");
}

#[test]
fn all_five_shortcuts_are_always_there() {
    let object = shown(&recorded(RecordingState::Processing, Vec::new()));
    let shortcuts = object["recordings"][0]["media_shortcuts"].as_object().expect("shortcuts");
    let names: Vec<&str> = shortcuts.keys().map(String::as_str).collect();
    assert_eq!(names, ["audio_mixed", "meeting_metadata", "participant_events", "transcript", "video_mixed"]);
    assert!(shortcuts.values().all(Value::is_null));
}

#[test]
fn links_appear_when_an_artifact_is_done_and_not_before() {
    for (state, linked) in [
        (ArtifactState::Processing, false),
        (ArtifactState::Done, true),
        (ArtifactState::Failed, false),
        (ArtifactState::Deleted, false),
    ] {
        let of =
            recorded(RecordingState::Processing, vec![made(ArtifactKind::VideoMixed, state, &["video_mixed.mp4"])]);
        let video = &shown(&of)["recordings"][0]["media_shortcuts"]["video_mixed"];
        assert_eq!(video["format"], "mp4");
        assert_eq!(video["status"]["code"], state.code());
        assert_eq!(video.get("recording"), None);
        let expected = if linked { json!("https://x/video_mixed.mp4") } else { Value::Null };
        assert_eq!(video["data"]["download_url"], expected, "{state:?}");
    }
}

#[test]
fn every_kind_has_its_own_data() {
    let done = ArtifactState::Done;
    let of = recorded(
        RecordingState::Done,
        vec![
            made(
                ArtifactKind::Transcript,
                done,
                &[
                    "transcript.json",
                    "transcript.vtt",
                    "transcript.srt",
                    "transcript.txt",
                    "transcript.md",
                    "transcript.jsonl",
                ],
            ),
            made(
                ArtifactKind::ParticipantEvents,
                done,
                &[
                    "participant_events.json",
                    "speaker_timeline.json",
                    "participants.json",
                    "chat.txt",
                    "talk_time.json",
                ],
            ),
            made(ArtifactKind::MeetingMetadata, done, &["meeting.json", "quality.json"]),
        ],
    );
    let shortcuts = &shown(&of)["recordings"][0]["media_shortcuts"];
    assert_eq!(
        shortcuts["transcript"]["data"],
        json!({
            "download_url": "https://x/transcript.json",
            "provider_data_download_url": null,
            "vtt_download_url": "https://x/transcript.vtt",
            "srt_download_url": "https://x/transcript.srt",
            "txt_download_url": "https://x/transcript.txt",
            "markdown_download_url": "https://x/transcript.md",
            "jsonl_download_url": "https://x/transcript.jsonl",
        })
    );
    assert_eq!(shortcuts["transcript"]["provider"]["meeting_captions"], json!({}));
    assert_eq!(shortcuts["transcript"]["provider"]["deepgram_async"], Value::Null);
    assert_eq!(
        shortcuts["participant_events"]["data"],
        json!({
            "participant_events_download_url": "https://x/participant_events.json",
            "speaker_timeline_download_url": "https://x/speaker_timeline.json",
            "participants_download_url": "https://x/participants.json",
            "chat_download_url": null,
            "chat_text_download_url": "https://x/chat.txt",
            "talk_time_download_url": "https://x/talk_time.json",
        })
    );
    let meeting = &shortcuts["meeting_metadata"]["data"];
    assert_eq!(meeting["zoom"], json!({ "meeting_uuid": "a/B+c==" }));
    assert_eq!(meeting["title"], Value::Null);
}

#[test]
fn a_recording_tells_its_times_and_why_it_failed() {
    let mut of = recorded(RecordingState::Failed, vec![made(ArtifactKind::VideoMixed, ArtifactState::Failed, &[])]);
    let recording = shown(&of)["recordings"][0].clone();
    assert_eq!(recording["started_at"], "2026-01-01T00:00:00.500000Z");
    assert_eq!(recording["completed_at"], "2026-01-01T00:01:00.500000Z");
    assert_eq!(recording["expires_at"], Value::Null);
    assert_eq!(
        recording["status"],
        json!({ "code": "failed", "sub_code": "render_failed", "updated_at": "2026-01-01T00:01:10.000000Z" })
    );
    for absent in ["bot", "desktop_sdk_upload", "realtime_endpoints"] {
        assert_eq!(recording.get(absent), None);
    }
    of.recording.as_mut().expect("a recording").expires_at_unix_ms = Some(NOW_UNIX_MS + 86_400_000);
    assert_eq!(shown(&of)["recordings"][0]["expires_at"], "2026-01-02T00:00:00.000000Z");
}

#[test]
fn a_recording_tells_how_whole_it_is_whether_it_can_be_made_again_and_why_it_was_deleted() {
    let mut of = recorded(RecordingState::Done, Vec::new());
    let shown_now = |of: &Capture| shown(of)["recordings"][0].clone();
    assert_eq!(shown_now(&of)["quality"], Value::Null, "nothing was made yet");
    assert_eq!(shown_now(&of)["capture_log"], json!({ "code": "kept", "removed_at": null }));
    let recording = of.recording.as_mut().expect("a recording");
    let gap_ms = BTreeMap::from([(LossCause::Network, 1_250), (LossCause::Ours, 40)]);
    recording.quality = Some(RecordingQuality { grade: Grade::Partial, gap_ms });
    recording.log_removed_at_unix_ms = Some(NOW_UNIX_MS);
    let object = shown_now(&of);
    assert_eq!(object["quality"], json!({ "grade": "partial", "gap_seconds": { "network": 1.25, "ours": 0.04 } }));
    assert_eq!(object["capture_log"], json!({ "code": "removed", "removed_at": "2026-01-01T00:00:00.000000Z" }));
    let mut gone = made(ArtifactKind::VideoMixed, ArtifactState::Deleted, &[]);
    gone.sub_code = Some("media_expired".to_owned());
    assert_eq!(shown_now(&recorded(RecordingState::Deleted, vec![gone]))["status"]["sub_code"], "media_expired");
}

#[test]
fn sound_is_shown_and_listed_in_every_format_with_the_labels_of_its_key() {
    let sound = |kind, n, format: ArtifactFormat, file: &str| Artifact {
        id: ArtifactId::new(n, [4; 10]),
        format: Some(format),
        ..made(kind, ArtifactState::Done, &["part-0001.ogg", file])
    };
    let (mixed, separate) = (ArtifactKind::AudioMixed, ArtifactKind::AudioSeparate);
    let mut of = recorded(
        RecordingState::Done,
        vec![
            Artifact {
                ordered: None,
                files: made(mixed, ArtifactState::Done, &["audio_mixed.raw"]).files,
                ..sound(mixed, 1, ArtifactFormat::Raw, "")
            },
            Artifact {
                ordered: None,
                files: made(mixed, ArtifactState::Done, &["audio_mixed.mp3"]).files,
                ..sound(mixed, 2, ArtifactFormat::Mp3, "")
            },
            sound(separate, 3, ArtifactFormat::Ogg, "parts.json"),
        ],
    );
    of.config.requested = Some(json!({ "audio_mixed_raw": { "metadata": { "k": "raw" } } }).to_string());
    let recording = shown(&of)["recordings"][0].clone();
    let newest = &recording["media_shortcuts"]["audio_mixed"];
    assert_eq!(
        (&newest["format"], &newest["data"]["download_url"]),
        (&json!("mp3"), &json!("https://x/audio_mixed.mp3"))
    );
    assert_eq!((newest.get("kind"), &newest["metadata"]), (None, &json!({})));
    let told: Vec<[Value; 4]> = recording["artifacts"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|each| {
            [&each["kind"], &each["format"], &each["data"]["download_url"], &each["metadata"]].map(Clone::clone)
        })
        .collect();
    assert_eq!(
        told,
        [
            [json!("audio_mixed"), json!("raw"), json!("https://x/audio_mixed.raw"), json!({ "k": "raw" })],
            [json!("audio_mixed"), json!("mp3"), json!("https://x/audio_mixed.mp3"), json!({})],
            [json!("audio_separate"), json!("ogg"), json!("https://x/parts.json"), json!({})],
        ]
    );
}

#[test]
fn labels_reach_the_object_that_they_were_put_on() {
    let mut of = recorded(RecordingState::Done, vec![made(ArtifactKind::VideoMixed, ArtifactState::Done, &[])]);
    of.config.requested =
        Some(json!({ "metadata": { "r": "1" }, "video_mixed_mp4": { "metadata": { "v": "2" } } }).to_string());
    let recording = shown(&of)["recordings"][0].clone();
    assert_eq!(recording["metadata"], json!({ "r": "1" }));
    assert_eq!(recording["media_shortcuts"]["video_mixed"]["metadata"], json!({ "v": "2" }));
}

#[test]
fn a_list_has_next_previous_and_results() {
    let list = List { next: Some("https://x?cursor=c".to_owned()), previous: None, results: vec![json!({ "id": 1 })] };
    assert_eq!(list_json(&list), r#"{"next":"https://x?cursor=c","previous":null,"results":[{"id":1}]}"#);
}
