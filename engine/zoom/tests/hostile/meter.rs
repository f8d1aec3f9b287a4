//! Counts what a thread allocates, so that the cost of a message is a number and not a time.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
    static HELD_BYTES: Cell<i64> = const { Cell::new(0) };
    static PEAK_BYTES: Cell<i64> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

fn count(taken: usize, given_back: usize) {
    let change = taken as i64 - given_back as i64;
    // A thread that is ending no longer has its counters.
    let _ = HELD_BYTES.try_with(|held| {
        held.set(held.get() + change);
        let _ = PEAK_BYTES.try_with(|peak| peak.set(peak.get().max(held.get())));
    });
    let _ = CALLS.try_with(|calls| calls.set(calls.get() + u64::from(taken > 0)));
}

#[expect(unsafe_code, reason = "an allocator that counts is an allocator")]
// SAFETY: every call is handed to the system's allocator as it came; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count(0, layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.realloc(place, layout, size) }
    }
}

/// What a piece of work cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// How often it asked for memory.
    pub(crate) calls: u64,
    /// How much of it was held at once at most, in bytes, beyond what was held before.
    pub(crate) peak_bytes: u64,
}

/// Does some work on this thread and answers its cost.
pub(crate) fn cost<T>(work: impl FnOnce() -> T) -> (T, Cost) {
    let calls = CALLS.get();
    let held = HELD_BYTES.get();
    PEAK_BYTES.set(held);
    let result = work();
    let peak_bytes = u64::try_from(PEAK_BYTES.get() - held).unwrap_or(0);
    (result, Cost { calls: CALLS.get() - calls, peak_bytes })
}

#[test]
fn what_is_held_and_how_often_it_was_asked_for_is_counted() {
    let (_, cost) = cost(|| {
        drop(vec![0_u8; 1_000_000]);
        vec![0_u8; 300]
    });
    assert!((1_000_000..1_001_000).contains(&cost.peak_bytes) && (2..10).contains(&cost.calls), "{cost:?}");
}
