//! Subtitles as ffmpeg reads them.

use std::process::Command;

use super::document;

/// What a program that is not ours makes of a subtitle file.
fn run(program: &str, name: &str, arguments: &[&str]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, document(name)).unwrap();
    let path = path.to_str().unwrap();
    let arguments: Vec<&str> =
        arguments.iter().map(|argument| if *argument == "FILE" { path } else { argument }).collect();
    let done = Command::new(program).args(&arguments).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.trim().is_empty(), "{program} {arguments:?}: {said}");
    String::from_utf8(done.stdout).unwrap()
}

/// Where each cue begins and how long it lasts, in milliseconds, by ffprobe.
fn cues(name: &str) -> Vec<(i64, i64)> {
    let arguments = ["-v", "error", "-show_entries", "packet=pts_time,duration_time", "-of", "csv=p=0", "FILE"];
    let ms = |seconds: &str| (seconds.parse::<f64>().unwrap() * 1000.0).round() as i64;
    let told = run("ffprobe", name, &arguments);
    let pair = |line: &str| line.split_once(',').map(|(start, lasts)| (ms(start), ms(lasts.trim_end_matches(','))));
    told.lines().filter_map(pair).collect()
}

/// What each cue shows, by ffmpeg, with lines joined.
fn shown(name: &str) -> Vec<String> {
    let ass = run("ffmpeg", name, &["-v", "error", "-i", "FILE", "-f", "ass", "-"]);
    let lines = ass.lines().filter_map(|line| line.strip_prefix("Dialogue: "));
    lines.map(|line| line.splitn(10, ',').last().unwrap().replace("\\N", " ").trim().to_owned()).collect()
}

#[test]
fn ffmpeg_finds_every_golden_cue_of_webvtt_where_it_was_said() {
    let times = [
        (1_000, 3_000),
        (3_000, 2_000),
        (5_500, 1_000),
        (6_600, 3_300),
        (11_000, 1_000),
        (12_500, 7_000),
        (21_000, 2_000),
        (23_000, 2_000),
        (29_000, 1_440),
        (34_000, 1_000),
        (37_000, 1_000),
        (43_000, 1_000),
    ];
    assert_eq!(cues("transcript.vtt"), times);
}

#[test]
fn ffmpeg_finds_the_golden_cues_of_subrip_to_fill_the_same_times() {
    let mut spans: Vec<(i64, i64)> = Vec::new();
    for (start, lasts) in cues("transcript.srt") {
        match spans.last_mut() {
            // Pieces of one caption follow each other.
            Some(last) if last.0 + last.1 == start && (12_500..19_500).contains(&start) => last.1 += lasts,
            _ => spans.push((start, lasts)),
        }
    }
    assert_eq!(spans, cues("transcript.vtt"));
    assert!(cues("transcript.srt").len() > spans.len(), "something is long enough to be cut");
}

#[test]
fn ffmpeg_shows_of_golden_subrip_what_is_written_in_it_and_nothing_is_markup() {
    let shown = shown("transcript.srt");
    let ours = document("transcript.srt");
    let written: Vec<String> =
        ours.split_terminator("\n\n").map(|cue| cue.lines().skip(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(shown, written);
    assert!(shown.iter().any(|text| text.contains("Ada (2): I am ‹b›the other‹/b› Ada")), "{shown:?}");
    for line in ours.split_terminator("\n\n").flat_map(|cue| cue.lines().skip(2)) {
        assert!(line.chars().count() <= 42, "{line}");
    }
}
