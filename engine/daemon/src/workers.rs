//! How a worker is started that makes artifacts: this same program again, with next to nothing in its environment. What it does is in
//! `studio`, where it begins in `command::work`.

use std::{env, ffi::OsString};

use studio::{Launch, Workers};

/// What a worker needs of the environment: where its libraries are, and how it tells of a panic. No secret is passed on.
const ENVIRONMENT: [&str; 3] = ["LD_LIBRARY_PATH", "RUST_BACKTRACE", "TZ"];

/// How work is run by a daemon that logs at `level`.
pub(crate) fn of(level: &str) -> Workers {
    #[cfg(feature = "fault-points")]
    if crate::fault_points::renders_on_threads() {
        return Workers::Threads;
    }
    Workers::Processes(Launch {
        // The file that runs, also where an upgrade has put another in its place.
        program: "/proc/self/exe".into(),
        args: ["work", "--log", level].map(OsString::from).to_vec(),
        environment,
    })
}

fn environment() -> Vec<(OsString, OsString)> {
    let passed_on = ENVIRONMENT.into_iter().filter_map(|name| Some((name.into(), env::var_os(name)?)));
    #[cfg(feature = "fault-points")]
    let passed_on = passed_on.chain(crate::fault_points::for_a_worker());
    passed_on.collect()
}
