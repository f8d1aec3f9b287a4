//! How far this machine's clock is from Zoom's, as far as signed webhooks tell (fault-matrix D12). Which requests are too old
//! is decided in `zoom::webhook`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use metrics::gauge;
use zoom::webhook::FRESH_S;

use crate::measure::CLOCK_SKEW;

/// From which difference on the clock is worth a word, in seconds.
const WARN_S: u64 = 30;
/// From which difference on health is degraded: webhooks are refused from 300 s on.
const DEGRADED_S: u64 = 120;
/// For how long a webhook that came at once proves the clock right whatever older ones say, in seconds of this clock.
const TRUST_S: u64 = 600;
/// How long until the same is said again in the log, in seconds of this clock.
const SAY_AGAIN_S: u64 = 60;

/// The latest difference.
#[derive(Debug, Default)]
pub(crate) struct Skew(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// In seconds; positive if this clock is ahead.
    skew_s: i64,
    /// When a webhook last came at once, by this clock.
    prompt_unix_s: Option<i64>,
    /// When the log last heard of it, by this clock.
    said_unix_s: Option<i64>,
}

impl Skew {
    /// Takes note of the age of a webhook that Zoom signed, whether it is accepted or too old for that.
    ///
    /// One that was signed long ago may have been sent again, by Zoom or by anybody who recorded it, and says nothing of the
    /// clock while others come at once; if none does, the clock may be why.
    pub(crate) fn note(&self, age_s: i64, now_unix_s: i64) {
        let mut seen = self.seen();
        let within = |since: Option<i64>, limit_s: u64| since.is_some_and(|since| now_unix_s.abs_diff(since) < limit_s);
        if age_s.unsigned_abs() <= FRESH_S.unsigned_abs() {
            seen.prompt_unix_s = Some(now_unix_s);
        } else if age_s > 0 && within(seen.prompt_unix_s, TRUST_S) {
            return;
        }
        seen.skew_s = age_s;
        gauge!(CLOCK_SKEW).set(age_s as f64);
        if age_s.unsigned_abs() >= WARN_S && !within(seen.said_unix_s, SAY_AGAIN_S) {
            seen.said_unix_s = Some(now_unix_s);
            tracing::warn!(skew_s = age_s, "this clock and Zoom's differ, or webhooks come late; run a time service");
        }
    }

    /// What is wrong with the clock, if it is bad enough to say so.
    pub(crate) fn complaint(&self) -> Option<String> {
        let skew_s = self.seen().skew_s;
        let distance_s = skew_s.unsigned_abs();
        (distance_s >= DEGRADED_S).then(|| {
            if skew_s > 0 {
                format!(
                    "the clock is {distance_s} s ahead of Zoom's, or its webhooks come that late; run a time service"
                )
            } else {
                format!("the clock is {distance_s} s behind Zoom's; run a time service")
            }
        })
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // Nothing panics while it holds the lock; each field is whole after any step.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_webhook_accuses_the_clock_only_if_none_came_at_once() {
        let skew = Skew::default();
        skew.note(1_500, 10_000);
        assert!(skew.complaint().is_some_and(|text| text.contains("1500 s ahead")));
        skew.note(2, 10_010);
        assert_eq!(skew.complaint(), None);
        for age_s in [1_500, 20_000] {
            skew.note(age_s, 10_020);
            assert_eq!(skew.complaint(), None, "sent again");
        }
        skew.note(20_000, 10_700);
        assert!(skew.complaint().is_some(), "nothing came at once for ten minutes");
    }

    #[test]
    fn a_clock_that_was_set_is_noticed_in_either_direction() {
        for (step_s, expected) in [(10_800, "10800 s ahead"), (-10_800, "10800 s behind")] {
            let skew = Skew::default();
            skew.note(0, 1_000_000);
            skew.note(step_s, 1_000_000 + step_s);
            assert!(skew.complaint().is_some_and(|text| text.contains(expected)), "{step_s}");
        }
    }
}
