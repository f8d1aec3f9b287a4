//! `hansard simulate`: the simulated Zoom on its own, for developers of any RTMS app.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    time::Duration,
};

use fixtures::{MeetingReport, Options, Report, Simulator, WebhookDelivery};

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
        let ledger = args.ledger.as_deref().map(|path| create(path, "--ledger")).transpose()?;
        if let Some(path) = &args.ca_file {
            fs::write(path, simulator.ca_pem()).map_err(|error| unwritable("--ca-file", path, &error))?;
        }
        eprintln!("simulated Zoom listens on {}", simulator.addr());
        tokio::time::sleep(Duration::from_millis(args.delay_ms)).await;
        let report = simulator.run().await;
        let text = serde_json::to_string(&report)?;
        match ledger {
            Some(mut file) => file.write_all(text.as_bytes())?,
            None => println!("{text}"),
        }
        verdict(&report, &args.webhook).map_err(Failure::from)
    })
}

/// Made before the meeting, so that an hour of it is not played for a file that cannot be written.
fn create(path: &Path, option: &str) -> Result<File, String> {
    File::create(path).map_err(|error| unwritable(option, path, &error))
}

fn unwritable(option: &str, path: &Path, error: &std::io::Error) -> String {
    format!("{option} {}: {error}; name a file that can be written", path.display())
}

/// A sentence if nobody listened, or nobody came.
fn verdict(report: &Report, webhook: &str) -> Result<(), String> {
    let deliveries = report.url_validation.iter().chain(report.meetings.iter().flat_map(|meeting| &meeting.webhooks));
    if let Some(delivery) = deliveries.into_iter().find(|delivery| !delivery.acknowledged()) {
        let WebhookDelivery { event, error, .. } = delivery;
        let error = error.as_deref().unwrap_or("there was no answer in time");
        return Err(format!(
            "{webhook} did not take {event}: {error}; is the daemon there, with the same webhook secret and a right clock?"
        ));
    }
    let empty = |meeting: &&MeetingReport| meeting.tracks.iter().all(|track| track.frames == 0);
    match report.meetings.iter().filter(empty).count() {
        0 => Ok(()),
        empty => Err(format!(
            "nobody joined {empty} of {} meetings; the daemon's log says why, or it has them already: use another --seed",
            report.meetings.len()
        )),
    }
}
