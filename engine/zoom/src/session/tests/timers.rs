//! The table of timers.

use std::time::{Duration, Instant};

use model::platform::Leg;

use crate::session::timer::{Timer, Timers};

#[test]
fn timers_fire_in_the_order_of_their_times() {
    let start = Instant::now();
    let after = |ms| start + Duration::from_millis(ms);
    let mut timers = Timers::new();
    timers.set(Timer::Drain, after(20));
    timers.set(Timer::Retry(Leg::Audio), after(10));
    assert_eq!(timers.next(), Some(after(10)));
    assert_eq!(timers.expired(after(9)), None);
    assert_eq!(timers.expired(after(30)), Some(Timer::Retry(Leg::Audio)));
    assert_eq!(timers.expired(after(30)), Some(Timer::Drain));
    assert_eq!((timers.expired(after(30)), timers.next()), (None, None));
}

#[test]
fn every_timer_has_a_place_of_its_own() {
    let start = Instant::now();
    let mut all = vec![
        Timer::Roster,
        Timer::Cameras,
        Timer::Subscription,
        Timer::Grace,
        Timer::CloseReply,
        Timer::Terminating,
        Timer::Drain,
    ];
    for leg in Leg::ALL {
        all.extend([
            Timer::Handshake(leg),
            Timer::Retry(leg),
            Timer::GiveUp(leg),
            Timer::Silence(leg),
            Timer::Skips(leg),
        ]);
    }
    for timer in &all {
        let mut timers = Timers::new();
        timers.set(*timer, start);
        assert!(all.iter().all(|other| timers.is_set(*other) == (other == timer)), "{timer:?}");
        assert_eq!(timers.expired(start), Some(*timer));
    }
}
