//! What a render took beside the `ffmpeg` command line that did the same.

use serde::{Deserialize, Serialize};

use crate::{quantiles::median, system::Spent};

const MIB: f64 = 1_048_576.0;

/// All rounds of one job.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct BesideResult {
    /// What is rendered.
    pub(crate) case: String,
    /// The length of the meeting.
    pub(crate) seconds: u32,
    /// What the other program was asked to do.
    pub(crate) command: String,
    /// Each round.
    pub(crate) rounds: Vec<BesideRound>,
    /// The medians.
    pub(crate) median: BesideFigures,
    /// What the engine made.
    pub(crate) engine: Made,
    /// What the other program made.
    pub(crate) rival: Made,
}

/// The same job done by both, one after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct BesideRound {
    /// The engine, from the log on disk to the synced file that was read back.
    pub(crate) engine: Spent,
    /// The other program, from the same media in files to its file.
    pub(crate) rival: Spent,
}

/// What came out, which is the same in every round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Made {
    /// The size of the file.
    pub(crate) bytes: u64,
    /// The structural similarity of its pictures to a composition without loss.
    pub(crate) ssim: Option<f64>,
    /// The same of small text alone.
    pub(crate) ssim_of_text: Option<f64>,
}

/// The medians of the rounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct BesideFigures {
    /// CPU seconds of the engine by those of the other program, within each round.
    pub(crate) ratio: f64,
    /// CPU seconds of the engine.
    pub(crate) engine_cpu_s: f64,
    /// CPU seconds of the other program.
    pub(crate) rival_cpu_s: f64,
    /// The most memory that the engine held.
    pub(crate) engine_peak_mib: f64,
    /// The most memory that the other program held.
    pub(crate) rival_peak_mib: f64,
}

impl BesideFigures {
    /// The medians of the rounds of a job.
    pub(crate) fn of(rounds: &[BesideRound]) -> Self {
        let over = |figure: &dyn Fn(&BesideRound) -> f64| median(rounds.iter().map(figure)).unwrap_or(0.0);
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        Self {
            ratio: over(&|round| share(round.engine.cpu_s(), round.rival.cpu_s())),
            engine_cpu_s: over(&|round| round.engine.cpu_s()),
            rival_cpu_s: over(&|round| round.rival.cpu_s()),
            engine_peak_mib: over(&|round| round.engine.peak_bytes as f64 / MIB),
            rival_peak_mib: over(&|round| round.rival.peak_bytes as f64 / MIB),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_taken_within_a_round() {
        let spent = |cpu_user_s| Spent { cpu_user_s, ..Spent::default() };
        let round = |engine, rival| BesideRound { engine: spent(engine), rival: spent(rival) };
        let figures = BesideFigures::of(&[round(4.0, 5.0), round(9.0, 10.0), round(5.0, 5.0)]);
        assert_eq!((figures.ratio, figures.engine_cpu_s, figures.rival_cpu_s), (0.9, 5.0, 5.0));
        assert_eq!(BesideFigures::of(&[]).ratio, 0.0);
    }
}
