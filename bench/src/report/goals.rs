//! What the engine must reach, and whether a run did. A run is judged by people: missing a goal is not an error.

use super::{
    goal::{Bound, Goal},
    live,
};
use crate::record::{BesideResult, CaptureResult, Run};

/// The goals that a run can be judged by.
pub(crate) fn goals(run: &Run) -> Vec<Goal> {
    let mut goals: Vec<Goal> = run.capture.iter().flat_map(of_capture).collect();
    if let Some(render) = &run.render {
        goals.push(Goal {
            name: "copy-render, × real time".to_owned(),
            value: render.median.times_real_time,
            bound: Bound::AtLeast(100.0),
        });
    }
    goals.extend(run.beside.iter().flat_map(of_beside));
    goals.extend(run.live.iter().flat_map(live::goals));
    goals
}

fn of_beside(result: &BesideResult) -> Vec<Goal> {
    let goal = |what: &str, value: f64, bound: Bound| Goal { name: format!("{}: {what}", result.case), value, bound };
    let mut goals = vec![goal("CPU of ffmpeg's", result.median.ratio, Bound::AtMost(1.0))];
    // As the figures are printed: what is less than half a thousandth of likeness cannot be seen.
    let loss = |theirs: Option<f64>, ours: Option<f64>| theirs.zip(ours).map(|(theirs, ours)| theirs - ours);
    if let Some(lost) = loss(result.rival.ssim, result.engine.ssim) {
        goals.push(goal("SSIM below ffmpeg's", lost, Bound::AtMost(0.0005)));
    }
    if let Some(lost) = loss(result.rival.ssim_of_text, result.engine.ssim_of_text) {
        goals.push(goal("SSIM of text below ffmpeg's", lost, Bound::AtMost(0.0005)));
    }
    goals.push(goal("peak MiB", result.median.engine_peak_mib, Bound::AtMost(256.0)));
    goals
}

fn of_capture(result: &CaptureResult) -> Vec<Goal> {
    let goal = |what: &str, value: f64, bound: Bound| {
        let plural = if result.meetings == 1 { "" } else { "s" };
        let of = if result.scenario.is_empty() { String::new() } else { format!(" of {}", result.scenario) };
        Goal { name: format!("{} meeting{plural}{of}: {what}", result.meetings), value, bound }
    };
    let mut goals = vec![goal("rounds lost", result.lost.len() as f64, Bound::AtMost(0.0))];
    let Some(median) = &result.median else { return goals };
    goals.push(goal("frames dropped", median.frames_dropped as f64, Bound::AtMost(0.0)));
    // What a process needs once weighs on a single meeting alone.
    if result.meetings >= 10 {
        goals.push(goal("MiB per meeting", median.engine_rss_mib, Bound::AtMost(2.0)));
    }
    if result.meetings >= 500 {
        goals.push(goal("CPU s per meeting minute", median.engine_cpu_s, Bound::AtMost(0.06)));
        goals.push(goal("CPU of the floor's", median.ratio, Bound::AtMost(1.5)));
        goals.push(goal("keep-alive worst ms", median.keep_alive_worst_ms, Bound::AtMost(1000.0)));
    }
    if result.meetings <= 500 {
        goals.push(goal("durability lag s", median.durability_lag_max_s, Bound::AtMost(1.0)));
    }
    goals.push(goal("webhook p99 ms", median.webhook_p99_ms, Bound::AtMost(20.0)));
    goals
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{BesideFigures, CaptureFigures, Made, RenderFigures, RenderResult};

    #[test]
    fn one_dropped_frame_misses_the_goal() {
        let median = CaptureFigures { frames_dropped: 1, ..CaptureFigures::default() };
        let result = CaptureResult { meetings: 50, median: Some(median), ..CaptureResult::default() };
        let goals = goals(&Run { capture: vec![result], ..Run::default() });
        let missed: Vec<&str> = goals.iter().filter(|goal| !goal.is_met()).map(|goal| goal.name.as_str()).collect();
        assert_eq!(missed, ["50 meetings: frames dropped"]);
    }

    #[test]
    fn a_scenario_without_a_round_meets_nothing() {
        let result = CaptureResult::of(500, 30, "load".into(), vec![Err("nobody joined".into())]);
        let goals = goals(&Run { capture: vec![result], ..Run::default() });
        assert_eq!(goals.iter().map(Goal::is_met).collect::<Vec<_>>(), [false]);
    }

    #[test]
    fn a_copy_must_be_a_hundred_times_as_fast_as_its_meeting() {
        for (times, met) in [(99.9, false), (100.0, true)] {
            let median = RenderFigures { times_real_time: times, ..RenderFigures::default() };
            let run = Run { render: Some(RenderResult { median, ..RenderResult::default() }), ..Run::default() };
            assert_eq!(goals(&run).iter().all(Goal::is_met), met);
        }
    }

    #[test]
    fn less_work_counts_only_for_the_same_picture() {
        let made = |ssim| Made { ssim: Some(ssim), ..Made::default() };
        let result = |ratio, ours, theirs| BesideResult {
            median: BesideFigures { ratio, ..BesideFigures::default() },
            engine: made(ours),
            rival: made(theirs),
            ..BesideResult::default()
        };
        for (ratio, ours, theirs, met) in
            [(0.9, 0.98, 0.98, true), (0.9, 0.98, 0.97, true), (0.9, 0.97, 0.98, false), (1.01, 0.98, 0.98, false)]
        {
            let run = Run { beside: vec![result(ratio, ours, theirs)], ..Run::default() };
            assert_eq!(goals(&run).iter().all(Goal::is_met), met, "{ratio} {ours} {theirs}");
        }
    }
}
