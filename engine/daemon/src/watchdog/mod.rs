//! Has the supervisor end a daemon that hangs, so that it begins again (fault-matrix J8): as long as everything runs, the
//! supervisor is told so, and a hang is told as soon as it is one.
//!
//! `watch` is the thread that looks, `vitals` what it looks at, `pulse` what it makes of that. What does not belong here: how
//! the supervisor is told (`supervisor`), and a disk that is slow, full or broken: that is no hang, and a restart would not help.

mod pulse;
mod vitals;
mod watch;

pub(crate) use vitals::Shell;
pub(crate) use watch::start;
