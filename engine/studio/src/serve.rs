//! Answers one request after the other, wherever the worker runs: the logs are read once, or followed until the meeting is over, then
//! artifacts are made. What a worker's
//! process does before and beside that is in `work`.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::Duration,
};

use crate::{
    StudioError,
    leash::Leash,
    make::Make,
    message::{Answer, Assignment, Request},
    roll,
};

/// What comes of waiting for a request.
pub(crate) enum Asked {
    This(Request),
    /// Nothing yet.
    Nothing,
    /// Nobody asks any more.
    NoMore,
}

/// Waits for a request, for as long as that or until there is one.
pub(crate) type Next<'a> = dyn FnMut(Option<Duration>) -> Asked + 'a;

/// The next request of a channel.
pub(crate) fn next_of(asked: &Receiver<Request>, patience: Option<Duration>) -> Asked {
    let heard = match patience {
        Some(patience) => asked.recv_timeout(patience),
        None => asked.recv().map_err(|_| RecvTimeoutError::Disconnected),
    };
    match heard {
        Ok(request) => Asked::This(request),
        Err(RecvTimeoutError::Timeout) => Asked::Nothing,
        Err(RecvTimeoutError::Disconnected) => Asked::NoMore,
    }
}

/// Answers what `next` asks until it asks no more; ends at once where the logs cannot be read.
pub(crate) fn all(assignment: &Assignment, leash: &Leash, next: &mut Next<'_>, say: &mut dyn FnMut(Answer)) {
    let (assignment, rolled) = if assignment.is_growing {
        let Some(followed) = roll::follow(assignment, leash, next) else { return };
        followed
    } else {
        (assignment.clone(), None)
    };
    let mut note = |note| say(Answer::Note(note));
    let begun = catch_unwind(AssertUnwindSafe(|| Make::begin(&assignment, rolled, leash, &mut note)))
        .unwrap_or(Err(StudioError::Panicked));
    let mut make = match begun {
        Ok((make, ready)) => {
            say(Answer::Ready(ready));
            make
        }
        Err(error) => return say(Answer::Unmade(error.into())),
    };
    while let Asked::This(request) = next(None) {
        let answer = make.answer(&request, &mut |note| say(Answer::Note(note)));
        say(answer);
    }
}
