//! Chance that can be repeated: every number follows from one seed.

use std::env;

/// Throws numbers; SplitMix64.
pub(super) struct Dice {
    seed: u64,
    state: u64,
}

impl Dice {
    /// The seed of `HANSARD_SEED`, 1 without it.
    pub(super) fn from_env() -> Self {
        let seed = env::var("HANSARD_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
        Self { seed, state: seed }
    }

    /// The same for one of several tests, so that each throws numbers of its own.
    pub(super) fn salted(salt: u64) -> Self {
        let dice = Self::from_env();
        Self { state: dice.seed.wrapping_add(salt << 32), ..dice }
    }

    /// What to say in a report, so that a run can be repeated.
    pub(super) const fn seed(&self) -> u64 {
        self.seed
    }

    /// A number below `limit`, which is not 0.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}
