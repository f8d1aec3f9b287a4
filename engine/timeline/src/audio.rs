//! Sound of one source: where each packet lies, and which of them play without a break.

use media::{AudioFormat, Position};
use model::{Locator, ParticipantId};

/// How far a packet may lie from the grid of its spurt and still be played on that grid, in milliseconds.
pub const JITTER_MS: i64 = 10;

/// One packet of sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioFrame {
    /// Where its first sample lies; not negative.
    pub at: Position,
    /// Where its payload lies in the log.
    pub locator: Locator,
}

/// Sound of one source in one format. A source has several if its format changed, or if its clock jumped back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioTrack {
    /// The platform's number for the sender, 0 for a mix of all.
    pub source: i64,
    /// How the packets are to be read.
    pub format: AudioFormat,
    /// The packets, ordered, none within the first quarter of its predecessor.
    pub frames: Vec<AudioFrame>,
}

impl AudioTrack {
    /// Who is heard; `None` for a mix of all.
    pub fn who(&self) -> Option<ParticipantId> {
        (self.source != 0).then_some(ParticipantId(self.source))
    }

    /// How much time one packet covers, in microseconds; at least 1 ms.
    pub fn packet_micros(&self) -> i64 {
        i64::from(self.format.packet_ms.max(1)) * 1000
    }

    /// Whether a packet stamped `at` plays on without a break where one is `expected`.
    pub fn continues(&self, expected: Position, at: Position) -> bool {
        at.micros_since(expected).saturating_abs() <= JITTER_MS * 1000
    }

    /// Where the last packet ends.
    pub fn end(&self) -> Position {
        self.frames.last().map_or(Position::ZERO, |frame| after(frame.at, self.packet_micros()))
    }

    /// The runs of packets that play without a break, in order.
    pub fn spurts(&self) -> impl Iterator<Item = Spurt<'_>> {
        let mut rest = self.frames.as_slice();
        std::iter::from_fn(move || {
            let start = rest.first()?.at;
            let mut expected = start;
            let grid = rest.iter().take_while(|frame| {
                let plays_on = self.continues(expected, frame.at);
                expected = after(expected, self.packet_micros());
                plays_on
            });
            let (run, later) = rest.split_at(grid.count());
            rest = later;
            let len = i64::try_from(run.len()).unwrap_or(i64::MAX);
            let end = after(start, self.packet_micros().saturating_mul(len));
            Some(Spurt { start, end, frames: run })
        })
    }
}

fn after(at: Position, micros: i64) -> Position {
    Position::from_micros(at.micros().saturating_add(micros))
}

/// A run of packets without a break. Packet `n` plays at `start` plus `n` packets, whatever its own jitter of at most
/// 10 ms says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spurt<'a> {
    /// Where it begins.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
    /// Its packets; never empty.
    pub frames: &'a [AudioFrame],
}
