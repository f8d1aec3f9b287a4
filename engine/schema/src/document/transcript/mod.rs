//! Who said what: `transcript.json` and its siblings, one file a format.
//!
//! `cue` orders what was said and says how long it is shown, `wrap` cuts it into lines.

mod cue;
mod json;
mod markdown;
mod srt;
mod text;
mod turns;
mod vtt;
mod wrap;

pub use json::{transcript_json, transcript_jsonl};
pub use markdown::transcript_markdown;
pub use srt::transcript_srt;
pub use text::transcript_text;
pub use vtt::transcript_vtt;
