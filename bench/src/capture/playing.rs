//! Plays one scenario to one subject, from the start of both processes to the end of both.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    time::Duration,
};

use clap::ValueEnum as _;
use tempfile::TempDir;
use tokio::time::{Instant, sleep, sleep_until};

use super::{
    audience::Audience,
    exposition, kept, prober,
    scenario::Scenario,
    sent::Sent,
    subject::{Subject, WEBHOOK_SECRET, data_dir},
    window::{self, Used},
};
use crate::{
    failure::Failure,
    http::get,
    quantiles::Quantiles,
    reader,
    record::{Kept, Playing},
    system::{Launch, Process, Syscalls, usage},
};

/// How long the subject has between its start and the first webhook: to start, and to come to rest.
const LEAD: Duration = Duration::from_secs(6);
/// How long before the first webhook the idle subject is measured.
const IDLE_BEFORE: Duration = Duration::from_millis(300);
/// How long after the last meeting has joined the first window begins.
const WARM_UP: Duration = Duration::from_secs(3);
/// How long before the first meeting can end the last window ends.
const MARGIN: Duration = Duration::from_secs(2);
/// How long system calls are counted, between both windows.
const COUNTED: Duration = Duration::from_secs(1);
/// The shortest both windows together may be.
const SHORTEST: Duration = Duration::from_secs(6);
/// How long anything may take that should be there at once.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often something that is awaited is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Plays it.
///
/// # Errors
/// If a process cannot be started or ends early, or the meetings do not begin.
pub(super) async fn play(scenario: &Scenario, subject: Subject<'_>, count_syscalls: bool) -> Result<Playing, Failure> {
    let dir = TempDir::with_prefix_in("hansard-bench-", &scenario.scratch)
        .map_err(|error| format!("{}: {error}", scenario.scratch.display()))?;
    let mut stage = Stage::set(scenario, subject, dir.path()).await?;
    let outcome = stage.play(scenario, count_syscalls).await;
    match outcome {
        Ok(playing) => stage.clear(scenario, dir.path(), playing).await,
        Err(error) => Err(format!("{error}\n{} said last:\n{}", subject.name(), stage.process.last_words()).into()),
    }
}

/// Both processes while they run.
struct Stage<'a> {
    subject: Subject<'a>,
    process: Process,
    source: Process,
    addr: SocketAddr,
    /// No meeting begins before, nor ends until the length of a meeting later.
    announced_at: Instant,
    lag_max_s: f64,
}

impl<'a> Stage<'a> {
    /// Starts the source, which is silent at first, and the subject.
    async fn set(scenario: &Scenario, subject: Subject<'a>, dir: &Path) -> Result<Self, Failure> {
        // Free until somebody else takes it, which nobody does on purpose.
        let addr = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let ca = dir.join("ca.pem");
        let mut source = Process::start(Launch {
            name: "the source",
            program: &scenario.bench,
            args: source_args(scenario, addr, &ca, &ledger(dir)),
            core: scenario.cores.source,
            own_core: scenario.cores.own,
            output: dir.join("source.log"),
        })?;
        let patience = Instant::now() + PATIENCE;
        while !fs::read_to_string(&ca).is_ok_and(|pem| pem.trim_end().ends_with("-----END CERTIFICATE-----")) {
            source.check_alive()?;
            if Instant::now() > patience {
                return Err("the source wrote no certificate".into());
            }
            sleep(Duration::from_millis(10)).await;
        }
        let announced_at = Instant::now() + LEAD - Duration::from_millis(50);
        let process = subject.start(scenario, addr, &ca, dir)?;
        Ok(Self { subject, process, source, addr, announced_at, lag_max_s: 0.0 })
    }

    /// Takes everything that can be taken while the meetings run.
    async fn play(&mut self, scenario: &Scenario, count_syscalls: bool) -> Result<Playing, Failure> {
        let mut faults = Vec::new();
        self.wait_until_ready().await?;
        sleep_until(self.announced_at - IDLE_BEFORE).await;
        let idle = usage(self.process.pid())?;
        self.wait_until_joined(scenario).await?;
        let end = self.announced_at + Duration::from_secs(u64::from(scenario.seconds)) - MARGIN;
        let is_engine = self.subject == Subject::Engine;
        let audience = Audience::of(self.addr, if is_engine { scenario.subscribers } else { 0 }, end).await?;
        sleep(WARM_UP).await;

        let began = Instant::now();
        let whole = end.saturating_duration_since(began);
        if whole < SHORTEST {
            return Err(
                format!("only {whole:?} of the meetings are left once all have joined; let them last longer").into()
            );
        }
        self.expect_all(scenario, "at the beginning", &mut faults).await?;
        let quiet_end = began + whole * 2 / 3;
        let used = window::watch(self.process.pid(), self.source.pid(), quiet_end).await?;
        self.expect_all(scenario, "after the first window", &mut faults).await?;
        let mut playing = from_usage(scenario, &used);
        playing.rss_idle_bytes = idle.rss_bytes;
        if count_syscalls {
            let counted = syscalls_per_s(self.process.pid()).await;
            let counted = counted.inspect_err(|error| faults.push(format!("system calls were not counted: {error}")));
            playing.syscalls_per_s = counted.ok();
        }
        if is_engine {
            let (probed, watched) = tokio::join!(prober::probe(self.addr, end), self.watch_lag(end));
            watched?;
            faults.extend(summed(probed.faults));
            let webhook_probe_ms = Quantiles::of(probed.took_ms).unwrap_or_default();
            let mut silent = Vec::new();
            let events_heard = audience.heard(&mut silent).await;
            faults.extend(summed(silent));
            playing.kept = Some(Kept { webhook_probe_ms, events_heard, ..Kept::default() });
        } else {
            sleep_until(end).await;
        }
        self.expect_all(scenario, "at the end", &mut faults).await?;
        playing.faults = faults;
        Ok(playing)
    }

    async fn metrics(&mut self) -> Result<String, Failure> {
        self.process.check_alive()?;
        Ok(String::from_utf8_lossy(&get(self.addr, "/metrics").await?.body).into_owned())
    }

    async fn wait_until_ready(&mut self) -> Result<(), Failure> {
        loop {
            self.process.check_alive()?;
            if get(self.addr, "/health/ready").await.is_ok_and(|answer| answer.status.is_success()) {
                return Ok(());
            }
            if Instant::now() + IDLE_BEFORE > self.announced_at {
                return Err(format!("{} was not ready within {LEAD:?}", self.subject.name()).into());
            }
            sleep(LOOK_EVERY).await;
        }
    }

    async fn wait_until_joined(&mut self, scenario: &Scenario) -> Result<(), Failure> {
        let expected = f64::from(scenario.meetings);
        let patience = self.announced_at + PATIENCE;
        loop {
            let metrics = self.metrics().await?;
            let (active, messages) = (self.subject.active(&metrics), self.subject.messages(&metrics));
            // Less than half a second of a meeting is no proof that media flow, for all but the last ones to join.
            if active >= expected && messages >= expected * 30.0 {
                return Ok(());
            }
            if Instant::now() > patience {
                return Err(format!("{active} of {expected} meetings were joined, {messages} messages received").into());
            }
            self.source.check_alive()?;
            sleep(LOOK_EVERY).await;
        }
    }

    async fn expect_all(&mut self, scenario: &Scenario, when: &str, faults: &mut Vec<String>) -> Result<(), Failure> {
        let metrics = self.metrics().await?;
        let active = self.subject.active(&metrics);
        if active != f64::from(scenario.meetings) {
            faults.push(format!("{active} of {} meetings ran {when}", scenario.meetings));
        }
        self.note_lag(&metrics);
        Ok(())
    }

    fn note_lag(&mut self, metrics: &str) {
        self.lag_max_s = self.lag_max_s.max(exposition::sum(metrics, "hansard_durability_lag_seconds", ""));
    }

    /// Looks at the engine's durability lag, which it samples each second, until `end`.
    async fn watch_lag(&mut self, end: Instant) -> Result<(), Failure> {
        while Instant::now() < end {
            let metrics = self.metrics().await?;
            self.note_lag(&metrics);
            sleep(Duration::from_millis(500)).await;
        }
        Ok(())
    }

    /// Waits for the end of the meetings, ends the subject, and adds what is known only then.
    async fn clear(mut self, scenario: &Scenario, dir: &Path, mut playing: Playing) -> Result<Playing, Failure> {
        let length = Duration::from_secs(u64::from(scenario.seconds));
        let metrics = self.wait_until_over(self.announced_at + length + PATIENCE).await?;
        if self.subject.active(&metrics) > 0.0 {
            playing.faults.push("captures had not ended long after their meetings".to_owned());
        }
        self.source.finish(PATIENCE).await?;
        // What it renders now is abandoned: the log is all that is asked of it here.
        if !self.process.stop(PATIENCE).await? {
            playing.faults.push(format!("{} had to be killed", self.subject.name()));
        }
        let sent = Sent::read(&ledger(dir))?;
        enter_sent(&mut playing, &sent);
        match self.subject {
            Subject::Engine => enter_kept(&mut playing, &sent, self.lag_max_s, dir)?,
            Subject::Reader => enter_read(&mut playing, &sent, &metrics),
            Subject::Sdk(_) => enter_handed_over(&mut playing, &sent, &metrics),
        }
        Ok(playing)
    }

    /// The last metrics before the subject is ended.
    async fn wait_until_over(&mut self, patience: Instant) -> Result<String, Failure> {
        loop {
            let metrics = self.metrics().await?;
            if self.subject.active(&metrics) == 0.0 || Instant::now() > patience {
                return Ok(metrics);
            }
            sleep(LOOK_EVERY).await;
        }
    }
}

/// How many system calls process `pid` makes now.
async fn syscalls_per_s(pid: u32) -> Result<f64, Failure> {
    let mut counting = Syscalls::of(pid)?;
    let began = Instant::now();
    sleep(COUNTED).await;
    Ok(counting.so_far()? as f64 / began.elapsed().as_secs_f64())
}

fn ledger(dir: &Path) -> std::path::PathBuf {
    dir.join("ledger.json")
}

fn source_args(scenario: &Scenario, addr: SocketAddr, ca: &Path, ledger: &Path) -> Vec<OsString> {
    let value = |value: &dyn ToString| value.to_string();
    let name = |value: &dyn Fn() -> Option<clap::builder::PossibleValue>| {
        value().map_or_else(String::new, |value| value.get_name().to_owned())
    };
    let Scenario { meetings, seconds, material, .. } = scenario;
    let named = [
        ("--webhook", value(&addr)),
        ("--webhook-secret", WEBHOOK_SECRET.to_owned()),
        ("--meetings", value(meetings)),
        ("--seconds", value(seconds)),
        ("--delay-ms", value(&LEAD.as_millis())),
        ("--speakers", value(&material.speakers)),
        ("--sound", name(&|| material.sound.to_possible_value())),
        ("--packet-ms", value(&material.packet_ms)),
        ("--pictures", name(&|| material.pictures.to_possible_value())),
    ];
    let mut args: Vec<OsString> = vec!["source".into()];
    args.extend(named.into_iter().flat_map(|(name, value)| [name.into(), value.into()]));
    args.extend(["--ca-file".into(), ca.into(), "--ledger".into(), ledger.into()]);
    args
}

fn from_usage(scenario: &Scenario, used: &Used) -> Playing {
    let meeting_minutes = f64::from(scenario.meetings) * used.seconds / 60.0;
    Playing {
        window_s: used.seconds,
        cpu_user_s: used.user_s,
        cpu_system_s: used.system_s,
        cpu_s_per_meeting_minute: (used.user_s + used.system_s) / meeting_minutes,
        cpu_slices: used.slices.iter().map(|share| share * 60.0 / f64::from(scenario.meetings)).collect(),
        rss_bytes: used.rss_bytes,
        rss_peak_bytes: used.peak_bytes,
        context_switches_per_s: used.context_switches as f64 / used.seconds,
        source_busy: used.source_s / used.seconds,
        stolen: used.stolen,
        ..Playing::default()
    }
}

fn enter_sent(playing: &mut Playing, sent: &Sent) {
    (playing.messages_per_s, playing.payload_bytes_per_s) = sent.per_second();
    playing.frames_sent = sent.frames().values().sum();
    playing.frames_unsent = sent.unsent();
    playing.send_lag_worst_ms = sent.send_lag_worst_ms();
    playing.keep_alive_worst_ms = sent.keep_alive_worst_ms();
    playing.faults.extend(sent.faults());
    if playing.frames_unsent > 0 {
        playing.faults.push(format!("{} messages were due while nobody was connected for them", playing.frames_unsent));
    }
}

fn enter_kept(playing: &mut Playing, sent: &Sent, lag_max_s: f64, dir: &Path) -> Result<(), Failure> {
    let logged = kept::read(&data_dir(dir))?;
    let (dropped, surplus) = kept::differences(&sent.frames(), &logged.frames);
    let kept = playing.kept.get_or_insert_default();
    kept.frames = logged.frames.values().sum();
    (kept.frames_dropped, kept.frames_surplus) = (dropped, surplus);
    kept.frames_declared = logged.declared;
    kept.damaged_chunks = logged.damaged_chunks;
    kept.webhook_source_ms = Quantiles::of(sent.webhook_ms()).unwrap_or_default();
    kept.durability_lag_max_s = lag_max_s;
    if logged.damaged_chunks > 0 {
        playing.faults.push(format!("{} chunks of the capture logs cannot be read", logged.damaged_chunks));
    }
    if surplus > 0 {
        playing.faults.push(format!("{surplus} messages are in the logs that were not sent"));
    }
    Ok(())
}

/// The floor must have read what was sent, or it is none.
fn enter_read(playing: &mut Playing, sent: &Sent, metrics: &str) {
    let read = exposition::sum(metrics, reader::BYTES, "");
    playing.bytes_read = Some(read as u64);
    let least = sent.payload_bytes() as f64;
    if read < least {
        playing.faults.push(format!("{read} bytes were read, less than the {least} of the payloads alone"));
    }
}

/// What Zoom's SDK does not hand to its app is a figure of it; the run says so all the same.
fn enter_handed_over(playing: &mut Playing, sent: &Sent, metrics: &str) {
    let read = |name| exposition::sum(metrics, name, "") as u64;
    let (frames, bytes) = (read(reader::MESSAGES), read(reader::BYTES));
    playing.frames_handed_over = Some(frames);
    if (frames, bytes) != (playing.frames_sent, sent.payload_bytes()) {
        playing.faults.push(format!(
            "{frames} messages of {bytes} bytes came, {} of {} were sent",
            playing.frames_sent,
            sent.payload_bytes()
        ));
    }
}

/// Each fault once, with its count.
fn summed(faults: Vec<String>) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for fault in faults {
        *counts.entry(fault).or_default() += 1;
    }
    counts.into_iter().map(|(fault, count)| format!("{fault} ({count} times)")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cost_is_counted_for_each_minute_of_each_meeting() {
        let scenario = Scenario {
            meetings: 50,
            material: crate::source::Material::default(),
            subscribers: 0,
            seconds: 60,
            rounds: 1,
            hansard: "hansard".into(),
            sdk: None,
            bench: "bench".into(),
            scratch: "/tmp".into(),
            cores: crate::system::Cores::default(),
        };
        let used = Used { seconds: 30.0, user_s: 2.0, system_s: 3.0, slices: vec![0.5], ..Used::default() };
        let playing = from_usage(&scenario, &used);
        assert_eq!(playing.cpu_s_per_meeting_minute, 0.2);
        assert_eq!(playing.cpu_slices, [0.6]);
    }

    #[test]
    fn many_faults_of_one_kind_are_one_line() {
        let faults = ["b", "a", "b"].map(str::to_owned).to_vec();
        assert_eq!(summed(faults), ["a (1 times)", "b (2 times)"]);
    }
}
