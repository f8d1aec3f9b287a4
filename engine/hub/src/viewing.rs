//! What viewers of live streams ask for, on its way to whoever makes it. Who may ask is decided in `api`, what is answered in `studio`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use model::CaptureId;
use tokio::sync::{mpsc, oneshot};

/// How many questions may wait to be taken; more are refused.
const QUESTIONS: usize = 4_096;

/// A piece of a live stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LivePiece {
    /// The playlist; with a place, as soon as it reaches there.
    Playlist {
        /// The number of a segment, and a part of it unless all of it is waited for.
        from: Option<(u64, Option<u32>)>,
        /// Whether the viewer knows what lies far back, and needs only what came since.
        is_delta: bool,
    },
    /// The header of that name.
    Header(String),
    /// A segment.
    Segment(u64),
    /// A part of a segment.
    Part(u64, u32),
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiveAnswer {
    /// The bytes of the piece.
    Piece(Bytes),
    /// There is no such piece, and none is on its way.
    Missing,
    /// A place was asked for that lies too far ahead.
    TooFar,
    /// Nothing was received yet.
    NotBegun,
    /// The log is deleted.
    Gone,
    /// As many streams are made as there may be, or too much is asked at once.
    Busy,
    /// It cannot be made now.
    Failed,
}

/// One question.
#[derive(Debug)]
pub struct LiveQuestion {
    /// Of which capture.
    pub capture: CaptureId,
    /// Whether the catalogue knows that it is over.
    pub is_over: bool,
    /// What is wanted.
    pub piece: LivePiece,
    /// Where the answer goes; whoever asked may be gone.
    pub answer: oneshot::Sender<LiveAnswer>,
}

/// Where viewers and whoever makes streams meet.
#[derive(Clone, Debug)]
pub struct Viewing {
    questions: mpsc::Sender<LiveQuestion>,
    taken: Arc<Mutex<Option<mpsc::Receiver<LiveQuestion>>>>,
}

impl Default for Viewing {
    fn default() -> Self {
        let (questions, taken) = mpsc::channel(QUESTIONS);
        Self { questions, taken: Arc::new(Mutex::new(Some(taken))) }
    }
}

impl Viewing {
    /// Asks for a piece, and waits for as long as it is on its way; not where nobody answers yet.
    pub async fn ask(&self, capture: CaptureId, is_over: bool, piece: LivePiece) -> LiveAnswer {
        if self.waits_for_somebody().is_some() {
            return LiveAnswer::Failed;
        }
        let (answer, told) = oneshot::channel();
        if self.questions.try_send(LiveQuestion { capture, is_over, piece, answer }).is_err() {
            return LiveAnswer::Busy;
        }
        told.await.unwrap_or(LiveAnswer::Failed)
    }

    /// The questions, for whoever answers them: once.
    pub fn questions(&self) -> Option<mpsc::Receiver<LiveQuestion>> {
        self.waits_for_somebody().take()
    }

    fn waits_for_somebody(&self) -> MutexGuard<'_, Option<mpsc::Receiver<LiveQuestion>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_question_is_answered_by_whoever_took_them_and_fails_when_dropped() {
        let viewing = Viewing::default();
        let capture = CaptureId::new(1, [1; 10]);
        assert_eq!(viewing.ask(capture, false, LivePiece::Segment(6)).await, LiveAnswer::Failed, "nobody answers yet");
        let mut questions = viewing.questions().unwrap();
        assert!(viewing.questions().is_none(), "only one answers");
        let answers = tokio::spawn(async move {
            let first = questions.recv().await.unwrap();
            assert_eq!(first.piece, LivePiece::Segment(7));
            first.answer.send(LiveAnswer::Piece(Bytes::from_static(b"x"))).unwrap();
            drop(questions.recv().await.unwrap());
        });
        let told = viewing.ask(capture, false, LivePiece::Segment(7)).await;
        assert_eq!(told, LiveAnswer::Piece(Bytes::from_static(b"x")));
        assert_eq!(viewing.ask(capture, false, LivePiece::Segment(8)).await, LiveAnswer::Failed);
        answers.await.unwrap();
        assert_eq!(
            viewing.ask(capture, false, LivePiece::Segment(9)).await,
            LiveAnswer::Busy,
            "nobody answers any more"
        );
    }
}
