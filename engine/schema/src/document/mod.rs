//! The downloadable documents of a recording (recording-api §6), made from plain inputs.
//!
//! Each function gives the whole text of one file, most of them of [`Proceedings`]. What does not belong here: reading the
//! capture log (`journal`), ordering and speech detection (`timeline`), deciding which documents are wanted (`render`),
//! file names ([`crate::file`]).

mod attendance;
mod chat;
mod line;
mod meeting;
mod participants;
mod parts;
mod proceedings;
mod quality;
mod speech;
mod talk_time;
#[cfg(test)]
mod tests;
mod transcript;

pub use attendance::Attendance;
pub use chat::{ChatBody, chat_json, chat_message_count, chat_text};
pub use meeting::{MeetingFacts, meeting_json};
pub use participants::{participant_events_json, participants_json};
pub use parts::{Part, PartKind, parts_json, parts_with_links};
pub use proceedings::Proceedings;
pub use quality::{
    ClockQuality, EndQuality, Gap, GapCause, LoudnessQuality, PictureOrigin, Quality, Refused, TrackQuality,
    VideoQuality, quality_json,
};
pub use speech::speaker_timeline_json;
pub use talk_time::talk_time_json;
pub use transcript::{
    transcript_json, transcript_jsonl, transcript_markdown, transcript_srt, transcript_text, transcript_vtt,
};
