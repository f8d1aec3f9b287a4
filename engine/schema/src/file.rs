//! The names of the files that a customer downloads, so that whoever makes them and whoever links to them agree.
//!
//! What is in them is in [`crate::document`]; where their bytes lie is in `store`.

use model::ArtifactFormat;

/// The mixed MP4 of artifact `video_mixed`.
pub const VIDEO_MIXED: &str = "video_mixed.mp4";
/// The list of parts; artifacts `video_separate` and `audio_separate`.
pub const PARTS: &str = "parts.json";
/// Who said what, as JSON; artifact `transcript`.
pub const TRANSCRIPT: &str = "transcript.json";
/// Who said what, as WebVTT; artifact `transcript`.
pub const TRANSCRIPT_VTT: &str = "transcript.vtt";
/// Who said what, as SubRip; artifact `transcript`.
pub const TRANSCRIPT_SRT: &str = "transcript.srt";
/// Who said what, as plain text; artifact `transcript`.
pub const TRANSCRIPT_TEXT: &str = "transcript.txt";
/// Who said what, as Markdown; artifact `transcript`.
pub const TRANSCRIPT_MARKDOWN: &str = "transcript.md";
/// Who said what, as JSON Lines; artifact `transcript`.
pub const TRANSCRIPT_JSONL: &str = "transcript.jsonl";
/// The people; artifact `participant_events`.
pub const PARTICIPANTS: &str = "participants.json";
/// What the people did; artifact `participant_events`.
pub const PARTICIPANT_EVENTS: &str = "participant_events.json";
/// Who spoke when; artifact `participant_events`.
pub const SPEAKER_TIMELINE: &str = "speaker_timeline.json";
/// Who wrote what; artifact `participant_events`.
pub const CHAT: &str = "chat.json";
/// Who wrote what, as plain text; artifact `participant_events`.
pub const CHAT_TEXT: &str = "chat.txt";
/// How long everybody spoke; artifact `participant_events`.
pub const TALK_TIME: &str = "talk_time.json";
/// The facts of the meeting; artifact `meeting_metadata`.
pub const MEETING: &str = "meeting.json";
/// What is missing and why; artifact `meeting_metadata`.
pub const QUALITY: &str = "quality.json";

/// Everybody's sound in one file; artifact `audio_mixed`.
pub fn audio_mixed(format: ArtifactFormat) -> String {
    format!("audio_mixed.{}", format.name())
}

/// The file of a part, counted from 1; artifacts `video_separate` and `audio_separate`.
pub fn part(n: usize, format: ArtifactFormat) -> String {
    format!("part-{n:04}.{}", format.name())
}
