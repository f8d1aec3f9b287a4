//! The numbers of what is sent over a connection, which is too much to write down one by one: blocks of them are reserved, so that
//! none is used twice whatever dies when.

/// How many numbers are reserved at once.
const BLOCK: u64 = 1_000;

/// Gives out the numbers of one endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Numbers {
    last: u64,
    /// The last number that was reserved.
    reserved: u64,
}

impl Numbers {
    /// Goes on behind those that were reserved before.
    pub(super) const fn after(reserved: u64) -> Self {
        Self { last: reserved, reserved }
    }

    /// Passes over `lost` numbers, for what was not sent, and takes the next.
    pub(super) const fn next(&mut self, lost: u64) -> u64 {
        self.last = self.last.saturating_add(lost).saturating_add(1);
        self.last
    }

    /// What is to be reserved before the number that was taken last is used; `None` if it is reserved.
    pub(super) const fn wanting(&self) -> Option<u64> {
        if self.last > self.reserved { Some(self.last.saturating_add(BLOCK)) } else { None }
    }

    /// Takes note that numbers are reserved.
    pub(super) const fn reserve(&mut self, up_to: u64) {
        self.reserved = up_to;
    }

    /// The last number that was reserved.
    pub(super) const fn reserved(&self) -> u64 {
        self.reserved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_is_used_before_it_is_reserved_nor_again_by_whoever_follows() {
        let mut numbers = Numbers::after(0);
        let mut used = Vec::new();
        let mut writes = 0;
        for round in 0..2_500 {
            let seq = numbers.next(u64::from(round % 7 == 0));
            if let Some(up_to) = numbers.wanting() {
                numbers.reserve(up_to);
                writes += 1;
            }
            assert!(seq <= numbers.reserved());
            used.push(seq);
        }
        assert!(used.is_sorted_by(|one, next| one < next));
        assert!(writes <= 4, "{writes} writes");
        let mut next = Numbers::after(numbers.reserved());
        assert!(next.next(0) > *used.last().expect("some"));
    }
}
