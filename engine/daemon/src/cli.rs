//! The command line. What a command does is in `command`.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

/// Records meetings on your own machines: Zoom's Realtime Media Streams in; MP4, transcript and reports out
#[derive(Debug, Parser)]
#[command(name = "hansard", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What the simulated Zoom can play.
#[cfg(feature = "simulator")]
const SCENARIOS: &str = "\
Scenarios:
  meeting        people talk, chat, come, go and share a screen; cameras of several sizes
  copyable       one camera and one sound without a break: a video that is copied, not composed
  flash-beep     a flash and a beep at each full second
  load           one speaker, 720p25 at 1.5 Mbit/s: cheap to send, for many meetings
  load-unhashed  as load, without hashes in the ledger";

/// What a daemon must be told before it dials the simulator.
#[cfg(feature = "simulator")]
const DAEMON_SIDE: &str = "\
The daemon must allow and trust the simulator. In its configuration:
  [zoom]
  allowed_hosts = [\"127.0.0.1\"]
  extra_ca_file = \"ca.pem\"     # what --ca-file writes; read when the daemon starts

Its app must have the same client id and secrets. Each start makes a new certificate: begin
with simulate, and start the daemon within --delay-ms. See docs/guide/simulator.md.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the daemon until SIGTERM or Ctrl-C
    Run(ConfigArgs),
    /// Check the configuration without starting anything, and name what is wrong with it
    Check(ConfigArgs),
    /// Print what a capture log holds: messages by channel, then what was decided
    Inspect(InspectArgs),
    /// Record a simulated meeting from webhook to MP4 in this one process
    #[cfg(feature = "simulator")]
    #[command(after_help = SCENARIOS)]
    Demo(DemoArgs),
    /// Be Zoom: play simulated meetings against a running daemon
    #[cfg(feature = "simulator")]
    #[command(after_help = format!("{SCENARIOS}\n\n{DAEMON_SIDE}"))]
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
    /// The directory of a capture's log (<data.dir>/captures/<id>/log), or one .mcap segment
    #[arg(value_name = "LOG")]
    pub(crate) log: PathBuf,
    /// Print one JSON object instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// How long the meeting lasts, in seconds
    #[arg(long, default_value_t = 30, value_name = "N", value_parser = clap::value_parser!(u64).range(2..=86_400))]
    pub(crate) seconds: u64,
    /// Where the artifacts are copied to; made if it is not there
    #[arg(long, default_value = "out", value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Print one JSON object as the last line: recording_id, dir, files, gaps
    #[arg(long)]
    pub(crate) json: bool,
    /// What is played; see below
    #[arg(long, default_value = "meeting", value_name = "NAME")]
    pub(crate) scenario: String,
    /// How much faster than real time the meeting is played
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR", value_parser = speed)]
    pub(crate) speed: f64,
    /// Keep the data directory here, in a new place, instead of a temporary one
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// Where webhooks are sent, such as http://127.0.0.1:8080/zoom-webhook
    #[arg(long, value_name = "URL")]
    pub(crate) webhook: String,
    /// Where the simulated Zoom listens: a loopback address; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDR")]
    pub(crate) listen: SocketAddr,
    /// What is played; see below
    #[arg(long, default_value = "meeting", value_name = "NAME")]
    pub(crate) scenario: String,
    /// How many meetings run at once
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) meetings: usize,
    /// How long each lasts, in seconds
    #[arg(long, default_value_t = 60, value_name = "N", value_parser = clap::value_parser!(u64).range(2..=86_400))]
    pub(crate) seconds: u64,
    /// How much faster than real time they are played
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR", value_parser = speed)]
    pub(crate) speed: f64,
    /// Every id and choice follows from it; a daemon captures the meetings of a seed only once
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,
    /// The app's client id
    #[arg(long, env = "ZOOM_CLIENT_ID", default_value = "simulated-client", value_name = "ID")]
    pub(crate) client_id: String,
    /// The app's client secret
    #[arg(
        long,
        env = "ZOOM_CLIENT_SECRET",
        default_value = "simulated-secret",
        hide_env_values = true,
        value_name = "SECRET"
    )]
    pub(crate) client_secret: String,
    /// The app's webhook secret (Zoom calls it the secret token)
    #[arg(
        long,
        env = "ZOOM_WEBHOOK_SECRET",
        default_value = "simulated-webhook",
        hide_env_values = true,
        value_name = "SECRET"
    )]
    pub(crate) webhook_secret: String,
    /// Where the certificate of the simulator's own authority is written, for zoom.extra_ca_file
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// How long to wait between writing the certificate and sending the first webhook, in milliseconds
    #[arg(long, default_value_t = 0, value_name = "MS")]
    pub(crate) delay_ms: u64,
    /// Where the ledger of everything sent is written, as JSON; standard output without it
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: Option<PathBuf>,
}

/// A factor that time can be multiplied by.
fn speed(text: &str) -> Result<f64, String> {
    let factor: f64 = text.parse().map_err(|_| "it must be a number; 1 is real time".to_owned())?;
    if (0.01..=1000.0).contains(&factor) {
        Ok(factor)
    } else {
        Err("it must be from 0.01 to 1000; 1 is real time".into())
    }
}
