//! What each command does: measure, keep, print. Reading the command line is in `cli`.

use std::{env, path::Path, process::ExitCode};

use tokio::{
    runtime::{self, Runtime},
    signal::unix::{SignalKind, signal},
};

use crate::{
    beside,
    capture::{self, Scenario},
    cli::{CaptureArgs, Cli, Command, DurabilityArgs, PlaceArgs, RenderArgs, SoundArgs},
    durability,
    failure::Failure,
    live::{self, LiveArgs},
    reader,
    record::{BesideResult, CaptureResult, LiveResult, RenderResult, Run},
    render, report, source,
    system::{Cores, machine, pin_thread},
};

/// Runs the command.
pub(crate) fn execute(cli: Cli) -> ExitCode {
    let done = match cli.command {
        Command::All { capture, render, beside, place } => measure(&place, |scratch, cores| {
            let hansard = capture.hansard.as_deref();
            Ok(Measured {
                capture: captures(&capture, scratch, cores)?,
                render: rendered(&render, scratch, cores)?,
                beside: beside::measure(&beside, hansard, scratch, cores)?,
                live: None,
            })
        }),
        Command::Capture { capture, place } => measure(&place, |scratch, cores| {
            Ok(Measured { capture: captures(&capture, scratch, cores)?, ..Measured::default() })
        }),
        Command::Render { render, beside, hansard, place } => measure(&place, |scratch, cores| {
            Ok(Measured {
                render: rendered(&render, scratch, cores)?,
                beside: beside::measure(&beside, hansard.as_deref(), scratch, cores)?,
                ..Measured::default()
            })
        }),
        Command::Live { live, hansard, place } => measure(&place, |scratch, cores| {
            Ok(Measured { live: Some(lived(&live, hansard.as_deref(), scratch, cores)?), ..Measured::default() })
        }),
        Command::Sound(SoundArgs { log, out }) => render::sound(&journal::LogDir::at(log), &out),
        Command::Durability { durability } => durable(&durability),
        Command::Show { run } => Run::read(&run).map(|run| print!("{}", report::whole(&run))),
        Command::Compare { before, after } => compare(&before, &after),
        Command::Reader(args) => reader::run(&args),
        Command::Source(args) => source::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hansard-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What was measured; the rest was not asked for.
#[derive(Default)]
struct Measured {
    capture: Vec<CaptureResult>,
    render: Option<RenderResult>,
    beside: Vec<BesideResult>,
    live: Option<LiveResult>,
}

fn measure(place: &PlaceArgs, work: impl FnOnce(&Path, Cores) -> Result<Measured, Failure>) -> Result<(), Failure> {
    let cores = Cores::of_this_process()?;
    let scratch = place.scratch.clone().unwrap_or_else(env::temp_dir);
    if cfg!(debug_assertions) {
        eprintln!("note: this is a debug build; its figures say nothing");
    }
    // Before this thread is bound to one of its cores.
    let machine = machine(cores);
    let Measured { capture, render, beside, live } = work(&scratch, cores)?;
    let date = place.date.clone().unwrap_or_default();
    let run = Run { format: Run::FORMAT, date, name: place.name.clone(), machine, capture, render, beside, live };
    if place.date.is_some() {
        let path = run.write(&place.runs)?;
        eprintln!("kept as {}", path.display());
    }
    print!("{}", report::whole(&run));
    match run.capture.iter().map(|result| result.lost.len()).sum() {
        0 => Ok(()),
        1 => Err("a round was lost: what is printed is made of the others".into()),
        lost => Err(format!("{lost} rounds were lost: what is printed is made of the others").into()),
    }
}

/// A runtime whose one thread stays on the core of this program.
fn runtime(cores: Cores) -> Result<Runtime, Failure> {
    pin_thread(cores.own)?;
    Ok(runtime::Builder::new_current_thread().enable_all().build()?)
}

fn captures(args: &CaptureArgs, scratch: &Path, cores: Cores) -> Result<Vec<CaptureResult>, Failure> {
    let scenarios = Scenario::from_args(args, scratch, cores)?;
    runtime(cores)?.block_on(unless_ended(capture::measure(&scenarios)))
}

fn lived(args: &LiveArgs, hansard: Option<&Path>, scratch: &Path, cores: Cores) -> Result<LiveResult, Failure> {
    runtime(cores)?.block_on(unless_ended(live::measure(args, hansard, scratch, cores)))
}

/// What `work` comes to, unless this program is told to end. On the way out every process that was started is ended: their owners are
/// dropped with that future.
async fn unless_ended<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        result = work => result,
        _ = terminate.recv() => Err("ended by a signal".into()),
        _ = interrupt.recv() => Err("ended by a signal".into()),
    }
}

fn rendered(args: &RenderArgs, scratch: &Path, cores: Cores) -> Result<Option<RenderResult>, Failure> {
    let minutes = Some(args.minutes).filter(|minutes| *minutes > 0);
    minutes.map(|minutes| render::measure(minutes, args.render_rounds, scratch, cores)).transpose()
}

fn durable(args: &DurabilityArgs) -> Result<(), Failure> {
    let scratch = args.scratch.clone().unwrap_or_else(env::temp_dir);
    runtime(Cores::of_this_process()?)?.block_on(durability::measure(args, &scratch))
}

fn compare(before: &Path, after: &Path) -> Result<(), Failure> {
    let (before, after) = (Run::read(before)?, Run::read(after)?);
    print!("{}", report::side_by_side(&before, &after));
    Ok(())
}
