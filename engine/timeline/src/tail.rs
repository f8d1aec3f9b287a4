//! How far the media of a recording really goes: a few frames with a wild timestamp must not make a meeting hours longer.

use media::Position;

use model::Locator;

use crate::{AudioTrack, VideoTrack, strays::Strays, video::PICTURE_MS};

/// Fewer frames than this are strays: a second of one voice.
const FEWEST: usize = 50;
/// How far behind everything else strays lie, in microseconds.
const FAR_MICROS: i64 = 600_000_000;

/// The last frames of a recording.
#[derive(Debug)]
pub(crate) struct Tail {
    /// Where the last frames begin and end, ordered; all of them or [`FEWEST`].
    last: Vec<(Position, Position)>,
}

impl Tail {
    /// The last frames that are none of `strays`.
    pub(crate) fn of(audio: &[AudioTrack], video: &VideoTrack, share: &VideoTrack, strays: &Strays) -> Self {
        let mut last = Vec::new();
        let counts = |locator: Locator| !strays.contains(locator.into());
        for track in audio {
            let packet_micros = track.packet_micros();
            let end = |at: Position| Position::from_micros(at.micros().saturating_add(packet_micros));
            let frames = latest(&track.frames, |frame| counts(frame.locator));
            last.extend(frames.map(|frame| (frame.at, end(frame.at))));
        }
        let picture = |at: Position| (at, at.plus_ms(PICTURE_MS));
        for track in [video, share] {
            last.extend(latest(&track.frames, |frame| counts(frame.locator)).map(|frame| picture(frame.at)));
        }
        last.sort_unstable();
        last.drain(..last.len().saturating_sub(FEWEST));
        Self { last }
    }

    /// Whether more than strays begin after `at`.
    pub(crate) fn goes_on_after(&self, at: Position) -> bool {
        match self.last.first() {
            // With less media than that nothing tells strays from the rest.
            Some(_) if self.last.len() < FEWEST => self.end() > at,
            Some((first, _)) => *first > at,
            None => false,
        }
    }

    /// Where the last media ends that is no stray; 0 if there is none.
    pub(crate) fn end(&self) -> Position {
        let far = |pair: &[(Position, Position)]| matches!(pair, [(_, end), (begin, _)] if begin.micros_since(*end) > FAR_MICROS);
        let hole = self.last.windows(2).position(far).filter(|_| self.last.len() == FEWEST);
        let solid = self.last.iter().take(hole.map_or(usize::MAX, |before| before + 1));
        solid.map(|(_, end)| *end).max().unwrap_or(Position::ZERO)
    }
}

fn latest<T>(frames: &[T], counts: impl Fn(&T) -> bool) -> impl Iterator<Item = &T> {
    frames.iter().rev().filter(move |frame| counts(frame)).take(FEWEST)
}
