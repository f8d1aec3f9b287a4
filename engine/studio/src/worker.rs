//! Somebody who makes the files of one recording, one request after the other, and outlives each of them: in a process of its own, or
//! on a thread of this one. Whoever asks knows nothing of rendering; what is asked for is decided in `job`, how it is made in `make`.

mod process;
mod thread;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use store::StagingDir;
use tokio::time::timeout;

pub(crate) use self::process::Process;
use self::thread::Thread;
use crate::{
    StudioError,
    launch::Launch,
    message::{Answer, Assignment, Made, Note, Ready, Request, Unmade, Wanted},
};

/// How long a worker may say nothing while somebody waits.
const LONGEST_SILENCE: Duration = Duration::from_secs(15 * 60);

/// How work is run.
#[derive(Clone, Debug)]
pub enum Workers {
    /// Each in a process of its own, so that a decoder that crashes takes nothing with it.
    Processes(Launch),
    /// Each on a thread of this process.
    Threads,
}

/// One who works on one recording.
pub(crate) struct Worker {
    hand: Hand,
    /// Removed with what nobody published, after the hand is gone.
    staging: StagingDir,
}

enum Hand {
    Process(Box<Process>),
    Thread(Thread),
}

impl Worker {
    /// Starts one that writes into `staging` alone, and waits until it has read the logs.
    pub(crate) async fn start(
        workers: &Workers,
        staging: StagingDir,
        assignment: Assignment,
        note: &mut (dyn FnMut(Note) + Send),
    ) -> Result<(Self, Ready), Unmade> {
        let mut worker = Self::begin(workers, staging, assignment).await?;
        let ready = worker.ready(note).await?;
        Ok((worker, ready))
    }

    /// Starts one that follows a meeting that goes on: what it is asked for first is [`Worker::settle`].
    pub(crate) async fn follow(
        workers: &Workers,
        staging: StagingDir,
        assignment: Assignment,
    ) -> Result<Self, StudioError> {
        Self::begin(workers, staging, Assignment { is_growing: true, ..assignment }).await
    }

    /// Tells one that followed that the meeting is over, and waits until it has read the rest.
    pub(crate) async fn settle(
        &mut self,
        assignment: Assignment,
        note: &mut (dyn FnMut(Note) + Send),
    ) -> Result<Ready, Unmade> {
        self.tell(&Request::Settle(Box::new(assignment))).await?;
        self.ready(note).await
    }

    async fn begin(workers: &Workers, staging: StagingDir, assignment: Assignment) -> Result<Self, StudioError> {
        let hand = match workers {
            Workers::Processes(launch) => Hand::Process(Box::new(Process::start(launch, &assignment).await?)),
            Workers::Threads => Hand::Thread(Thread::start(assignment)?),
        };
        Ok(Self { hand, staging })
    }

    async fn ready(&mut self, note: &mut (dyn FnMut(Note) + Send)) -> Result<Ready, Unmade> {
        match self.hear(note).await? {
            Answer::Ready(ready) => Ok(ready),
            Answer::Unmade(unmade) => Err(unmade),
            _ => Err(confused("it answered something else than that it is ready").into()),
        }
    }

    /// The directory that it writes to.
    pub(crate) fn staging(&self) -> &Path {
        self.staging.path()
    }

    /// Has the files of an artifact made. The inner error says why that is not possible; after the outer one the worker is of no use any
    /// more.
    pub(crate) async fn make(
        &mut self,
        wanted: Wanted,
        unmade: Vec<model::ArtifactKind>,
        note: &mut (dyn FnMut(Note) + Send),
    ) -> Result<Result<Made, Unmade>, StudioError> {
        self.tell(&Request::Make { wanted, unmade }).await?;
        match self.hear(note).await? {
            Answer::Made(made) => Ok(Ok(made)),
            Answer::Unmade(unmade) => Ok(Err(unmade)),
            _ => Err(confused("it answered something else than what it made")),
        }
    }

    /// Has the whole judged.
    pub(crate) async fn judge(
        &mut self,
        unmade: Vec<model::ArtifactKind>,
    ) -> Result<Option<model::RecordingQuality>, StudioError> {
        self.tell(&Request::Judge { unmade }).await?;
        match self.hear(&mut |_| {}).await? {
            Answer::Judged(quality) => Ok(quality),
            _ => Err(confused("it answered something else than a judgement")),
        }
    }

    /// Where a file lies that it says it made, if that can be one of its own.
    pub(crate) fn place(&self, file: &str) -> Result<PathBuf, StudioError> {
        let is_own = !file.is_empty() && file.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
        if is_own { Ok(self.staging.path().join(file)) } else { Err(confused("it named a file that is not its own")) }
    }

    /// Ends it, and removes what nobody published.
    pub(crate) async fn end(self) {
        let Self { hand, staging } = self;
        match hand {
            Hand::Process(process) => process.end().await,
            Hand::Thread(thread) => thread.end().await,
        }
        // Files may be long, and a disk slow.
        let _ = tokio::task::spawn_blocking(move || drop(staging)).await;
    }

    /// Whether it can still be told anything.
    pub(crate) fn is_alive(&mut self) -> bool {
        match &mut self.hand {
            Hand::Process(process) => process.is_alive(),
            Hand::Thread(_) => true,
        }
    }

    async fn tell(&mut self, request: &Request) -> Result<(), StudioError> {
        match &mut self.hand {
            Hand::Process(process) => process.tell(request).await,
            Hand::Thread(thread) => thread.tell(request).await,
        }
    }

    /// The next answer, after all notes.
    async fn hear(&mut self, note: &mut (dyn FnMut(Note) + Send)) -> Result<Answer, StudioError> {
        loop {
            let hand = &mut self.hand;
            let heard = async {
                match hand {
                    Hand::Process(process) => process.hear().await,
                    Hand::Thread(thread) => thread.hear().await,
                }
            };
            let answer = timeout(LONGEST_SILENCE, heard).await.unwrap_or_else(|_| Err(silent()))?;
            match answer {
                Answer::Note(told) => note(told),
                answer => return Ok(answer),
            }
        }
    }
}

/// One that does not even tell how far it is hangs, whatever it works on: the longest that nothing is told of is one pass over a file.
fn silent() -> StudioError {
    StudioError::Crashed { how: format!("it said nothing for {} minutes", LONGEST_SILENCE.as_secs() / 60) }
}

/// One that breaks the rules is treated as one that crashed.
fn confused(how: &str) -> StudioError {
    StudioError::Crashed { how: how.to_owned() }
}

#[cfg(test)]
mod tests {
    use store::Store;

    use super::*;
    use crate::fixture;

    #[tokio::test(start_paused = true)]
    async fn one_that_says_nothing_for_a_quarter_of_an_hour_is_taken_for_dead() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let staging = store.staging_dir_of(model::RecordingId::new(1, [1; 10])).await.unwrap();
        let assignment = fixture::assignment(dir.path(), &[], staging.path());
        let launch = Launch { program: "sleep".into(), args: vec!["1000".into()], environment: Vec::new };
        let began = tokio::time::Instant::now();
        let started = Worker::start(&Workers::Processes(launch), staging, assignment, &mut |_| {}).await;
        assert_eq!(started.err().map(|unmade| unmade.code).as_deref(), Some("render_crashed"));
        assert_eq!(began.elapsed().as_secs(), LONGEST_SILENCE.as_secs());
    }
}
