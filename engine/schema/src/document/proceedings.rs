//! What documents are made of. How each of them reads is in its own file.

use media::{Position, SourceTime};
use model::{Event, Turn, Utterance};

use super::attendance::Attendance;

/// Everything that documents tell of a meeting that is over, on one clock. It has no `Debug`: names are bare in it.
#[derive(Clone)]
pub struct Proceedings<'a> {
    /// Second 0 on the platform's clock.
    pub origin: SourceTime,
    /// Where the recording ends; not negative.
    pub end: Position,
    /// The title of the meeting, where the platform tells it.
    pub title: Option<&'a str>,
    /// Who is who.
    pub attendance: Attendance,
    /// What happened, ordered by time.
    pub events: &'a [Event],
    /// What was said, in any order.
    pub utterances: &'a [Utterance],
    /// Who spoke when, ordered by start.
    pub speech: &'a [Turn],
}
