//! What the commands of the simulated Zoom take.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;
use fixtures::Script;

/// What may be played without a script.
pub(super) const PLANS: &str = "\
Plans:
  meeting        people talk, chat, come, go and share a screen; cameras of several sizes
  copyable       one camera and one sound without a break: a video that is copied, not composed
  flash-beep     a flash and a beep at each full second, a number in every picture and every 20 ms of sound
  load           one speaker, 720p25 at 1.5 Mbit/s: cheap to send, for many meetings
  load-unhashed  as load, without hashes in the ledger";

/// What a client must be told before it dials the simulator.
const CLIENT_SIDE: &str = "\
A client must trust the authority that --ca-file writes. Hansard's own daemon, in its configuration:
  [zoom]
  allowed_hosts = [\"127.0.0.1\"]
  extra_ca_file = \"ca.pem\"     # read when the daemon starts
Zoom's SDK: ZM_RTMS_CA=ca.pem. The app must have the same client id and secrets. Each start makes a new
authority: begin with simulate, and start the client within --delay-ms.

The guide, docs/guide/simulator.md, has the format of script files, every fault and switch, and how to read the
report.";

/// What stands below the options of `hansard simulate --help`.
pub(super) fn help() -> String {
    let mut scripts = String::from("Scripts, each a plan in which something goes wrong; --print NAME shows one:\n");
    for (name, says) in Script::names() {
        scripts.push_str(&format!("  {name:<13}  {says}\n"));
    }
    format!("{PLANS}\n\n{scripts}\n{CLIENT_SIDE}")
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
    #[arg(long, value_name = "URL", required_unless_present_any = ["without_webhooks", "print"])]
    pub(crate) webhook: Option<String>,
    /// Send no webhooks; print what rtms_started would say of each meeting, one JSON object a line
    #[arg(long, conflicts_with = "webhook")]
    pub(crate) without_webhooks: bool,
    /// What is played: a plan or a script by name, or the file of a script; see below
    #[arg(long, default_value = "meeting", value_name = "NAME|FILE")]
    pub(crate) scenario: String,
    /// Print the script of that name, as a start for one of your own, and do nothing else
    #[arg(long, value_name = "NAME")]
    pub(crate) print: Option<String>,
    /// Where the simulated Zoom listens: a loopback address; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDR")]
    pub(crate) listen: SocketAddr,
    /// Where it answers over REST: streams below https://ADDR/v2, tokens at https://ADDR/oauth/token
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDR")]
    pub(crate) rest: SocketAddr,
    /// How many meetings run at once [default: the script's, or 1]
    #[arg(long, value_name = "N")]
    pub(crate) meetings: Option<usize>,
    /// How long each lasts, in seconds [default: the script's, or 60]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(2..=86_400))]
    pub(crate) seconds: Option<u64>,
    /// How much faster than real time they are played [default: the script's, or 1]
    #[arg(long, value_name = "FACTOR", value_parser = speed)]
    pub(crate) speed: Option<f64>,
    /// Every id and choice follows from it; a daemon captures the meetings of a seed only once [default: the script's, or 1]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
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
    /// Where the certificate of the simulator's own authority is written
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// How long to wait between writing the certificate and sending the first webhook, in milliseconds
    #[arg(long, default_value_t = 0, value_name = "MS")]
    pub(crate) delay_ms: u64,
    /// Where the report is written, as JSON: everything sent, and how the client behaved; standard output without it
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: Option<PathBuf>,
    /// Fail as well if the client broke a rule of the protocol
    #[arg(long)]
    pub(crate) strict: bool,
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
