//! What can be asked for on the command line.

use clap::{Args, ValueEnum};

/// One part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// From Zoom's socket to subscribers
    Latency,
    /// Requests at a fixed rate
    Answers,
    /// Many subscribers of one meeting
    Crowd,
    /// Subscribers and receivers that take nothing
    Stalled,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct LiveArgs {
    /// What is measured
    #[arg(long, default_value = "latency,answers,crowd,stalled", value_name = "PART,...", value_delimiter = ',')]
    pub(crate) parts: Vec<Part>,
    /// How many meetings run at once, of which events are awaited
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) meetings: u32,
    /// How many subscribers they have together
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) subscribers: u32,
    /// How long they last
    #[arg(long, default_value_t = 60, value_name = "S", value_parser = clap::value_parser!(u32).range(15..=3_600))]
    pub(crate) seconds: u32,
    /// How many requests come a second
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) per_second: u32,
    /// For how long
    #[arg(long, default_value_t = 30, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=600))]
    pub(crate) answer_seconds: u32,
    /// How many subscribers one meeting has
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=5_000))]
    pub(crate) crowd: u32,
    /// How long that lasts
    #[arg(long, default_value_t = 60, value_name = "S", value_parser = clap::value_parser!(u32).range(20..=3_600))]
    pub(crate) crowd_seconds: u32,
    /// How many subscribers take nothing
    #[arg(long, default_value_t = 500, value_name = "N", value_parser = clap::value_parser!(u32).range(8..=5_000))]
    pub(crate) stalled: u32,
    /// For how long memory is looked at, once each has come a second time, which takes 45 s and 0.09 s for each
    #[arg(long, default_value_t = 180, value_name = "S", value_parser = clap::value_parser!(u32).range(15..=3_600))]
    pub(crate) stalled_seconds: u32,
}
