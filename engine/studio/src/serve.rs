//! Answers one request after the other, wherever the worker runs: the logs are read once, then artifacts are made. What a worker's
//! process does before and beside that is in `work`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{
    StudioError,
    leash::Leash,
    make::Make,
    message::{Answer, Assignment, Request},
};

/// Answers what `next` asks until it asks no more; ends at once where the logs cannot be read.
pub(crate) fn all(
    assignment: &Assignment,
    leash: &Leash,
    next: &mut dyn FnMut() -> Option<Request>,
    say: &mut dyn FnMut(Answer),
) {
    let begun = catch_unwind(AssertUnwindSafe(|| Make::begin(assignment, leash, &mut |note| say(Answer::Note(note)))))
        .unwrap_or(Err(StudioError::Panicked));
    let mut make = match begun {
        Ok((make, ready)) => {
            say(Answer::Ready(ready));
            make
        }
        Err(error) => return say(Answer::Unmade(error.into())),
    };
    while let Some(request) = next() {
        let answer = make.answer(&request, &mut |note| say(Answer::Note(note)));
        say(answer);
    }
}
