//! How often and how long something is tried (recording-api §4.5). Pure.

use std::time::Duration;

/// What is tried how often, and how long anything is waited for.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    /// How often one event is posted at most.
    pub(crate) posts: u32,
    /// How long lies between two attempts to post it.
    pub(crate) post_pause: Duration,
    /// How often a WebSocket is opened at most, each time that there is none.
    pub(crate) connects: u32,
    /// How long lies between two attempts to open it.
    pub(crate) connect_pause: Duration,
    /// How long an answer or a connection is waited for.
    pub(crate) deadline: Duration,
    /// How long a receiver may take to make room for one message.
    pub(crate) stalled: Duration,
    /// How long an event waits at most for second 0 to be known.
    pub(crate) origin: Duration,
    /// How often a receiver is pinged; one that gave no sign of life for twice as long counts as gone.
    pub(crate) ping: Duration,
    /// How often the catalogue is asked which endpoints there are, although nobody told of any.
    pub(crate) look: Duration,
    /// How long the catalogue is left alone after it failed.
    pub(crate) trouble: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            posts: 60,
            post_pause: Duration::from_secs(1),
            connects: 30,
            connect_pause: Duration::from_secs(3),
            deadline: Duration::from_secs(15),
            stalled: Duration::from_secs(10),
            origin: Duration::from_secs(5),
            ping: Duration::from_secs(25),
            look: Duration::from_secs(5),
            trouble: Duration::from_secs(1),
        }
    }
}

/// The attempts that something is given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempts {
    left: u32,
}

impl Attempts {
    /// So many.
    pub(crate) const fn of(most: u32) -> Self {
        Self { left: most }
    }

    /// Takes note of one that failed; whether there is another.
    pub(crate) const fn failed(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_attempts_are_made_as_were_given() {
        let pace = Pace::default();
        for (most, expected) in [(pace.posts, 60), (pace.connects, 30), (1, 1)] {
            let mut attempts = Attempts::of(most);
            let made = 1 + std::iter::from_fn(|| attempts.failed().then_some(())).count();
            assert_eq!(made, expected);
        }
    }
}
