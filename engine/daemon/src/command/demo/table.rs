//! What came out of a demonstration, for people.

use std::ffi::OsStr;

use studio::{Mp4Facts, read_mp4};

use super::stage::{MadeFile, Outcome};

pub(super) fn print(outcome: &Outcome) {
    println!("{:<28} {:>12}  contents", "file", "bytes");
    for file in &outcome.files {
        let name = file.path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        println!("{name:<28} {:>12}  {}", file.bytes, contents(file));
    }
    let meeting = outcome.report.meetings.first();
    let seconds = meeting.map_or(0.0, |meeting| (meeting.end_ms - meeting.first_packet_ms) as f64 / 1000.0);
    println!();
    println!("recording    {}", outcome.recording.id);
    println!("meeting      {seconds:.3} s, {} gaps", outcome.gaps);
    println!("artifacts    {:.1} s after the end of the meeting", outcome.render_seconds);
    println!("CPU          {:.1} s, simulated Zoom included", outcome.cpu_seconds);
    println!("copied to    {}", outcome.dir.display());
}

fn contents(file: &MadeFile) -> String {
    match file.path.extension().and_then(OsStr::to_str) {
        Some("mp4") => match read_mp4(&file.path) {
            Ok(Mp4Facts { seconds, video, audio, .. }) => format!("{seconds:.1} s, {video}, {audio}"),
            Err(error) => error.to_string(),
        },
        Some("vtt") => "WebVTT".to_owned(),
        Some("srt") => "SubRip".to_owned(),
        Some("txt") => "text".to_owned(),
        Some("md") => "Markdown".to_owned(),
        Some("jsonl") => "JSON Lines".to_owned(),
        _ => "JSON".to_owned(),
    }
}
