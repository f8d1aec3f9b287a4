//! The process of a worker: gives up whatever it does not need, then answers requests on its standard input with lines on its standard
//! output until nobody asks any more. What it answers is in `serve`, who started it in `worker`.

use std::{
    io::{self, BufRead, BufReader, Write},
    path::Path,
    process, thread,
};

use rustix::process::{Signal, set_parent_process_death_signal};

use crate::{
    asked,
    leash::Leash,
    message::{Answer, Assignment, Request},
    niceness, sandbox, serve,
};

/// Works until whoever asks is gone. To be called in a process that has done nothing else and has no other thread.
///
/// # Errors
/// If what it reads first is no assignment, or no thread can be started.
pub fn work() -> io::Result<()> {
    attend();
    let mut lines = BufReader::new(io::stdin());
    let mut first = String::new();
    lines.read_line(&mut first)?;
    let assignment: Assignment = serde_json::from_str(&first)?;
    let logs = assignment.logs();
    let logs: Vec<&Path> = logs.iter().map(|log| log.path()).collect();
    sandbox::enter(&logs, Some(&assignment.staging));
    let (ask, asked) = std::sync::mpsc::sync_channel::<Request>(1);
    thread::Builder::new().name("requests".to_owned()).spawn(move || {
        for line in lines.lines() {
            let request = line.ok().and_then(|line| serde_json::from_str(&line).ok());
            let Some(request) = request else { break };
            if ask.send(request).is_err() {
                break;
            }
        }
        // Nobody waits for what is being made; whoever goes on removes it.
        process::exit(0);
    })?;
    let mut answers = io::stdout().lock();
    let mut say = |answer: Answer| {
        let mut line = serde_json::to_vec(&answer).expect("what a worker says has a JSON form");
        line.push(b'\n');
        if answers.write_all(&line).and_then(|()| answers.flush()).is_err() {
            process::exit(0);
        }
    };
    serve::all(&assignment, &Leash::default(), &mut |patience| asked::next_of(&asked, patience), &mut say);
    Ok(())
}

/// Ends with whoever started it, and lets others go first.
pub(crate) fn attend() {
    // With who started it goes whoever would hear the answers. The end of the input says so too; this also reaches a decoder that hangs.
    if let Err(error) = set_parent_process_death_signal(Some(Signal::KILL)) {
        tracing::debug!(%error, "a worker ends only once it is asked for more");
    }
    niceness::lower();
}
