//! The command line. What a command does is in `command`; what the commands of the simulated Zoom take is in `simulator`.

#[cfg(feature = "simulator")]
mod simulator;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

#[cfg(feature = "simulator")]
pub(crate) use simulator::{DemoArgs, SimulateArgs};

/// Records meetings on your own machines: Zoom's Realtime Media Streams in; MP4, transcript and reports out
#[derive(Debug, Parser)]
#[command(name = "hansard", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the daemon until SIGTERM or Ctrl-C
    Run(ConfigArgs),
    /// Check the configuration without starting anything, and name what is wrong with it
    Check(CheckArgs),
    /// Ask Zoom over REST to start, stop, pause or resume the stream of a meeting
    Zoom(ZoomArgs),
    /// Print what a capture log holds: messages by channel, then what was decided
    Inspect(InspectArgs),
    /// Say what the next start will do with the data directory, or check it; the daemon must be stopped
    #[command(after_help = RECOVER)]
    Recover(RecoverArgs),
    /// Record a simulated meeting from webhook to MP4 in this one process
    #[cfg(feature = "simulator")]
    #[command(after_help = simulator::PLANS)]
    Demo(DemoArgs),
    /// Be Zoom: play simulated meetings against a running daemon
    #[cfg(feature = "simulator")]
    #[command(after_help = simulator::help())]
    Simulate(Box<SimulateArgs>),
}

#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// The configuration file; without it, ./hansard.toml if it exists, and the environment
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The configuration file; without it, ./hansard.toml if it exists, and the environment
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Look as well whether clock, DNS, TLS, secrets and the public webhook address work; the daemon must be running
    #[arg(long)]
    pub(crate) live: bool,
    /// With --live: print one JSON list instead of lines
    #[arg(long, requires = "live")]
    pub(crate) json: bool,
}

/// What shall become of a stream.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ZoomAction {
    /// Begin a stream
    Start,
    /// End it
    Stop,
    /// Withhold media
    Pause,
    /// Let media flow again
    Resume,
}

/// A Zoom product.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ZoomProduct {
    /// A meeting
    Meeting,
    /// A webinar
    Webinar,
    /// A Video SDK session
    VideoSdk,
    /// A voice engagement of the Contact Center
    ContactCenter,
    /// A phone call
    Phone,
}

#[derive(Debug, Args)]
pub(crate) struct ZoomArgs {
    /// What Zoom shall do
    #[arg(value_name = "ACTION")]
    pub(crate) action: ZoomAction,
    /// The meeting's number, or the product's opaque id exactly as webhooks have it
    #[arg(value_name = "MEETING")]
    pub(crate) meeting: String,
    /// The app, by its name in [[zoom.apps]]; needed if there are several
    #[arg(long, value_name = "NAME")]
    pub(crate) app: Option<String>,
    /// The product that the meeting belongs to
    #[arg(long, default_value = "meeting", value_name = "PRODUCT")]
    pub(crate) product: ZoomProduct,
    /// The Zoom user on whose behalf the stream runs
    #[arg(long, value_name = "ID")]
    pub(crate) user: Option<String>,
    /// The configuration file; without it, ./hansard.toml if it exists, and the environment
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// What is to be known of `recover`.
const RECOVER: &str = "Nothing is changed or deleted. Exit status: 0 if everything is as it should be, 1 if --check found \
    something wrong, 2 if it cannot be told, such as while a daemon runs.";

#[derive(Debug, Args)]
pub(crate) struct RecoverArgs {
    /// Read everything, and hold catalogue and files against each other
    #[arg(long)]
    pub(crate) check: bool,
    /// Print JSON instead of lines
    #[arg(long)]
    pub(crate) json: bool,
    /// The data directory; without it, that of the configuration
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The configuration file; without it, ./hansard.toml if it exists, and the environment
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// The directory of a capture's log (<data.dir>/captures/<id>/log), or one .mcap segment
    #[arg(value_name = "LOG")]
    pub(crate) log: PathBuf,
    /// Print one JSON object instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}
