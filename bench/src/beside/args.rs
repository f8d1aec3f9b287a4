//! What the command line says of the measurements beside `ffmpeg`.

use clap::Args;

use super::case::Case;

#[derive(Clone, Debug, Args)]
pub(crate) struct BesideArgs {
    /// What is rendered beside the ffmpeg command line
    #[arg(long, default_value = "one,four,nine,slide,stills,mix", value_name = "CASE,...", value_delimiter = ',')]
    pub(crate) cases: Vec<Case>,
    /// How long each of these meetings is
    #[arg(long, default_value_t = 60, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub(crate) beside_seconds: u32,
    /// How often each is rendered by both; figures are medians
    #[arg(long, default_value_t = 3, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) beside_rounds: u32,
}
