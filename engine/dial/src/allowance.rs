//! How much the connections that belong together hold of messages, all of them at once. Where the frames begin whose lengths are
//! held against it is read in `frames`.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// What several connections may hold of messages together. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Allowance(Arc<AtomicUsize>);

impl Allowance {
    /// An allowance of `bytes`.
    pub fn new(bytes: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(bytes)))
    }

    /// The part of one more connection, which is nothing yet.
    pub(crate) fn part(&self) -> Part {
        Part {
            of: self.clone(),
            taken_bytes: 0,
            largest_frame_bytes: 0,
            largest_collected_bytes: 0,
            collected_bytes: 0,
        }
    }
}

/// A message is refused because there is no room for it beside what the other connections hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no room for a message beside those of the other connections")]
pub(crate) struct NoRoom;

/// What one connection takes of an allowance, until it is dropped. A connection keeps the memory of its largest message.
#[derive(Debug)]
pub(crate) struct Part {
    of: Allowance,
    taken_bytes: usize,
    largest_frame_bytes: usize,
    largest_collected_bytes: usize,
    /// What came of the message that is in fragments.
    collected_bytes: usize,
}

impl Part {
    /// Takes what a frame needs that is about to come: twice its length, because the buffer that holds it doubles when it grows, and
    /// where its message is in fragments twice the length of all of them, which are collected in memory that doubles as well.
    pub(crate) fn take(&mut self, frame_bytes: u64, is_fragment: bool, is_last: bool) -> Result<(), NoRoom> {
        let frame_bytes = usize::try_from(frame_bytes).map_err(|_| NoRoom)?;
        let largest_frame_bytes = self.largest_frame_bytes.max(frame_bytes);
        let collected_bytes = if is_fragment { self.collected_bytes.saturating_add(frame_bytes) } else { 0 };
        let largest_collected_bytes = self.largest_collected_bytes.max(collected_bytes);
        let needed = largest_collected_bytes.saturating_add(largest_frame_bytes).saturating_mul(2);
        let more = needed - self.taken_bytes;
        let left = |left: usize| left.checked_sub(more);
        self.of.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).map_err(|_| NoRoom)?;
        self.taken_bytes = needed;
        self.largest_frame_bytes = largest_frame_bytes;
        self.largest_collected_bytes = largest_collected_bytes;
        self.collected_bytes = if is_last { 0 } else { collected_bytes };
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.of.0.fetch_add(self.taken_bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_share_what_there_is_and_give_it_back_when_they_end() {
        let allowance = Allowance::new(200);
        let (mut one, mut other) = (allowance.part(), allowance.part());
        assert_eq!(one.take(60, false, true), Ok(()));
        assert_eq!(other.take(41, false, true), Err(NoRoom));
        assert_eq!(other.take(40, false, true), Ok(()));
        assert_eq!(one.take(60, false, true), Ok(()), "its memory is used again");
        assert_eq!(one.take(61, false, true), Err(NoRoom));
        drop(one);
        assert_eq!(other.take(100, false, true), Ok(()));
        assert_eq!(other.take(u64::MAX, false, true), Err(NoRoom));
    }

    #[test]
    fn fragments_count_together_until_their_message_is_complete() {
        let allowance = Allowance::new(120);
        let mut part = allowance.part();
        assert_eq!(part.take(20, true, false), Ok(()));
        assert_eq!(part.take(20, true, false), Ok(()), "twice 20 and twice 40");
        assert_eq!(part.take(1, true, false), Err(NoRoom));
        let mut part = Allowance::new(120).part();
        for _ in 0..3 {
            assert_eq!(part.take(20, true, false), Ok(()));
            assert_eq!(part.take(20, true, true), Ok(()), "the next message is another one");
        }
    }
}
