//! Points of the code at which tests make the daemon die, break off or wait. Where they are, each crate says.
//!
//! `HANSARD_DIE_AT=journal::appended=3` ends the process, without any good-bye, when it comes to that point for the third
//! time; `FAILPOINTS` makes it panic or wait there, as the crate `fail` describes. Both reach the workers that it starts as well: where
//! one of them dies of the first, the daemon dies with it. `HANSARD_WORKER_DIES_AT` is for workers alone, `HANSARD_FAULTY_WORKERS=1` leaves
//! all alone but the first, and `HANSARD_WORKERS=threads` has no processes. Only builds with the feature `fault-points` have any of this.

use std::{
    env,
    ffi::OsString,
    sync::atomic::{AtomicU64, Ordering},
};

use fail::FailScenario;

/// The point at which to die, and at which of its turns.
const DIE_AT: &str = "HANSARD_DIE_AT";
/// The same for workers, which die alone of it.
const WORKER_DIES_AT: &str = "HANSARD_WORKER_DIES_AT";
/// How many workers have any of this, the first ones.
const FAULTY_WORKERS: &str = "HANSARD_FAULTY_WORKERS";
/// Where workers run.
const WORKERS: &str = "HANSARD_WORKERS";

/// Arms what the environment asks for, for as long as the answer lives.
pub(crate) fn arm() -> FailScenario<'static> {
    let scenario = FailScenario::setup();
    if let Ok(wish) = env::var(DIE_AT) {
        let (point, turn) = parse(&wish);
        die_at(point, turn);
        if point != "studio::crashed" {
            die_at("studio::crashed", 1);
        }
    }
    scenario
}

fn die_at(point: &str, turn: u64) {
    let turns = AtomicU64::new(0);
    let die = move || {
        if turns.fetch_add(1, Ordering::Relaxed) + 1 == turn {
            std::process::abort();
        }
    };
    fail::cfg_callback(point, die).expect("a callback is always taken");
}

/// Whether workers are threads of this process.
pub(crate) fn renders_on_threads() -> bool {
    env::var(WORKERS).is_ok_and(|workers| workers == "threads")
}

/// What the next worker finds of this in its environment.
pub(crate) fn for_a_worker() -> Vec<(OsString, OsString)> {
    static STARTED: AtomicU64 = AtomicU64::new(0);
    let started = STARTED.fetch_add(1, Ordering::Relaxed);
    let is_well = env::var(FAULTY_WORKERS).is_ok_and(|most| most.parse().is_ok_and(|most: u64| started >= most));
    let passed_on = [("FAILPOINTS", "FAILPOINTS"), (DIE_AT, DIE_AT), (WORKER_DIES_AT, DIE_AT)];
    let passed_on = passed_on.into_iter().filter(|_| !is_well);
    passed_on.filter_map(|(from, to)| Some((to.into(), env::var_os(from)?))).collect()
}

/// `point=turn`, or a point alone for its first turn.
fn parse(wish: &str) -> (&str, u64) {
    wish.rsplit_once('=').and_then(|(point, turn)| Some((point, turn.parse().ok()?))).unwrap_or((wish, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_named_with_its_turn_or_without() {
        assert_eq!(parse("journal::appended=3"), ("journal::appended", 3));
        assert_eq!(parse("journal::appended"), ("journal::appended", 1));
    }
}
