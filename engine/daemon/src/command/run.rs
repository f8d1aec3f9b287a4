//! `hansard run`: the daemon, until it is told to stop. What SIGHUP does is in `reload`.

use std::path::PathBuf;

use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use crate::{config, engine::Engine, failure::Failure, logging, meter, reload::Reload, runtime};

pub(super) fn run(file: Option<PathBuf>) -> Result<(), Failure> {
    let config = config::find(file.clone())?;
    logging::start(&config.log.level)?;
    runtime::allow_open_files();
    let metrics = meter::start()?;
    runtime::build()?.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        let listen = config.server.listen;
        let listener = TcpListener::bind(listen)
            .await
            .map_err(|error| format!("server.listen: {listen}: {error}; choose a free address"))?;
        let engine = Engine::start(&config, listener, None, metrics).await?;
        tracing::info!(addr = %engine.addr(), public_url = %config.server.public_url, "ready");
        let mut reload = Reload::new(file, config, engine.doors(), engine.limits());
        loop {
            tokio::select! {
                _ = terminate.recv() => break tracing::info!("SIGTERM: stopping; a second signal ends at once"),
                _ = interrupt.recv() => break tracing::info!("interrupt: stopping; a second signal ends at once"),
                _ = hang_up.recv() => reload.again(),
            }
        }
        tokio::select! {
            () = engine.stop() => Ok(()),
            _ = terminate.recv() => Err("ended at once by a second signal; logs are whole up to the last second".into()),
            _ = interrupt.recv() => Err("ended at once by a second signal; logs are whole up to the last second".into()),
        }
    })
}
