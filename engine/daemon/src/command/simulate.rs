//! `hansard simulate`: the simulated Zoom on its own, for developers of any RTMS app.

use std::{fs, time::Duration};

use fixtures::{Options, Simulator};

use crate::{cli::SimulateArgs, failure::Failure, logging, runtime};

pub(super) fn simulate(args: &SimulateArgs) -> Result<(), Failure> {
    logging::start("info")?;
    runtime::build()?.block_on(async {
        let options = Options {
            seed: args.seed,
            scenario: args.scenario.parse()?,
            meetings: args.meetings,
            duration: Duration::from_secs(args.seconds),
            time_scale: args.speed,
            client_id: args.client_id.clone(),
            client_secret: args.client_secret.clone(),
            webhook_secret: args.webhook_secret.clone(),
            webhook_url: Some(args.webhook.clone()),
            listen: args.listen,
            ..Options::default()
        };
        let simulator = Simulator::start(options).await?;
        eprintln!("simulated Zoom listens on {}", simulator.addr());
        if let Some(path) = &args.ca_file {
            fs::write(path, simulator.ca_pem()).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        tokio::time::sleep(Duration::from_millis(args.delay_ms)).await;
        let ledger = serde_json::to_string(&simulator.run().await)?;
        match &args.ledger {
            Some(path) => fs::write(path, ledger).map_err(|error| format!("{}: {error}", path.display()))?,
            None => println!("{ledger}"),
        }
        Ok(())
    })
}
