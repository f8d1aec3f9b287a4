//! The thread that looks. It is outside of the runtime, so that it can see it stand.

use std::{io, sync::mpsc, thread, time::Duration};

use tokio::runtime::Handle;

use super::{
    pulse::{LOOKS, Pulse, Verdict},
    vitals::{Patient, Shell},
};
use crate::supervisor;

/// How many looks lie between two words that all is well.
const LOOKS_A_WORD: u32 = 5;
/// How many looks fit into the supervisor's patience: a hang is found in half of it, and a doubt that is over before that has
/// cost no more than three quarters.
const LOOKS_A_PATIENCE: u32 = 2 * LOOKS;

/// The watch; it ends when dropped.
pub(crate) struct Watch(#[expect(dead_code, reason = "its end is the message")] mpsc::Sender<()>);

/// What the supervisor is to hear.
#[derive(Debug, PartialEq, Eq)]
enum Word {
    /// All is well.
    Alive,
    /// Something hangs.
    Hangs(String),
}

/// Watches the runtime and the shells in it, if the supervisor wants that.
///
/// # Errors
/// The system's, if it gives no thread.
pub(crate) fn start(runtime: Handle, shells: Vec<Shell>) -> io::Result<Option<Watch>> {
    supervisor::patience().map(|patience| spawn(runtime, shells, patience, tell)).transpose()
}

fn tell(word: Word) {
    match word {
        Word::Alive => supervisor::alive(),
        Word::Hangs(reason) => {
            supervisor::hangs(&reason);
            tracing::error!(reason, "the daemon hangs; its supervisor is asked to end it, and what is on disk stays");
        }
    }
}

fn spawn(
    runtime: Handle,
    shells: Vec<Shell>,
    patience: Duration,
    say: impl FnMut(Word) + Send + 'static,
) -> io::Result<Watch> {
    let every = patience / LOOKS_A_PATIENCE;
    let patient = Patient::new(runtime, shells, every);
    let (watch, ended) = mpsc::channel();
    thread::Builder::new().name("watchdog".to_owned()).spawn(move || look_after(&patient, every, &ended, say))?;
    Ok(Watch(watch))
}

/// Looks until the watch ends, or until something hangs: there is nothing to be said after that.
fn look_after(patient: &Patient, every: Duration, ended: &mpsc::Receiver<()>, mut say: impl FnMut(Word)) {
    let mut pulse = Pulse::default();
    let mut unsaid = LOOKS_A_WORD;
    loop {
        match pulse.take(patient.look()) {
            Verdict::Alive if unsaid >= LOOKS_A_WORD => {
                say(Word::Alive);
                unsaid = 0;
            }
            Verdict::Alive | Verdict::Doubtful => {}
            Verdict::Hung(hang) => return say(Word::Hangs(hang.sentence())),
        }
        unsaid = unsaid.saturating_add(1);
        if ended.recv_timeout(every) != Err(mpsc::RecvTimeoutError::Timeout) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::runtime::Runtime;

    use super::*;
    use crate::runtime;

    /// How long a fact may take on a machine that is busy with other tests.
    const LONG: Duration = Duration::from_secs(60);
    /// So long that no such machine looks like a hang.
    const PATIENT: Duration = Duration::from_secs(8);
    const BRISK: Duration = Duration::from_millis(200);

    fn watched(runtime: &Runtime, shells: Vec<Shell>, patience: Duration) -> (Watch, mpsc::Receiver<Word>) {
        let (words, heard) = mpsc::channel();
        let say = move |word| drop(words.send(word));
        (spawn(runtime.handle().clone(), shells, patience, say).expect("a thread"), heard)
    }

    /// Why it is said to hang.
    fn reason(heard: &mpsc::Receiver<Word>) -> String {
        loop {
            if let Word::Hangs(reason) = heard.recv_timeout(LONG).expect("a word") {
                return reason;
            }
        }
    }

    #[test]
    fn of_a_daemon_that_works_it_is_said_again_and_again() {
        let runtime = runtime::build().expect("a runtime");
        let (_watch, heard) = watched(&runtime, Vec::new(), PATIENT);
        for _ in 0..3 {
            assert_eq!(heard.recv_timeout(LONG), Ok(Word::Alive));
        }
    }

    #[test]
    fn a_worker_that_a_task_blocks_is_a_hang() {
        let runtime = runtime::build().expect("a runtime");
        let lock = Arc::new(Mutex::new(()));
        let kept = lock.lock().expect("a lock");
        let wanted = Arc::clone(&lock);
        runtime.spawn(async move { drop(wanted.lock()) });
        let (_watch, heard) = watched(&runtime, Vec::new(), BRISK);
        let reason = reason(&heard);
        drop(kept);
        assert!(reason.contains("does not come back") || reason.contains("no task"), "{reason}");
    }

    #[test]
    fn a_shell_that_ended_by_itself_is_a_hang() {
        let runtime = runtime::build().expect("a runtime");
        let task = runtime.spawn(async {}).abort_handle();
        let (_watch, heard) = watched(&runtime, vec![Shell::task("ingest", task)], PATIENT);
        assert!(reason(&heard).contains("ingest"));
    }

    #[test]
    fn a_watch_that_ended_says_no_more() {
        let runtime = runtime::build().expect("a runtime");
        let (watch, heard) = watched(&runtime, Vec::new(), PATIENT);
        drop(watch);
        assert!(heard.iter().count() <= 2);
    }
}
