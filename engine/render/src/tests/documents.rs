//! Documents and the quality report.

use media::{AudioCodec, SampleRate, SourceTime, TrackKind};
use model::{
    ArtifactKind, ChatMessage, ChatOperation, Control, DropReason, EventBody, Grade, LossCause, Pii, Utterance,
    VideoPlan, platform::Leg,
};
use schema::document::GapCause;
use serde_json::{Value, json};

use super::meeting::{Meeting, ZERO, somebody};
use crate::{Damage, Document, Outcome, SoundOutcome, View, documents, plan, quality};

fn meeting() -> Meeting {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    meeting.event(0, EventBody::Joined { participant: somebody(7, "Ada") });
    for at_ms in (1_000..2_000).step_by(20) {
        meeting.media(TrackKind::Audio, 7, at_ms, vec![at_ms as u8; 640]);
    }
    meeting.event(
        1_000,
        EventBody::Transcript(Utterance {
            speaker: Some(somebody(7, "Ada")),
            text: Pii::new("Shall we begin?".to_owned()),
            start: SourceTime::from_unix_ms(ZERO + 1_000),
            end: SourceTime::from_unix_ms(ZERO + 1_900),
            language: Some("en".to_owned()),
        }),
    );
    meeting.event(
        1_500,
        EventBody::Chat(ChatMessage {
            message_id: None,
            parent_id: None,
            operation: ChatOperation::New,
            sender: Some(somebody(7, "Ada")),
            receiver: None,
            audience: None,
            text: Pii::new("Link".to_owned()),
        }),
    );
    meeting.end(3_000);
    meeting
}

fn value(documents: &[Document], name: &str) -> Value {
    let document = documents.iter().find(|document| document.name == name).unwrap();
    assert_eq!(document.media_type, "application/json");
    serde_json::from_slice(&document.bytes).unwrap()
}

#[test]
fn every_artifact_has_its_documents_on_one_clock() {
    let timeline = meeting().timeline();
    let about = crate::Meeting { meeting_uuid: "uuid==".to_owned(), ..crate::Meeting::default() };
    let of = |kind| documents(&timeline, &about, kind);

    assert_eq!(of(ArtifactKind::VideoMixed), []);
    let transcript = of(ArtifactKind::Transcript);
    let words = &value(&transcript, "transcript.json")[0]["words"][0];
    assert_eq!(words["start_timestamp"]["relative"], 1.0);
    for (name, media_type, line) in [
        ("transcript.vtt", "text/vtt", "00:00:01.000 --> 00:00:01.900"),
        ("transcript.srt", "application/x-subrip", "00:00:01,000 --> 00:00:01,900"),
        ("transcript.txt", "text/plain; charset=utf-8", "[00:00:01] Ada: Shall we begin?"),
        ("transcript.md", "text/markdown; charset=utf-8", "**Ada** 00:00:01"),
        ("transcript.jsonl", "application/jsonl", r#""relative":1.9"#),
    ] {
        let document = transcript.iter().find(|document| document.name == name).unwrap();
        assert_eq!(document.media_type, media_type, "{name}");
        assert!(String::from_utf8_lossy(&document.bytes).contains(line), "{name}");
    }

    let people = of(ArtifactKind::ParticipantEvents);
    assert_eq!(value(&people, "participants.json")[0]["name"], "Ada");
    assert_eq!(value(&people, "speaker_timeline.json")[0]["end_timestamp"]["relative"], 2.0);
    assert_eq!(value(&people, "chat.json")[0]["text"], "Link");
    assert_eq!(value(&people, "talk_time.json")["participants"][0]["spoken_seconds"], 1.0);
    assert!(people.iter().any(|document| document.name == "chat.txt" && document.bytes.ends_with(b"Ada: Link\n")));
    let actions = value(&people, "participant_events.json");
    let actions: Vec<&str> =
        actions.as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["join", "speech_on", "chat_message", "speech_off"]);

    let meta = of(ArtifactKind::MeetingMetadata);
    assert_eq!(value(&meta, "meeting.json")["duration_seconds"], 3.0);
    assert_eq!(value(&meta, "quality.json")["grade"], "complete");
}

#[test]
fn a_recording_is_complete_only_if_nothing_that_was_offered_is_missing() {
    let grade = |meeting: &Meeting, damage: Option<Damage>| {
        let timeline = meeting.timeline();
        let choice = plan(&timeline, VideoPlan::Auto, View::default());
        quality(
            &timeline,
            damage.map(|damage| Outcome { choice, shift_micros: 0, damage }).as_ref(),
            &SoundOutcome::default(),
            &[],
        )
        .grade
    };
    assert_eq!(grade(&meeting(), Some(Damage::default())), Grade::Complete);
    assert_eq!(grade(&meeting(), Some(Damage { unreadable: 1, ..Damage::default() })), Grade::Partial);
    assert_eq!(grade(&Meeting::new(), None), Grade::Failed);

    let mut paused = meeting();
    paused.event(2_200, EventBody::Paused);
    paused.event(2_600, EventBody::Resumed);
    assert_eq!(grade(&paused, None), Grade::Complete);

    let mut lossy = meeting();
    let at = |ms| SourceTime::from_unix_ms(ZERO + ms);
    let (from, to) = (at(100), at(500));
    let (kind, cause, reason) = (TrackKind::Video, LossCause::Ours, DropReason::Storage);
    lossy.control(Control::Dropped { kind, frames: 9, from, to, cause, reason });
    assert_eq!(grade(&lossy, None), Grade::Partial);
    let report = quality(&lossy.timeline(), None, &SoundOutcome::default(), &[]);
    let lost: Vec<&str> =
        report.gaps.iter().filter(|gap| gap.cause != GapCause::Muted).map(|gap| gap.track.as_str()).collect();
    assert_eq!((report.dropped, lost), (9, vec!["video"]));
    assert_eq!(report.remarks, ["9 pictures were not kept because the disk was nearly full"]);
}

#[test]
fn frames_that_came_and_are_not_in_the_result_are_declared() {
    let report = |meeting: &Meeting, damage: Damage| {
        let timeline = meeting.timeline();
        let choice = plan(&timeline, VideoPlan::Auto, View::default());
        let report =
            quality(&timeline, Some(&Outcome { choice, shift_micros: 0, damage }), &SoundOutcome::default(), &[]);
        (report.grade, report.dropped, report.damaged)
    };
    let blind = Damage { without_key: 249, ..Damage::default() };
    assert_eq!(report(&meeting(), blind), (Grade::Partial, 0, 249));

    let mut outside = meeting();
    for at_ms in [-40, -20, 3_000, 3_020, 3_040] {
        outside.media(TrackKind::Audio, 7, at_ms, vec![at_ms as u8; 640]);
    }
    assert_eq!(report(&outside, Damage::default()), (Grade::Partial, 5, 0));

    let mut damaged = meeting();
    damaged.media(TrackKind::Video, 7, 1_000, vec![0xFF; 100]);
    assert_eq!(report(&damaged, Damage::default()), (Grade::Partial, 0, 1));
}

#[test]
fn a_recording_that_was_cut_off_is_not_complete() {
    let grade = |meeting: &Meeting| {
        let report = quality(&meeting.timeline(), None, &SoundOutcome::default(), &[]);
        (report.grade, report.end.map(|end| end.cut_short))
    };
    assert_eq!(grade(&meeting()), (Grade::Complete, Some(false)));
    let mut lost = meeting();
    let code = "connect_failed".to_owned();
    lost.control(Control::Ended { code, cut_short: true, stop_reason: None, at: None });
    assert_eq!(grade(&lost), (Grade::Partial, Some(true)));

    let mut endless = Meeting::new();
    endless.audio(AudioCodec::L16, SampleRate::HZ_16000);
    endless.media(TrackKind::Audio, 7, 0, vec![0; 640]);
    assert_eq!(grade(&endless), (Grade::Partial, None));
}

fn report(meeting: &Meeting) -> Value {
    let about = crate::Meeting { meeting_uuid: "uuid==".to_owned(), ..crate::Meeting::default() };
    value(&documents(&meeting.timeline(), &about, ArtifactKind::MeetingMetadata), "quality.json")
}

/// The gaps in which something is missing.
fn lost(report: &Value) -> Vec<Value> {
    report["gaps"].as_array().unwrap().iter().filter(|gap| gap["cause"] != "muted").cloned().collect()
}

#[test]
fn a_share_transcript_or_chat_that_was_lost_makes_a_recording_partial() {
    for leg in [Leg::Share, Leg::Transcript, Leg::Chat] {
        let mut lossy = Meeting::new();
        lossy.audio(AudioCodec::L16, SampleRate::HZ_16000);
        lossy.control(Control::LegReady { leg, format: None });
        lossy.media(TrackKind::Audio, 7, 0, vec![0; 640]);
        lossy.control(Control::LegLost { leg, cause: "zoom_rtms_closed_by_peer".to_owned(), ago_ms: 0 });
        lossy.media(TrackKind::Audio, 7, 2_000, vec![0; 640]);
        lossy.control(Control::LegReady { leg, format: None });
        lossy.media(TrackKind::Audio, 7, 2_980, vec![0; 640]);
        lossy.end(3_000);
        let report = report(&lossy);
        assert_eq!(report["grade"], "partial", "{report:#}");
        let gap = [json!({ "track": leg.name(), "start": 0.0, "end": 2.0, "cause": "network" })];
        assert_eq!(lost(&report), gap);
        assert_eq!(report["refused"], json!([]));
    }
}

#[test]
fn every_refused_kind_is_named_with_its_status_and_why() {
    let refused = |leg: Leg, status: Option<i64>, reason: &str| {
        let mut meeting = meeting();
        let code = match status {
            Some(9..=13) => "zoom_rtms_chat_not_allowed",
            None if reason.contains("offer") => "zoom_rtms_not_offered",
            _ => "zoom_rtms_media_timeout",
        };
        let told = Control::LegRefused { leg, status, code: Some(code.to_owned()), reason: reason.to_owned() };
        meeting.control(told);
        let report = report(&meeting);
        assert_eq!(
            report["refused"],
            json!([{ "track": leg.name(), "status": status, "code": code, "reason": reason }])
        );
        (report["grade"].clone(), lost(&report).len())
    };
    let no_right = "the app may not receive chat (status 13)";
    assert_eq!(refused(Leg::Chat, Some(13), no_right), (json!("complete"), 0));
    assert_eq!(
        refused(Leg::Share, None, "Zoom does not offer share; the app may lack the scope"),
        (json!("complete"), 0)
    );
    assert_eq!(refused(Leg::Transcript, Some(43), "language (status 43)"), (json!("partial"), 1));
    assert_eq!(refused(Leg::Chat, None, "the chat connection did not come back within 62 s"), (json!("partial"), 1));
    assert_eq!(refused(Leg::Video, Some(10), "no right (status 10)").0, json!("partial"));
}

#[test]
fn what_was_replaced_and_a_clock_that_jumped_are_remarked_upon() {
    let mut meeting = meeting();
    meeting.control(Control::Substituted { leg: Leg::Audio, parameter: "codec".to_owned(), asked: 4, agreed: 1 });
    for at_ms in (3_602_000..3_603_000).step_by(20) {
        meeting.media(TrackKind::Audio, 7, at_ms, vec![0; 640]);
    }
    let report = report(&meeting);
    let remarks: Vec<&str> = report["remarks"].as_array().unwrap().iter().map(|told| told.as_str().unwrap()).collect();
    assert_eq!(remarks[0], "audio: codec 4 was asked for and the platform agreed to 1, which was taken");
    assert!(remarks[1].starts_with("the platform's clock jumped by +3600.0 s;"), "{remarks:?}");
    assert_eq!((&report["grade"], &report["dropped"]), (&json!("complete"), &json!(0)), "{report:#}");
}

#[test]
fn a_part_of_the_log_that_cannot_be_read_is_declared() {
    let mut builder = timeline::Builder::new();
    for (record, locator) in &meeting().records {
        builder.push(record, *locator);
    }
    assert_eq!(quality(&builder.build(), None, &SoundOutcome::default(), &[]).grade, Grade::Complete);

    let mut builder = timeline::Builder::new();
    for (record, locator) in &meeting().records {
        builder.push(record, *locator);
    }
    builder.note_unreadable(1);
    let report = quality(&builder.build(), None, &SoundOutcome::default(), &[]);
    assert_eq!((report.grade, report.damaged), (Grade::Partial, 1));
}

#[test]
fn a_message_that_could_not_be_read_may_have_been_media_and_one_of_signaling_not() {
    for (leg, grade) in [(Leg::Audio, Grade::Partial), (Leg::All, Grade::Partial), (Leg::Signaling, Grade::Complete)] {
        let mut meeting = meeting();
        meeting.control(Control::Skipped { leg, code: "zoom_rtms_bad_json".to_owned(), count: 2 });
        let report = quality(&meeting.timeline(), None, &SoundOutcome::default(), &[]);
        assert_eq!((report.grade, report.skipped), (grade, 2), "{leg}");
    }
}

#[test]
fn a_recording_of_which_something_could_not_be_made_is_not_complete() {
    let about = crate::Meeting { unmade: vec![ArtifactKind::VideoMixed], ..crate::Meeting::default() };
    let report = value(&documents(&meeting().timeline(), &about, ArtifactKind::MeetingMetadata), "quality.json");
    assert_eq!((&report["grade"], &report["unmade"]), (&json!("partial"), &json!(["video_mixed"])));
}
