//! What was said lately, so that text which Zoom repeats after a reconnect is told once (protocol §8.4).

use std::{
    collections::VecDeque,
    hash::{DefaultHasher, Hash, Hasher},
};

/// How much is remembered.
const LIMIT: usize = 256;

/// Fingerprints of the latest pieces of text.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<u64>);

impl Recent {
    /// Remembers `piece`; whether it was not remembered before.
    pub(super) fn is_new(&mut self, piece: &impl Hash) -> bool {
        let mut hasher = DefaultHasher::new();
        piece.hash(&mut hasher);
        let print = hasher.finish();
        if self.0.contains(&print) {
            return false;
        }
        if self.0.len() == LIMIT {
            self.0.pop_front();
        }
        self.0.push_back(print);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_piece_is_old_until_it_is_forgotten() {
        let mut recent = Recent::default();
        assert!(recent.is_new(&"first"));
        assert!(!recent.is_new(&"first"));
        for number in 0..LIMIT {
            assert!(recent.is_new(&number));
        }
        assert!(recent.is_new(&"first"));
    }
}
