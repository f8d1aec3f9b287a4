//! `hansard simulate`: the simulated Zoom on its own, for developers of any RTMS app.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    time::Duration,
};

use fixtures::{MeetingReport, Options, Overrides, Report, Scenario, Script, Simulator, WebhookDelivery};

use crate::{cli::SimulateArgs, failure::Failure, logging, runtime};

pub(super) fn simulate(args: &SimulateArgs) -> Result<(), Failure> {
    if let Some(name) = &args.print {
        print!("{}", Script::source(name).ok_or_else(|| unknown(name))?);
        return Ok(());
    }
    logging::start("info")?;
    runtime::build()?.block_on(async {
        let options = Options {
            client_id: args.client_id.clone(),
            client_secret: args.client_secret.clone(),
            webhook_secret: args.webhook_secret.clone(),
            webhook_url: args.webhook.clone(),
            listen: args.listen,
            rest_listen: args.rest,
            ..played(args)?
        };
        let simulator = Simulator::start(options).await?;
        let ledger = args.ledger.as_deref().map(|path| create(path, "--ledger")).transpose()?;
        if let Some(path) = &args.ca_file {
            fs::write(path, simulator.ca_pem()).map_err(|error| unwritable("--ca-file", path, &error))?;
        }
        eprintln!("simulated Zoom listens on {}, and for REST on {}", simulator.addr(), simulator.rest_addr());
        if args.without_webhooks {
            for invitation in simulator.invitations() {
                println!("{}", serde_json::to_string(&invitation)?);
            }
        }
        tokio::time::sleep(Duration::from_millis(args.delay_ms)).await;
        let report = simulator.run().await;
        let text = serde_json::to_string(&report)?;
        match ledger {
            Some(mut file) => file.write_all(text.as_bytes())?,
            None => println!("{text}"),
        }
        let faults = faults(&report);
        faults.iter().for_each(|fault| eprintln!("{fault}"));
        verdict(&report, args.webhook.as_deref())?;
        if args.strict && !faults.is_empty() {
            return Err(format!("the client broke {} rules of the protocol", faults.len()).into());
        }
        Ok(())
    })
}

/// What is played, how long, how fast and how often: by the command line, else by the script.
fn played(args: &SimulateArgs) -> Result<Options, Failure> {
    let values = Overrides {
        duration: args.seconds.map(Duration::from_secs),
        seed: args.seed,
        meetings: args.meetings,
        time_scale: args.speed,
    };
    let script = match args.scenario.parse::<Scenario>() {
        Ok(Scenario::Staged) => return Err("staged is what the lines of a script say; name the script's file".into()),
        Ok(scenario) => Script::of(scenario),
        Err(_) => scripted(&args.scenario)?,
    };
    Ok(Options { script: Some(script.overridden(values)), ..Options::default() })
}

/// A script that comes with the simulator, or one in a file.
fn scripted(name: &str) -> Result<Script, Failure> {
    if let Some(script) = Script::named(name) {
        return Ok(script);
    }
    let text = match fs::read_to_string(name) {
        Ok(text) => text,
        Err(error) if name.contains(['/', '.']) => return Err(format!("--scenario {name}: {error}").into()),
        Err(_) => return Err(unknown(name).into()),
    };
    Script::parse(&text).map_err(|error| format!("{name}: {error}").into())
}

fn unknown(name: &str) -> String {
    let scripts: Vec<_> = Script::names().map(|(name, _)| name).collect();
    let plans = &Scenario::NAMES[..Scenario::NAMES.len() - 1];
    format!(
        "there is no scenario {name}; there are {}, the scripts {}, and files",
        plans.join(", "),
        scripts.join(", ")
    )
}

/// Made before the meeting, so that an hour of it is not played for a file that cannot be written.
fn create(path: &Path, option: &str) -> Result<File, String> {
    File::create(path).map_err(|error| unwritable(option, path, &error))
}

fn unwritable(option: &str, path: &Path, error: &std::io::Error) -> String {
    format!("{option} {}: {error}; name a file that can be written", path.display())
}

/// Every rule that a client broke, in a line with the first of its faults.
fn faults(report: &Report) -> Vec<String> {
    let of_meetings = report.meetings.iter().flat_map(|meeting| {
        meeting.checks.iter().filter(|check| !check.passed).map(|check| {
            let (first, count) = (check.faults.first().map_or("", String::as_str), check.faults.len());
            format!("stream {}: {} ({count}): {first}", meeting.rtms_stream_id, check.rule.name())
        })
    });
    of_meetings.chain(report.client_errors.iter().cloned()).collect()
}

/// A sentence if nobody listened, or nobody came.
fn verdict(report: &Report, webhook: Option<&str>) -> Result<(), String> {
    let deliveries = report.url_validation.iter().chain(report.meetings.iter().flat_map(|meeting| &meeting.webhooks));
    if let Some(delivery) = deliveries.into_iter().find(|delivery| !delivery.acknowledged()) {
        let WebhookDelivery { event, error, .. } = delivery;
        let error = error.as_deref().unwrap_or("there was no answer in time");
        return Err(format!(
            "{} did not take {event}: {error}; is the daemon there, with the same webhook secret and a right clock?",
            webhook.unwrap_or("nobody")
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
