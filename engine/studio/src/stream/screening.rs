//! Answers what is asked about one meeting, on a thread of its own, for as long as somebody watches.

use std::{
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

use hub::{LiveAnswer, LivePiece, LiveQuestion, Watched};
use live::Awaited;
use model::Fault;

use super::reel::Reel;
use crate::StudioError;

/// How often it is looked whether more was captured.
const LOOK_EVERY: Duration = Duration::from_millis(25);
/// For how long nobody may ask until nobody watches any more.
const WATCHED_FOR: Duration = Duration::from_secs(30);
/// How long what is on its way is waited for: twice the longest segment.
const PATIENCE: Duration = Duration::from_secs(8);

/// A question that waits.
struct Waiting {
    question: LiveQuestion,
    until: Instant,
}

/// Answers until nobody asks any more, or nobody can. `watch` has the log written more often, where somebody writes it.
pub(crate) fn show(mut reel: Reel, watch: &dyn Fn() -> Option<Watched>, questions: &Receiver<LiveQuestion>) {
    let mut waiting: Vec<Waiting> = Vec::new();
    let (mut asked, mut is_over, mut watched) = (Instant::now(), false, None);
    loop {
        match questions.recv_timeout(LOOK_EVERY) {
            Ok(first) => {
                asked = Instant::now();
                let until = asked + PATIENCE;
                for question in std::iter::once(first).chain(questions.try_iter()) {
                    is_over |= question.is_over;
                    waiting.push(Waiting { question, until });
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        watched = watched.or_else(watch);
        if let Err(error) = reel.advance(is_over) {
            tell(&error);
            waiting.drain(..).for_each(|waiting| answer(waiting.question, LiveAnswer::Failed));
            return;
        }
        let now = Instant::now();
        waiting = waiting.drain(..).filter_map(|waiting| look(&mut reel, waiting, is_over, now)).collect();
        if waiting.is_empty() && asked.elapsed() >= WATCHED_FOR {
            return;
        }
    }
}

/// Answers a question, or gives it back.
fn look(reel: &mut Reel, waiting: Waiting, is_over: bool, now: Instant) -> Option<Waiting> {
    let Waiting { question, until } = waiting;
    if question.answer.is_closed() {
        return None;
    }
    let may_wait = now < until && !reel.cutter().is_over();
    if !reel.is_begun() {
        if may_wait && !is_over {
            return Some(Waiting { question, until });
        }
        let nothing = if is_over && !reel.has_records() { LiveAnswer::Gone } else { LiveAnswer::NotBegun };
        answer(question, nothing);
        return None;
    }
    let piece = match question.piece {
        LivePiece::Segment(number) => Some((number, 0)),
        LivePiece::Part(number, part) => Some((number, part)),
        _ => None,
    };
    // Others are answered while what was sent before it is decoded.
    if let Some((number, part)) = piece.filter(|_| now < until)
        && matches!(reel.approach(number, part), Ok(false))
    {
        return Some(Waiting { question, until });
    }
    let told = match &question.piece {
        LivePiece::Playlist { from, is_delta } => {
            let awaited = from.map(|(segment, part)| Awaited { segment, part });
            if awaited.is_some_and(|awaited| !reel.reaches(awaited)) {
                if awaited.is_some_and(|awaited| awaited.is_too_far(reel.cutter())) {
                    answer(question, LiveAnswer::TooFar);
                    return None;
                }
                if may_wait {
                    return Some(Waiting { question, until });
                }
            }
            Ok(Some(reel.playlist(*is_delta)))
        }
        LivePiece::Header(name) => reel.header(name),
        LivePiece::Segment(number) => reel.segment(*number),
        LivePiece::Part(number, part) => {
            let grows = reel.cutter().segments().len() as u64;
            let is_hinted = *number == grows && *part == reel.cutter().parts(grows);
            if is_hinted && may_wait {
                return Some(Waiting { question, until });
            }
            reel.part(*number, *part)
        }
    };
    let told = match told {
        Ok(Some(bytes)) => LiveAnswer::Piece(bytes),
        Ok(None) => LiveAnswer::Missing,
        Err(error) => {
            tell(&error);
            LiveAnswer::Failed
        }
    };
    answer(question, told);
    None
}

fn answer(question: LiveQuestion, told: LiveAnswer) {
    // Whoever asked may be gone.
    let _ = question.answer.send(told);
}

fn tell(error: &StudioError) {
    tracing::warn!(code = error.code(), %error, "a live stream cannot be shown");
    metrics::counter!("hansard_stage_errors_total", "stage" => "live").increment(1);
}
