//! What capturing meetings took, beside the floor.

use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    quantiles::{Quantiles, median},
};

const MIB: f64 = 1_048_576.0;

/// All rounds of one scenario.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct CaptureResult {
    /// How many meetings ran at once.
    pub(crate) meetings: u32,
    /// How long each lasted.
    pub(crate) seconds: u32,
    /// The source's name for what was played.
    pub(crate) scenario: String,
    /// Each round that came through.
    pub(crate) rounds: Vec<Round>,
    /// The others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) lost: Vec<LostRound>,
    /// What those that came through come to; nothing if none did.
    pub(crate) median: Option<CaptureFigures>,
}

/// A round that broke.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LostRound {
    /// Which, from 1.
    pub(crate) number: u32,
    /// Who was played to, and what happened.
    pub(crate) why: String,
}

impl CaptureResult {
    /// What the rounds of one scenario, in the order in which they were played, come to.
    pub(crate) fn of(meetings: u32, seconds: u32, scenario: String, played: Vec<Result<Round, Failure>>) -> Self {
        let (mut rounds, mut lost) = (Vec::new(), Vec::new());
        for (played, number) in played.into_iter().zip(1..) {
            match played {
                Ok(round) => rounds.push(round),
                Err(error) => lost.push(LostRound { number, why: error.to_string() }),
            }
        }
        Self { meetings, seconds, scenario, median: CaptureFigures::of(meetings, &rounds), rounds, lost }
    }

    /// The rounds that came through, each with its number.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (u32, &Round)> {
        let numbers = (1..).filter(|number| self.lost.iter().all(|lost| lost.number != *number));
        numbers.zip(&self.rounds)
    }
}

/// The same meetings played to the engine, to the floor, and to Zoom's SDK.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Round {
    /// The engine.
    pub(crate) engine: Playing,
    /// The bare reader.
    pub(crate) floor: Playing,
    /// Zoom's SDK, where it was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sdk: Option<Playing>,
}

/// What one process used while the meetings ran, and what the source says of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Playing {
    /// How long it was measured: all meetings had joined, none had ended, nothing else was asked of it.
    pub(crate) window_s: f64,
    /// CPU seconds in its own code.
    pub(crate) cpu_user_s: f64,
    /// CPU seconds in the kernel.
    pub(crate) cpu_system_s: f64,
    /// CPU seconds for each minute of each meeting.
    pub(crate) cpu_s_per_meeting_minute: f64,
    /// The same for each fifth of the window.
    pub(crate) cpu_slices: Vec<f64>,
    /// Resident memory before the first meeting.
    pub(crate) rss_idle_bytes: u64,
    /// The median of resident memory, read each second.
    pub(crate) rss_bytes: u64,
    /// The most that was ever resident.
    pub(crate) rss_peak_bytes: u64,
    /// Context switches a second.
    pub(crate) context_switches_per_s: f64,
    /// System calls a second behind the window, where the kernel let them be counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) syscalls_per_s: Option<f64>,
    /// Media messages a second, by the source's ledger.
    pub(crate) messages_per_s: f64,
    /// Decoded payload bytes a second, by the source's ledger.
    pub(crate) payload_bytes_per_s: f64,
    /// The share of its core that the source was busy: near 1 the measurement is of the source.
    #[serde(alias = "simulator_busy")]
    pub(crate) source_busy: f64,
    /// The share of the machine that its host took away.
    pub(crate) stolen: f64,
    /// Media messages sent.
    pub(crate) frames_sent: u64,
    /// Media messages that were due while nobody was connected for them.
    pub(crate) frames_unsent: u64,
    /// The furthest that the source fell behind its time.
    pub(crate) send_lag_worst_ms: u64,
    /// The slowest answer to a keep-alive.
    pub(crate) keep_alive_worst_ms: u64,
    /// The floor only: bytes that came out of TLS, WebSocket and base64 included.
    pub(crate) bytes_read: Option<u64>,
    /// Zoom's SDK only: media messages that it handed to its app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) frames_handed_over: Option<u64>,
    /// The engine only: what it kept, and how it answered meanwhile.
    pub(crate) kept: Option<Kept>,
    /// What went wrong.
    pub(crate) faults: Vec<String>,
}

impl Playing {
    /// Resident memory of one meeting, what the idle process has set aside.
    pub(crate) fn rss_mib_per_meeting(&self, meetings: u32) -> f64 {
        self.rss_bytes.saturating_sub(self.rss_idle_bytes) as f64 / f64::from(meetings.max(1)) / MIB
    }

    fn peak_mib_per_meeting(&self, meetings: u32) -> f64 {
        self.rss_peak_bytes.saturating_sub(self.rss_idle_bytes) as f64 / f64::from(meetings.max(1)) / MIB
    }
}

/// What is in the capture logs afterwards, and how quickly the engine answered while meetings ran.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Kept {
    /// Media messages in the logs.
    pub(crate) frames: u64,
    /// Sent and not in the logs.
    pub(crate) frames_dropped: u64,
    /// In the logs and not sent.
    pub(crate) frames_surplus: u64,
    /// Those of the dropped that the logs declare.
    pub(crate) frames_declared: u64,
    /// Chunks that cannot be read.
    pub(crate) damaged_chunks: u64,
    /// How long the source's own webhooks took.
    #[serde(alias = "webhook_simulator_ms")]
    pub(crate) webhook_source_ms: Quantiles,
    /// How long our webhooks took that need a durable answer, one each 50 ms while all meetings ran.
    pub(crate) webhook_probe_ms: Quantiles,
    /// The oldest record that was not durable yet, at its worst.
    pub(crate) durability_lag_max_s: f64,
    /// Live events that subscribers heard.
    pub(crate) events_heard: u64,
}

/// What the rounds come to: their medians, and the worst of what must never happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct CaptureFigures {
    /// The engine's CPU seconds for each minute of each meeting.
    pub(crate) engine_cpu_s: f64,
    /// The floor's.
    pub(crate) floor_cpu_s: f64,
    /// The first by the second, within each round.
    pub(crate) ratio: f64,
    /// The engine's resident memory for each meeting.
    pub(crate) engine_rss_mib: f64,
    /// The engine's memory at its peak, for each meeting.
    pub(crate) engine_peak_mib: f64,
    /// The floor's resident memory for each meeting.
    pub(crate) floor_rss_mib: f64,
    /// The engine's context switches for each media message.
    pub(crate) switches_per_message: f64,
    /// The engine's system calls for each media message, where they were counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) syscalls_per_message: Option<f64>,
    /// The floor's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) floor_syscalls_per_message: Option<f64>,
    /// Media messages a second.
    pub(crate) messages_per_s: f64,
    /// Decoded payload bytes a second.
    pub(crate) payload_bytes_per_s: f64,
    /// Messages that were sent and not kept, of all rounds together.
    pub(crate) frames_dropped: u64,
    /// The middle answer to a webhook of ours.
    pub(crate) webhook_p50_ms: f64,
    /// The slowest hundredth.
    pub(crate) webhook_p99_ms: f64,
    /// The slowest hundredth of the source's webhooks.
    #[serde(alias = "webhook_simulator_p99_ms")]
    pub(crate) webhook_source_p99_ms: f64,
    /// The oldest record that was not durable yet, at its worst in any round.
    pub(crate) durability_lag_max_s: f64,
    /// The slowest answer to a keep-alive of any connection in any round.
    pub(crate) keep_alive_worst_ms: f64,
    /// The share of its core that the source was busy.
    #[serde(alias = "simulator_busy")]
    pub(crate) source_busy: f64,
    /// The share of the machine that its host took away, at its worst while the engine or the floor was measured in any round.
    pub(crate) stolen_worst: f64,
    /// Those of Zoom's SDK, where it was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sdk: Option<SdkFigures>,
}

/// The medians of what Zoom's SDK took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SdkFigures {
    /// CPU seconds for each minute of each meeting.
    pub(crate) cpu_s: f64,
    /// The engine's by the SDK's, within each round.
    pub(crate) ratio: f64,
    /// Resident memory for each meeting.
    pub(crate) rss_mib: f64,
    /// Messages that were sent and not handed over, of all rounds together.
    pub(crate) frames_missed: u64,
}

impl SdkFigures {
    /// Over the rounds in which it was measured; nothing if there are none.
    fn of(meetings: u32, rounds: &[Round]) -> Option<Self> {
        let both: Vec<(&Playing, &Playing)> =
            rounds.iter().filter_map(|round| Some((&round.engine, round.sdk.as_ref()?))).collect();
        let over = |figure: &dyn Fn(&Playing, &Playing) -> f64| {
            median(both.iter().map(|(engine, sdk)| figure(engine, sdk))).unwrap_or(0.0)
        };
        let missed = |sdk: &Playing| sdk.frames_sent.saturating_sub(sdk.frames_handed_over.unwrap_or(0));
        (!both.is_empty()).then(|| Self {
            cpu_s: over(&|_, sdk| sdk.cpu_s_per_meeting_minute),
            ratio: over(&|engine, sdk| share(engine.cpu_s_per_meeting_minute, sdk.cpu_s_per_meeting_minute)),
            rss_mib: over(&|_, sdk| sdk.rss_mib_per_meeting(meetings)),
            frames_missed: both.iter().map(|(_, sdk)| missed(sdk)).sum(),
        })
    }
}

/// The median over those of which system calls were counted; nothing if there are none.
fn syscalls_per_message<'a>(playings: impl Iterator<Item = &'a Playing>) -> Option<f64> {
    median(playings.filter_map(|playing| Some(share(playing.syscalls_per_s?, playing.messages_per_s))))
}

/// A part of a whole; 0 of nothing.
fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

impl CaptureFigures {
    /// Of the rounds of one scenario; nothing if there are none.
    pub(crate) fn of(meetings: u32, rounds: &[Round]) -> Option<Self> {
        let over = |figure: &dyn Fn(&Round) -> f64| median(rounds.iter().map(figure)).unwrap_or(0.0);
        let kept = |figure: &dyn Fn(&Kept) -> f64| {
            median(rounds.iter().filter_map(|round| round.engine.kept.as_ref()).map(figure)).unwrap_or(0.0)
        };
        let worst = |figure: &dyn Fn(&Round) -> f64| rounds.iter().map(figure).fold(0.0, f64::max);
        let figures = Self {
            engine_cpu_s: over(&|round| round.engine.cpu_s_per_meeting_minute),
            floor_cpu_s: over(&|round| round.floor.cpu_s_per_meeting_minute),
            ratio: over(&|round| share(round.engine.cpu_s_per_meeting_minute, round.floor.cpu_s_per_meeting_minute)),
            engine_rss_mib: over(&|round| round.engine.rss_mib_per_meeting(meetings)),
            engine_peak_mib: over(&|round| round.engine.peak_mib_per_meeting(meetings)),
            floor_rss_mib: over(&|round| round.floor.rss_mib_per_meeting(meetings)),
            switches_per_message: over(&|round| {
                share(round.engine.context_switches_per_s, round.engine.messages_per_s)
            }),
            syscalls_per_message: syscalls_per_message(rounds.iter().map(|round| &round.engine)),
            floor_syscalls_per_message: syscalls_per_message(rounds.iter().map(|round| &round.floor)),
            messages_per_s: over(&|round| round.engine.messages_per_s),
            payload_bytes_per_s: over(&|round| round.engine.payload_bytes_per_s),
            frames_dropped: rounds.iter().filter_map(|round| Some(round.engine.kept.as_ref()?.frames_dropped)).sum(),
            webhook_p50_ms: kept(&|kept| kept.webhook_probe_ms.p50),
            webhook_p99_ms: kept(&|kept| kept.webhook_probe_ms.p99),
            webhook_source_p99_ms: kept(&|kept| kept.webhook_source_ms.p99),
            durability_lag_max_s: worst(&|round| {
                round.engine.kept.as_ref().map_or(0.0, |kept| kept.durability_lag_max_s)
            }),
            keep_alive_worst_ms: worst(&|round| round.engine.keep_alive_worst_ms as f64),
            source_busy: over(&|round| round.engine.source_busy),
            stolen_worst: worst(&|round| round.engine.stolen.max(round.floor.stolen)),
            sdk: SdkFigures::of(meetings, rounds),
        };
        (!rounds.is_empty()).then_some(figures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(engine_cpu: f64, floor_cpu: f64, dropped: u64) -> Round {
        let kept = Kept { frames_dropped: dropped, ..Kept::default() };
        let playing = |cpu| Playing { cpu_s_per_meeting_minute: cpu, ..Playing::default() };
        Round { engine: Playing { kept: Some(kept), ..playing(engine_cpu) }, floor: playing(floor_cpu), sdk: None }
    }

    #[test]
    fn ratios_are_taken_within_a_round_and_drops_are_never_averaged_away() {
        let rounds = [round(0.3, 0.2, 0), round(0.6, 0.3, 7), round(0.4, 0.1, 0)];
        let figures = CaptureFigures::of(1, &rounds).unwrap();
        assert_eq!((figures.engine_cpu_s, figures.floor_cpu_s, figures.ratio), (0.4, 0.2, 2.0));
        assert_eq!(figures.frames_dropped, 7);
    }

    #[test]
    fn a_lost_round_is_told_and_takes_no_other_with_it() {
        let played = vec![Ok(round(0.3, 0.2, 0)), Err("nobody joined".into()), Ok(round(0.5, 0.2, 0))];
        let result = CaptureResult::of(7, 30, "load".into(), played);
        assert_eq!(result.lost, [LostRound { number: 2, why: "nobody joined".into() }]);
        assert_eq!(result.median.unwrap().engine_cpu_s, 0.4);
        let numbers: Vec<(u32, f64)> =
            result.numbered().map(|(number, round)| (number, round.engine.cpu_s_per_meeting_minute)).collect();
        assert_eq!(numbers, [(1, 0.3), (3, 0.5)]);
        assert_eq!(CaptureFigures::of(7, &[]), None, "no figures are not figures of 0");
    }

    #[test]
    fn what_must_never_happen_is_the_worst_of_all_rounds() {
        let with = |lag, keep_alive, stolen| {
            let mut round = round(0.3, 0.2, 0);
            round.engine.keep_alive_worst_ms = keep_alive;
            round.floor.stolen = stolen;
            round.engine.kept.as_mut().unwrap().durability_lag_max_s = lag;
            round
        };
        let figures = CaptureFigures::of(1, &[with(0.8, 120, 0.0), with(1.2, 90, 0.3), with(0.7, 95, 0.0)]).unwrap();
        assert_eq!(
            (figures.durability_lag_max_s, figures.keep_alive_worst_ms, figures.stolen_worst),
            (1.2, 120.0, 0.3)
        );
    }

    #[test]
    fn an_sdk_counts_in_the_rounds_in_which_it_was_there() {
        let with_sdk = |cpu, handed_over| {
            let sdk = Playing {
                cpu_s_per_meeting_minute: cpu,
                frames_sent: 100,
                frames_handed_over: Some(handed_over),
                ..Playing::default()
            };
            Round { sdk: Some(sdk), ..round(0.4, 0.2, 0) }
        };
        let figures = CaptureFigures::of(1, &[round(9.0, 0.2, 0), with_sdk(0.8, 97), with_sdk(0.8, 100)]).unwrap();
        let sdk = figures.sdk.unwrap();
        assert_eq!((sdk.cpu_s, sdk.ratio, sdk.frames_missed), (0.8, 0.5, 3));
        assert_eq!(CaptureFigures::of(1, &[round(0.4, 0.2, 0)]).unwrap().sdk, None);
    }

    #[test]
    fn system_calls_are_of_the_rounds_in_which_they_were_counted() {
        let counted = |calls| Playing { syscalls_per_s: calls, messages_per_s: 100.0, ..Playing::default() };
        let of = |engine, floor| Round { engine: counted(engine), floor: counted(floor), sdk: None };
        let figures = CaptureFigures::of(1, &[of(None, None), of(Some(20.0), None), of(Some(30.0), None)]).unwrap();
        assert_eq!((figures.syscalls_per_message, figures.floor_syscalls_per_message), (Some(0.25), None));
    }

    #[test]
    fn memory_of_a_meeting_excludes_what_the_idle_process_has() {
        let mib = 1 << 20;
        let playing = Playing { rss_idle_bytes: 30 * mib, rss_bytes: 130 * mib, ..Playing::default() };
        assert_eq!(playing.rss_mib_per_meeting(50), 2.0);
        let shrunk = Playing { rss_idle_bytes: 30, rss_bytes: 20, ..Playing::default() };
        assert_eq!(shrunk.rss_mib_per_meeting(1), 0.0);
    }
}
