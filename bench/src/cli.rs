//! The command line. What a command does is in `command`.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::{
    beside::BesideArgs,
    live::LiveArgs,
    source::{Pictures, Sound, SourceArgs, packet_ms},
};

/// Measures Hansard on this machine; all load stays on loopback and ends by itself.
#[derive(Debug, Parser)]
#[command(name = "hansard-bench", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Everything: captures, then renders
    All {
        #[command(flatten)]
        capture: CaptureArgs,
        #[command(flatten)]
        render: RenderArgs,
        #[command(flatten)]
        beside: BesideArgs,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// What capturing costs, beside a bare reader of the same sockets and Zoom's own SDK
    Capture {
        #[command(flatten)]
        capture: CaptureArgs,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// How fast a finished meeting is copied into its MP4, and what composing takes beside the ffmpeg command line
    Render {
        #[command(flatten)]
        render: RenderArgs,
        #[command(flatten)]
        beside: BesideArgs,
        /// The engine; without it, the hansard beside this program
        #[arg(long, value_name = "PATH")]
        hansard: Option<PathBuf>,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// How quickly customers hear of events and are answered, and what subscribers cost
    Live {
        #[command(flatten)]
        live: LiveArgs,
        /// The engine; without it, the hansard beside this program
        #[arg(long, value_name = "PATH")]
        hansard: Option<PathBuf>,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// How long what many captures record waits until it is durable on this disk; prints only
    Durability {
        #[command(flatten)]
        durability: DurabilityArgs,
    },
    /// Print a kept run
    Show {
        /// A file of bench/runs
        run: PathBuf,
    },
    /// Print two kept runs side by side
    Compare {
        /// The earlier run
        before: PathBuf,
        /// The later run
        after: PathBuf,
    },
    /// Renders the mix of a log into an M4A, to be measured as a whole process
    #[command(hide = true)]
    Sound(SoundArgs),
    /// The floor: reads the meetings that a webhook announces, and counts
    #[command(hide = true)]
    Reader(ReaderArgs),
    /// Announces meetings and sends them
    #[command(hide = true)]
    Source(SourceArgs),
}

#[derive(Clone, Debug, Args)]
pub(crate) struct CaptureArgs {
    /// The engine; without it, the hansard beside this program
    #[arg(long, value_name = "PATH")]
    pub(crate) hansard: Option<PathBuf>,
    /// The Python that has Zoom's SDK, which is measured beside the engine if it is there
    #[arg(long, default_value = "target/interop/bin/python", value_name = "PATH")]
    pub(crate) sdk_python: PathBuf,
    /// Up to how many meetings at once Zoom's SDK is measured
    #[arg(long, default_value_t = 15, value_name = "N")]
    pub(crate) sdk_meetings: u32,
    /// How many meetings run at once, one scenario for each number
    #[arg(long, default_value = "1,15,50", value_name = "N,...", value_delimiter = ',',
        value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) meetings: Vec<u32>,
    /// How long each lasts
    #[arg(long, default_value_t = 30, value_name = "S", value_parser = clap::value_parser!(u32).range(15..=86_400))]
    pub(crate) seconds: u32,
    /// How often each scenario is played; figures are medians
    #[arg(long, default_value_t = 5, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) capture_rounds: u32,
    /// How many speak at once in each, one scenario for each number
    #[arg(long, default_value = "1", value_name = "N,...", value_delimiter = ',',
        value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) speakers: Vec<u32>,
    /// How their sound is coded, one scenario for each
    #[arg(long, default_value = "l16", value_name = "CODEC,...", value_delimiter = ',')]
    pub(crate) sound: Vec<Sound>,
    /// How much sound a packet has, in milliseconds, one scenario for each
    #[arg(long, default_value = "20", value_name = "MS,...", value_delimiter = ',', value_parser = packet_ms)]
    pub(crate) packet_ms: Vec<u32>,
    /// The size of the pictures, one scenario for each
    #[arg(long, default_value = "720p", value_name = "SIZE,...", value_delimiter = ',')]
    pub(crate) pictures: Vec<Pictures>,
    /// How many subscribers hear the engine's live events meanwhile, one scenario for each number
    #[arg(long, default_value = "0", value_name = "N,...", value_delimiter = ',',
        value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub(crate) subscribers: Vec<u32>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct RenderArgs {
    /// How long the meeting is that is copied; 0 leaves it out
    #[arg(long, default_value_t = 60, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=600))]
    pub(crate) minutes: u32,
    /// How often it is copied; figures are medians
    #[arg(long, default_value_t = 3, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) render_rounds: u32,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct SoundArgs {
    /// The directory of the log
    #[arg(long, value_name = "DIR")]
    pub(crate) log: PathBuf,
    /// Where the M4A goes
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct DurabilityArgs {
    /// How many captures record at once
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) captures: u32,
    /// How many threads wait for the disk
    #[arg(long, default_value_t = 4, value_name = "N")]
    pub(crate) threads: usize,
    /// How long they record
    #[arg(long, default_value_t = 20, value_name = "S", value_parser = clap::value_parser!(u32).range(2..=3_600))]
    pub(crate) seconds: u32,
    /// Where the logs are put meanwhile, a temporary directory if not given; its disk is what is measured
    #[arg(long, value_name = "DIR")]
    pub(crate) scratch: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct PlaceArgs {
    /// The day of the run, such as 2026-01-31; with it the run is kept as <runs>/<date>-<name>.json
    #[arg(long, value_name = "DATE")]
    pub(crate) date: Option<String>,
    /// What the run is called
    #[arg(long, default_value = "local", value_name = "NAME")]
    pub(crate) name: String,
    /// Where runs are kept
    #[arg(long, default_value = "bench/runs", value_name = "DIR")]
    pub(crate) runs: PathBuf,
    /// Where logs and databases are put meanwhile, a temporary directory if not given; its disk is part of what is measured
    #[arg(long, value_name = "DIR")]
    pub(crate) scratch: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ReaderArgs {
    /// Where webhooks are taken
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: SocketAddr,
    /// The authority of the simulator's certificate
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: PathBuf,
    /// The app's client id
    #[arg(long)]
    pub(crate) client_id: String,
    /// The app's client secret
    #[arg(long)]
    pub(crate) client_secret: String,
    /// The app's webhook secret
    #[arg(long)]
    pub(crate) webhook_secret: String,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn every_command_can_be_read() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_is_not_said_is_the_run_that_is_kept() {
        let cli = Cli::try_parse_from(["hansard-bench", "all"]).unwrap();
        let Command::All { capture, render, .. } = cli.command else { panic!("{cli:?}") };
        assert_eq!((capture.meetings, capture.seconds, capture.capture_rounds), (vec![1, 15, 50], 30, 5));
        assert_eq!(render.minutes, 60);
    }
}
