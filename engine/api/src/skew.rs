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
    use std::{fmt, sync::Arc};

    use tracing::{
        Event, Level, Metadata, Subscriber,
        field::{Field, Visit},
        span,
        subscriber::with_default,
    };

    use super::*;

    /// The differences that the log heard of, in seconds.
    #[derive(Clone, Default)]
    struct Said(Arc<Mutex<Vec<i64>>>);

    impl Visit for Said {
        fn record_i64(&mut self, field: &Field, value: i64) {
            assert_eq!(field.name(), "skew_s");
            self.0.lock().expect("a lock").push(value);
        }

        fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
            assert_eq!(field.name(), "message");
            assert!(format!("{value:?}").contains("run a time service"), "what to do about it: {value:?}");
        }
    }

    impl Subscriber for Said {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            *metadata.level() == Level::WARN
        }

        fn event(&self, event: &Event<'_>) {
            event.record(&mut self.clone());
        }

        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }

        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
        fn enter(&self, _: &span::Id) {}
        fn exit(&self, _: &span::Id) {}
    }

    /// What the log says while webhooks of these ages come at these moments, both in seconds.
    fn said(webhooks: &[(i64, i64)]) -> Vec<i64> {
        let said = Said::default();
        let skew = Skew::default();
        with_default(said.clone(), || webhooks.iter().for_each(|(age_s, now_unix_s)| skew.note(*age_s, *now_unix_s)));
        std::mem::take(&mut *said.0.lock().expect("a lock"))
    }

    #[test]
    fn the_log_is_warned_from_a_difference_of_30_s_on_in_either_direction() {
        for (age_s, is_said) in [(0, false), (29, false), (30, true), (-29, false), (-30, true), (7_000, true)] {
            assert_eq!(said(&[(age_s, 1_000)]), Vec::from_iter(is_said.then_some(age_s)), "{age_s} s");
        }
    }

    #[test]
    fn the_log_is_warned_again_after_a_minute_and_not_before() {
        assert_eq!(said(&[(40, 1_000), (41, 1_059), (42, 1_060), (43, 1_119), (0, 1_119), (44, 1_120)]), [40, 42, 44]);
    }

    #[test]
    fn health_complains_from_a_difference_of_120_s_on_in_either_direction() {
        for (age_s, is_bad) in [(119, false), (120, true), (-119, false), (-120, true)] {
            let skew = Skew::default();
            skew.note(age_s, 1_000);
            assert_eq!(skew.complaint().is_some(), is_bad, "{age_s} s");
        }
    }

    #[test]
    fn a_webhook_that_came_at_once_is_believed_for_ten_minutes() {
        for (after_s, is_bad) in [(599, false), (600, true)] {
            let skew = Skew::default();
            skew.note(300, 10_000);
            skew.note(0, 10_000);
            skew.note(1_500, 10_000 + after_s);
            assert_eq!(skew.complaint().is_some(), is_bad, "{after_s} s");
        }
    }

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
