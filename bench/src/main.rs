//! Measures the engine as its users run it, beside a floor in the same run, and keeps the figures.
//!
//! * `capture` plays meetings from a source process into an engine process, and into the floor;
//! * `source` is that source: many meetings that cost almost nothing to send;
//! * `reader` is that floor: a bare TLS reader of the same sockets, a process of its own;
//! * `render` times the copy-render of a capture log on one core;
//! * `beside` composes and mixes beside the `ffmpeg` command line that does the same;
//! * `live` is the customer's side: events, answers, subscribers, and those who take nothing;
//! * `durability` writes the logs of many captures to this machine's disk;
//! * `record` is what a run holds, `report` prints and compares it;
//! * `system` is what only Linux knows: `/proc`, cores, processes, the machine;
//! * `desk` takes Zoom's webhooks, `http` asks a loopback server, `quantiles` condenses series, `cli` and `command` are the command line.
//!
//! What does not belong here: promises that must hold on every machine; those are tests. Absolute times on shared machines
//! are noise, so that figures are ratios within one run wherever they can be.

mod beside;
mod capture;
mod cli;
mod command;
mod desk;
mod durability;
mod failure;
mod http;
mod live;
mod quantiles;
mod reader;
mod record;
mod render;
mod report;
mod source;
mod system;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    command::execute(cli::Cli::parse())
}
