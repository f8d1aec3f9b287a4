//! The command line of the process that sends. Whoever starts it is in `capture`.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;

use super::mould::{Material, Pictures, Sound};

/// Zoom sends packets of 20 ms and of multiples of it, up to a second (protocol §6).
pub(crate) fn packet_ms(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(ms @ 20..=1000) if 1000_u32.is_multiple_of(ms) && ms % 20 == 0 => Ok(ms),
        _ => Err("a multiple of 20 that divides 1000".to_owned()),
    }
}

#[derive(Clone, Debug, Args)]
pub(crate) struct SourceArgs {
    /// Who is told of the meetings
    #[arg(long, value_name = "ADDR")]
    pub(crate) webhook: SocketAddr,
    /// The secret of the webhooks
    #[arg(long)]
    pub(crate) webhook_secret: String,
    /// How many meetings run at once
    #[arg(long)]
    pub(crate) meetings: u32,
    /// How long each lasts
    #[arg(long)]
    pub(crate) seconds: u32,
    /// How long it is silent at first
    #[arg(long)]
    pub(crate) delay_ms: u64,
    /// How many speak at once
    #[arg(long)]
    pub(crate) speakers: u32,
    /// How their sound is coded
    #[arg(long)]
    pub(crate) sound: Sound,
    /// How much sound a packet has
    #[arg(long, value_parser = packet_ms)]
    pub(crate) packet_ms: u32,
    /// The size of the pictures
    #[arg(long)]
    pub(crate) pictures: Pictures,
    /// Where the authority of its certificate goes
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: PathBuf,
    /// Where it says what it sent
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: PathBuf,
}

impl SourceArgs {
    /// What its meetings are made from.
    pub(crate) fn material(&self) -> Material {
        let Self { speakers, sound, packet_ms, pictures, .. } = *self;
        Material { speakers, sound, packet_ms, pictures }
    }
}
