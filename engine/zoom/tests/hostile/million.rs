//! The properties on a million messages and more. `HANSARD_SEED` asks for other ones than usual.

use std::{env, thread};

use zoom::wire::{media::MediaMessage, scan};

use super::{
    breed::{Dice, corpus, media, mutant},
    properties::{Scan, agree, read_any_message, scan_equals_serde, webhook_parse, webhook_verify},
};

/// How many threads share the work.
const THREADS: u64 = 2;

fn seed() -> u64 {
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

fn half_and_half(dice: &mut Dice, herd: &[Vec<u8>], message: &mut Vec<u8>) {
    if dice.below(2) == 0 {
        media(dice, message);
    } else {
        mutant(dice, herd, message);
    }
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

/// Scanners with one fault each, which the property must find.
#[test]
fn a_scanner_that_reads_otherwise_than_serde_is_found() {
    fn drops_empty_names(message: &[u8]) -> Option<MediaMessage<'_>> {
        let mut found = scan(message)?;
        found.user_name = found.user_name.filter(|name| !name.is_empty());
        Some(found)
    }
    fn keeps_32_bits(message: &[u8]) -> Option<MediaMessage<'_>> {
        let found = scan(message)?;
        Some(MediaMessage { user_id: i64::from(found.user_id as i32), ..found })
    }
    fn ignores_what_follows(message: &[u8]) -> Option<MediaMessage<'_>> {
        let end = message.iter().rposition(|byte| *byte == b'}')?;
        scan(message.get(..=end)?)
    }
    let faulty: [Scan; 3] = [drops_empty_names, keeps_32_bits, ignores_what_follows];
    let herd = corpus("scan_equals_serde");
    for (number, scan) in faulty.into_iter().enumerate() {
        let mut dice = Dice::new(seed());
        let mut message = Vec::new();
        let is_found = (0..100_000).any(|_| {
            half_and_half(&mut dice, &herd, &mut message);
            let quiet = std::panic::catch_unwind(|| agree(scan, &message));
            quiet.is_err()
        });
        assert!(is_found, "fault {number}");
    }
}
