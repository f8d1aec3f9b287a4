//! The whole of a capture on one clock.

use std::collections::BTreeMap;

use media::{Position, SourceTime};
use model::{Event, Participant, ParticipantId, Turn, Utterance};

use crate::{AudioTrack, Contradiction, Gap, Refusal, Skew, Substitution, VideoTrack};

/// Everything that a capture log holds, ordered, without duplicates, with its gaps declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// Second 0 on the platform's clock.
    pub origin: SourceTime,
    /// Where the recording ends; not negative.
    pub end: Position,
    /// Everybody who was named or heard, with the latest name.
    pub people: BTreeMap<ParticipantId, Participant>,
    /// Every event but the transcript, ordered by time.
    pub events: Vec<Event>,
    /// The transcript, ordered by time.
    pub utterances: Vec<Utterance>,
    /// Sound, by source; a source may have several tracks.
    pub audio: Vec<AudioTrack>,
    /// Camera pictures.
    pub video: VideoTrack,
    /// Pictures of shared screens.
    pub share: VideoTrack,
    /// Who spoke when, by the rule of [`Speaking`](crate::Speaking); ordered by start, then person.
    pub speech: Vec<Turn>,
    /// What is missing, ordered by start.
    pub gaps: Vec<Gap>,
    /// What the platform refused, or did not give back, each once; in the order of the log.
    pub refused: Vec<Refusal>,
    /// Which parameters it replaced, each once; in the order of the log.
    pub substitutions: Vec<Substitution>,
    /// Where pictures were coded otherwise than the platform agreed to, each once; they are read as what they are.
    pub contradictions: Vec<Contradiction>,
    /// Where the platform's clock jumped; in the order of the log.
    pub jumps: Vec<Jump>,
    /// How this machine's clock stood to the platform's; `None` without sound or pictures.
    pub skew: Option<Skew>,
    /// What was left out, and how much of it.
    pub counts: Counts,
    /// How the capture ended; `None` if its log just stops.
    pub ended: Option<Ending>,
    /// Whether nothing comes after it; of a meeting that goes on only the first part is known.
    pub is_whole: bool,
}

impl Timeline {
    /// Where a moment on the platform's clock lies in the recording.
    pub fn position(&self, at: SourceTime) -> Position {
        at.position(self.origin)
    }

    /// The end on the platform's clock.
    pub fn ended_at(&self) -> SourceTime {
        self.origin.plus_ms(self.end.ms())
    }

    /// Whether any sound or picture was received.
    pub fn has_media(&self) -> bool {
        !(self.audio.is_empty() && self.video.frames.is_empty() && self.share.frames.is_empty())
    }
}

/// A jump of the platform's clock. What was stamped after it lies where it does by the time that passed on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jump {
    /// Where what was stamped after it begins.
    pub at: Position,
    /// By how much the clock jumped, in milliseconds; negative if it jumped back.
    pub by_ms: i64,
}

/// What a timeline left out, in frames unless said otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Received more than once.
    pub duplicates: u64,
    /// Received after a later one of the same source; kept at their place.
    pub late: u64,
    /// Left out because they lie over what another connection or clock had already filled.
    pub overlapping: u64,
    /// Left out because they lie before second 0.
    pub early: u64,
    /// Left out because they lie after the end.
    pub beyond: u64,
    /// Left out because their timestamp cannot be true.
    pub absurd: u64,
    /// Received and declared lost by the capture.
    pub dropped: u64,
    /// Those of them for which there was no room on the disk.
    pub no_room: u64,
    /// Messages that could not be read.
    pub skipped: u64,
    /// Those of them that came where media or text does, and so may have been some.
    pub unread: u64,
    /// Parts of the log, chunks or whole segments, that could not be read back.
    pub unreadable: u64,
}

/// How a capture ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Why, as a stable code.
    pub code: String,
    /// Whether media could no longer be received while the meeting may have gone on.
    pub cut_short: bool,
    /// The platform's stop reason, where there was one.
    pub stop_reason: Option<i64>,
}
