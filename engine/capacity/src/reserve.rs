//! The reserve: a file that is there only to be removed when the disk is full, so that the catalogue can still commit and
//! sound and words still have a place (fault-matrix B1). What is done with it is decided here; it lies in `volume`.

/// However small the volume is, so much is kept, in bytes.
const LEAST_BYTES: u64 = 1 << 20;
/// The part of the volume that is kept at most, in percent.
const MOST_PERCENT: u64 = 1;
/// How much more than what is wanted must be free before the reserve is made again, in percent.
const AGAIN_PERCENT: u64 = 110;

/// What is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It stays as it is, there or not.
    Stay,
    /// It is let go.
    Release,
    /// It is made, of this many bytes.
    Make(u64),
}

/// How large it is on a volume, in bytes: what the operator wants, or a hundredth if that is less.
pub(crate) fn size_bytes(wanted_bytes: u64, total_bytes: u64) -> u64 {
    wanted_bytes.min((total_bytes / 100 * MOST_PERCENT).max(LEAST_BYTES))
}

/// What to do when `free_bytes` are left and `held_bytes` are held. It is let go when less is left than a quarter of it, or when
/// it is more than twice as large as it should be, and made again once that would leave more than the critical level.
pub(crate) fn step(held_bytes: u64, size_bytes: u64, free_bytes: u64, critical_bytes: u64) -> Step {
    if held_bytes > 0 && (free_bytes < size_bytes / 4 || held_bytes / 2 > size_bytes) {
        return Step::Release;
    }
    let enough = size_bytes.saturating_add(critical_bytes / 100 * AGAIN_PERCENT);
    if held_bytes == 0 && size_bytes > 0 && free_bytes > enough { Step::Make(size_bytes) } else { Step::Stay }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn it_is_what_is_wanted_or_a_hundredth() {
        assert_eq!(size_bytes(64 * MIB, 1 << 40), 64 * MIB);
        assert_eq!(size_bytes(64 * MIB, 1_000 * MIB), 10 * MIB);
        assert_eq!(size_bytes(64 * MIB, 32 * MIB), MIB);
        assert_eq!(size_bytes(0, 1 << 40), 0, "nobody wants one");
    }

    #[test]
    fn it_is_let_go_when_the_disk_is_full_and_made_again_when_that_leaves_enough() {
        let (size, critical) = (64 * MIB, 100 * MIB);
        assert_eq!(step(size, size, 17 * MIB, critical), Step::Stay);
        assert_eq!(step(size, size, 15 * MIB, critical), Step::Release);
        assert_eq!(step(0, size, 80 * MIB, critical), Step::Stay, "what was let go is there to be used");
        assert_eq!(step(0, size, 170 * MIB, critical), Step::Stay);
        assert_eq!(step(0, size, 175 * MIB, critical), Step::Make(size));
        assert_eq!(step(size, 0, 500 * MIB, critical), Step::Release, "nobody wants it any more");
    }

    #[test]
    fn it_is_not_made_and_let_go_by_turns() {
        let (size, critical) = (64 * MIB, 100 * MIB);
        for free in (0..400).map(|mib| mib * MIB) {
            if step(0, size, free, critical) == Step::Make(size) {
                assert_eq!(step(size, size, free - size, critical), Step::Stay, "{free}");
                assert!(free - size > critical, "{free}");
            }
        }
    }
}
