//! Each document against its whole text, or the parts of it that matter.

use media::{Position, SourceTime};
use model::{
    ArtifactKind, Audience, CaptureStatus, ChatMessage, ChatOperation, Event, EventBody, Grade, LossCause, Participant,
    ParticipantId, Pii, Turn, Utterance,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::person::Person;

const ORIGIN: SourceTime = SourceTime::from_unix_ms(1_767_225_600_000);
const ADA: ParticipantId = ParticipantId(16_778_240);
const BOB: ParticipantId = ParticipantId(16_779_264);

fn named(id: ParticipantId, name: &str) -> Participant {
    Participant { id, name: Some(Pii::new(name.to_owned())) }
}

fn people() -> People {
    [named(ADA, "Ada"), named(BOB, "Bob")].into_iter().collect()
}

fn said(speaker: Option<Participant>, text: &str, from_ms: i64, to_ms: i64) -> Utterance {
    Utterance {
        speaker,
        text: Pii::new(text.to_owned()),
        start: ORIGIN.plus_ms(from_ms),
        end: ORIGIN.plus_ms(to_ms),
        language: Some("en".to_owned()),
    }
}

fn at(ms: i64, body: EventBody) -> Event {
    Event { at: ORIGIN.plus_ms(ms), body }
}

fn chat(sender: Participant, receiver: Option<Participant>, operation: ChatOperation, text: &str) -> EventBody {
    EventBody::Chat(ChatMessage {
        message_id: Some("m1".to_owned()),
        parent_id: None,
        operation,
        sender: Some(sender),
        receiver,
        audience: None,
        text: Pii::new(text.to_owned()),
    })
}

fn span(who: ParticipantId, from_ms: i64, to_ms: i64) -> Turn {
    Turn { who, start: Position::from_ms(from_ms), end: Position::from_ms(to_ms) }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("a document is JSON")
}

#[test]
fn a_transcript_entry_has_the_documented_shape() {
    let words = [said(Some(named(ADA, "Ada")), "Hello there", 12_340, 13_000)];
    assert_eq!(
        transcript_json(ORIGIN, &people(), &words),
        concat!(
            r#"[{"participant":{"id":16778240,"name":"Ada","is_host":null,"platform":"unknown","extra_data":{},"#,
            r#""email":null},"language_code":"en","words":[{"text":"Hello there","#,
            r#""start_timestamp":{"relative":12.34,"absolute":"2026-01-01T00:00:12.340000Z"},"#,
            r#""end_timestamp":{"relative":13.0,"absolute":"2026-01-01T00:00:13.000000Z"}}]}]"#
        )
    );
}

#[test]
fn empty_meetings_give_empty_lists() {
    let nobody = People::new();
    assert_eq!(transcript_json(ORIGIN, &nobody, &[]), "[]");
    assert_eq!(transcript_vtt(ORIGIN, &nobody, &[]), "WEBVTT\n");
    assert_eq!(participants_json(&nobody), "[]");
    assert_eq!(participant_events_json(ORIGIN, &nobody, &[], &[]), "[]");
    assert_eq!(speaker_timeline_json(ORIGIN, &nobody, &[]), "[]");
    assert_eq!(chat_json(ORIGIN, &nobody, &[]), "[]");
}

#[test]
fn a_transcript_is_ordered_and_names_whom_it_can() {
    let nameless = Participant { id: BOB, name: None };
    let words = [said(None, "second", 2_000, 2_500), said(Some(nameless), "first", 1_000, 1_500)];
    let transcript = parsed(&transcript_json(ORIGIN, &people(), &words));
    assert_eq!(transcript[0]["words"][0]["text"], "first");
    assert_eq!(transcript[0]["participant"]["name"], "Bob");
    assert_eq!(transcript[1]["participant"]["id"], Value::Null);
}

#[test]
fn cues_carry_voice_tags_and_cannot_be_broken_out_of() {
    let words = [
        said(Some(named(ADA, "Ada <b>&\n")), "a --> b <i>\n\nc & d", 3_599_999, 3_600_001),
        said(None, "who?", -500, -400),
        said(Some(named(BOB, "Bob")), " \n ", 10, 20),
    ];
    assert_eq!(
        transcript_vtt(ORIGIN, &people(), &words),
        concat!(
            "WEBVTT\n\n",
            "00:00:00.000 --> 00:00:00.001\nwho?\n\n",
            "00:59:59.999 --> 01:00:00.001\n<v Ada &lt;b&gt;&amp;>a --&gt; b &lt;i&gt; c &amp; d\n"
        )
    );
}

#[test]
fn participants_are_listed_once_with_their_last_name() {
    let events = [
        at(0, EventBody::Joined { participant: Participant { id: ADA, name: None } }),
        at(1, EventBody::Renamed { participant: named(ADA, "Ada") }),
        at(2, EventBody::Renamed { participant: Participant { id: ADA, name: None } }),
        at(3, EventBody::Left { id: BOB }),
    ];
    let list = parsed(&participants_json(&People::of_events(&events)));
    assert_eq!(list.as_array().map(Vec::len), Some(2));
    assert_eq!(list[0]["name"], "Ada");
    assert_eq!(list[1]["id"], BOB.0);
    assert_eq!(list[1]["name"], Value::Null);
}

#[test]
fn participant_events_are_ordered_and_complete() {
    let events = [
        at(9_000, EventBody::Left { id: ADA }),
        at(-500, EventBody::Joined { participant: named(ADA, "Ada") }),
        at(1_000, EventBody::VideoOn { id: ADA }),
        at(2_000, EventBody::ShareOn { id: BOB }),
        at(3_000, EventBody::ShareOff { id: None }),
        at(4_000, EventBody::VideoOff { id: ADA }),
        at(5_000, EventBody::Renamed { participant: named(ADA, "Ada L.") }),
        at(6_000, chat(named(ADA, "Ada"), None, ChatOperation::New, "hi")),
        at(6_500, chat(named(ADA, "Ada"), Some(named(BOB, "Bob")), ChatOperation::New, "psst")),
        at(7_000, chat(named(ADA, "Ada"), None, ChatOperation::Delete, "")),
        at(0, EventBody::Status { status: CaptureStatus::InCallRecording, sub_code: None }),
        at(10, EventBody::ActiveSpeaker { id: ADA }),
    ];
    let speech = [span(ADA, 1_000, 9_000), span(BOB, 1_800, 2_000)];
    let text = participant_events_json(ORIGIN, &people(), &events, &speech);
    let list = parsed(&text);
    let told: Vec<(i64, &str, f64)> = list
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| {
            (
                entry["participant"]["id"].as_i64().expect("an id"),
                entry["action"].as_str().expect("an action"),
                entry["timestamp"]["relative"].as_f64().expect("a time"),
            )
        })
        .collect();
    let (ada, bob) = (ADA.0, BOB.0);
    assert_eq!(
        told,
        [
            (ada, "join", -0.5),
            (ada, "webcam_on", 1.0),
            (ada, "speech_on", 1.0),
            (bob, "speech_on", 1.8),
            (bob, "speech_off", 2.0),
            (bob, "screenshare_on", 2.0),
            (bob, "screenshare_off", 3.0),
            (ada, "webcam_off", 4.0),
            (ada, "update", 5.0),
            (ada, "chat_message", 6.0),
            (ada, "chat_message", 6.5),
            (ada, "speech_off", 9.0),
            (ada, "leave", 9.0),
        ]
    );
    assert_eq!(list[0]["id"], "1");
    assert_eq!(list[0]["timestamp"]["absolute"], "2025-12-31T23:59:59.500000Z");
    assert_eq!(list[0]["data"], Value::Null);
    assert_eq!(list[9]["data"], json!({ "text": "hi", "to": "everyone" }));
    assert_eq!(list[10]["data"], json!({ "text": "psst", "to": "only_bot" }));
}

#[test]
fn the_speaker_timeline_tells_every_turn_as_it_is() {
    let speech = [span(ADA, 0, 2_000), span(BOB, 1_000, 1_100), span(ADA, 2_300, 2_400)];
    let list = parsed(&speaker_timeline_json(ORIGIN, &people(), &speech));
    let turns: Vec<(&str, f64, f64)> = list
        .as_array()
        .expect("a list")
        .iter()
        .map(|turn| {
            (
                turn["participant"]["name"].as_str().expect("a name"),
                turn["start_timestamp"]["relative"].as_f64().expect("a start"),
                turn["end_timestamp"]["relative"].as_f64().expect("an end"),
            )
        })
        .collect();
    assert_eq!(turns, [("Ada", 0.0, 2.0), ("Bob", 1.0, 1.1), ("Ada", 2.3, 2.4)]);
}

#[test]
fn the_chat_says_who_could_read_a_message() {
    let audiences = [
        (Some(Audience::Everyone), "everyone"),
        (Some(Audience::Individual), "individual"),
        (Some(Audience::Group), "group"),
        (Some(Audience::HostsAndPanelists), "hosts_and_panelists"),
        (Some(Audience::IndividualWithHostsAndPanelists), "individual_with_hosts_and_panelists"),
        (Some(Audience::Other), "other"),
        (None, ""),
    ];
    for (audience, word) in audiences {
        // Zoom's word counts, whether or not a receiver is named.
        for receiver in [None, Some(named(BOB, "Bob"))] {
            let is_for_everyone = audience.map_or(receiver.is_none(), |audience| audience == Audience::Everyone);
            let EventBody::Chat(message) = chat(named(ADA, "Ada"), receiver, ChatOperation::New, "hi") else {
                panic!("a message")
            };
            let message = ChatMessage { audience, ..message };
            let body = serde_json::to_value(ChatBody::of(&message)).expect("JSON");
            assert_eq!(body["to"], if is_for_everyone { "everyone" } else { "only_bot" }, "{word}");
            let list = parsed(&chat_json(ORIGIN, &people(), &[at(1_000, EventBody::Chat(message))]));
            assert_eq!(list[0]["audience"].as_str().unwrap_or_default(), word);
        }
    }
}

#[test]
fn the_chat_keeps_every_change_to_a_message() {
    let events = [
        at(2_000, chat(named(ADA, "Ada"), None, ChatOperation::Update, "hi!")),
        at(1_000, chat(named(ADA, "Ada"), None, ChatOperation::New, "hi")),
        at(3_000, EventBody::Paused),
    ];
    let list = parsed(&chat_json(ORIGIN, &people(), &events));
    assert_eq!(list.as_array().map(Vec::len), Some(2));
    assert_eq!(list[0]["operation"], "new");
    assert_eq!(list[1]["text"], "hi!");
    assert_eq!(list[1]["timestamp"]["relative"], 2.0);
    assert_eq!(list[1]["receiver"], Value::Null);
}

#[test]
fn the_facts_of_a_meeting_include_its_length() {
    let facts = MeetingFacts {
        meeting_uuid: "a/B+c==".to_owned(),
        title: None,
        started_at: Some(ORIGIN),
        ended_at: Some(ORIGIN.plus_ms(61_500)),
        participants: 2,
        utterances: 3,
        chat_messages: 0,
    };
    assert_eq!(
        parsed(&meeting_json(&facts)),
        json!({
            "title": null, "zoom": { "meeting_uuid": "a/B+c==" },
            "started_at": "2026-01-01T00:00:00.000000Z", "ended_at": "2026-01-01T00:01:01.500000Z",
            "duration_seconds": 61.5, "participant_count": 2, "utterance_count": 3, "chat_message_count": 0,
        })
    );
    let nothing = MeetingFacts { started_at: None, ..facts };
    assert_eq!(parsed(&meeting_json(&nothing))["duration_seconds"], Value::Null);
}

#[test]
fn the_quality_report_says_what_is_missing() {
    let quality = Quality {
        grade: Grade::Partial,
        end: Some(EndQuality { code: "meeting_ended".to_owned(), cut_short: false }),
        video: Some(VideoQuality { plan: PictureOrigin::Compose, reason: "the size changed".to_owned() }),
        duration_ms: 61_000,
        clock: Some(ClockQuality { ahead_ms: 12, drift_ppm: None }),
        av_offset_ms: Some(4),
        loudness: Some(LoudnessQuality { integrated_lufs: -18.25, range_lu: 6.1, true_peak_dbtp: -1.5 }),
        tracks: vec![TrackQuality {
            track: "audio/16778240".to_owned(),
            media_ms: 59_000,
            missing_ms: 1_000,
            muted_ms: 1_000,
            frames: 2_950,
        }],
        gaps: vec![Gap {
            track: "audio/16778240".to_owned(),
            start: Position::from_ms(1_500),
            end: Position::from_ms(2_500),
            cause: GapCause::Lost(LossCause::Network),
        }],
        refused: vec![Refused {
            track: "chat".to_owned(),
            status: Some(13),
            code: Some("zoom_rtms_chat_not_allowed".to_owned()),
            reason: "the app may not receive chat (status 13)".to_owned(),
        }],
        duplicates: 1,
        dropped: 2,
        damaged: 4,
        skipped: 3,
        unmade: vec![ArtifactKind::VideoMixed],
        remarks: vec!["video: H.264 was agreed".to_owned()],
    };
    assert_eq!(
        parsed(&quality_json(&quality)),
        json!({
            "grade": "partial",
            "end": { "code": "meeting_ended", "cut_short": false },
            "video": { "plan": "compose", "reason": "the size changed" },
            "duration_ms": 61_000,
            "clock": { "ahead_ms": 12, "drift_ppm": null },
            "av_offset_ms": 4,
            "loudness": { "integrated_lufs": -18.25, "range_lu": 6.1, "true_peak_dbtp": -1.5 },
            "tracks": [{
                "track": "audio/16778240", "media_ms": 59_000, "missing_ms": 1_000, "muted_ms": 1_000, "frames": 2_950
            }],
            "gaps": [{ "track": "audio/16778240", "start": 1.5, "end": 2.5, "cause": "network" }],
            "refused": [{ "track": "chat", "status": 13, "code": "zoom_rtms_chat_not_allowed", "reason": "the app may not receive chat (status 13)" }],
            "duplicates": 1, "dropped": 2, "damaged": 4, "skipped": 3, "unmade": ["video_mixed"], "remarks": ["video: H.264 was agreed"],
        })
    );
}

fn part(who: Option<ParticipantId>, kind: Option<PartKind>, file: &str) -> Part {
    let (start, end) = (Position::from_ms(1_503), Position::from_ms(4_003));
    Part { who, start, end, kind, file: file.to_owned() }
}

#[test]
fn a_list_of_parts_has_links_in_place_of_names() {
    let parts = [part(Some(ADA), None, "part-0001.ogg"), part(None, Some(PartKind::Screenshare), "part-0002.mp4")];
    let stored = parts_json(ORIGIN, &people(), &parts);
    assert!(stored.contains("\"file\":\"part-0001.ogg\"") && !stored.contains("download_url"), "{stored}");
    let link = |name: &str| (name == "part-0001.ogg").then(|| format!("https://x/{name}"));
    let list = parsed(&parts_with_links(stored.as_bytes(), link).expect("a list"));
    assert_eq!(
        list,
        json!([
            {
                "id": "1", "participant": Person::from(&named(ADA, "Ada")),
                "start_timestamp": { "relative": 1.503, "absolute": "2026-01-01T00:00:01.503000Z" },
                "duration": 2.5, "download_url": "https://x/part-0001.ogg",
            },
            {
                "id": "2", "participant": Person::nobody(),
                "start_timestamp": { "relative": 1.503, "absolute": "2026-01-01T00:00:01.503000Z" },
                "duration": 2.5, "type": "screenshare", "download_url": null,
            },
        ])
    );
}

#[test]
fn what_is_no_list_of_parts_has_no_links() {
    for stored in ["", "{}", "[1]", "[{\"file\":\"part-0001.ogg\"}", "null"] {
        assert!(parts_with_links(stored.as_bytes(), |_| None).is_err(), "{stored}");
    }
    assert_eq!(parts_with_links(b"[]", |_| None).expect("an empty list"), "[]");
}

proptest! {
    #[test]
    fn any_words_give_cues_that_only_their_own_lines_can_end(
        name in "\\PC{0,20}|[<>&\n\r -]{0,20}",
        text in "\\PC{0,60}|[<>&\n\r\t -]{0,60}",
        from_ms in any::<i64>(),
        to_ms in any::<i64>(),
    ) {
        let utterance = Utterance {
            speaker: Some(named(ADA, &name)),
            text: Pii::new(text),
            start: SourceTime::from_unix_ms(from_ms),
            end: SourceTime::from_unix_ms(to_ms),
            language: None,
        };
        let vtt = transcript_vtt(ORIGIN, &People::new(), std::slice::from_ref(&utterance));
        prop_assert!(vtt.matches(" --> ").count() <= 1);
        prop_assert!(matches!(vtt.lines().count(), 1 | 4));
        prop_assert!(vtt.matches('<').count() <= 1);
        parsed(&transcript_json(ORIGIN, &People::new(), &[utterance]));
    }
}
