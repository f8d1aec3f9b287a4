//! A worker on a thread of this process: for programs that are over with what they make, and for tests of this crate. What breaks there
//! with more than a panic takes the process with it.

use std::{
    sync::{
        Arc,
        mpsc::{SyncSender, sync_channel},
    },
    thread,
};

use tokio::sync::mpsc;

use crate::{
    StudioError, asked,
    leash::Leash,
    message::{Answer, Assignment, Request},
    niceness, serve,
};

/// How many answers wait until they are heard; the worker waits with more.
const ANSWERS: usize = 16;

/// A worker on a thread.
pub(super) struct Thread {
    requests: SyncSender<Request>,
    answers: mpsc::Receiver<Answer>,
    leash: Arc<Leash>,
}

impl Thread {
    pub(super) fn start(assignment: Assignment) -> Result<Self, StudioError> {
        let (requests, asked) = sync_channel(1);
        let (answer, answers) = mpsc::channel(ANSWERS);
        let leash = Arc::<Leash>::default();
        let own = Arc::clone(&leash);
        thread::Builder::new()
            .name("render".to_owned())
            .spawn(move || {
                niceness::lower();
                // Whoever asked may be gone; then nobody is to be told either.
                let mut say = |said| drop(answer.blocking_send(said));
                serve::all(&assignment, &own, &mut |patience| asked::next_of(&asked, patience), &mut say);
            })
            .map_err(|source| StudioError::Start { source })?;
        Ok(Self { requests, answers, leash })
    }

    pub(super) async fn tell(&mut self, request: &Request) -> Result<(), StudioError> {
        // It is asked for one thing at a time, so that there is a place.
        self.requests.try_send(request.clone()).map_err(|_| gone())
    }

    pub(super) async fn hear(&mut self) -> Result<Answer, StudioError> {
        self.answers.recv().await.ok_or_else(gone)
    }

    /// Lets it go, and waits until it writes no more.
    pub(super) async fn end(mut self) {
        self.leash.call_off();
        let (closed, _) = sync_channel(1);
        self.requests = closed;
        while self.answers.recv().await.is_some() {}
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.leash.call_off();
    }
}

fn gone() -> StudioError {
    StudioError::Crashed { how: "its thread ended".to_owned() }
}
