//! Stretches of time in which something is missing. Those in which somebody spoke are in `speech`.

use media::Position;
use model::{LossCause, platform::Leg};

/// A stretch in which media or text of one kind is missing. Silence of people who are muted is no gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Which kind, by the leg that carries it.
    pub kind: Leg,
    /// Where it begins.
    pub start: Position,
    /// Where it ends; after `start`.
    pub end: Position,
    /// Why.
    pub cause: LossCause,
}

/// Keeps what lies in `[0, end)`, joins what touches and has one cause, and gives each moment of a kind that was lost one cause, that of
/// the loss which began first; ordered by start, kind and cause. A pause may lie over a loss: nobody knows whether it had an end there.
pub(crate) fn declared(gaps: Vec<Gap>, end: Position) -> Vec<Gap> {
    let inside = gaps.into_iter().map(|gap| Gap { start: gap.start.max(Position::ZERO), end: gap.end.min(end), ..gap });
    let mut gaps: Vec<Gap> = inside.filter(|gap| gap.start < gap.end).collect();
    let order = |gap: &Gap| (gap.kind, cause_order(gap.cause), gap.start, gap.end);
    gaps.sort_unstable_by_key(order);
    gaps.dedup_by(|next, last| {
        let joined = next.kind == last.kind && next.cause == last.cause && next.start <= last.end;
        if joined {
            last.end = last.end.max(next.end);
        }
        joined
    });
    gaps.sort_unstable_by_key(|gap| (gap.kind, gap.start, gap.end, cause_order(gap.cause)));
    let mut taken: Option<(Leg, Position)> = None;
    gaps.retain_mut(|gap| {
        if gap.cause == LossCause::Pause {
            return true;
        }
        let from = taken.filter(|(kind, _)| *kind == gap.kind).map_or(gap.start, |(_, until)| until.max(gap.start));
        gap.start = from;
        let is_left = gap.start < gap.end;
        if is_left {
            taken = Some((gap.kind, gap.end));
        }
        is_left
    });
    gaps.sort_unstable_by_key(|gap| (gap.start, gap.kind, cause_order(gap.cause), gap.end));
    gaps
}

fn cause_order(cause: LossCause) -> u8 {
    match cause {
        LossCause::Upstream => 0,
        LossCause::Network => 1,
        LossCause::Ours => 2,
        LossCause::Clock => 3,
        LossCause::Pause => 4,
    }
}
