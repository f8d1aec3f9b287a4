//! How long a message may take from its first byte to its last (fault matrix C10). Where messages begin and end is read in
//! `frames`.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

/// How much too late a look at the clock must be to mean that this program could not run meanwhile.
const LATE: Duration = Duration::from_secs(1);

/// What is known of the message that is waited for.
#[derive(Debug)]
struct Limit {
    each: Duration,
    /// The running number of the message, and when it must be complete.
    awaited: Option<(u64, Instant)>,
}

/// What a look at the clock tells.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// Nothing is waited for.
    Idle,
    /// Look again then.
    Until(Instant),
    /// It took too long.
    Over,
}

impl Limit {
    /// Judges at the moment `now`, after everything that arrived was read.
    fn judge(&mut self, pending: Option<u64>, now: impl FnOnce() -> Instant) -> Verdict {
        let Some(number) = pending else {
            self.awaited = None;
            return Verdict::Idle;
        };
        let now = now();
        let due = match self.awaited {
            Some((awaited, due)) if awaited == number => due,
            _ => now + self.each,
        };
        // Whoever was asleep does not know who was slow: what waits in the socket gets its chance to be read.
        let due = if now > due + LATE { now + LATE } else { due };
        self.awaited = Some((number, due));
        if now < due { Verdict::Until(due) } else { Verdict::Over }
    }
}

/// The limit with its alarm, which is set only while a message is incomplete, and at most once in the time of the limit.
#[derive(Debug)]
pub(crate) struct Patience {
    limit: Limit,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    /// Patience of `each` for each message.
    pub(crate) const fn new(each: Duration) -> Self {
        Self { limit: Limit { each, awaited: None }, alarm: None }
    }

    /// Whether an alarm was ever set.
    #[cfg(test)]
    pub(crate) const fn was_needed(&self) -> bool {
        self.alarm.is_some()
    }

    /// Ready when the message `pending` has taken too long; to be asked whenever nothing more can be read.
    pub(crate) fn poll_over(&mut self, pending: Option<u64>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let due = match self.limit.judge(pending, Instant::now) {
                Verdict::Idle => return Poll::Pending,
                Verdict::Over => return Poll::Ready(()),
                Verdict::Until(due) => due,
            };
            let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(due)));
            if alarm.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            // It was set for an earlier message, or just now.
            if alarm.deadline() < due {
                alarm.as_mut().reset(due);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EACH: Duration = Duration::from_secs(10);

    struct Clock(Instant, Limit);

    impl Clock {
        fn new() -> Self {
            Self(Instant::now(), Limit { each: EACH, awaited: None })
        }

        fn at(&self, seconds: f64) -> Instant {
            self.0 + Duration::from_secs_f64(seconds)
        }

        fn judge(&mut self, seconds: f64, pending: Option<u64>) -> Verdict {
            let now = self.at(seconds);
            self.1.judge(pending, || now)
        }
    }

    #[test]
    fn a_message_has_ten_seconds_from_its_first_byte_however_many_bytes_come_meanwhile() {
        let mut clock = Clock::new();
        let due = clock.at(10.0);
        for tenth in 0..100 {
            assert_eq!(clock.judge(f64::from(tenth) / 10.0, Some(7)), Verdict::Until(due));
        }
        assert_eq!(clock.judge(10.0, Some(7)), Verdict::Over);
    }

    #[test]
    fn each_message_has_a_limit_of_its_own() {
        let mut clock = Clock::new();
        let (first, second) = (clock.at(10.0), clock.at(19.0));
        assert_eq!(clock.judge(0.0, Some(0)), Verdict::Until(first));
        assert_eq!(clock.judge(9.0, Some(1)), Verdict::Until(second));
        assert_eq!(clock.judge(18.0, None), Verdict::Idle);
        let third = clock.at(29.5);
        assert_eq!(clock.judge(19.5, Some(2)), Verdict::Until(third));
    }

    #[test]
    fn a_program_that_could_not_run_looks_once_more_before_it_judges() {
        let mut clock = Clock::new();
        assert_eq!(clock.judge(0.0, Some(0)), Verdict::Until(clock.at(10.0)));
        assert_eq!(clock.judge(20.0, Some(0)), Verdict::Until(clock.at(21.0)));
        assert_eq!(clock.judge(21.0, Some(0)), Verdict::Over);
    }

    #[test]
    fn nothing_pending_does_not_look_at_the_clock() {
        let mut limit = Limit { each: EACH, awaited: None };
        assert_eq!(limit.judge(None, || unreachable!("no clock is needed")), Verdict::Idle);
    }
}
