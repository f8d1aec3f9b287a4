//! Takes what a process uses over a stretch of time, from outside: nothing is asked of it.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::{
    failure::Failure,
    quantiles::median,
    system::{Usage, steal, usage},
};

/// How often memory is read.
const EVERY: Duration = Duration::from_secs(1);
/// Into how many parts a window is divided, to see how steady it was.
const SLICES: usize = 5;

/// What was used in a window.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Used {
    pub(super) seconds: f64,
    pub(super) user_s: f64,
    pub(super) system_s: f64,
    /// CPU seconds a second, in each fifth.
    pub(super) slices: Vec<f64>,
    pub(super) rss_bytes: u64,
    pub(super) peak_bytes: u64,
    pub(super) context_switches: u64,
    /// CPU seconds of the source.
    pub(super) source_s: f64,
    pub(super) stolen: f64,
}

/// Watches process `pid`, and the source beside it, until `end`.
///
/// # Errors
/// If one of them ends.
pub(super) async fn watch(pid: u32, source: u32, end: Instant) -> Result<Used, Failure> {
    let (stolen, before_s) = (steal(), usage(source)?.cpu_s());
    let began = Instant::now();
    let mut samples = vec![(0.0, usage(pid)?)];
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    while Instant::now() + EVERY < end {
        ticks.tick().await;
        samples.push((began.elapsed().as_secs_f64(), usage(pid)?));
    }
    sleep_until(end).await;
    samples.push((began.elapsed().as_secs_f64(), usage(pid)?));
    let source_s = usage(source)?.cpu_s() - before_s;
    Ok(Used { source_s, stolen: steal().share_since(stolen), ..over(&samples) })
}

/// What lies between the first and the last of samples, each with its second.
fn over(samples: &[(f64, Usage)]) -> Used {
    let (Some((began, first)), Some((ended, last))) = (samples.first(), samples.last()) else { return Used::default() };
    let at = |slice: usize| &samples[slice * (samples.len() - 1) / SLICES];
    let slices = (0..SLICES).map(|slice| (at(slice), at(slice + 1))).filter(|(from, to)| to.0 > from.0);
    Used {
        seconds: ended - began,
        user_s: last.user_s - first.user_s,
        system_s: last.system_s - first.system_s,
        slices: slices.map(|(from, to)| (to.1.cpu_s() - from.1.cpu_s()) / (to.0 - from.0)).collect(),
        rss_bytes: median(samples.iter().map(|(_, usage)| usage.rss_bytes as f64)).unwrap_or(0.0) as u64,
        peak_bytes: last.peak_bytes,
        // Threads that ended in between took their counts with them.
        context_switches: last.context_switches.saturating_sub(first.context_switches),
        ..Used::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at: f64, user_s: f64, rss_bytes: u64) -> (f64, Usage) {
        (at, Usage { user_s, system_s: at, rss_bytes, peak_bytes: 900, context_switches: 10 * at as u64 })
    }

    #[test]
    fn a_window_is_what_lies_between_its_first_and_last_sample() {
        let samples: Vec<(f64, Usage)> =
            (0..=10).map(|at| sample(f64::from(at), 5.0 + f64::from(at * at), 100 + at as u64)).collect();
        let used = over(&samples);
        assert_eq!((used.seconds, used.user_s, used.system_s), (10.0, 100.0, 10.0));
        assert_eq!((used.rss_bytes, used.peak_bytes, used.context_switches), (105, 900, 100));
        assert_eq!(used.slices, [3.0, 7.0, 11.0, 15.0, 19.0]);
    }

    #[test]
    fn a_short_window_has_fewer_slices_and_none_of_no_length() {
        let used = over(&[sample(0.0, 1.0, 1), sample(2.0, 3.0, 1)]);
        assert_eq!(used.slices, [2.0]);
        assert_eq!(over(&[]), Used::default());
    }
}
