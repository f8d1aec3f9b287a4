use super::{
    stage::{Plan, Planned, Stage},
    *,
};
use crate::block::BLOCK_BYTES;

const KINDS: [io::ErrorKind; 3] = [io::ErrorKind::Other, io::ErrorKind::StorageFull, io::ErrorKind::ReadOnlyFilesystem];

/// Segments of a few seconds, so that a short run has several.
fn short() -> LogSettings {
    LogSettings { segment_age: Duration::from_secs(3), ..LogSettings::default() }
}

/// Plays a meeting of some seconds with one record every 50 ms, and answers what was appended.
fn play(stage: &mut Stage, from: i64, seconds: i64) -> Vec<Record> {
    let records = (from * 20..(from + seconds) * 20).map(|number| match number % 3 {
        0 => left(number),
        1 => frame(TrackKind::Audio, number, vec![number as u8; 80]),
        // Now and then one that makes a batch of whole pages.
        _ if number % 60 == 2 => frame(TrackKind::Video, number, [KEY, &[number as u8; BLOCK_BYTES]].concat()),
        _ => frame(TrackKind::Video, number, [KEY, &[number as u8; 700]].concat()),
    });
    let records: Vec<Record> = records.collect();
    for record in &records {
        stage.append(record);
        stage.pass(Duration::from_millis(50));
    }
    records
}

/// Whether exactly this was read, and no chunk was damaged.
fn same((read, damaged): &(Vec<Record>, u64), expected: &[Record], what: &str) {
    let first = read.iter().zip(expected).position(|(read, expected)| read != expected);
    assert_eq!((read.len(), first, *damaged), (expected.len(), None, 0), "{what}");
}

const KEY: &[u8] = b"\0\0\0\x01\x67\x42\0\x1F\0\0\0\x01\x68\xCE\0\0\0\x01\x65\x80";
const DELTA: &[u8] = b"\0\0\0\x01\x41\x80";

#[test]
fn every_call_may_fail_once_and_nothing_is_lost_or_read_twice() {
    let healthy = Planned::new(Plan::none());
    let mut stage = Stage::new(&healthy, short());
    let expected = play(&mut stage, 0, 8);
    same(&stage.end(), &expected, "healthy");
    assert!(healthy.calls() > 25, "directories, segments, batches: {}", healthy.calls());
    for call in 1..=healthy.calls() {
        for (kind, has_effect) in KINDS.into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
            let disk = Planned::new(Plan { fails: call..call + 1, kind, has_effect });
            let mut stage = Stage::new(&disk, short());
            play(&mut stage, 0, 8);
            same(&stage.end(), &expected, &format!("call {call} answers {kind}, with effect: {has_effect}"));
        }
    }
}

#[test]
fn when_every_call_fails_from_one_on_the_log_goes_on_by_itself_once_they_succeed() {
    for first in 1..=25 {
        for kind in KINDS {
            let disk = Planned::new(Plan { fails: first..usize::MAX, kind, has_effect: first % 2 == 0 });
            let mut stage = Stage::new(&disk, short());
            let mut expected = play(&mut stage, 0, 30);
            let tried = disk.calls();
            assert!(tried < 4 * 30 + 60, "{tried} calls in 30 s are a busy loop");
            disk.heal();
            let healed = stage.now;
            expected.extend(play(&mut stage, 30, 5));
            let synced = stage.synced.expect("something became durable");
            assert!(synced > healed, "call {first}: nothing became durable within 5 s");
            same(&stage.end(), &expected, &format!("from call {first} on {kind}"));
        }
    }
}

#[test]
fn a_disk_that_stalls_for_twenty_seconds_loses_nothing_that_fits() {
    let disk = Planned::new(Plan::none());
    let mut stage = Stage::new(&disk, short());
    let mut expected = play(&mut stage, 0, 2);
    stage.takes = Duration::from_secs(20);
    expected.extend(play(&mut stage, 2, 20));
    let wait = stage.pool.longest_wait(stage.now);
    assert!(wait > Duration::from_secs(15), "who looks during the stall sees it: {wait:?}");
    stage.takes = Duration::from_millis(3);
    expected.extend(play(&mut stage, 22, 4));
    assert!(stage.pool.longest_wait(stage.now) < Duration::from_secs(1));
    same(&stage.end(), &expected, "after the stall");
}

/// What a log keeps of some seconds of pictures and sound with little room, while the disk is of no use until `heals_at`.
fn squeezed(plan: Plan, takes: Duration) -> (Vec<Record>, u64, usize, u64) {
    let settings = LogSettings { buffer_bytes: 20_000, ..short() };
    let disk = Planned::new(plan);
    let mut stage = Stage::new(&disk, settings);
    stage.takes = takes;
    let mut appended = 0;
    for number in 0..600_i64 {
        if number == 400 {
            disk.heal();
            stage.takes = Duration::from_millis(3);
        }
        let payload = [if number % 25 == 0 { KEY } else { DELTA }, &[0xAA; 900]].concat();
        stage.append(&frame(TrackKind::Video, number * 40, payload));
        stage.append(&frame(TrackKind::Audio, number * 40, vec![1; 40]));
        stage.append(&left(number * 40));
        appended += 3;
        stage.pass(Duration::from_millis(40));
    }
    let most_bytes = stage.most_bytes;
    let (records, damaged) = stage.end();
    (records, damaged, most_bytes, appended)
}

#[test]
fn what_finds_no_room_is_dropped_by_whole_groups_and_declared_and_memory_stays_bounded() {
    let full = Plan { fails: 12..usize::MAX, kind: io::ErrorKind::StorageFull, has_effect: false };
    for (plan, takes_ms) in [(full, 3), (Plan::none(), 9_000)] {
        let (records, damaged, most_bytes, appended) = squeezed(plan, Duration::from_millis(takes_ms));
        assert_eq!(damaged, 0);
        // The room for words, and what opens and closes a segment.
        assert!(most_bytes <= 27_500 + 4_000, "{most_bytes} bytes waited");
        let (mut kept, mut declared) = (0, [0; 3]);
        let mut last_picture = -40;
        for record in &records {
            match &record.entry {
                Entry::Control(Control::Dropped { kind, frames, cause: LossCause::Ours, .. }) => {
                    declared[*kind as usize] += frames;
                }
                Entry::Control(Control::Skipped { count, .. }) => declared[2] += count,
                Entry::Control(other) => panic!("nobody wrote {other:?}"),
                Entry::Media(frame) if frame.track.kind == TrackKind::Video => {
                    let at_ms = frame.at.unix_ms();
                    assert!(
                        at_ms == last_picture + 40 || frame.payload.starts_with(KEY),
                        "the picture of {at_ms} ms refers to one that is missing"
                    );
                    last_picture = at_ms;
                    kept += 1;
                }
                Entry::Media(_) | Entry::Event(_) => kept += 1,
            }
        }
        assert_eq!(kept + declared.iter().sum::<u64>(), appended, "declared: {declared:?}");
        assert!(declared[TrackKind::Video as usize] > 100, "{declared:?}");
        assert!(declared[TrackKind::Audio as usize] < declared[TrackKind::Video as usize]);
        assert_eq!(last_picture, 599 * 40, "pictures come back");
    }
}

#[test]
fn a_disk_that_refuses_for_many_minutes_costs_no_more_memory_than_one_that_refuses_for_one() {
    let most_bytes = |seconds: i64| {
        let disk = Planned::new(Plan { fails: 12..usize::MAX, kind: io::ErrorKind::StorageFull, has_effect: false });
        let mut stage = Stage::new(&disk, LogSettings { buffer_bytes: 20_000, ..short() });
        for second in 0..seconds {
            stage.append(&frame(TrackKind::Video, second * 1_000, [KEY, &[0xAA; 900]].concat()));
            stage.append(&frame(TrackKind::Audio, second * 1_000, vec![1; 900]));
            stage.append(&left(second * 1_000));
            stage.pass(Duration::from_secs(1));
        }
        stage.most_bytes
    };
    let [one, many] = [60, 1_200].map(most_bytes);
    assert!(one >= 20_000 && many <= one + 8_000, "{one} bytes waited for a minute, {many} for twenty");
}
