use super::*;

const NOW_MS: i64 = 1_767_225_600_000;

fn id(n: u32) -> CaptureId {
    let mut random = [0; 10];
    random[..4].copy_from_slice(&n.to_be_bytes());
    CaptureId::new(1, random)
}

/// A capture whose stream was alive so many seconds ago.
fn alive(n: u32, seconds_ago: i64) -> Rejoin {
    Rejoin::new(id(n), NOW_MS - seconds_ago * 1_000, 0, Epoch(1))
}

fn waiting(per_second: u32, rejoins: impl IntoIterator<Item = Rejoin>) -> Rejoins {
    let mut waiting = Rejoins::new(NonZeroU32::new(per_second).expect("a pace"));
    rejoins.into_iter().for_each(|rejoin| waiting.add(rejoin));
    waiting
}

/// Takes everybody up whenever the pace allows it: when, in milliseconds from the start, and whom.
fn drain(waiting: Rejoins) -> Vec<(u64, CaptureId)> {
    let taken = waiting.forecast(Instant::now(), NOW_MS).into_iter();
    taken.map(|(at, rejoin)| (u64::try_from(at.as_millis()).expect("seconds"), rejoin.capture)).collect()
}

fn order(rejoins: impl IntoIterator<Item = Rejoin>) -> Vec<CaptureId> {
    drain(waiting(1_000, rejoins)).into_iter().map(|(_, capture)| capture).collect()
}

#[test]
fn the_least_time_left_comes_first_and_what_is_lost_already_last() {
    let order = order([alive(1, 5), alive(2, 300), alive(3, 40), alive(4, 56), alive(5, 58), alive(6, -3)]);
    assert_eq!(order, [4, 3, 1, 6, 2, 5].map(id));
}

#[test]
fn a_thousand_are_taken_up_at_the_pace_and_in_the_order_of_their_deadlines() {
    let rejoins = (0..1_000).map(|n| alive(n, i64::from(n * 7_919 % 30)));
    let taken = drain(waiting(50, rejoins));
    assert_eq!(taken.len(), 1_000);
    for (place, (at_ms, _)) in (0_u64..).zip(&taken) {
        assert_eq!(*at_ms, place * 20);
    }
    let ages: Vec<u32> = taken
        .iter()
        .map(|(_, capture)| (0..1_000).find(|n| id(*n) == *capture).expect("one of them") * 7_919 % 30)
        .collect();
    assert!(ages.is_sorted_by(|one, next| one >= next), "{ages:?}");
}

#[test]
fn whose_time_runs_out_while_it_waits_steps_back() {
    // Two a second: while the first two are taken up the time of the third passes, and the fourth can still be saved.
    let rejoins = [alive(1, 56), alive(2, 56), alive(3, 56), alive(4, 20)];
    let taken = drain(waiting(2, rejoins));
    assert_eq!(taken, [(0, id(1)), (500, id(2)), (1_000, id(4)), (1_500, id(3))]);
}

#[test]
fn whoever_crashed_lately_comes_first() {
    let suspect = Rejoin { crashes: 1, ..alive(3, 500) };
    assert_eq!(order([alive(1, 50), alive(2, 5), suspect]), [3, 1, 2].map(id));
    assert_eq!([0, 2, 3, 4].map(is_quarantined), [false, false, true, true]);
}

#[test]
fn nobody_waits_twice_and_a_late_loop_catches_up_only_a_little() {
    let mut rejoins = waiting(50, (0..100).map(|n| alive(n, 1)));
    rejoins.add(Rejoin { deadline_unix_ms: 0, ..alive(0, 1) });
    rejoins.add(Rejoin { crashes: 1, ..alive(1, 1) });
    assert_eq!(rejoins.len(), 100);
    let start = Instant::now();
    assert!(rejoins.next(start, NOW_MS).is_some());
    assert!(rejoins.next(start, NOW_MS).is_none(), "not yet");
    // The loop was busy for ten seconds, in which 500 would have been taken up.
    let late = start + Duration::from_secs(10);
    let at_once = std::iter::from_fn(|| rejoins.next(late, NOW_MS)).count();
    assert_eq!(at_once, 11);
}
