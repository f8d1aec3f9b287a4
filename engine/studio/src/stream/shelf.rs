//! Keeps the pieces of a stream that were made last. What is not here any more is made again.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;

/// How much is kept of one stream: half a minute of 2 Mbit/s.
const SHELF_BYTES: usize = 8 << 20;

/// The parts that were made last.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    parts: HashMap<(u64, u32), Bytes>,
    order: VecDeque<(u64, u32)>,
    bytes: usize,
}

impl Shelf {
    /// A part, if it is here still.
    pub(crate) fn part(&self, at: (u64, u32)) -> Option<Bytes> {
        self.parts.get(&at).cloned()
    }

    /// Keeps a part, and lets the oldest go.
    pub(crate) fn put(&mut self, at: (u64, u32), part: Bytes) {
        self.bytes += part.len();
        if let Some(before) = self.parts.insert(at, part) {
            self.bytes -= before.len();
        } else {
            self.order.push_back(at);
        }
        while self.bytes > SHELF_BYTES
            && let Some(oldest) = self.order.pop_front()
        {
            self.bytes -= self.parts.remove(&oldest).map_or(0, |part| part.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_and_the_oldest_goes_first() {
        let mut shelf = Shelf::default();
        for n in 0..20 {
            shelf.put((n, 0), Bytes::from(vec![0; 1 << 20]));
            assert!(shelf.bytes <= SHELF_BYTES);
        }
        assert!(shelf.part((19, 0)).is_some() && shelf.part((12, 0)).is_some());
        assert!(shelf.part((11, 0)).is_none());
    }
}
