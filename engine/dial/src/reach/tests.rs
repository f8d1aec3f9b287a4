//! Scripts of time: each test says what the network does when, and what is therefore tried when. No real time passes.

use std::{
    cell::RefCell,
    future::poll_fn,
    pin::pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use super::*;
use crate::{Policy, Refusal};

/// A clock that stands still until everybody waits, and then jumps to the next alarm.
#[derive(Clone, Default)]
struct Clock(Rc<RefCell<Times>>);

#[derive(Default)]
struct Times {
    now: Duration,
    alarms: Vec<(Duration, Waker)>,
}

impl Clock {
    fn now_ms(&self) -> u128 {
        self.0.borrow().now.as_millis()
    }

    fn pause(&self, length: Duration) -> impl Future<Output = ()> + use<> {
        let times = Rc::clone(&self.0);
        let mut due = None;
        poll_fn(move |cx| {
            let mut times = times.borrow_mut();
            let due = *due.get_or_insert(times.now + length);
            if times.now >= due {
                return Poll::Ready(());
            }
            times.alarms.push((due, cx.waker().clone()));
            Poll::Pending
        })
    }

    fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        let mut cx = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(outcome) = future.as_mut().poll(&mut cx) {
                return outcome;
            }
            let mut times = self.0.borrow_mut();
            let next = times.alarms.iter().map(|(due, _)| *due).min();
            times.now = next.expect("nobody waits for a time, so nothing will ever happen");
            let now = times.now;
            times.alarms.extract_if(.., |(due, _)| *due <= now).for_each(|(_, waker)| waker.wake());
        }
    }
}

/// What an address does.
#[derive(Clone, Copy)]
enum Behaviour {
    /// Takes the connection after this many milliseconds.
    Takes(u64),
    /// Refuses it after this many milliseconds.
    Refuses(u64),
    /// Never answers.
    Silent,
}
use Behaviour::{Refuses, Silent, Takes};

struct Script {
    clock: Clock,
    /// What the resolver answers after how many milliseconds; `None` is a failure.
    resolver: (u64, Option<Vec<SocketAddr>>),
    addresses: Vec<(&'static str, Behaviour)>,
    remembered: Option<&'static str>,
    /// What was tried, when.
    tried: RefCell<Vec<(u128, String)>>,
    resolved: RefCell<u32>,
}

fn address(text: &str) -> SocketAddr {
    SocketAddr::new(text.parse().expect(text), 443)
}

impl Script {
    /// A host with these addresses, in the resolver's order, which answers at once.
    fn of(addresses: &[(&'static str, Behaviour)]) -> Self {
        let found = addresses.iter().map(|(text, _)| address(text)).collect();
        Self {
            clock: Clock::default(),
            resolver: (0, Some(found)),
            addresses: addresses.to_vec(),
            remembered: None,
            tried: RefCell::default(),
            resolved: RefCell::default(),
        }
    }

    fn resolver(mut self, after_ms: u64, found: Option<&[&str]>) -> Self {
        self.resolver = (after_ms, found.map(|found| found.iter().map(|text| address(text)).collect()));
        self
    }

    fn remembering(mut self, text: &'static str) -> Self {
        self.remembered = Some(text);
        self
    }

    fn run(&self) -> Result<String, DialError> {
        let policy = Policy { allowed_hosts: vec!["*.zoom.us".parse().expect("a pattern")] };
        let target = policy.check("wss://a.zoom.us/").expect("an allowed host");
        let resolve = async {
            *self.resolved.borrow_mut() += 1;
            self.clock.pause(Duration::from_millis(self.resolver.0)).await;
            self.resolver.1.clone().ok_or_else(|| io::Error::other("no such name"))
        };
        let connect = |to: SocketAddr| async move {
            let text = to.ip().to_string();
            self.tried.borrow_mut().push((self.clock.now_ms(), text.clone()));
            let behaviour = self.addresses.iter().find(|(known, _)| *known == text).map_or(Silent, |(_, known)| *known);
            match behaviour {
                Takes(after_ms) => self.clock.pause(Duration::from_millis(after_ms)).await,
                Refuses(after_ms) => {
                    self.clock.pause(Duration::from_millis(after_ms)).await;
                    return Err(io::Error::from(io::ErrorKind::ConnectionRefused));
                }
                Silent => std::future::pending().await,
            }
            Ok(text)
        };
        let pause = |length| self.clock.pause(length);
        let mut phase = "";
        let remembered = self.remembered.map(address);
        let reached = self.clock.run(reach(&target, remembered, Means { resolve, connect, pause }, &mut phase))?;
        assert_eq!(reached.0.ip().to_string(), reached.1);
        Ok(reached.1)
    }

    fn tried(&self) -> Vec<(u128, String)> {
        self.tried.borrow().clone()
    }
}

fn tries(expected: &[(u128, &str)]) -> Vec<(u128, String)> {
    expected.iter().map(|(at_ms, text)| (*at_ms, (*text).to_owned())).collect()
}

#[test]
fn the_next_address_starts_a_quarter_of_a_second_after_a_silent_one() {
    let script = Script::of(&[("1.0.0.1", Silent), ("1.0.0.2", Silent), ("1.0.0.3", Silent), ("1.0.0.4", Takes(30))]);
    assert_eq!(script.run(), Ok("1.0.0.4".to_owned()));
    assert_eq!(script.tried(), tries(&[(0, "1.0.0.1"), (250, "1.0.0.2"), (500, "1.0.0.3"), (750, "1.0.0.4")]));
    assert_eq!(script.clock.now_ms(), 780);
}

#[test]
fn the_next_address_starts_at_once_after_one_that_refuses() {
    let script = Script::of(&[("1.0.0.1", Refuses(10)), ("1.0.0.2", Refuses(0)), ("1.0.0.3", Takes(5))]);
    assert_eq!(script.run(), Ok("1.0.0.3".to_owned()));
    assert_eq!(script.tried(), tries(&[(0, "1.0.0.1"), (10, "1.0.0.2"), (10, "1.0.0.3")]));
}

#[test]
fn the_first_success_wins_and_nothing_more_is_tried() {
    let script = Script::of(&[("1.0.0.1", Takes(400)), ("1.0.0.2", Takes(300)), ("1.0.0.3", Takes(0))]);
    assert_eq!(script.run(), Ok("1.0.0.1".to_owned()));
    assert_eq!(script.tried(), tries(&[(0, "1.0.0.1"), (250, "1.0.0.2")]));
}

#[test]
fn the_families_take_turns() {
    let script = Script::of(&[
        ("2a00::1", Silent),
        ("2a00::2", Silent),
        ("2a00::3", Silent),
        ("1.0.0.1", Silent),
        ("1.0.0.2", Takes(0)),
    ]);
    assert_eq!(script.run(), Ok("1.0.0.2".to_owned()));
    let order = [(0, "2a00::1"), (250, "1.0.0.1"), (500, "2a00::2"), (750, "1.0.0.2")];
    assert_eq!(script.tried(), tries(&order));
}

#[test]
fn a_host_that_nobody_answers_for_is_told_with_every_reason() {
    let script = Script::of(&[("1.0.0.1", Refuses(10)), ("2a00::1", Refuses(10))]);
    let error = script.run().expect_err("nobody").to_string();
    assert!(error.contains("1.0.0.1:443") && error.contains("[2a00::1]:443"), "{error}");
}

#[test]
fn a_name_is_resolved_once_and_is_not_remembered_where_it_resolves() {
    let script = Script::of(&[("1.0.0.1", Takes(0))]).remembering("1.0.0.9");
    assert_eq!(script.run(), Ok("1.0.0.1".to_owned()));
    assert_eq!(*script.resolved.borrow(), 1);
}

#[test]
fn without_a_resolver_the_last_good_address_serves() {
    let behaviour = [("1.0.0.9", Takes(0))];
    let script = Script::of(&behaviour).resolver(300, None).remembering("1.0.0.9");
    assert_eq!(script.run(), Ok("1.0.0.9".to_owned()));
    assert_eq!(script.tried(), tries(&[(300, "1.0.0.9")]));

    let empty = Script::of(&behaviour).resolver(0, Some(&[])).remembering("1.0.0.9");
    assert_eq!(empty.run(), Ok("1.0.0.9".to_owned()));

    let forgotten = Script::of(&behaviour).resolver(300, None);
    let error = forgotten.run().expect_err("nothing is remembered");
    assert!(matches!(error, DialError::Dns { .. }) && !error.permanent(), "{error}");
}

#[test]
fn a_slow_resolver_is_waited_for_two_seconds_and_then_the_last_good_address_serves() {
    let behaviour = [("1.0.0.1", Takes(0)), ("1.0.0.9", Takes(20))];
    let slow = Script::of(&behaviour).resolver(60_000, Some(&["1.0.0.1"])).remembering("1.0.0.9");
    assert_eq!(slow.run(), Ok("1.0.0.9".to_owned()));
    assert_eq!(slow.tried(), tries(&[(2_000, "1.0.0.9")]));

    let in_time = Script::of(&behaviour).resolver(1_999, Some(&["1.0.0.1"])).remembering("1.0.0.9");
    assert_eq!(in_time.run(), Ok("1.0.0.1".to_owned()));

    let patient = Script::of(&behaviour).resolver(8_000, Some(&["1.0.0.1"]));
    assert_eq!(patient.run(), Ok("1.0.0.1".to_owned()));
    assert_eq!(patient.tried(), tries(&[(8_000, "1.0.0.1")]));
}

#[test]
fn where_the_last_good_address_is_good_no_more_the_slow_resolver_is_waited_for() {
    let behaviour = [("1.0.0.1", Takes(0)), ("1.0.0.9", Refuses(5))];
    let script = Script::of(&behaviour).resolver(3_000, Some(&["1.0.0.1"])).remembering("1.0.0.9");
    assert_eq!(script.run(), Ok("1.0.0.1".to_owned()));
    assert_eq!(script.tried(), tries(&[(2_000, "1.0.0.9"), (3_000, "1.0.0.1")]));
}

#[test]
fn a_name_that_leads_inside_is_refused_although_a_good_address_is_remembered() {
    let script = Script::of(&[("10.0.0.1", Takes(0)), ("1.0.0.9", Takes(0))])
        .resolver(0, Some(&["1.0.0.9", "10.0.0.1"]))
        .remembering("1.0.0.9");
    let error = script.run().expect_err("one address is private");
    assert!(matches!(error, DialError::Refused { refusal: Refusal::PrivateAddress { .. }, .. }), "{error}");
    assert_eq!(script.tried(), []);
}

#[test]
fn a_remembered_address_is_judged_like_any_other() {
    let script = Script::of(&[("10.0.0.1", Takes(0))]).resolver(0, None).remembering("10.0.0.1");
    let error = script.run().expect_err("it is private");
    assert!(matches!(error, DialError::Dns { .. }), "{error}");
    assert_eq!(script.tried(), []);
}

#[test]
fn a_host_with_a_thousand_addresses_is_tried_at_sixteen() {
    let many: Vec<SocketAddr> = (0..1_000_u32).map(|n| SocketAddr::from((std::net::Ipv4Addr::from(n), 443))).collect();
    assert_eq!(interleaved(many.clone()), many[..16]);
}
