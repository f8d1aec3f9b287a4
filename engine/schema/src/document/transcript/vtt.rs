//! The transcript as WebVTT (W3C): `transcript.vtt`.

use super::cue::cues;
use crate::document::{line::exact_clock, proceedings::Proceedings};

/// Makes `transcript.vtt`: one cue an utterance with the speaker in a voice tag. An utterance without text has no cue.
pub fn transcript_vtt(proceedings: &Proceedings<'_>) -> String {
    let mut vtt = String::from("WEBVTT\n");
    for cue in cues(proceedings) {
        let (start, end) = (exact_clock(cue.start_ms, '.'), exact_clock(cue.end_ms, '.'));
        let voice = cue.label.map(|label| format!("<v {}>", escaped(label))).unwrap_or_default();
        vtt.push_str(&format!("\n{start} --> {end}\n{voice}{}\n", escaped(&cue.text)));
    }
    vtt
}

/// Text that can neither end its cue nor open a tag.
fn escaped(line: &str) -> String {
    line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
