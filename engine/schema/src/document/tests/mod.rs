//! Each document against its whole text, or the parts of it that matter.

mod attendance;
mod chat;
mod participants;
mod parts;
mod talk_time;
mod transcript;

use media::{Position, SourceTime};
use model::{ArtifactKind, Event, EventBody, Grade, LossCause, Participant, ParticipantId, Pii, Turn, Utterance};
use serde_json::{Value, json};

use super::*;

const ORIGIN: SourceTime = SourceTime::from_unix_ms(1_767_225_600_000);
const ADA: ParticipantId = ParticipantId(16_778_240);
const BOB: ParticipantId = ParticipantId(16_779_264);

fn named(id: ParticipantId, name: &str) -> Participant {
    Participant { id, name: Some(Pii::new(name.to_owned())) }
}

fn ada_and_bob() -> Vec<Participant> {
    vec![named(ADA, "Ada"), named(BOB, "Bob")]
}

/// Everything that is told of a meeting.
#[derive(Default)]
struct Told {
    people: Vec<Participant>,
    events: Vec<Event>,
    utterances: Vec<Utterance>,
    speech: Vec<Turn>,
    end_ms: i64,
    title: Option<&'static str>,
}

impl Told {
    fn saying(utterances: Vec<Utterance>) -> Self {
        Self { people: ada_and_bob(), utterances, ..Self::default() }
    }

    fn doing(events: Vec<Event>) -> Self {
        Self { people: ada_and_bob(), events, ..Self::default() }
    }

    fn proceedings(&self) -> Proceedings<'_> {
        let people = self.people.iter().map(|who| (who.id, who.clone())).collect();
        Proceedings {
            origin: ORIGIN,
            end: Position::from_ms(self.end_ms),
            title: self.title,
            attendance: Attendance::of(ORIGIN, &people, &self.events, &self.utterances, &self.speech),
            events: &self.events,
            utterances: &self.utterances,
            speech: &self.speech,
        }
    }
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

fn span(who: ParticipantId, from_ms: i64, to_ms: i64) -> Turn {
    Turn { who, start: Position::from_ms(from_ms), end: Position::from_ms(to_ms) }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("a document is JSON")
}

#[test]
fn empty_meetings_give_empty_lists() {
    let told = Told::default();
    let told = told.proceedings();
    assert_eq!(transcript_json(&told), "[]");
    assert_eq!(transcript_jsonl(&told), "");
    assert_eq!(transcript_vtt(&told), "WEBVTT\n");
    assert_eq!(transcript_srt(&told), "");
    assert_eq!(transcript_text(&told), "");
    assert_eq!(transcript_markdown(&told), "# Transcript\n\n- Date: 2026-01-01 00:00:00 UTC\n- Length: 00:00:00\n");
    assert_eq!(participants_json(&told), "[]");
    assert_eq!(participant_events_json(&told), "[]");
    assert_eq!(speaker_timeline_json(&told), "[]");
    assert_eq!(chat_json(&told), "[]");
    assert_eq!(chat_text(&told), "");
    assert_eq!(
        parsed(&talk_time_json(&told)),
        json!({ "duration_seconds": 0.0, "speech_seconds": 0.0, "silence_seconds": 0.0, "overlap_seconds": 0.0,
            "participants": [] })
    );
}

#[test]
fn the_speaker_timeline_tells_every_turn_as_it_is() {
    let speech = vec![span(ADA, 0, 2_000), span(BOB, 1_000, 1_100), span(ADA, 2_300, 2_400)];
    let told = Told { people: ada_and_bob(), speech, ..Told::default() };
    let list = parsed(&speaker_timeline_json(&told.proceedings()));
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
