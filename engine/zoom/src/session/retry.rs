//! When to try again: the reconnect schedule and its jitter. How long to keep trying is in `config`.

use std::time::Duration;

/// Delays before successive attempts, in milliseconds; the last one repeats.
const SCHEDULE_MS: [u64; 6] = [0, 250, 500, 1_000, 2_000, 3_000];
/// The first delay after Zoom says that an earlier connection is not released, in milliseconds; doubles each time.
const DUPLICATE_MS: u64 = 1_500;
/// How often that is awaited; then the end of the schedule counts.
const DUPLICATE_TRIES: u32 = 3;

/// A small generator of jitter (SplitMix64); never used for anything that must not be guessed.
#[derive(Debug)]
pub(super) struct Jitter(u64);

impl Jitter {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// `ms` milliseconds, up to a fifth more or less.
    fn around(&mut self, ms: u64) -> Duration {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        let percent = 80 + bits % 41;
        Duration::from_micros(ms * 10 * percent)
    }

    /// The delay before attempt number `attempt` after a loss, from 0.
    pub(super) fn delay(&mut self, attempt: u32) -> Duration {
        let last = SCHEDULE_MS.len() - 1;
        self.around(SCHEDULE_MS[last.min(attempt as usize)])
    }

    /// The delay after the `count`-th answer in a row, from 0, that an earlier connection is not released (protocol §5.3).
    pub(super) fn delay_of_duplicate(&mut self, count: u32) -> Duration {
        if count < DUPLICATE_TRIES { Duration::from_millis(DUPLICATE_MS << count) } else { self.delay(u32::MAX) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_follow_the_schedule_within_a_fifth() {
        let mut jitter = Jitter::new(7);
        for (attempt, nominal_ms) in [(0, 0), (1, 250), (2, 500), (3, 1_000), (4, 2_000), (5, 3_000), (u32::MAX, 3_000)]
        {
            for _ in 0..100 {
                let delay = jitter.delay(attempt).as_secs_f64() * 1000.0;
                let nominal = f64::from(nominal_ms);
                assert!((nominal * 0.8..=nominal * 1.2).contains(&delay), "{attempt}: {delay} ms");
            }
        }
    }

    #[test]
    fn different_seeds_do_not_march_in_step() {
        assert_ne!(Jitter::new(1).delay(5), Jitter::new(2).delay(5));
    }

    #[test]
    fn a_connection_not_released_gets_three_patient_tries_and_then_the_usual_ones() {
        let mut jitter = Jitter::new(7);
        let delays: Vec<u128> = (0..6).map(|count| jitter.delay_of_duplicate(count).as_millis()).collect();
        assert_eq!(delays[..3], [1_500, 3_000, 6_000]);
        assert!(delays[3..].iter().all(|ms| (2_400..=3_600).contains(ms)), "{delays:?}");
    }
}
