//! Answers one request after the other, wherever the worker runs: the logs are read once, or followed until the meeting is over, then
//! artifacts are made. What a worker's process does before and beside that is in `work`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{
    StudioError,
    asked::{Asked, Next},
    leash::Leash,
    make::Make,
    message::{Answer, Assignment},
    roll,
};

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
