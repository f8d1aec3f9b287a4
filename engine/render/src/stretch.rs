//! Stretches of the recording, and what is reckoned with them. What a stretch means is known to whoever makes it.

use media::Position;

/// How long a picture of a camera may be looked at, in microseconds; after that it shows what no longer is (recording-api §9.2).
pub(crate) const LONGEST_PICTURE_MICROS: i64 = 2_000_000;

/// A stretch of the recording, in microseconds from second 0.
pub(crate) type Stretch = (i64, i64);

/// Stretches in order, none touching another, within the recording.
pub(crate) fn joined(mut stretches: Vec<Stretch>, end: Position) -> Vec<Stretch> {
    for (from, to) in &mut stretches {
        (*from, *to) = ((*from).max(0), (*to).min(end.micros()));
    }
    stretches.retain(|(from, to)| from < to);
    stretches.sort_unstable();
    stretches.dedup_by(|next, last| {
        let touches = next.0 <= last.1;
        if touches {
            last.1 = last.1.max(next.1);
        }
        touches
    });
    stretches
}

/// How long they are together.
pub(crate) fn length(stretches: &[Stretch]) -> i64 {
    stretches.iter().map(|(from, to)| to - from).sum()
}

/// How much of `stretches` lies outside of `others`; both joined.
pub(crate) fn outside(stretches: &[Stretch], others: &[Stretch]) -> i64 {
    let mut inside = 0;
    let mut at = 0;
    for (from, to) in stretches {
        while others.get(at).is_some_and(|other| other.1 <= *from) {
            at += 1;
        }
        let overlapping = others.iter().skip(at).take_while(|other| other.0 < *to);
        inside += overlapping.map(|other| other.1.min(*to) - other.0.max(*from)).sum::<i64>();
    }
    length(stretches) - inside
}

/// What of `stretches` lies outside of `others`; both joined.
pub(crate) fn without(stretches: &[Stretch], others: &[Stretch]) -> Vec<Stretch> {
    let mut left = Vec::new();
    let mut at = 0;
    for (from, to) in stretches {
        let mut from = *from;
        while others.get(at).is_some_and(|other| other.1 <= from) {
            at += 1;
        }
        for other in others.iter().skip(at).take_while(|other| other.0 < *to) {
            if from < other.0 {
                left.push((from, other.0));
            }
            from = from.max(other.1);
        }
        if from < *to {
            left.push((from, *to));
        }
    }
    left
}
