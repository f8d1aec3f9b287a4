//! A piece of work that can be done again and again, and how much it is. What it does is in the module of its subject.

use divan::{
    Bencher,
    counter::{BytesCount, ItemsCount},
};

/// Work, set up and ready to be done.
pub(crate) struct Work {
    /// How many things it does: messages, records, samples.
    pub(crate) items: u64,
    /// How many bytes go in.
    pub(crate) bytes: u64,
    once: Box<dyn FnMut()>,
}

impl Work {
    /// Work on so many things of so many bytes together, which `once` does.
    pub(crate) fn new(items: usize, bytes: usize, once: impl FnMut() + 'static) -> Self {
        Self { items: items as u64, bytes: bytes as u64, once: Box::new(once) }
    }

    /// Does it again and again with a clock beside it.
    pub(crate) fn time(mut self, bencher: Bencher<'_, '_>) {
        let counted = bencher.counter(ItemsCount::new(self.items)).counter(BytesCount::new(self.bytes));
        counted.bench_local(|| (self.once)());
    }

    /// Does it so many times.
    pub(crate) fn repeat(&mut self, times: u32) {
        for _ in 0..times {
            (self.once)();
        }
    }
}
