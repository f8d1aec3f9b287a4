//! Asks the system about the processor. What is made of the answers is decided in `load`.

use std::{thread, time::Duration};

use rustix::time::{ClockId, clock_gettime};

/// How much time of the processor this process has taken since it began.
pub(crate) fn taken() -> Duration {
    let taken = clock_gettime(ClockId::ProcessCPUTime);
    let nanos = u32::try_from(taken.tv_nsec).unwrap_or_default();
    Duration::new(u64::try_from(taken.tv_sec).unwrap_or_default(), nanos)
}

/// How many cores this process may use, by its affinity and its control group.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_takes_time_and_has_a_core() {
        let before = taken();
        let spent = (0..1_000_000_u64).map(std::hint::black_box).sum::<u64>();
        assert!(spent > 0 && taken() > before && cores() > 0);
    }
}
