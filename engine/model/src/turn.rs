//! Who spoke when. Finding it out is the business of `timeline`, telling it of `schema`.

use media::Position;

use crate::ParticipantId;

/// A stretch in which somebody spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Who.
    pub who: ParticipantId,
    /// Where it begins.
    pub start: Position,
    /// Where it ends; not before `start`.
    pub end: Position,
}
