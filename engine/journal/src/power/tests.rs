use std::{env, thread};

use super::{
    disk::Missing,
    place::place,
    run::{Report, Run},
};

/// The most that a power cut may take from a disk that is well, in milliseconds (fault matrix §1).
const BUDGET_MS: u64 = 2_250;
/// How many steps of up to 120 ms a run has.
const STEPS: usize = 240;

fn number(name: &str, usual: u64) -> u64 {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn seeds() -> std::ops::Range<u64> {
    let first = number("HANSARD_SEED", 1);
    first..first + number("HANSARD_SEEDS", 300)
}

fn play(seed: u64, missing: Missing) -> Result<Report, String> {
    let place = place();
    let report = Run::new(seed, place.path(), missing).play(STEPS)?;
    if report.lost.healthy_ms > BUDGET_MS {
        return Err(format!("a power cut took {} ms of a disk that refused nothing", report.lost.healthy_ms));
    }
    Ok(report)
}

#[test]
fn what_was_durable_survives_every_power_cut_whole_and_once() {
    let seeds = seeds();
    let share = |odd: u64| {
        let mine = seeds.clone().filter(|seed| seed % 2 == odd);
        let runs = mine.map(|seed| {
            let report = play(seed, Missing::Nothing).unwrap_or_else(|fault| panic!("HANSARD_SEED={seed}: {fault}"));
            (report, seed)
        });
        runs.collect::<Vec<_>>()
    };
    let runs = thread::scope(|scope| {
        let other = scope.spawn(|| share(1));
        [share(0), other.join().expect("every promise is kept")].concat()
    });
    let sum = |of: fn(&Report) -> u64| runs.iter().map(|(report, _)| of(report)).sum::<u64>();
    let worst = runs.iter().max_by_key(|(report, _)| report.lost.healthy_ms).expect("a run");
    // Both kinds of batches are met, and follow each other, unless single seeds are looked at.
    let (batches, paged) = (sum(|report| report.batches), sum(|report| report.paged));
    assert!(
        runs.len() < 100 || paged > batches / 50 && paged < batches / 2,
        "{paged} of {batches} batches are whole pages"
    );
    println!(
        "{} seeds from {}: {} power cuts, {} deaths, {} records in {batches} batches, {paged} of them whole pages; worst loss {} ms (seed {}), {} ms where the disk refused",
        runs.len(),
        seeds.start,
        sum(|report| report.cuts),
        sum(|report| report.deaths),
        sum(|report| report.records),
        worst.0.lost.healthy_ms,
        worst.1,
        runs.iter().map(|(report, _)| report.lost.any_ms).max().expect("a run"),
    );
}

/// The first seed that shows that a protection is missing.
fn shown_by(missing: Missing) -> u64 {
    let found = seeds().find_map(|seed| play(seed, missing).err().map(|fault| (seed, fault)));
    let Some((seed, fault)) = found else { panic!("{missing:?}: nobody noticed") };
    println!("{missing:?}: seed {seed}: {fault}");
    seed
}

#[test]
fn a_disk_that_does_not_sync_is_noticed() {
    shown_by(Missing::Sync);
}

#[test]
fn directories_that_are_not_synced_are_noticed() {
    shown_by(Missing::SyncOfDirectories);
}

#[test]
fn directories_that_are_believed_because_they_are_there_are_noticed() {
    shown_by(Missing::SyncOfKnownDirectories);
}

#[test]
fn a_writer_that_goes_on_after_a_failed_sync_is_noticed() {
    shown_by(Missing::FailedSyncs);
}

#[test]
fn a_reader_that_believes_every_checksum_is_noticed() {
    shown_by(Missing::Checksums);
}
