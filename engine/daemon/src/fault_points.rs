//! Points of the code at which tests make the daemon die, break off or wait. Where they are, each crate says.
//!
//! `HANSARD_DIE_AT=journal::appended=3` ends the process, without any good-bye, when it comes to that point for the third
//! time; `FAILPOINTS` makes it panic or wait there, as the crate `fail` describes. Only builds with the feature
//! `fault-points` have any of this.

use std::sync::atomic::{AtomicU64, Ordering};

use fail::FailScenario;

/// The point at which to die, and at which of its turns.
const DIE_AT: &str = "HANSARD_DIE_AT";

/// Arms what the environment asks for, for as long as the answer lives.
pub(crate) fn arm() -> FailScenario<'static> {
    let scenario = FailScenario::setup();
    if let Ok(wish) = std::env::var(DIE_AT) {
        let (point, turn) = parse(&wish);
        let turns = AtomicU64::new(0);
        let die = move || {
            if turns.fetch_add(1, Ordering::Relaxed) + 1 == turn {
                std::process::abort();
            }
        };
        fail::cfg_callback(point, die).expect("a callback is always taken");
    }
    scenario
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
