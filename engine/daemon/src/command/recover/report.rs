//! Looks, prints, and answers by the exit status: 0 if all is well, 1 if something is wrong, 2 if it cannot be told.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use catalog::{CatalogError, Snapshot};
use serde_json::{Value, json};

use super::{
    compare::compare,
    finding::{Finding, Grade},
    gather,
    plan::{Step, plan},
};
use crate::{cli::RecoverArgs, config, failure::Failure, runtime};

/// The exit status where nothing can be told.
const CANNOT_TELL: u8 = 2;

/// Prints what the next start will do, or with `--check` what is to be said of the directory.
pub(in crate::command) fn recover(args: &RecoverArgs) -> ExitCode {
    match look(args) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("hansard: {error}");
            ExitCode::from(CANNOT_TELL)
        }
    }
}

/// Answers how many things are wrong.
fn look(args: &RecoverArgs) -> Result<usize, Failure> {
    let dir = data_dir(args)?;
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now_unix_ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    runtime::build()?.block_on(async {
        let mut snapshot = Snapshot::open(&dir).await.map_err(|error| sentence(&error))?;
        if !args.check {
            let steps = plan(&dir, &mut snapshot, now_unix_ms).await?;
            print(&if args.json { json!(steps).to_string() } else { steps_text(&steps) })?;
            return Ok(0);
        }
        let mut found = compare(&gather::facts(&dir, &mut snapshot, now_unix_ms).await?);
        found.sort_by_key(Finding::grade);
        let wrong = found.iter().filter(|finding| finding.grade() == Grade::Wrong).count();
        print(&if args.json { listed(&found, wrong).to_string() } else { text(&found, wrong) })?;
        Ok(wrong)
    })
}

fn data_dir(args: &RecoverArgs) -> Result<PathBuf, Failure> {
    match &args.data {
        Some(dir) => Ok(dir.clone()),
        None => Ok(config::find(args.config.clone())?.data.dir),
    }
}

fn sentence(error: &CatalogError) -> String {
    match error {
        CatalogError::Locked { .. } => {
            format!("{error}. A running daemon keeps its directory right by itself; stop it to have it checked")
        }
        _ => format!("{error}; name the data directory with --data, and set TMPDIR where its catalogue finds room"),
    }
}

fn listed(found: &[Finding], wrong: usize) -> Value {
    let findings: Vec<Value> = found
        .iter()
        .map(|finding| {
            json!({"code": finding.code(), "grade": finding.grade(), "message": finding.sentence(), "remedy": finding.remedy()})
        })
        .collect();
    json!({"ok": wrong == 0, "wrong": wrong, "findings": findings})
}

fn text(found: &[Finding], wrong: usize) -> String {
    let mut lines: Vec<String> = found
        .iter()
        .map(|finding| {
            let grade = if finding.grade() == Grade::Wrong { "WRONG" } else { "note " };
            format!("{grade}  {}: {}; {}", finding.code(), finding.sentence(), finding.remedy())
        })
        .collect();
    lines.push(match (wrong, found.len()) {
        (0, 0) => "everything is as it should be".to_owned(),
        (0, notes) => format!("everything is as it should be; {notes} to be known"),
        (wrong, _) => format!("{wrong} wrong"),
    });
    lines.join("\n")
}

fn steps_text(steps: &[Step]) -> String {
    if steps.is_empty() {
        return "the next start has nothing to take up".to_owned();
    }
    steps.iter().map(Step::line).collect::<Vec<_>>().join("\n")
}

fn print(text: &str) -> Result<(), Failure> {
    match writeln!(io::stdout(), "{text}") {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}
