//! Media that waits to be sent over one connection: bounded, and what there is no room for is left out by class (recording-api
//! §4.5), still pictures first, then video, sound last. Pure.

use std::{collections::VecDeque, sync::Arc};

use media::{SourceTime, Track};
use model::{Topic, TopicClass};

/// How many bytes may wait: 20 s of one sound.
const LIMIT_BYTES: usize = 1 << 20;
/// How many more may wait where still pictures are wanted: the largest one.
const STILL_BYTES: usize = 4 << 20;

/// One piece of media.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) topic: Topic,
    pub(super) at: SourceTime,
    /// Whose; `None` for everybody's.
    pub(super) track: Option<Track>,
    /// The bytes in base64; of sound shared by all endpoints that get the same.
    pub(super) buffer: Arc<str>,
    /// How many pieces were left out since the one before.
    pub(super) lost: u64,
}

/// What waits.
#[derive(Debug)]
pub(super) struct Backlog {
    limit_bytes: usize,
    pieces: VecDeque<Piece>,
    bytes: usize,
    /// How many were left out behind the last one.
    lost: u64,
}

/// What was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LeftOut {
    pub(super) class: TopicClass,
    /// Of video, whose: what follows cannot be read until the next key picture.
    pub(super) track: Option<Track>,
}

impl Backlog {
    /// Nothing yet; with more room if still pictures are wanted.
    pub(super) const fn new(with_stills: bool) -> Self {
        let limit_bytes = if with_stills { LIMIT_BYTES + STILL_BYTES } else { LIMIT_BYTES };
        Self { limit_bytes, pieces: VecDeque::new(), bytes: 0, lost: 0 }
    }

    /// Takes a piece, and leaves out what there is no room for: the oldest of the class that goes first, perhaps this one.
    pub(super) fn push(&mut self, mut piece: Piece) -> Vec<LeftOut> {
        self.bytes += piece.buffer.len();
        piece.lost += std::mem::take(&mut self.lost);
        self.pieces.push_back(piece);
        let mut left_out = Vec::new();
        while self.bytes > self.limit_bytes
            && let Some(first) = self.first_to_go()
        {
            let class = self.pieces[first].topic.class();
            let track = self.pieces[first].track.filter(|_| class == TopicClass::Video);
            self.leave_out(first);
            left_out.push(LeftOut { class, track });
            // What follows a picture that is missing is of no use.
            while let Some(next) = track.and_then(|track| self.next_video_of(track)) {
                self.leave_out(next);
                left_out.push(LeftOut { class, track });
            }
        }
        left_out
    }

    /// The oldest piece.
    pub(super) fn pop(&mut self) -> Option<Piece> {
        let piece = self.pieces.pop_front()?;
        self.bytes -= piece.buffer.len();
        Some(piece)
    }

    fn first_to_go(&self) -> Option<usize> {
        let classes = self.pieces.iter().map(|piece| piece.topic.class());
        classes.enumerate().min_by_key(|(index, class)| (*class, *index)).map(|(index, _)| index)
    }

    fn next_video_of(&self, track: Track) -> Option<usize> {
        self.pieces.iter().position(|piece| piece.topic == Topic::VideoH264 && piece.track == Some(track))
    }

    fn leave_out(&mut self, index: usize) {
        let Some(gone) = self.pieces.remove(index) else { return };
        self.bytes -= gone.buffer.len();
        let lost = gone.lost + 1;
        match self.pieces.get_mut(index) {
            Some(next) => next.lost += lost,
            None => self.lost += lost,
        }
    }
}

#[cfg(test)]
mod tests {
    use media::TrackKind;

    use super::*;

    fn piece(topic: Topic, source: i64, kib: usize) -> Piece {
        let track = Some(Track { kind: TrackKind::Video, source });
        let at = SourceTime::from_unix_ms(0);
        Piece { topic, at, track, buffer: "x".repeat(kib << 10).into(), lost: 0 }
    }

    fn drained(backlog: &mut Backlog) -> Vec<(Topic, u64)> {
        std::iter::from_fn(|| backlog.pop()).map(|piece| (piece.topic, piece.lost)).collect()
    }

    #[test]
    fn still_pictures_go_first_then_video_and_sound_last() {
        let mut backlog = Backlog::new(false);
        for topic in [Topic::AudioMixed, Topic::VideoH264, Topic::VideoPng, Topic::AudioSeparate] {
            assert_eq!(backlog.push(piece(topic, 1, 250)), []);
        }
        let classes = |backlog: &mut Backlog| {
            let left_out = backlog.push(piece(Topic::AudioMixed, 1, 250));
            left_out.iter().map(|one| one.class).collect::<Vec<_>>()
        };
        assert_eq!(classes(&mut backlog), [TopicClass::Passing]);
        assert_eq!(classes(&mut backlog), [TopicClass::Video]);
        assert_eq!(classes(&mut backlog), [TopicClass::Audio]);
        let left = drained(&mut backlog);
        assert!(left.iter().all(|(topic, _)| topic.class() == TopicClass::Audio));
        assert_eq!(left.iter().map(|(_, lost)| lost).sum::<u64>(), 3, "each that is missing is told of");
    }

    #[test]
    fn of_video_everything_up_to_the_next_key_picture_goes_and_others_stay() {
        let mut backlog = Backlog::new(false);
        for source in [1, 2, 1] {
            backlog.push(piece(Topic::VideoH264, source, 300));
        }
        let left_out = backlog.push(piece(Topic::VideoH264, 1, 300));
        assert_eq!(left_out.len(), 3);
        assert!(left_out.iter().all(|one| one.track.is_some_and(|track| track.source == 1)));
        assert_eq!(drained(&mut backlog), [(Topic::VideoH264, 1)]);
        backlog.push(piece(Topic::AudioMixed, 1, 1));
        assert_eq!(drained(&mut backlog), [(Topic::AudioMixed, 2)], "what went behind the last is told with the next");
    }

    #[test]
    fn of_still_pictures_the_oldest_goes_first_and_the_largest_has_room() {
        let mut backlog = Backlog::new(true);
        backlog.push(piece(Topic::AudioMixed, 1, 1_000));
        for source in 1..=3 {
            backlog.push(piece(Topic::VideoPng, source, 4_000));
        }
        let left =
            std::iter::from_fn(|| backlog.pop()).map(|piece| (piece.topic, piece.track.map(|track| track.source)));
        assert_eq!(left.collect::<Vec<_>>(), [(Topic::AudioMixed, Some(1)), (Topic::VideoPng, Some(3))]);
    }

    #[test]
    fn a_piece_that_fits_nowhere_is_left_out_itself() {
        let mut backlog = Backlog::new(false);
        assert_eq!(backlog.push(piece(Topic::VideoPng, 1, 2_000)).len(), 1);
        assert_eq!((backlog.bytes, drained(&mut backlog)), (0, Vec::new()));
    }
}
