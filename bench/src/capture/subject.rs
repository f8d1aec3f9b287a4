//! Who the meetings are played to: how it is started and what its own counters are called.

use std::{
    ffi::OsString,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use clap::ValueEnum as _;

use super::{exposition, scenario::Scenario};
use crate::{
    failure::Failure,
    reader,
    system::{Launch, Process},
};

/// The app of all scenarios.
pub(super) const CLIENT_ID: &str = "bench-client";
/// Its secret.
pub(super) const CLIENT_SECRET: &str = "bench-client-secret";
/// The secret of its webhooks.
pub(super) const WEBHOOK_SECRET: &str = "bench-webhook-secret";
/// The key of the engine's API.
pub(super) const API_KEY: &str = "bench";

/// The program that joins meetings with Zoom's SDK.
const SDK_PROGRAM: &str = include_str!("../../sdk/reader.py");

/// What is measured. A recorder of another make is one more of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject<'a> {
    /// The engine.
    Engine,
    /// The floor.
    Reader,
    /// Zoom's own SDK, run by this interpreter.
    Sdk(&'a Path),
}

impl Subject<'_> {
    /// Its name, for messages.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Engine => "the engine",
            Self::Reader => "the floor",
            Self::Sdk(_) => "Zoom's SDK",
        }
    }

    /// Starts it, listening on `addr`, with everything it writes below `dir`.
    ///
    /// # Errors
    /// If it cannot be started.
    pub(super) fn start(
        self,
        scenario: &Scenario,
        addr: SocketAddr,
        ca: &Path,
        dir: &Path,
    ) -> Result<Process, Failure> {
        let (program, args) = match self {
            Self::Engine => {
                let config = dir.join("hansard.toml");
                fs::write(&config, engine_config(addr, ca, &data_dir(dir)))?;
                (scenario.hansard.as_path(), vec!["run".into(), "--config".into(), config.into()])
            }
            Self::Reader => {
                let args = [
                    "reader",
                    "--listen",
                    &addr.to_string(),
                    "--client-id",
                    CLIENT_ID,
                    "--client-secret",
                    CLIENT_SECRET,
                    "--webhook-secret",
                    WEBHOOK_SECRET,
                    "--ca-file",
                ];
                let args = args.map(Into::into).into_iter().chain([ca.into()]).collect();
                (scenario.bench.as_path(), args)
            }
            Self::Sdk(python) => {
                let program = dir.join("sdk.py");
                fs::write(&program, SDK_PROGRAM)?;
                (python, sdk_args(scenario, addr, ca, dir, &program))
            }
        };
        Process::start(Launch {
            name: self.name(),
            program,
            args,
            core: scenario.cores.subject,
            own_core: scenario.cores.own,
            output: dir.join("subject.log"),
        })
    }

    /// How many meetings it has joined, by its own count.
    pub(super) fn active(self, metrics: &str) -> f64 {
        match self {
            Self::Engine => exposition::sum(metrics, "hansard_captures_active", ""),
            Self::Reader | Self::Sdk(_) => exposition::sum(metrics, reader::ACTIVE, ""),
        }
    }

    /// How many media messages it has received, by its own count; the engine does not count words.
    pub(super) fn messages(self, metrics: &str) -> f64 {
        match self {
            Self::Engine => exposition::sum(metrics, "hansard_media_received_frames_total", ""),
            Self::Reader | Self::Sdk(_) => exposition::sum(metrics, reader::MESSAGES, ""),
        }
    }
}

/// Where the engine keeps its data.
pub(super) fn data_dir(dir: &Path) -> PathBuf {
    dir.join("data")
}

fn sdk_args(scenario: &Scenario, addr: SocketAddr, ca: &Path, dir: &Path, program: &Path) -> Vec<OsString> {
    let sound = scenario.material.sound.to_possible_value();
    let named: [(&str, OsString); 7] = [
        ("--listen", addr.to_string().into()),
        ("--ca-file", ca.into()),
        ("--dir", dir.into()),
        ("--client-id", CLIENT_ID.into()),
        ("--client-secret", CLIENT_SECRET.into()),
        ("--sound", sound.map_or_else(String::new, |sound| sound.get_name().to_owned()).into()),
        ("--packet-ms", scenario.material.packet_ms.to_string().into()),
    ];
    let named = named.into_iter().flat_map(|(name, value)| [name.into(), value]);
    [program.into()].into_iter().chain(named).collect()
}

/// The engine as it comes, with what it must be told.
fn engine_config(addr: SocketAddr, ca: &Path, data: &Path) -> String {
    // A JSON string is a TOML string.
    let quoted = |path: &Path| serde_json::Value::from(path.to_string_lossy()).to_string();
    format!(
        "[server]\nlisten = \"{addr}\"\npublic_url = \"http://{addr}\"\n[data]\ndir = {}\n[zoom]\n\
         allowed_hosts = [\"127.0.0.1\"]\nextra_ca_file = {}\n[[zoom.apps]]\nname = \"bench\"\nclient_id = \"{CLIENT_ID}\"\n\
         client_secret = \"{CLIENT_SECRET}\"\nwebhook_secret = \"{WEBHOOK_SECRET}\"\n[api]\n\
         keys = [{{ name = \"bench\", key = \"{API_KEY}\" }}]\n[render]\nparallel = 1\n",
        quoted(data),
        quoted(ca)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_paths_survive_in_the_configuration() {
        let text = engine_config(([127, 0, 0, 1], 8080).into(), Path::new("/tmp/a \"b\"/ca.pem"), Path::new("/tmp/d"));
        assert!(text.contains("extra_ca_file = \"/tmp/a \\\"b\\\"/ca.pem\"\n"), "{text}");
        assert!(text.contains("listen = \"127.0.0.1:8080\"\n"), "{text}");
    }

    #[test]
    fn each_subject_counts_under_its_own_names() {
        let engine =
            "hansard_captures_active{state=\"running\"} 3\nhansard_media_received_frames_total{kind=\"audio\"} 7\n";
        assert_eq!((Subject::Engine.active(engine), Subject::Engine.messages(engine)), (3.0, 7.0));
        assert_eq!((Subject::Reader.active(engine), Subject::Reader.messages(engine)), (0.0, 0.0));
        for name in [reader::ACTIVE, reader::MESSAGES, reader::BYTES] {
            assert!(SDK_PROGRAM.contains(&format!("{name} {{")), "the program with the SDK tells no {name}");
        }
    }
}
