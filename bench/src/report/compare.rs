//! Two runs side by side.

use std::fmt::Write as _;

use super::{
    live, sdk,
    table::{Table, figure},
};
use crate::record::Run;

/// Every figure that is in either run, with its change from the first to the second.
pub(crate) fn side_by_side(before: &Run, after: &Run) -> String {
    let (old, new) = (figures(before), figures(after));
    let mut names: Vec<&String> = old.iter().map(|(name, _)| name).collect();
    names.extend(new.iter().map(|(name, _)| name).filter(|name| !old.iter().any(|(known, _)| known == *name)));
    let title = |run: &Run| format!("{} {}", run.date, run.name);
    let mut table = Table::new(["", &title(before), &title(after), "change"]);
    for name in names {
        let of = |figures: &[(String, f64)]| figures.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
        let (old, new) = (of(&old), of(&new));
        let shown = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), figure);
        table.push(vec![name.clone(), shown(old), shown(new), change(old, new)]);
    }
    let mut text = table.text();
    if before.machine.cpu != after.machine.cpu || before.machine.kernel != after.machine.kernel {
        let of = |run: &Run| format!("{}, Linux {}", run.machine.cpu, run.machine.kernel);
        let _ = writeln!(text, "note: made on different machines ({}; {}): compare only ratios", of(before), of(after));
    }
    for run in [before, after].into_iter().filter(|run| run.machine.profile == "debug") {
        let _ = writeln!(text, "note: {} is of a debug build and says nothing", title(run));
    }
    text
}

/// In per cent of the first; nothing where there is nothing to compare with.
fn change(old: Option<f64>, new: Option<f64>) -> String {
    match (old, new) {
        (Some(old), Some(new)) if old == new => "=".to_owned(),
        (Some(old), Some(new)) if old != 0.0 => format!("{:+.1} %", (new - old) / old * 100.0),
        _ => String::new(),
    }
}

/// What a run has measured, named so that the same thing has the same name in every run.
fn figures(run: &Run) -> Vec<(String, f64)> {
    let mut figures = Vec::new();
    for result in &run.capture {
        let named = |(name, value): (&str, f64)| {
            (format!("{} × {} s of {}: {name}", result.meetings, result.seconds, result.scenario), value)
        };
        figures.push(named(("rounds lost", result.lost.len() as f64)));
        let Some(median) = &result.median else { continue };
        let of_scenario = [
            ("CPU s/meeting-minute", median.engine_cpu_s),
            ("CPU s/meeting-minute, floor", median.floor_cpu_s),
            ("CPU ratio to the floor", median.ratio),
            ("MiB/meeting", median.engine_rss_mib),
            ("MiB/meeting, peak", median.engine_peak_mib),
            ("MiB/meeting, floor", median.floor_rss_mib),
            ("context switches/message", median.switches_per_message),
            ("messages/s", median.messages_per_s),
            ("payload MB/s", median.payload_bytes_per_s / 1e6),
            ("frames dropped", median.frames_dropped as f64),
            ("webhook p50 ms", median.webhook_p50_ms),
            ("webhook p99 ms", median.webhook_p99_ms),
            ("webhook of the source p99 ms", median.webhook_source_p99_ms),
            ("durability lag max s", median.durability_lag_max_s),
            ("keep-alive worst ms", median.keep_alive_worst_ms),
            ("source busy", median.source_busy),
            ("stolen, worst", median.stolen_worst),
        ];
        figures.extend(of_scenario.map(named));
        let counted = [
            ("system calls/message", median.syscalls_per_message),
            ("system calls/message, floor", median.floor_syscalls_per_message),
        ];
        figures.extend(counted.into_iter().filter_map(|(name, value)| Some((name, value?))).map(named));
        figures.extend(median.sdk.iter().flat_map(sdk::figures).map(named));
    }
    if let Some(render) = &run.render {
        let of_render = [
            ("× real time", render.median.times_real_time),
            ("× real time by CPU", render.median.times_real_time_by_cpu),
            ("wall s", render.median.wall_s),
            ("CPU s", render.median.cpu_s),
        ];
        figures.extend(of_render.map(|(name, value)| (format!("render {} min: {name}", render.minutes), value)));
    }
    for result in &run.beside {
        let of_job = [
            ("CPU of ffmpeg's", result.median.ratio),
            ("CPU s", result.median.engine_cpu_s),
            ("peak MiB", result.median.engine_peak_mib),
        ];
        figures.extend(of_job.map(|(name, value)| (format!("{}, {} s: {name}", result.case, result.seconds), value)));
    }
    figures.extend(run.live.iter().flat_map(live::figures));
    figures
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{CaptureFigures, CaptureResult, RenderFigures, RenderResult};

    fn run(name: &str, engine_cpu_s: f64, meetings: u32) -> Run {
        let median = Some(CaptureFigures { engine_cpu_s, ..CaptureFigures::default() });
        let capture =
            vec![CaptureResult { meetings, seconds: 60, scenario: "load".into(), median, ..CaptureResult::default() }];
        Run { date: "2026-01-31".into(), name: name.into(), capture, ..Run::default() }
    }

    fn line<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.strip_prefix(name).unwrap_or_default().split_ascii_whitespace().collect()
    }

    #[test]
    fn a_change_is_in_per_cent_of_the_earlier_run() {
        let text = side_by_side(&run("a", 0.4, 50), &run("b", 0.3, 50));
        assert_eq!(line(&text, "50 × 60 s of load: CPU s/meeting-minute "), ["0.400", "0.300", "-25.0", "%"], "{text}");
        assert_eq!(line(&text, "50 × 60 s of load: messages/s "), ["0", "0", "="], "{text}");
    }

    #[test]
    fn what_only_one_run_has_is_shown_all_the_same() {
        let mut after = run("b", 0.3, 1);
        let median = RenderFigures { times_real_time: 100.0, ..RenderFigures::default() };
        after.render = Some(RenderResult { minutes: 10, median, ..RenderResult::default() });
        let text = side_by_side(&run("a", 0.4, 50), &after);
        assert_eq!(line(&text, "50 × 60 s of load: CPU s/meeting-minute "), ["0.400", "-"], "{text}");
        assert_eq!(line(&text, "1 × 60 s of load: CPU s/meeting-minute "), ["-", "0.300"], "{text}");
        assert_eq!(line(&text, "render 10 min: × real time "), ["-", "100"], "{text}");
    }

    #[test]
    fn runs_of_different_machines_are_told_apart() {
        let mut other = run("b", 0.3, 1);
        other.machine.cpu = "another".into();
        assert!(side_by_side(&run("a", 0.4, 1), &other).contains("different machines"));
        assert!(!side_by_side(&run("a", 0.4, 1), &run("b", 0.3, 1)).contains("note:"));
    }
}
