//! The command line. What a command does is in `command`; what the commands of the simulated Zoom take is in `simulator`.

#[cfg(feature = "simulator")]
mod simulator;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use model::Project;
#[cfg(feature = "ffmpeg")]
use model::{BesideShare, Layout, VideoPlan};

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
    /// Make a key for the API, and the lines of the configuration that know it by its digest
    Key(KeyArgs),
    /// Show or change what belongs to a project; the daemon may run
    Project(ProjectArgs),
    /// Ask Zoom over REST to start, stop, pause or resume the stream of a meeting
    Zoom(ZoomArgs),
    /// Print what a capture log holds: messages by channel, then what was decided
    Inspect(InspectArgs),
    /// Make another video of a capture log: another layout, a stretch of it, without somebody
    #[cfg(feature = "ffmpeg")]
    #[command(after_help = RENDER)]
    Render(RenderArgs),
    /// Say what the next start will do with the data directory, or check it; the daemon must be stopped
    #[command(after_help = RECOVER)]
    Recover(RecoverArgs),
    /// Make artifacts, or still pictures, for a daemon that asks over standard input; nothing for people
    #[command(hide = true)]
    Work(WorkArgs),
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
pub(crate) struct WorkArgs {
    /// What is logged, as `log.level` has it
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log: String,
    /// Make still pictures of frames
    #[cfg(feature = "ffmpeg")]
    #[arg(long)]
    pub(crate) pictures: bool,
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

#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    /// Its name in logs
    #[arg(long, default_value = "default", value_name = "NAME")]
    pub(crate) name: String,
    /// Whose objects it shows
    #[arg(long, default_value_t, value_name = "PROJECT")]
    pub(crate) project: Project,
    /// What it allows; each allows what those before it do
    #[arg(long, default_value = "admin", value_name = "SCOPE")]
    pub(crate) scope: KeyScope,
}

#[derive(Debug, Args)]
pub(crate) struct ProjectArgs {
    #[command(subcommand)]
    pub(crate) action: ProjectAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProjectAction {
    /// Print the secret with which what its receivers are sent is signed
    Secret(SecretArgs),
}

#[derive(Debug, Args)]
pub(crate) struct SecretArgs {
    /// Whose secret
    #[arg(long, default_value_t, value_name = "PROJECT")]
    pub(crate) project: Project,
    /// Put another in its place first; the one before signs as well for a day
    #[arg(long)]
    pub(crate) rotate: bool,
    /// The configuration file; without it, ./hansard.toml if it exists, and the environment
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// What a key of the API allows.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum KeyScope {
    /// To look, listen and download
    Read,
    /// To start, change and delete
    Write,
    /// To say where news are sent
    Admin,
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

/// What is to be known of `render`.
#[cfg(feature = "ffmpeg")]
const RENDER: &str = "Nothing of the data directory is changed, and the daemon may run: a capture that still runs is taken as far as \
    it goes. Places are seconds, or 00:10:00.";

#[cfg(feature = "ffmpeg")]
#[derive(Debug, Args)]
pub(crate) struct RenderArgs {
    /// The captures of one recording, in the order in which they began: ids, or directories of logs
    #[arg(value_name = "CAPTURE", required = true)]
    pub(crate) captures: Vec<String>,
    /// Where the MP4 goes; a file that exists is left alone
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Who is seen while nobody shares a screen
    #[arg(long, default_value = Layout::SpeakerView.name(), value_parser = layout)]
    pub(crate) layout: Layout,
    /// Where people are seen while somebody shares a screen
    #[arg(long, default_value = BesideShare::Overlap.name(), value_parser = beside_share, value_name = "PLACE")]
    pub(crate) beside_share: BesideShare,
    /// How the picture is made
    #[arg(long, default_value = VideoPlan::Auto.name(), value_parser = plan)]
    pub(crate) plan: VideoPlan,
    /// Where it begins
    #[arg(long, value_name = "PLACE", value_parser = place)]
    pub(crate) from: Option<u64>,
    /// Where it ends
    #[arg(long, value_name = "PLACE", value_parser = place)]
    pub(crate) to: Option<u64>,
    /// Somebody who is neither heard nor seen, by the number in participants.json; may be given more than once
    #[arg(long, value_name = "PARTICIPANT")]
    pub(crate) without: Vec<i64>,
    /// The data directory; without it, that of the configuration
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The configuration file; without it, ./hansard.toml if it exists, and the environment
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[cfg(feature = "ffmpeg")]
fn layout(text: &str) -> Result<Layout, String> {
    word(text, Layout::ALL, Layout::name)
}

#[cfg(feature = "ffmpeg")]
fn beside_share(text: &str) -> Result<BesideShare, String> {
    word(text, BesideShare::ALL, BesideShare::name)
}

#[cfg(feature = "ffmpeg")]
fn plan(text: &str) -> Result<VideoPlan, String> {
    word(text, VideoPlan::ALL, VideoPlan::name)
}

#[cfg(feature = "ffmpeg")]
fn word<T: Copy, const N: usize>(text: &str, all: [T; N], name: fn(T) -> &'static str) -> Result<T, String> {
    all.into_iter().find(|one| name(*one) == text).ok_or_else(|| format!("use one of {}", all.map(name).join(", ")))
}

#[cfg(feature = "ffmpeg")]
fn place(text: &str) -> Result<u64, String> {
    schema::ms_of_text(text).ok_or_else(|| "use seconds, or hours, minutes and seconds such as 00:10:00".to_owned())
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
