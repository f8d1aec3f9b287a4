//! How many captures may be open (fault-matrix A9, A11, B1). Pure: what was seen is an argument.

use model::{Room, Shortage, Space};

/// The part of the memory up to which captures are taken, in percent.
const TAKEN_UP_TO_PERCENT: u64 = 80;
/// Once it was reached, the part below which they are taken again, in percent.
const AGAIN_BELOW_PERCENT: u64 = 75;
/// What a capture takes as long as nothing holds it up, in bytes.
const STEADY_BYTES: u64 = 2 << 20;

/// What stays as it is while the process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How many captures the operator allows; 0 for as many as there is room for.
    pub captures: u32,
    /// For how many captures there are files and sockets.
    pub descriptors: u32,
    /// How many files and sockets this process may open.
    pub open_files: u64,
}

/// How much memory is used, and of how much, in bytes; a limit of 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    pub(crate) used_bytes: u64,
    pub(crate) limit_bytes: u64,
}

impl Memory {
    fn is_above(self, percent: u64) -> bool {
        self.limit_bytes > 0 && self.used_bytes / percent >= self.limit_bytes / 100
    }
}

/// Decides over time: a process at the edge of its memory does not take a capture at one moment and none at the next.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    short_of_memory: bool,
}

impl Admission {
    /// The room after another look.
    pub(crate) fn room(&mut self, space: Space, memory: Memory, bounds: Bounds) -> Room {
        let percent = if self.short_of_memory { AGAIN_BELOW_PERCENT } else { TAKEN_UP_TO_PERCENT };
        self.short_of_memory = memory.is_above(percent);
        let none = |shortage| Room { captures: 0, shortage };
        if space >= Space::Scarce {
            return none(Shortage::Storage);
        }
        if self.short_of_memory {
            return none(Shortage::Memory);
        }
        let wanted = if bounds.captures == 0 { u32::MAX } else { bounds.captures };
        let by_memory = match memory.limit_bytes {
            0 => u32::MAX,
            limit => u32::try_from(limit / 100 * TAKEN_UP_TO_PERCENT / STEADY_BYTES).unwrap_or(u32::MAX),
        };
        let limits =
            [(wanted, Shortage::Captures), (bounds.descriptors, Shortage::Descriptors), (by_memory, Shortage::Memory)];
        let [first, others @ ..] = limits;
        let least = others.into_iter().fold(first, |least, limit| if limit.0 < least.0 { limit } else { least });
        Room { captures: least.0, shortage: least.1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;
    const WIDE: Bounds = Bounds { captures: 0, descriptors: 5_000, open_files: 50_000 };

    fn used(percent: u64) -> Memory {
        Memory { used_bytes: GIB / 100 * percent, limit_bytes: GIB }
    }

    fn room(captures: u32, shortage: Shortage) -> Room {
        Room { captures, shortage }
    }

    #[test]
    fn the_smallest_bound_counts_and_is_named() {
        let of = |memory, bounds| Admission::default().room(Space::Ample, memory, bounds);
        assert_eq!(of(Memory::default(), WIDE), room(5_000, Shortage::Descriptors));
        assert_eq!(of(Memory::default(), Bounds { captures: 7, ..WIDE }), room(7, Shortage::Captures));
        assert_eq!(of(used(10), WIDE), room(409, Shortage::Memory));
        assert_eq!(of(used(10), Bounds { descriptors: 90, ..WIDE }), room(90, Shortage::Descriptors));
    }

    #[test]
    fn nothing_new_begins_on_a_volume_that_is_nearly_full() {
        let of = |space| Admission::default().room(space, used(10), WIDE);
        assert_ne!(of(Space::Low).captures, 0);
        for space in [Space::Scarce, Space::Critical, Space::Exhausted] {
            assert_eq!(of(space), room(0, Shortage::Storage));
        }
    }

    #[test]
    fn memory_counts_from_four_fifths_on_until_three_quarters() {
        let mut admission = Admission::default();
        let mut captures = |percent| admission.room(Space::Ample, used(percent), WIDE).captures;
        let taken = [79, 80, 79, 76, 75, 74, 79].map(|percent| captures(percent) > 0);
        assert_eq!(taken, [true, false, false, false, false, true, true]);
    }
}
