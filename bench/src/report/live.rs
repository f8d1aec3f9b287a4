//! The customer's side for people, and what it must reach.

use std::fmt::Write as _;

use super::{
    goal::{Bound, Goal},
    table::{Table, figure},
};
use crate::{quantiles::Quantiles, record::LiveResult};

/// A table of each part.
pub(super) fn text(result: &LiveResult) -> String {
    let mut table =
        Table::new(["live", "count", "p50 ms", "p99 ms", "max ms", "wrong", "engine cores", "others' cores"]);
    let mut row = |name: String, took: &Quantiles, wrong: u64, engine: f64, others: f64| {
        let Quantiles { count, p50, p99, max } = *took;
        table.push(vec![
            name,
            count.to_string(),
            figure(p50),
            figure(p99),
            figure(max),
            wrong.to_string(),
            figure(engine),
            figure(others),
        ]);
    };
    let mut notes = String::new();
    if let Some(latency) = &result.latency {
        let (engine, others) = (latency.engine_cores, latency.others_cores);
        let of = format!("{} meetings, {} subscribers", latency.meetings, latency.subscribers);
        row(format!("{of}, inward"), &latency.inward_ms, latency.astray, engine, others);
        row(format!("{of}, outward"), &latency.outward_ms, latency.astray, engine, others);
    }
    for answers in &result.answers {
        let name = format!("{} at {}/s for {} s", answers.what, answers.per_second, answers.seconds);
        row(name, &answers.took_ms, answers.errors, answers.engine_cores, answers.others_cores);
        if let Some(error) = &answers.first_error {
            let _ = writeln!(notes, "! {}: {error}", answers.what);
        }
    }
    if let Some(crowd) = &result.crowd {
        let name = format!("{} subscribers of one meeting", crowd.subscribers);
        row(name, &crowd.took_ms, crowd.astray, crowd.engine_cores, crowd.others_cores);
        let _ = writeln!(
            notes,
            "{} subscribers: {:.1} KiB each, {} events read",
            crowd.subscribers, crowd.kib_per_subscriber, crowd.events
        );
    }
    if let Some(stalled) = &result.stalled {
        let name = "those who read beside those who stall".to_owned();
        row(name, &stalled.healthy_ms, stalled.healthy_astray, stalled.engine_cores, stalled.others_cores);
        let _ = writeln!(
            notes,
            "{} subscribers, {} WebSockets, {} webhooks and {} receivers that take nothing for {:.0} s: {:.1}, {:.1}, {:.1} MiB \
             resident in each third, {:.0} MiB of the kernel at most",
            stalled.subscribers,
            stalled.sockets,
            stalled.webhooks,
            stalled.receivers,
            stalled.seconds,
            stalled.rss_first_mib,
            stalled.rss_middle_mib,
            stalled.rss_last_mib,
            stalled.kernel_mib,
        );
    }
    table.text() + &notes
}

/// What it must reach.
pub(super) fn goals(result: &LiveResult) -> Vec<Goal> {
    let mut goals = Vec::new();
    let mut goal = |name: &str, value: f64, most: f64| {
        goals.push(Goal { name: format!("live: {name}"), value, bound: Bound::AtMost(most) });
    };
    if let Some(latency) = &result.latency {
        goal("event to subscriber p50 ms", latency.inward_ms.p50, 5.0);
        goal("event to subscriber p99 ms", latency.inward_ms.p99, 25.0);
        goal("utterances astray", latency.astray as f64, 0.0);
    }
    for answers in &result.answers {
        goal(&format!("{}, p99 ms", answers.what), answers.took_ms.p99, 20.0);
        goal(&format!("{}, errors", answers.what), answers.errors as f64, 0.0);
    }
    if let Some(crowd) = &result.crowd {
        goal("events of the crowd astray", crowd.astray as f64, 0.0);
    }
    if let Some(stalled) = &result.stalled {
        goal("events astray beside those who stall", stalled.healthy_astray as f64, 0.0);
        let growth = stalled.rss_last_mib / stalled.rss_first_mib.max(1.0);
        goal("memory at the end by that once all came again", growth, 1.1);
    }
    goals
}

/// Every figure, named so that the same thing has the same name in every run.
pub(super) fn figures(result: &LiveResult) -> Vec<(String, f64)> {
    let mut figures = Vec::new();
    let mut of = |name: &str, took: &Quantiles| {
        figures.extend([(format!("live, {name}: p50 ms"), took.p50), (format!("live, {name}: p99 ms"), took.p99)]);
    };
    if let Some(latency) = &result.latency {
        of("inward", &latency.inward_ms);
        of("outward", &latency.outward_ms);
    }
    result.answers.iter().for_each(|answers| of(&answers.what, &answers.took_ms));
    if let Some(crowd) = &result.crowd {
        of("crowd", &crowd.took_ms);
        let more = [("KiB/subscriber", crowd.kib_per_subscriber), ("cores", crowd.engine_cores)];
        figures.extend(more.map(|(name, value)| (format!("live, crowd: {name}"), value)));
    }
    if let Some(stalled) = &result.stalled {
        let more = [("MiB once all came again", stalled.rss_first_mib), ("MiB at the end", stalled.rss_last_mib)];
        figures.extend(more.map(|(name, value)| (format!("live, stalled: {name}"), value)));
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Answers, Stalled};

    #[test]
    fn one_error_and_memory_that_grows_miss_their_goals() {
        let stalled = Stalled { rss_first_mib: 100.0, rss_last_mib: 120.0, ..Stalled::default() };
        let answers = vec![Answers { what: "POST".to_owned(), errors: 1, ..Answers::default() }];
        let goals = goals(&LiveResult { answers, stalled: Some(stalled), ..LiveResult::default() });
        let missed: Vec<&str> = goals.iter().filter(|goal| !goal.is_met()).map(|goal| goal.name.as_str()).collect();
        assert_eq!(missed, ["live: POST, errors", "live: memory at the end by that once all came again"]);
    }
}
