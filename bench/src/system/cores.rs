//! Who runs on which core, so that what is measured is not what measures.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// The core of each part of a measurement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cores {
    /// What is measured.
    pub(crate) subject: usize,
    /// Who makes the load.
    #[serde(alias = "simulator")]
    pub(crate) source: usize,
    /// This program, which also sends the probing webhooks.
    pub(crate) own: usize,
}

impl Cores {
    /// Of those that this process may use: a core each, as far as there are any.
    ///
    /// # Errors
    /// If the system does not say which it may use.
    pub(crate) fn of_this_process() -> Result<Self, Failure> {
        let allowed = sched_getaffinity(None)?;
        let allowed: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core)).collect();
        Self::among(&allowed).ok_or_else(|| "this process may use no core".into())
    }

    fn among(allowed: &[usize]) -> Option<Self> {
        let (&subject, rest) = allowed.split_first()?;
        let source = rest.first().copied().unwrap_or(subject);
        let own = rest.get(1).copied().unwrap_or(source);
        Some(Self { subject, source, own })
    }
}

/// Binds this thread, and those that it will start, to one core.
///
/// # Errors
/// If the system refuses.
pub(crate) fn pin_thread(core: usize) -> Result<(), Failure> {
    let mut only = CpuSet::new();
    only.set(core);
    sched_setaffinity(None, &only).map_err(|error| format!("core {core} cannot be used: {error}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subject_has_a_core_of_its_own_wherever_there_are_two() {
        assert_eq!(Cores::among(&[]), None);
        assert_eq!(Cores::among(&[3]), Some(Cores { subject: 3, source: 3, own: 3 }));
        assert_eq!(Cores::among(&[0, 1]), Some(Cores { subject: 0, source: 1, own: 1 }));
        assert_eq!(Cores::among(&[2, 4, 6, 8]), Some(Cores { subject: 2, source: 4, own: 6 }));
    }
}
