//! Everything about one run, for people.

use std::fmt::Write as _;

use super::{
    goals::goals,
    live, sdk,
    table::{Table, figure},
};
use crate::{
    record::{BesideResult, CaptureResult, RenderResult, Run},
    system::Machine,
};

/// The whole run as text.
pub(crate) fn whole(run: &Run) -> String {
    let mut text = String::new();
    if !run.date.is_empty() {
        let _ = writeln!(text, "{} {}", run.date, run.name);
    }
    text.push_str(&machine(&run.machine));
    if !run.capture.is_empty() {
        text.push('\n');
        text.push_str(&captures(&run.capture));
    }
    if let Some(result) = &run.render {
        text.push('\n');
        text.push_str(&render(result));
    }
    if !run.beside.is_empty() {
        text.push('\n');
        text.push_str(&beside(&run.beside));
    }
    if let Some(result) = &run.live {
        text.push('\n');
        text.push_str(&live::text(result));
    }
    let goals = goals(run);
    if !goals.is_empty() {
        let mut table = Table::new(["goal", "reached", "asked for", ""]);
        for goal in goals {
            let verdict = if goal.is_met() { "met" } else { "MISSED" };
            table.push(vec![goal.name.clone(), figure(goal.value), goal.bound.to_string(), verdict.to_owned()]);
        }
        let _ = write!(text, "\n{}", table.text());
    }
    text
}

fn machine(machine: &Machine) -> String {
    let Machine { cpu, cores, memory_mib, kernel, rustc, commit, profile, used } = machine;
    format!(
        "{cpu}, {cores} cores, {memory_mib} MiB, Linux {kernel}\n{rustc}, {profile} build of {commit}; measured on core {}, \
         source on {}, bench on {}\n",
        used.subject, used.source, used.own
    )
}

fn captures(results: &[CaptureResult]) -> String {
    let mut table = Table::new([
        "meetings",
        "CPU s/meeting-min",
        "floor",
        "ratio",
        "MiB/meeting",
        "peak",
        "floor",
        "messages/s",
        "MB/s",
        "switches/msg",
        "syscalls/msg",
        "floor",
        "dropped",
        "webhook p50 ms",
        "p99 ms",
        "lag max s",
        "keep-alive ms",
        "source busy",
        "stolen",
    ]);
    let counted = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), figure);
    for result in results {
        let Some(median) = &result.median else { continue };
        table.push(vec![
            named(result),
            figure(median.engine_cpu_s),
            figure(median.floor_cpu_s),
            figure(median.ratio),
            figure(median.engine_rss_mib),
            figure(median.engine_peak_mib),
            figure(median.floor_rss_mib),
            figure(median.messages_per_s),
            figure(median.payload_bytes_per_s / 1e6),
            figure(median.switches_per_message),
            counted(median.syscalls_per_message),
            counted(median.floor_syscalls_per_message),
            median.frames_dropped.to_string(),
            figure(median.webhook_p50_ms),
            figure(median.webhook_p99_ms),
            figure(median.durability_lag_max_s),
            figure(median.keep_alive_worst_ms),
            format!("{:.0} %", median.source_busy * 100.0),
            format!("{:.0} %", median.stolen_worst * 100.0),
        ]);
    }
    let mut text = table.text();
    text.push('\n');
    text.push_str(&sdk::text(results));
    for result in results {
        for lost in &result.lost {
            let of = result.rounds.len() + result.lost.len();
            let _ = writeln!(text, "! {}, round {} of {of} was lost: {}", named(result), lost.number, lost.why);
        }
        for (number, round) in result.numbered() {
            let sdk = round.sdk.iter().map(|playing| ("Zoom's SDK", playing));
            for (who, playing) in [("engine", &round.engine), ("floor", &round.floor)].into_iter().chain(sdk) {
                for fault in &playing.faults {
                    let _ = writeln!(text, "! {}, round {number}, {who}: {fault}", named(result));
                }
            }
        }
    }
    text
}

/// What was played.
fn named(result: &CaptureResult) -> String {
    format!("{} × {}", result.meetings, result.scenario)
}

fn render(result: &RenderResult) -> String {
    let mut table = Table::new(["render", "× real time", "by CPU", "wall s", "CPU s", "log MB", "MP4 MB"]);
    table.push(vec![
        format!("{} min, {}, {} rounds", result.minutes, result.choice, result.rounds.len()),
        figure(result.median.times_real_time),
        figure(result.median.times_real_time_by_cpu),
        figure(result.median.wall_s),
        figure(result.median.cpu_s),
        figure(result.log_bytes as f64 / 1e6),
        figure(result.file_bytes as f64 / 1e6),
    ]);
    table.text()
}

fn beside(results: &[BesideResult]) -> String {
    let mut table = Table::new([
        "beside ffmpeg",
        "ratio",
        "CPU s",
        "ffmpeg",
        "peak MiB",
        "ffmpeg",
        "SSIM",
        "ffmpeg",
        "of text",
        "ffmpeg",
        "MB",
        "ffmpeg",
    ]);
    for BesideResult { case, seconds, rounds, median, engine, rival, .. } in results {
        let likeness = |ssim: Option<f64>| ssim.map_or_else(|| "-".to_owned(), |ssim| format!("{ssim:.4}"));
        table.push(vec![
            format!("{case}, {seconds} s, {} rounds", rounds.len()),
            figure(median.ratio),
            figure(median.engine_cpu_s),
            figure(median.rival_cpu_s),
            figure(median.engine_peak_mib),
            figure(median.rival_peak_mib),
            likeness(engine.ssim),
            likeness(rival.ssim),
            likeness(engine.ssim_of_text),
            likeness(rival.ssim_of_text),
            figure(engine.bytes as f64 / 1e6),
            figure(rival.bytes as f64 / 1e6),
        ]);
    }
    table.text()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Playing, Round};

    #[test]
    fn a_fault_is_never_left_out_and_has_the_number_of_its_round() {
        let floor = Playing { faults: vec!["3 meetings were lost".into()], ..Playing::default() };
        let played = vec![Err("the engine: nobody joined".into()), Ok(Round { floor, ..Round::default() })];
        let result = CaptureResult::of(50, 30, "load".into(), played);
        let text = whole(&Run { capture: vec![result], ..Run::default() });
        assert!(text.contains("! 50 × load, round 2, floor: 3 meetings were lost"), "{text}");
        assert!(text.contains("! 50 × load, round 1 of 2 was lost: the engine: nobody joined"), "{text}");
    }

    #[test]
    fn a_scenario_without_a_round_has_no_figures() {
        let result = CaptureResult::of(500, 30, "load".into(), vec![Err("nobody joined".into())]);
        let text = whole(&Run { capture: vec![result], ..Run::default() });
        assert!(text.contains("round 1 of 1 was lost") && !text.contains("500 × load  "), "{text}");
    }
}
