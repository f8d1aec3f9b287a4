//! What the render of a finished meeting took.

use serde::{Deserialize, Serialize};

use crate::quantiles::median;

/// All renders of one meeting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RenderResult {
    /// The length of the meeting.
    pub(crate) minutes: u32,
    /// How its picture was made: `copy`.
    pub(crate) choice: String,
    /// The size of its log.
    pub(crate) log_bytes: u64,
    /// The size of the MP4.
    pub(crate) file_bytes: u64,
    /// Each render.
    pub(crate) rounds: Vec<RenderRound>,
    /// The medians.
    pub(crate) median: RenderFigures,
}

/// One render, from the log on disk to the published file, on one core.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RenderRound {
    /// Reading the log and ordering it.
    pub(crate) timeline_s: f64,
    /// Copying pictures, decoding, mixing and encoding sound, writing fragments.
    pub(crate) render_s: f64,
    /// Writing the index-first file.
    pub(crate) finish_s: f64,
    /// Reading it back with another reader.
    pub(crate) verify_s: f64,
    /// Its checksum, its sync, its name.
    pub(crate) publish_s: f64,
    /// All of it.
    pub(crate) wall_s: f64,
    /// CPU seconds of all of it.
    pub(crate) cpu_s: f64,
}

/// The medians of the rounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RenderFigures {
    /// How much faster than the meeting.
    pub(crate) times_real_time: f64,
    /// The same, had the disk cost nothing.
    pub(crate) times_real_time_by_cpu: f64,
    /// Seconds of all of it.
    pub(crate) wall_s: f64,
    /// CPU seconds of all of it.
    pub(crate) cpu_s: f64,
}

impl RenderFigures {
    /// The medians of the renders of a meeting.
    pub(crate) fn of(meeting_s: f64, rounds: &[RenderRound]) -> Self {
        let wall_s = median(rounds.iter().map(|round| round.wall_s)).unwrap_or(0.0);
        let cpu_s = median(rounds.iter().map(|round| round.cpu_s)).unwrap_or(0.0);
        let times = |seconds: f64| if seconds > 0.0 { meeting_s / seconds } else { 0.0 };
        Self { times_real_time: times(wall_s), times_real_time_by_cpu: times(cpu_s), wall_s, cpu_s }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_round_decides_how_fast_a_render_is() {
        let round = |wall_s, cpu_s| RenderRound { wall_s, cpu_s, ..RenderRound::default() };
        let figures = RenderFigures::of(600.0, &[round(6.0, 5.0), round(30.0, 5.5), round(5.0, 4.0)]);
        assert_eq!((figures.times_real_time, figures.times_real_time_by_cpu), (100.0, 120.0));
        assert_eq!(RenderFigures::of(600.0, &[]).times_real_time, 0.0);
    }
}
