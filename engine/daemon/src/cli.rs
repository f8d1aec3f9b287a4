//! The command line. What a command does is in `command`.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

/// Hansard captures, records and transcribes meetings on your own machines.
#[derive(Debug, Parser)]
#[command(name = "hansard", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the daemon
    Run(ConfigArgs),
    /// Check the configuration and name what is wrong with it
    Check(ConfigArgs),
    /// Print what a capture log holds
    Inspect(InspectArgs),
    /// Record a simulated meeting from webhook to MP4 in this one process
    #[cfg(feature = "simulator")]
    Demo(DemoArgs),
    /// Play simulated meetings against a webhook address
    #[cfg(feature = "simulator")]
    Simulate(SimulateArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// The configuration file; without it, ./hansard.toml if it exists, and the environment
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// The directory of a capture's log, or one .mcap segment
    #[arg(value_name = "LOG")]
    pub(crate) log: PathBuf,
    /// Print one JSON object instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// How long the meeting lasts
    #[arg(long, default_value_t = 30, value_name = "N", value_parser = clap::value_parser!(u64).range(2..=86_400))]
    pub(crate) seconds: u64,
    /// Where the artifacts are copied to
    #[arg(long, default_value = "out", value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Print one JSON object as the last line
    #[arg(long)]
    pub(crate) json: bool,
    /// What is played: meeting, copyable, flash-beep or load
    #[arg(long, default_value = "meeting")]
    pub(crate) scenario: String,
    /// How much faster than real time the meeting is played
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR")]
    pub(crate) speed: f64,
    /// Keep the data directory here instead of a temporary one
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// Where webhooks are sent, such as http://127.0.0.1:8080/zoom-webhook
    #[arg(long, value_name = "URL")]
    pub(crate) webhook: String,
    /// Where the simulated Zoom listens; a loopback address
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDR")]
    pub(crate) listen: SocketAddr,
    /// What is played: meeting, copyable, flash-beep or load
    #[arg(long, default_value = "meeting")]
    pub(crate) scenario: String,
    /// How many meetings run at once
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) meetings: usize,
    /// How long each lasts
    #[arg(long, default_value_t = 60, value_name = "N")]
    pub(crate) seconds: u64,
    /// How much faster than real time they are played
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR")]
    pub(crate) speed: f64,
    /// From which every id and choice follows
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// The app's client id
    #[arg(long, env = "ZOOM_CLIENT_ID", default_value = "simulated-client")]
    pub(crate) client_id: String,
    /// The app's client secret
    #[arg(long, env = "ZOOM_CLIENT_SECRET", default_value = "simulated-secret", hide_env_values = true)]
    pub(crate) client_secret: String,
    /// The app's webhook secret
    #[arg(long, env = "ZOOM_WEBHOOK_SECRET", default_value = "simulated-webhook", hide_env_values = true)]
    pub(crate) webhook_secret: String,
    /// Where the certificate of the simulator's own authority is written, for zoom.extra_ca_file
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// How long to wait between writing the certificate and sending the first webhook
    #[arg(long, default_value_t = 0, value_name = "MS")]
    pub(crate) delay_ms: u64,
    /// Where the ledger of everything sent is written, as JSON; standard output without it
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: Option<PathBuf>,
}
