//! Has both programs do each job in turns, and looks at what they made.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use journal::LogDir;
use tempfile::TempDir;
use tokio::runtime;

use super::{
    args::BesideArgs,
    case::{Case, Screen},
    council,
    ffmpeg::{self, ffmpeg},
    likeness::likeness,
    rival, sources,
};
use crate::{
    failure::Failure,
    record::{BesideFigures, BesideResult, BesideRound, Made},
    render,
    system::{self, Cores, Errand, Spent, pin_thread},
};

const LOG: &str = "log";
const REFERENCE: &str = "reference.mp4";

/// Measures every case that was asked for.
///
/// # Errors
/// If something cannot be made, or one of the programs fails.
pub(crate) fn measure(
    args: &BesideArgs,
    hansard: Option<&Path>,
    scratch: &Path,
    cores: Cores,
) -> Result<Vec<BesideResult>, Failure> {
    pin_thread(cores.own)?;
    let programs = Programs { bench: system::bench()?, hansard: system::hansard(hansard)?, cores };
    args.cases.iter().map(|case| of_case(*case, args, scratch, &programs)).collect()
}

struct Programs {
    hansard: PathBuf,
    bench: PathBuf,
    cores: Cores,
}

fn of_case(case: Case, args: &BesideArgs, scratch: &Path, programs: &Programs) -> Result<BesideResult, Failure> {
    let dir = TempDir::with_prefix_in("hansard-bench-", scratch)
        .map_err(|error| format!("{}: {error}", scratch.display()))?;
    let (dir, seconds) = (dir.path(), args.beside_seconds);
    eprintln!("{}: making the media of {seconds} s", case.title());
    let voices = sources::make(case, seconds, dir)?;
    let records = council::records(case, seconds, &voices, dir)?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(render::write(&LogDir::at(dir.join(LOG)), records))?;

    let ours = |target: &str| programs.engine(case, target);
    let theirs = |target: &str| {
        let args = rival::job(case, seconds, target).into_iter().map(OsString::from).collect();
        ("rival", PathBuf::from(ffmpeg::PROGRAM), args)
    };
    let run = |(name, program, args): (&'static str, PathBuf, Vec<OsString>)| {
        let Cores { subject, own, .. } = programs.cores;
        Errand { name, program: &program, args: &args, dir, core: subject, own_core: own }.run()
    };
    let (engine_file, rival_file) = targets(case);
    let mut rounds: Vec<BesideRound> = Vec::new();
    for number in 1..=args.beside_rounds {
        clear(dir, &[engine_file, rival_file])?;
        let (engine, rival): (Spent, Spent);
        // Whoever comes second finds the media in memory and the core warm: they take turns at that.
        if number % 2 == 1 {
            rival = run(theirs(rival_file))?;
            engine = run(ours(engine_file))?;
        } else {
            engine = run(ours(engine_file))?;
            rival = run(theirs(rival_file))?;
        }
        let shown = [engine.cpu_s(), rival.cpu_s()];
        eprintln!("round {number} of {}: {:.2} CPU s, ffmpeg {:.2}", args.beside_rounds, shown[0], shown[1]);
        rounds.push(BesideRound { engine, rival });
    }
    let made = look(case, seconds, dir)?;
    Ok(BesideResult {
        case: case.title().to_owned(),
        seconds,
        command: [&[ffmpeg::PROGRAM.to_owned()], rival::job(case, seconds, rival_file).as_slice()].concat().join(" "),
        median: BesideFigures::of(&rounds),
        rounds,
        engine: made.0,
        rival: made.1,
    })
}

impl Programs {
    /// How the engine does a case: as its users do, but for the mix alone, for which it has no command.
    fn engine(&self, case: Case, target: &str) -> (&'static str, PathBuf, Vec<OsString>) {
        let beside = if case.screen() == Some(Screen::Video) { "beside" } else { "overlap" };
        let (program, args) = if case.cameras() > 0 {
            let args = vec!["render", LOG, "--layout", "gallery_view", "--beside-share", beside, "--out", target];
            (&self.hansard, args)
        } else {
            (&self.bench, vec!["sound", "--log", LOG, "--out", target])
        };
        ("engine", program.clone(), args.into_iter().map(OsString::from).collect())
    }
}

/// What the engine and the other program make.
const fn targets(case: Case) -> (&'static str, &'static str) {
    if case.cameras() > 0 { ("engine.mp4", "rival.mp4") } else { ("engine.m4a", "rival.m4a") }
}

fn clear(dir: &Path, files: &[&str]) -> Result<(), Failure> {
    for path in files.iter().map(|file| dir.join(file)).filter(|path| path.exists()) {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// What became of it on both sides.
fn look(case: Case, seconds: u32, dir: &Path) -> Result<(Made, Made), Failure> {
    let is_seen = case.cameras() > 0;
    if is_seen {
        ffmpeg(dir, rival::reference(case, seconds, REFERENCE))?;
    }
    let screen = case.text_area();
    let made = |file: &str| -> Result<Made, Failure> {
        let bytes = fs::metadata(dir.join(file))?.len();
        let ssim = is_seen.then(|| likeness(dir, file, REFERENCE, None)).transpose()?;
        let ssim_of_text = screen.map(|area| likeness(dir, file, REFERENCE, Some(area))).transpose()?;
        Ok(Made { bytes, ssim, ssim_of_text })
    };
    let (engine_file, rival_file) = targets(case);
    Ok((made(engine_file)?, made(rival_file)?))
}
