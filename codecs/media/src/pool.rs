//! Payload buffers carved from shared slabs, so that steady reception does not call the allocator for each frame, and mostly
//! writes where it wrote a moment ago, which the processor has at hand.
//!
//! Only the carving belongs here; what is written into a buffer is its owner's business.

use bytes::{Bytes, BytesMut};

/// Hands out payload buffers from one slab after the other; a slab is reused from its beginning as soon as all its payloads are
/// dropped.
#[derive(Debug)]
pub struct Pool {
    slab: BytesMut,
    slab_bytes: usize,
}

impl Pool {
    /// A pool whose slabs hold `slab_bytes`. Nothing is allocated before the first use.
    pub fn new(slab_bytes: usize) -> Self {
        Self { slab: BytesMut::new(), slab_bytes }
    }

    /// Carves `len` bytes, has `write` fill them, and freezes them into a payload that can be shared.
    ///
    /// `write` receives zeroed or stale bytes and answers how many it filled, at most `len`; the rest is given back.
    /// A payload longer than a slab gets an allocation of its own.
    ///
    /// # Errors
    /// Whatever `write` answers; the space is given back.
    pub fn fill<E>(&mut self, len: usize, write: impl FnOnce(&mut [u8]) -> Result<usize, E>) -> Result<Bytes, E> {
        if len > self.slab_bytes {
            let mut own = vec![0; len];
            let filled = write(&mut own)?;
            own.truncate(filled);
            return Ok(Bytes::from(own));
        }
        if !self.slab.try_reclaim(self.slab_bytes) && self.slab.capacity() < len {
            self.slab.reserve(self.slab_bytes);
        }
        self.slab.resize(len, 0);
        match write(&mut self.slab) {
            Ok(filled) => {
                let payload = self.slab.split_to(filled.min(len)).freeze();
                self.slab.clear();
                Ok(payload)
            }
            Err(error) => {
                self.slab.clear();
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(pool: &mut Pool, bytes: &[u8]) -> Bytes {
        let written: Result<Bytes, ()> = pool.fill(bytes.len() + 3, |space| {
            space[..bytes.len()].copy_from_slice(bytes);
            Ok(bytes.len())
        });
        written.expect("the writer succeeds")
    }

    #[test]
    fn payloads_of_one_slab_do_not_overlap() {
        let mut pool = Pool::new(64);
        let first = put(&mut pool, b"one");
        let second = put(&mut pool, b"two");
        assert_eq!((&first[..], &second[..]), (&b"one"[..], &b"two"[..]));
    }

    #[test]
    fn a_slab_is_reused_from_its_beginning_once_its_payloads_are_dropped() {
        let mut pool = Pool::new(1024);
        let held = put(&mut pool, &[7; 100]);
        let behind = put(&mut pool, &[8; 100]);
        assert_eq!(behind.as_ptr() as usize, held.as_ptr() as usize + 100);
        let start = held.as_ptr();
        drop((held, behind));
        assert_eq!(put(&mut pool, &[9; 100]).as_ptr(), start);
    }

    #[test]
    fn a_slab_that_is_held_is_followed_by_another() {
        let mut pool = Pool::new(1024);
        let held: Vec<Bytes> = (0..100_u8).map(|number| put(&mut pool, &[number; 300])).collect();
        assert!(held.iter().zip(0..).all(|(payload, number)| payload[..] == [number; 300]));
    }

    #[test]
    fn a_payload_larger_than_a_slab_is_still_whole() {
        let mut pool = Pool::new(16);
        assert_eq!(put(&mut pool, &[9; 100]).len(), 100);
    }

    #[test]
    fn a_failed_write_gives_its_space_back() {
        let mut pool = Pool::new(64);
        assert_eq!(pool.fill(10, |_| Err::<usize, _>("no")), Err("no"));
        assert_eq!(&put(&mut pool, b"next")[..], b"next");
    }
}
