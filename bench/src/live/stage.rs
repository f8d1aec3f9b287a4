//! The engine as a process on its core, the simulator on another, and a customer between them. What is measured is in the parts.

use std::{
    ffi::OsString,
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, sleep, timeout_at},
};

use super::{
    customer::{API_KEY, Customer, Ordered, WEBHOOK_SECRET},
    ledger::{self, Sent},
};
use crate::{
    failure::Failure,
    http::get,
    system::{Cores, Launch, Process},
};

/// The app.
const CLIENT_ID: &str = "bench-client";
const CLIENT_SECRET: &str = "bench-client-secret";

/// How long the engine has between its start and the first webhook.
const LEAD: Duration = Duration::from_secs(6);
/// How long anything may take that should be there at once.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often something that is awaited is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// With which programs, where.
#[derive(Clone, Debug)]
pub(crate) struct House {
    pub(super) hansard: PathBuf,
    pub(super) scratch: PathBuf,
    pub(super) cores: Cores,
}

/// What the simulator plays.
#[derive(Clone, Debug)]
pub(super) struct Played {
    /// A name that it knows, or a script.
    pub(super) scenario: Scenario,
    pub(super) meetings: u32,
    pub(super) seconds: u32,
    /// What the customer wants of each meeting.
    pub(super) wishes: Vec<Value>,
}

/// A scenario by its name or its text.
#[derive(Clone, Debug)]
pub(super) enum Scenario {
    Named(&'static str),
    Script(String),
}

/// All of it while it runs.
pub(super) struct Stage {
    dir: TempDir,
    pub(super) addr: SocketAddr,
    pub(super) engine: Process,
    simulator: Option<Process>,
    begun: mpsc::UnboundedReceiver<Result<Ordered, String>>,
    /// When meetings are over, unless they begin late.
    pub(super) end: Instant,
    _desk: JoinSet<Result<(), Failure>>,
}

impl Stage {
    /// Starts all that is needed, and waits until the engine is ready; without something to be played, only that.
    ///
    /// # Errors
    /// If a process cannot be started, or ends early.
    pub(super) async fn set(house: &House, played: Option<Played>) -> Result<Self, Failure> {
        let dir = TempDir::with_prefix_in("hansard-bench-", &house.scratch)
            .map_err(|error| format!("{}: {error}", house.scratch.display()))?;
        // Free until somebody else takes it, which nobody does on purpose.
        let addr = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let customer = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let (begin, begun) = mpsc::unbounded_channel();
        let mut simulator = None;
        let (mut wishes, mut seconds) = (Vec::new(), 0);
        if let Some(played) = played {
            let args = simulator_args(&played, customer.local_addr()?, dir.path())?;
            simulator = Some(simulate(house, args, dir.path()).await?);
            (wishes, seconds) = (played.wishes, played.seconds);
        }
        let end = Instant::now() + LEAD + Duration::from_secs(u64::from(seconds));
        let config = dir.path().join("hansard.toml");
        fs::write(&config, engine_config(addr, simulator.is_some().then(|| ca(dir.path())), dir.path()))?;
        let engine = Process::start(Launch {
            name: "the engine",
            program: &house.hansard,
            args: vec!["run".into(), "--config".into(), config.into()],
            core: house.cores.subject,
            own_core: house.cores.own,
            output: dir.path().join("engine.log"),
        })?;
        let mut serving = JoinSet::new();
        serving.spawn(Customer { engine: addr, wishes, begun: begin }.desk().serve(customer));
        let mut stage = Self { dir, addr, engine, simulator, begun, end, _desk: serving };
        stage.wait_until_ready().await?;
        Ok(stage)
    }

    /// The ids of the processes beside the engine.
    pub(super) fn others(&self) -> Vec<u32> {
        self.simulator.iter().map(Process::pid).collect()
    }

    async fn wait_until_ready(&mut self) -> Result<(), Failure> {
        let patience = Instant::now() + PATIENCE;
        loop {
            self.engine.check_alive()?;
            if get(self.addr, "/health/ready").await.is_ok_and(|answer| answer.status.is_success()) {
                return Ok(());
            }
            if Instant::now() > patience {
                return Err(format!("the engine was not ready within {PATIENCE:?}").into());
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// The next capture that was begun.
    ///
    /// # Errors
    /// If the engine began none, or none comes in time.
    pub(super) async fn next_ordered(&mut self) -> Result<Ordered, Failure> {
        let ordered = timeout_at(Instant::now() + LEAD + PATIENCE, self.begun.recv()).await;
        Ok(ordered.map_err(|_| "no meeting was announced in time")?.ok_or("the customer is gone")??)
    }

    /// One sample of the engine's metrics.
    ///
    /// # Errors
    /// If the engine does not answer.
    pub(super) async fn metric(&mut self, name: &str) -> Result<f64, Failure> {
        self.engine.check_alive()?;
        let answer = get(self.addr, "/metrics").await?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let sample = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok());
        Ok(sample.unwrap_or(0.0))
    }

    /// Waits for the end of the meetings, ends everything, and answers what was sent in each meeting, by its stream.
    ///
    /// # Errors
    /// If a process ends otherwise than it should.
    pub(super) async fn clear(mut self) -> Result<std::collections::BTreeMap<String, Sent>, Failure> {
        let sent = match self.simulator.take() {
            Some(simulator) => {
                simulator.finish(self.end.saturating_duration_since(Instant::now()) + PATIENCE).await?;
                ledger::read(&ledger_path(self.dir.path()))?
            }
            None => std::collections::BTreeMap::new(),
        };
        // What it renders now is abandoned: nobody asked for it here.
        self.engine.stop(PATIENCE).await?;
        Ok(sent)
    }
}

async fn simulate(house: &House, args: Vec<OsString>, dir: &Path) -> Result<Process, Failure> {
    let mut simulator = Process::start(Launch {
        name: "the simulator",
        program: &house.hansard,
        args,
        core: house.cores.source,
        own_core: house.cores.own,
        output: dir.join("simulator.log"),
    })?;
    let (ca, patience) = (ca(dir), Instant::now() + PATIENCE);
    while !fs::read_to_string(&ca).is_ok_and(|pem| pem.trim_end().ends_with("-----END CERTIFICATE-----")) {
        simulator.check_alive()?;
        if Instant::now() > patience {
            return Err("the simulator wrote no certificate".into());
        }
        sleep(Duration::from_millis(10)).await;
    }
    Ok(simulator)
}

fn ca(dir: &Path) -> PathBuf {
    dir.join("ca.pem")
}

fn ledger_path(dir: &Path) -> PathBuf {
    dir.join("ledger.json")
}

fn simulator_args(played: &Played, customer: SocketAddr, dir: &Path) -> Result<Vec<OsString>, Failure> {
    let scenario: OsString = match &played.scenario {
        Scenario::Named(name) => name.into(),
        Scenario::Script(text) => {
            let path = dir.join("bench.scenario");
            fs::write(&path, text)?;
            path.into()
        }
    };
    let mut args: Vec<OsString> = vec!["simulate".into()];
    let named = [
        ("--webhook", format!("http://{customer}/")),
        ("--listen", "127.0.0.1:0".to_owned()),
        ("--meetings", played.meetings.to_string()),
        ("--seconds", played.seconds.to_string()),
        ("--delay-ms", LEAD.as_millis().to_string()),
        ("--client-id", CLIENT_ID.to_owned()),
        ("--client-secret", CLIENT_SECRET.to_owned()),
        ("--webhook-secret", WEBHOOK_SECRET.to_owned()),
    ];
    args.extend(named.into_iter().flat_map(|(name, value)| [name.into(), value.into()]));
    args.extend(["--scenario".into(), scenario, "--ca-file".into(), ca(dir).into()]);
    args.extend(["--ledger".into(), ledger_path(dir).into()]);
    Ok(args)
}

/// The engine as it comes, with what it must be told; receivers on this machine may be dialled.
fn engine_config(addr: SocketAddr, ca: Option<PathBuf>, dir: &Path) -> String {
    // A JSON string is a TOML string.
    let quoted = |path: &Path| Value::from(path.to_string_lossy()).to_string();
    let ca = ca.map(|ca| format!("extra_ca_file = {}\n", quoted(&ca))).unwrap_or_default();
    format!(
        "[server]\nlisten = \"{addr}\"\npublic_url = \"http://{addr}\"\n[data]\ndir = {}\n[zoom]\n\
         allowed_hosts = [\"127.0.0.1\"]\n{ca}[[zoom.apps]]\nname = \"bench\"\nclient_id = \"{CLIENT_ID}\"\n\
         client_secret = \"{CLIENT_SECRET}\"\nwebhook_secret = \"{WEBHOOK_SECRET}\"\n[api]\n\
         keys = [{{ name = \"bench\", key = \"{API_KEY}\" }}]\n[render]\nparallel = 1\n[deliver]\nprivate = [\"127.0.0.0/8\"]\n",
        quoted(&dir.join("data"))
    )
}
