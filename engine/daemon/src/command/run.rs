//! `hansard run`: the daemon, until it is told to stop. What SIGHUP does is in `reload`.

use std::{io, path::PathBuf, pin::pin, time::Duration};

use tokio::{
    runtime::Handle,
    signal::unix::{Signal, SignalKind, signal},
    time::{Instant, sleep_until},
};

use crate::{
    activation::Handed, config, config::Config, engine::Engine, failure::Failure, logging, meter, reload::Reload,
    runtime, supervisor, watchdog,
};

/// How long a stop may take: one that nothing holds up takes a second, a request that runs three more.
const STOP: Duration = Duration::from_secs(9);
/// How long it may take from a second signal on.
const HURRIED_STOP: Duration = Duration::from_secs(1);

pub(super) fn run(file: Option<PathBuf>) -> Result<(), Failure> {
    let handed = Handed::take()?;
    let config = config::find(file.clone())?;
    logging::start(&config.log.level)?;
    runtime::allow_open_files();
    let runtime = runtime::build()?;
    let ended = runtime.block_on(serve(handed, config, file));
    // Threads that still read or write a file are not waited for: what they do is as if the process had been killed.
    runtime.shutdown_background();
    ended
}

/// The signals that end the daemon.
struct Ending {
    terminate: Signal,
    interrupt: Signal,
}

impl Ending {
    fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// The name of the next one.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "interrupt",
        }
    }
}

async fn serve(handed: Handed, config: Config, file: Option<PathBuf>) -> Result<(), Failure> {
    let mut ending = Ending::listen()?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let listener = handed.listener(config.server.listen).await?;
    let metrics = meter::start()?;
    let engine = tokio::select! {
        engine = Engine::start(&config, listener, None, metrics) => engine?,
        signal = ending.next() => {
            tracing::info!(signal, "stopped before everything was open");
            return Ok(());
        }
    };
    let watch = watchdog::start(Handle::current(), engine.shells())?;
    let status = format!("takes captures on {}", engine.addr());
    supervisor::ready(&status);
    tracing::info!(addr = %engine.addr(), public_url = %config.server.public_url, "ready");
    let mut reload = Reload::new(file, config, engine.doors(), engine.keys(), engine.limits());
    let signal = loop {
        tokio::select! {
            signal = ending.next() => break signal,
            _ = hang_up.recv() => {
                supervisor::reloading();
                reload.again();
                supervisor::ready(&status);
            }
        }
    };
    tracing::info!(signal, "stopping; a second signal hastens it");
    supervisor::stopping(STOP);
    drop(watch);
    stop(engine, ending).await
}

/// Stops, within limits: whoever asks again is in a hurry.
async fn stop(engine: Engine, mut ending: Ending) -> Result<(), Failure> {
    let mut stopping = pin!(engine.stop());
    let mut until = Instant::now() + STOP;
    loop {
        tokio::select! {
            () = &mut stopping => return Ok(()),
            signal = ending.next() => {
                tracing::info!(signal, "stopping at once");
                until = until.min(Instant::now() + HURRIED_STOP);
            }
            () = sleep_until(until) => {
                return Err("stopped before everything was done; what is on disk is whole, and the next start goes on".into());
            }
        }
    }
}
