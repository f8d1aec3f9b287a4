use std::{collections::HashSet, fs, path::PathBuf};

use super::*;
use crate::power::dice::Dice;

const LOGS: u64 = 1_000;

/// A log of a few segments, every chunk of which holds five records; the last segment was not closed if `is_torn`. With
/// `has_large`, some chunks are followed by padding.
async fn log(dir: &Path, dice: &mut Dice, is_torn: bool, has_large: bool) -> Vec<Record> {
    let settings = LogSettings { segment_bytes: if has_large { 80_000 } else { 6_000 }, ..LogSettings::default() };
    let mut log = writer(dir, pool(LocalDisk), settings);
    let mut written = Vec::new();
    for number in 0..60_i64 {
        let kind = if number % 4 == 0 { TrackKind::Video } else { TrackKind::Audio };
        let len = if has_large && number % 15 == 2 { 66_000 } else { dice.below(600) };
        let record = if number % 7 == 0 { left(number) } else { frame(kind, number, dice.bytes(len)) };
        log.append(&record, Instant::now()).unwrap();
        written.push(record);
        if number % 5 == 4 {
            log.send(Instant::now(), false).unwrap();
            outcome(&mut log).await.unwrap();
        }
    }
    if !is_torn {
        log.close().await.unwrap();
    }
    written
}

/// What is done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Harm {
    OneBit,
    Bits,
    Sector,
    Cut,
    Zeros,
    Noise,
    Removed,
}

fn harm(path: &Path, harm: Harm, dice: &mut Dice) {
    let mut bytes = fs::read(path).unwrap();
    let len = bytes.len();
    match harm {
        Harm::OneBit | Harm::Bits => {
            for _ in 0..if harm == Harm::OneBit { 1 } else { dice.between(2, 8) } {
                bytes[dice.below(len)] ^= 1 << dice.below(8);
            }
        }
        Harm::Sector => {
            let begins = dice.below(len) / 512 * 512;
            let end = len.min(begins + 512);
            bytes[begins..end].copy_from_slice(&dice.bytes(end - begins));
        }
        Harm::Cut => bytes.truncate(dice.below(len)),
        Harm::Zeros => bytes.resize(len + 1 + dice.below(5_000), 0),
        Harm::Noise => {
            let more = 1 + dice.below(5_000);
            bytes.extend(dice.bytes(more));
        }
        Harm::Removed => return fs::remove_file(path).unwrap(),
    }
    fs::write(path, bytes).unwrap();
}

/// What a reader finds in a log, and how many chunks it found damaged.
fn read(dir: LogDir) -> (Vec<Record>, u64) {
    let mut reader = LogReader::open(dir).unwrap();
    let records = std::iter::from_fn(|| reader.next_record().unwrap().map(|stored| stored.record)).collect();
    (records, reader.damaged_chunks())
}

#[tokio::test]
async fn what_the_disk_once_kept_of_another_log_is_not_read() {
    let place = place();
    let (mine, theirs) = [1, 2].map(|number| LogDir::of(place.path(), model::CaptureId::new(number, [1; 10]))).into();
    for (dir, at_ms) in [(&mine, 1), (&theirs, 2)] {
        let mut log =
            LogWriter::open(dir.clone(), pool(LocalDisk), LogSettings::default(), EPOCH, Instant::now()).unwrap();
        log.append(&left(at_ms), Instant::now()).unwrap();
        log.send(Instant::now(), false).unwrap();
        outcome(&mut log).await.unwrap();
    }
    fs::copy(theirs.segment(1), mine.segment(2)).unwrap();
    assert_eq!(read(mine.clone()), (vec![left(1)], 1));
    // Whoever does not know whose log it is cannot tell.
    assert_eq!(read(LogDir::at(mine.path())).0, [left(1)]);
    fs::copy(theirs.segment(1), mine.segment(1)).unwrap();
    assert_eq!(read(mine.clone()), (vec![], 2));
    assert_eq!(read(LogDir::at(mine.path())).0, [left(2)]);
}

#[tokio::test]
async fn a_chunk_that_does_not_go_on_where_the_one_before_ended_is_not_read() {
    let dir = place();
    let mut log = writer(dir.path(), pool(LocalDisk), LogSettings::default());
    let mut ends = Vec::new();
    for number in 0..3 {
        log.append(&left(number), Instant::now()).unwrap();
        log.send(Instant::now(), false).unwrap();
        outcome(&mut log).await.unwrap();
        ends.push(fs::metadata(LogDir::at(dir.path()).segment(1)).unwrap().len() as usize);
    }
    let path = LogDir::at(dir.path()).segment(1);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, [&bytes[..ends[0]], &bytes[ends[1]..]].concat()).unwrap();
    assert_eq!(read(LogDir::at(dir.path())), (vec![left(0)], 1));
}

#[tokio::test]
async fn of_a_thousand_damaged_logs_the_rest_is_read_and_nothing_else() {
    let mut dice = Dice::new(std::env::var("HANSARD_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1));
    let place = place();
    let mut originals = Vec::new();
    for number in 0..20 {
        let dir: PathBuf = place.path().join(format!("original-{number}"));
        fs::create_dir(&dir).unwrap();
        let is_torn = number % 2 == 1;
        let written = log(&dir, &mut dice, is_torn, number % 4 >= 2).await;
        assert_eq!(read_all(&dir), written);
        originals.push((dir, written, is_torn));
    }
    let (mut lost_in_all, mut damaged_in_all) = (0, 0);
    for number in 0..LOGS {
        let (original, written, is_torn) = &originals[dice.below(originals.len())];
        let copy = place.path().join("copy");
        fs::create_dir(&copy).unwrap();
        let segments = LogDir::at(original).segments().unwrap();
        for segment in &segments {
            fs::copy(LogDir::at(original).segment(*segment), LogDir::at(&copy).segment(*segment)).unwrap();
        }
        let kinds =
            [Harm::OneBit, Harm::Bits, Harm::Sector, Harm::Cut, Harm::Zeros, Harm::Noise, Harm::Removed, Harm::OneBit];
        let kind = kinds[number as usize % kinds.len()];
        let hit = segments[dice.below(segments.len())];
        harm(&LogDir::at(&copy).segment(hit), kind, &mut dice);

        let what = format!("log {number} of {original:?}, segment {hit} of {}, {kind:?}", segments.len());
        let mut reader = LogReader::open(LogDir::at(&copy)).unwrap();
        let mut read = Vec::new();
        while let Some(stored) = reader.next_record().unwrap() {
            read.push(stored.record);
        }
        let mut rest = written.iter();
        assert!(
            read.iter().all(|record| rest.any(|written| written == record)),
            "{what}: invented, altered or out of order"
        );
        let found: HashSet<usize> =
            written.iter().enumerate().filter(|(_, record)| read.contains(record)).map(|(at, _)| at).collect();
        let lost: Vec<usize> = (0..written.len()).filter(|at| !found.contains(at)).collect();
        // The end of a log may be missing without a trace, as after a power cut.
        let is_tail = lost.iter().rev().zip((0..written.len()).rev()).all(|(lost, at)| *lost == at);
        assert!(is_tail || reader.damaged_chunks() > 0, "{what}: {lost:?} are missing and nobody says so");
        let closed = hit != *segments.last().unwrap() || !is_torn;
        match kind {
            Harm::OneBit if closed => {
                assert!(lost.len() <= 5, "{what}: {} records are lost with one chunk", lost.len())
            }
            Harm::Zeros | Harm::Noise => assert!(lost.is_empty(), "{what}: {lost:?} were lost"),
            _ => {}
        }
        lost_in_all += lost.len();
        damaged_in_all += reader.damaged_chunks();
        fs::remove_dir_all(&copy).unwrap();
    }
    println!("{LOGS} logs: {lost_in_all} records lost, {damaged_in_all} chunks damaged");
    assert!(lost_in_all > 0, "the harm does none");
}
