//! Which media is not kept while the data volume is nearly full (fault-matrix B1), and how that is declared. When it is so full
//! is decided in `capacity`; what finds no room in memory is dropped, and declared, by `journal`.

use std::time::{Duration, Instant};

use media::{Frame, SourceTime, TrackKind};
use model::{Control, DropReason, LossCause, Space};

/// How long a run of frames may become before it is declared: what a crash may leave to the gap that the next owner declares.
const DECLARE_EVERY: Duration = Duration::from_secs(5);

/// The pictures that are not kept.
#[derive(Debug, Default)]
pub(crate) struct Shed {
    runs: Vec<Run>,
}

/// Frames of one kind, one after the other, that are not declared yet.
#[derive(Debug)]
struct Run {
    kind: TrackKind,
    frames: u64,
    from: SourceTime,
    to: SourceTime,
    since: Instant,
}

impl Shed {
    /// Whether a frame is kept; one that is not is taken note of. Sound always is.
    pub(crate) fn keeps(&mut self, frame: &Frame, space: Space, now: Instant) -> bool {
        let kind = frame.track.kind;
        if kind == TrackKind::Audio || space < Space::Exhausted {
            return true;
        }
        metrics::counter!("hansard_media_dropped_frames_total", "kind" => kind.name(), "cause" => "storage")
            .increment(1);
        match self.runs.iter_mut().find(|run| run.kind == kind) {
            Some(run) => {
                run.frames += 1;
                run.to = run.to.max(frame.at);
            }
            None => self.runs.push(Run { kind, frames: 1, from: frame.at, to: frame.at, since: now }),
        }
        false
    }

    /// A run that is to be declared now: there is room again, or it is long enough. What follows such a run at once begins
    /// where it ends, so that both are one gap.
    pub(crate) fn due(&mut self, space: Space, now: Instant) -> Option<Control> {
        let is_over = space < Space::Exhausted;
        let is_due = |run: &Run| run.frames > 0 && (is_over || now.duration_since(run.since) >= DECLARE_EVERY);
        let Some(place) = self.runs.iter().position(is_due) else {
            self.runs.retain(|_| !is_over);
            return None;
        };
        let Run { kind, frames, from, to, .. } = self.runs.swap_remove(place);
        if !is_over {
            self.runs.push(Run { kind, frames: 0, from: to, to, since: now });
        }
        let (cause, reason) = (LossCause::Ours, DropReason::Storage);
        Some(Control::Dropped { kind, frames, from, to, cause, reason })
    }

    /// Every run that is not declared yet, at the end of a capture.
    pub(crate) fn rest(&mut self, now: Instant) -> impl Iterator<Item = Control> {
        std::iter::from_fn(move || self.due(Space::Ample, now))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use media::Track;

    use super::*;

    fn frame(kind: TrackKind, at_ms: i64) -> Frame {
        let at = SourceTime::from_unix_ms(at_ms);
        Frame { track: Track { kind, source: 1 }, at, payload: Bytes::from_static(b"payload") }
    }

    fn dropped(kind: TrackKind, frames: u64, from_ms: i64, to_ms: i64) -> Option<Control> {
        Some(Control::Dropped {
            kind,
            frames,
            from: SourceTime::from_unix_ms(from_ms),
            to: SourceTime::from_unix_ms(to_ms),
            cause: LossCause::Ours,
            reason: DropReason::Storage,
        })
    }

    #[test]
    fn pictures_are_kept_until_the_disk_is_exhausted_and_sound_always() {
        let (mut shed, now) = (Shed::default(), Instant::now());
        for space in Space::ALL {
            assert!(shed.keeps(&frame(TrackKind::Audio, 1), space, now));
            for kind in [TrackKind::Video, TrackKind::Share] {
                assert_eq!(shed.keeps(&frame(kind, 1), space, now), space < Space::Exhausted, "{space:?}");
            }
        }
    }

    #[test]
    fn what_is_not_kept_is_declared_when_there_is_room_again() {
        let (mut shed, now) = (Shed::default(), Instant::now());
        for at_ms in [1_000, 1_080, 1_040] {
            shed.keeps(&frame(TrackKind::Video, at_ms), Space::Exhausted, now);
        }
        assert_eq!(shed.due(Space::Exhausted, now), None);
        assert_eq!(shed.due(Space::Critical, now), dropped(TrackKind::Video, 3, 1_000, 1_080));
        assert_eq!(shed.due(Space::Critical, now), None);
    }

    #[test]
    fn a_long_run_is_declared_in_pieces_without_a_hole_between_them() {
        let (mut shed, start) = (Shed::default(), Instant::now());
        let mut declared = Vec::new();
        for second in 0..12 {
            let now = start + Duration::from_secs(second);
            declared.extend(shed.due(Space::Exhausted, now));
            let at_ms = i64::try_from(second).unwrap() * 1_000;
            shed.keeps(&frame(TrackKind::Share, at_ms), Space::Exhausted, now);
        }
        declared.extend(shed.rest(start));
        let pieces = [(5, 0, 4_000), (5, 4_000, 9_000), (2, 9_000, 11_000)];
        let pieces = pieces.map(|(frames, from, to)| dropped(TrackKind::Share, frames, from, to).unwrap());
        assert_eq!(declared, pieces);
        assert_eq!(shed.rest(start).count(), 0);
    }

    #[test]
    fn a_capture_that_ends_meanwhile_declares_every_kind() {
        let (mut shed, now) = (Shed::default(), Instant::now());
        for kind in [TrackKind::Video, TrackKind::Share] {
            shed.keeps(&frame(kind, 7), Space::Exhausted, now);
        }
        assert_eq!(shed.rest(now).count(), 2);
    }
}
