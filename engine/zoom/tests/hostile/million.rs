//! The properties on a million messages and more. `HANSARD_SEED` asks for other ones than usual.

use std::{env, thread};

use super::{
    breed::{Dice, corpus, half_and_half, mutant},
    properties::{read_any_message, scan_equals_serde, webhook_parse, webhook_verify},
};

/// How many threads share the work.
const THREADS: u64 = 2;

/// Which messages are made.
pub(crate) fn seed() -> u64 {
    env::var("HANSARD_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

/// How many messages were made, and for how many of them the property said yes.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    made: u64,
    taken: u64,
}

/// Runs `property` on every message of the herd as it is, and on `count` messages that `make` makes.
fn run(
    count: u64,
    herd: &[Vec<u8>],
    make: impl Fn(&mut Dice, &[Vec<u8>], &mut Vec<u8>) + Sync,
    property: impl Fn(&[u8]) -> bool + Sync,
) -> Tally {
    let share = |thread: u64| {
        let mut dice = Dice::new(seed() * 1_000 + thread);
        let mut message = Vec::with_capacity(4_096);
        let mut tally = Tally::default();
        for _ in 0..count.div_ceil(THREADS) {
            make(&mut dice, herd, &mut message);
            tally.made += 1;
            tally.taken += u64::from(property(&message));
        }
        tally
    };
    for message in herd {
        property(message);
    }
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || share(thread))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("the property holds"))
            .fold(Tally::default(), |sum, part| Tally { made: sum.made + part.made, taken: sum.taken + part.taken })
    })
}

#[test]
fn whatever_the_scanner_takes_of_a_million_messages_means_the_same_to_serde() {
    let tally = run(1_000_000, &corpus("scan_equals_serde"), half_and_half, scan_equals_serde);
    assert!(tally.made >= 1_000_000, "{tally:?}");
    assert!((200_000..900_000).contains(&tally.taken), "a property of few messages proves little: {tally:?}");
}

#[test]
fn any_message_is_understood_or_refused_within_bounds() {
    let herd: Vec<Vec<u8>> = ["read_any_message", "scan_equals_serde"].into_iter().flat_map(corpus).collect();
    let tally = run(200_000, &herd, mutant, read_any_message);
    assert!(tally.made >= 200_000 && (40_000..190_000).contains(&tally.taken), "{tally:?}");
}

#[test]
fn any_webhook_is_understood_or_refused_within_bounds() {
    let tally = run(60_000, &corpus("webhook_parse"), mutant, webhook_parse);
    assert!(tally.made >= 60_000 && (10_000..55_000).contains(&tally.taken), "{tally:?}");
}

#[test]
fn only_what_was_signed_verifies() {
    let tally = run(60_000, &corpus("webhook_verify"), mutant, webhook_verify);
    // White space between values is all that may change.
    assert!(tally.made >= 60_000 && (500..30_000).contains(&tally.taken), "{tally:?}");
}
