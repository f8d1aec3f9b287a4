//! How loud windows of a programme were, and what of them counts (ITU-R BS.1770-4, annex 1; EBU Tech 3342).

/// Windows below this are silence.
const SILENCE_LUFS: f64 = -70.0;
/// How many bins a loudness unit has.
const BINS_PER_LU: f64 = 10.0;
/// Up to 30 LUFS; what is louder counts as that.
const BINS: usize = 1_000;

/// The loudness of windows, by tenths of a loudness unit: its memory does not grow with the programme.
pub(super) struct Gate {
    windows: Box<[u32; BINS]>,
}

impl Gate {
    pub(super) fn new() -> Self {
        Self { windows: Box::new([0; BINS]) }
    }

    /// Takes the mean power of a window.
    pub(super) fn push(&mut self, power: f64) {
        let bin = (lufs(power) - SILENCE_LUFS) * BINS_PER_LU;
        if bin >= 0.0 {
            let count = &mut self.windows[(bin as usize).min(BINS - 1)];
            *count = count.saturating_add(1);
        }
    }

    /// The loudness of the windows that are not silence, nor lie more than 10 LU below what those have on average; `None` if all are
    /// silence.
    pub(super) fn integrated_lufs(&self) -> Option<f64> {
        let first = self.first_within(10.0)?;
        self.mean_power(first).map(lufs)
    }

    /// From which loudness on nine of ten windows are, to which one of twenty is above, leaving out what lies more than 20 LU below the
    /// average.
    pub(super) fn range_lu(&self) -> f64 {
        let Some(first) = self.first_within(20.0) else { return 0.0 };
        let counted = &self.windows[first..];
        let last = counted.iter().map(|count| u64::from(*count)).sum::<u64>().saturating_sub(1);
        let bin_of = |share: f64| {
            let place = (last as f64 * share + 0.5) as u64;
            let mut before = 0;
            counted.iter().position(|count| {
                before += u64::from(*count);
                before > place
            })
        };
        let (Some(low), Some(high)) = (bin_of(0.1), bin_of(0.95)) else { return 0.0 };
        (high - low) as f64 / BINS_PER_LU
    }

    /// The first bin whose middle lies at most so far below the average of all.
    fn first_within(&self, below_lu: f64) -> Option<usize> {
        let least = self.mean_power(0)? * 10_f64.powf(-below_lu / 10.0);
        (0..BINS).find(|bin| middle_power(*bin) >= least)
    }

    /// The average of the windows from a bin on, of which each counts as the middle of its bin.
    fn mean_power(&self, first: usize) -> Option<f64> {
        let (mut windows, mut power) = (0_u64, 0.0);
        for (bin, count) in self.windows.iter().enumerate().skip(first) {
            windows += u64::from(*count);
            power += f64::from(*count) * middle_power(bin);
        }
        (windows > 0).then(|| power / windows as f64)
    }
}

/// The mean power of a window in LUFS, of one channel.
fn lufs(power: f64) -> f64 {
    10.0 * power.log10() - 0.691
}

fn middle_power(bin: usize) -> f64 {
    let lufs = SILENCE_LUFS + (bin as f64 + 0.5) / BINS_PER_LU;
    10_f64.powf((lufs + 0.691) / 10.0)
}
