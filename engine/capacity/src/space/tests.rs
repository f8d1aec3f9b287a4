use super::*;

const GIB: u64 = 1 << 30;
const MIB: u64 = 1 << 20;

/// What the configuration says by itself.
fn usual() -> Thresholds {
    let begins = |percent, most_gib: u64, minutes: u64| Threshold {
        percent,
        most_bytes: most_gib * GIB,
        within: Duration::from_secs(minutes * 60),
    };
    Thresholds {
        low: begins(10.0, 200, 30),
        scarce: begins(5.0, 100, 10),
        critical: begins(2.0, 40, 0),
        exhausted: begins(1.0, 1, 0),
    }
}

fn seen(free_bytes: u64, total_bytes: u64) -> Seen {
    Seen { free_bytes, total_bytes, free_inodes: 0, total_inodes: 0 }
}

/// Looks once a second, and answers the levels in the order in which they came.
fn levels(total_bytes: u64, free_bytes: impl IntoIterator<Item = u64>) -> Vec<Space> {
    let (mut level, start) = (Level::default(), Instant::now());
    let looks = free_bytes.into_iter().zip(0..).map(|(free_bytes, second)| {
        level.judge(seen(free_bytes, total_bytes), 0, &usual(), start + Duration::from_secs(second))
    });
    let mut levels: Vec<Space> = looks.collect();
    levels.dedup();
    levels
}

#[test]
fn a_volume_that_fills_up_passes_every_level_in_order() {
    // So slowly that only what is left counts: a tenth of a percent a second of 100 GiB, and seen as if it took a day.
    let (mut level, start) = (Level::default(), Instant::now());
    let mut met = Vec::new();
    for per_mille in (0..=1_000_u64).rev() {
        let now = start + Duration::from_secs((1_000 - per_mille) * 600);
        let judged = level.judge(seen(100 * GIB * per_mille / 1_000, 100 * GIB), 0, &usual(), now);
        if met.last().is_none_or(|(last, _)| *last != judged) {
            met.push((judged, per_mille));
        }
    }
    let expected =
        [(Space::Ample, 1_000), (Space::Low, 99), (Space::Scarce, 49), (Space::Critical, 19), (Space::Exhausted, 9)];
    assert_eq!(met, expected);
}

#[test]
fn a_level_is_left_only_with_a_margin_and_after_two_seconds() {
    let (below, within, above) = (GIB * 49 / 10, GIB * 53 / 10, GIB * 56 / 10);
    let scarce = vec![Space::Scarce];
    assert_eq!(levels(100 * GIB, [below, within, within, within, within]), scarce, "the margin is not reached");
    assert_eq!(levels(100 * GIB, [below, above, above, below, above, above]), scarce, "not for long enough");
    assert_eq!(levels(100 * GIB, [below, above, above, above]), [Space::Scarce, Space::Low]);
}

#[test]
fn a_volume_at_the_edge_of_a_level_does_not_flap() {
    let edge = (0..600_u64).map(|second| 5 * GIB - 10 * MIB + (second * 7 % 20) * MIB);
    assert_eq!(levels(100 * GIB, edge).len(), 1);
}

#[test]
fn room_that_comes_back_counts_within_five_seconds() {
    let full = std::iter::repeat_n(0, 10);
    let free = std::iter::repeat_n(50 * GIB, 5);
    assert_eq!(levels(100 * GIB, full.chain(free)), [Space::Exhausted, Space::Ample]);
}

#[test]
fn what_is_written_fast_is_scarce_although_much_is_left() {
    // 100 MB a second: 30 minutes of it are 180 GB, ten minutes 60 GB. By parts alone it would be low at 40 GiB.
    let filling = |from_gib: u64| (0..900_u64).map(move |second| from_gib * GIB - second * 100_000_000);
    assert_eq!(levels(400 * GIB, filling(350)), [Space::Ample]);
    assert_eq!(levels(400 * GIB, filling(230)), [Space::Ample, Space::Low]);
    assert_eq!(levels(400 * GIB, filling(130)), [Space::Ample, Space::Low, Space::Scarce]);
    let burst = (0..900_u64).map(|second| 130 * GIB - second.min(20) * 100_000_000);
    assert_eq!(levels(400 * GIB, burst), [Space::Ample], "a burst of 20 s is no habit");
}

#[test]
fn a_small_volume_has_room_to_work_in_and_a_huge_one_is_not_stopped_with_terabytes_free() {
    assert_eq!(levels(64 * MIB, [40 * MIB]), [Space::Ample]);
    assert_eq!(levels(64 * MIB, [15 * MIB]), [Space::Low]);
    assert_eq!(levels(64 * MIB, [9 * MIB]), [Space::Scarce]);
    assert_eq!(levels(64 * MIB, [3 * MIB]), [Space::Critical]);
    assert_eq!(levels(64 * MIB, [MIB]), [Space::Exhausted]);
    assert_eq!(levels(8 * GIB, [900 * MIB]), [Space::Low]);
    assert_eq!(levels(8 * GIB, [500 * MIB]), [Space::Scarce]);
    assert_eq!(levels(100_000 * GIB, [201 * GIB]), [Space::Ample]);
    assert_eq!(levels(100_000 * GIB, [99 * GIB]), [Space::Scarce]);
    assert_eq!(levels(100_000 * GIB, [2 * GIB]), [Space::Critical]);
    assert_eq!(levels(100_000 * GIB, [GIB / 2]), [Space::Exhausted]);
}

#[test]
fn files_that_run_out_are_as_bad_as_bytes() {
    let (now, thresholds) = (Instant::now(), usual());
    let judge = |free_inodes, total_inodes| {
        let seen = Seen { free_inodes, total_inodes, ..seen(900 * GIB, 1_000 * GIB) };
        Level::default().judge(seen, 0, &thresholds, now)
    };
    assert_eq!(judge(0, 0), Space::Ample, "a file system without that number has enough");
    assert_eq!(judge(4_000, 100_000), Space::Scarce);
    assert_eq!(judge(0, 100_000), Space::Exhausted);
    assert_eq!(judge(120_000, 60_000_000), Space::Ample);
}

#[test]
fn letting_go_of_the_reserve_is_no_writing() {
    let (mut level, start) = (Level::default(), Instant::now());
    for second in 0..600 {
        let held = if second % 2 == 0 { 64 * MIB } else { 0 };
        let free = 30 * GIB - held;
        level.judge(seen(free, 100 * GIB), held, &usual(), start + Duration::from_secs(second));
    }
    assert_eq!(level.bytes_per_s(), 0.0);
}
