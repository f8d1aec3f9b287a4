//! The memory that connections are read into, shared by all that a thread reads one after the other: a connection holds none of it
//! while nothing comes. What is read is the business of `encrypted` and `stream`.

use std::{
    cell::RefCell,
    ops::{Deref, DerefMut},
};

use bytes::{Bytes, BytesMut};

/// How much is taken from the kernel at once, in bytes.
pub(crate) const SPACE_BYTES: usize = 64 << 10;
/// How many spaces a thread keeps for the next reader.
const SPARE_SPACES: usize = 4;

thread_local! {
    static SPARE: RefCell<Vec<Box<[u8]>>> = const { RefCell::new(Vec::new()) };
    static PIECES: RefCell<BytesMut> = RefCell::new(BytesMut::new());
}

/// Room for one read, of [`SPACE_BYTES`]; what it holds at first means nothing.
pub(crate) struct Space(Box<[u8]>);

impl Space {
    pub(crate) fn take() -> Self {
        let spare = SPARE.with_borrow_mut(Vec::pop);
        Self(spare.unwrap_or_else(|| vec![0; SPACE_BYTES].into_boxed_slice()))
    }
}

impl Deref for Space {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Space {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        SPARE.with_borrow_mut(|spare| {
            if spare.len() < SPARE_SPACES {
                spare.push(std::mem::take(&mut self.0));
            }
        });
    }
}

/// What `write` puts one behind the other, `most_bytes` at most, in memory that is used again from its beginning as soon as nobody
/// holds a part of it: mostly what was used a moment ago, which the processor has at hand.
pub(crate) fn piece<T>(most_bytes: usize, write: impl FnOnce(&mut BytesMut) -> T) -> (Bytes, T) {
    PIECES.with_borrow_mut(|pieces| {
        // Whoever panicked while he wrote must not leave his bytes to the next connection.
        pieces.clear();
        if !pieces.try_reclaim(SPACE_BYTES) && pieces.capacity() < most_bytes {
            pieces.reserve(SPACE_BYTES);
        }
        let outcome = write(pieces);
        (pieces.split().freeze(), outcome)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_space_is_used_again_and_no_more_are_kept_than_a_thread_needs() {
        let first = Space::take();
        let place = first.as_ptr();
        drop(first);
        assert_eq!(Space::take().as_ptr(), place);
        let many: Vec<Space> = (0..10).map(|_| Space::take()).collect();
        drop(many);
        assert_eq!(SPARE.with_borrow(Vec::len), SPARE_SPACES);
    }

    #[test]
    fn whoever_panics_while_he_writes_leaves_nothing_to_the_next() {
        let panicked = std::panic::catch_unwind(|| {
            piece(6, |to| {
                to.extend_from_slice(b"secret");
                panic!("a defect");
            })
        });
        assert!(panicked.is_err());
        assert_eq!(piece(5, |to| to.extend_from_slice(b"other")).0, b"other"[..]);
    }

    #[test]
    fn pieces_that_nobody_holds_are_in_the_same_place_and_one_that_is_held_stays_as_it_is() {
        let mut places = std::collections::BTreeSet::new();
        let (held, ()) = piece(4, |to| to.extend_from_slice(b"held"));
        for _ in 0..1_000 {
            let (piece, ()) = piece(10_000, |to| to.extend_from_slice(&[7; 10_000]));
            places.insert(piece.as_ptr());
        }
        assert_eq!(held, b"held"[..]);
        // Behind the one that is held as long as there is room, then in memory of their own.
        assert!(places.len() < 8, "{places:?}");
    }
}
