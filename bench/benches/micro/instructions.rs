//! How many instructions each subject takes, counted by Valgrind. This program runs itself under it, once for a number of
//! repetitions and once for twice as many: the difference has nothing of the start in it. What is counted does not depend on how busy
//! the machine is.

use std::{
    env, io,
    process::{Command, ExitCode, Stdio},
};

use crate::{fragments, log, messages, mix, order, webhooks, work::Work};

/// A subject, what its items are, and how it is set up.
type Subject = (&'static str, &'static str, fn() -> Work);

const SUBJECTS: [Subject; 9] = [
    ("messages::audio", "message", messages::sound),
    ("messages::video", "message", messages::pictures),
    ("webhooks::verify", "webhook", webhooks::webhook),
    ("log::second", "record", log::appended),
    ("order::minute", "record", order::timeline),
    ("mix::voices 1", "sample", || mix::second_of(1)),
    ("mix::voices 4", "sample", || mix::second_of(4)),
    ("mix::voices 16", "sample", || mix::second_of(16)),
    ("fragments::two_seconds", "sample", fragments::fragment),
];

/// How often a subject is repeated in the shorter of its two runs.
const TIMES: u32 = 8;

/// Prints what every subject takes; where Valgrind is missing, that it is.
pub(crate) fn count_all() -> ExitCode {
    match table() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            println!("instructions: left out, because `valgrind` is not installed");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("instructions: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Does the work of one subject so many times, for whoever counts.
pub(crate) fn repeat(name: &str, times: &str) -> ExitCode {
    let subject = SUBJECTS.iter().find(|(known, ..)| *known == name);
    let (Some((.., work)), Ok(times)) = (subject, times.parse()) else {
        eprintln!("there is no subject {name:?} to repeat {times:?} times");
        return ExitCode::FAILURE;
    };
    work().repeat(times);
    ExitCode::SUCCESS
}

fn table() -> io::Result<()> {
    let mut lines = vec![format!("{:<24}{:>14}{:>12}  {:<8}{:>10}", "instructions", "of all", "of each", "", "a byte")];
    for (name, item, work) in SUBJECTS {
        let instructions = (counted(name, 2 * TIMES)? - counted(name, TIMES)?) / f64::from(TIMES);
        let Work { items, bytes, .. } = work();
        let (each, byte) = (instructions / items as f64, instructions / bytes as f64);
        lines.push(format!("{name:<24}{instructions:>14.0}{each:>12.1}  {item:<8}{byte:>10.3}"));
    }
    println!("{}", lines.join("\n"));
    Ok(())
}

/// The instructions of a whole process that repeats a subject so many times.
fn counted(name: &str, times: u32) -> io::Result<f64> {
    let outcome = Command::new("valgrind")
        .args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args(["--instructions", name, &times.to_string()])
        .stdin(Stdio::null())
        .output()?;
    let said = String::from_utf8_lossy(&outcome.stderr);
    let total = if outcome.status.success() { total(&said) } else { None };
    total.ok_or_else(|| io::Error::other(format!("{name}: valgrind counted nothing:\n{said}")))
}

/// The total in what cachegrind says last, such as `==7== I   refs:      1,234,567`.
fn total(said: &str) -> Option<f64> {
    let line = said.lines().find(|line| line.contains("refs:") && line.contains(" I "))?;
    line.rsplit_once(':')?.1.trim().replace(',', "").parse().ok()
}
