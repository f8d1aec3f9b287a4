use std::cell::{Cell, RefCell};

use model::Secret;
use zoom::{Wants, rest::RestError};

use super::*;

const START: &str = r#"{"event":"meeting.rtms_started","event_ts":1,"payload":{"operator_id":"user","meeting_id":91234567890,
    "meeting_uuid":"m/1==","rtms_stream_id":"s","server_urls":"wss://a.zoom.us"}}"#;

fn app(restart: bool, account_id: &str) -> App {
    App {
        client_id: "client".to_owned(),
        client_secret: Secret::new("secret".to_owned()),
        want: Wants::default(),
        keep_revoked: false,
        account_id: account_id.to_owned(),
        restart,
    }
}

fn notice() -> StartNotice {
    zoom::webhook::parse_notice_json(START).expect("a notice")
}

#[test]
fn only_an_app_that_wants_it_asks_for_new_streams_whoever_has_the_account() {
    assert!(Wish::of(None, &notice()).is_none());
    assert!(Wish::of(Some(&app(false, "account")), &notice()).is_none());
    assert!(Wish::of(Some(&app(true, "")), &notice()).is_some(), "another app may ask for it");
    let wish = Wish::of(Some(&app(true, "account")), &notice()).expect("a wish");
    assert_eq!((wish.product, wish.user.as_deref()), (Product::Meeting, Some("user")));
    assert_eq!(wish.meeting, "91234567890", "the number goes before the id");
    let unnumbered = StartNotice { meeting_number: None, ..notice() };
    assert_eq!(Wish::of(Some(&app(true, "account")), &unnumbered).expect("a wish").meeting, "m/1==");
}

#[test]
fn a_meeting_gets_three_new_streams_in_ten_minutes() {
    let wish = |meeting: &str| {
        let notice = StartNotice { meeting_number: Some(meeting.to_owned()), ..notice() };
        Wish::of(Some(&app(true, "account")), &notice).expect("a wish")
    };
    let (mut restarts, start) = (Restarts::default(), Instant::now());
    let mut ask = |meeting, seconds| restarts.may_ask(&wish(meeting), 0, start + Duration::from_secs(seconds));
    assert!(ask("1", 0) && ask("1", 60) && ask("1", 120));
    assert!(!ask("1", 180));
    assert!(ask("2", 180), "another meeting has a share of its own");
    assert!(!ask("1", 599), "what was refused does not count, what was asked does");
    assert!(ask("1", 600));
    assert!(!ask("1", 601));
}

#[test]
fn what_a_process_before_this_one_asked_for_counts_and_is_not_counted_twice() {
    let wish = Wish::of(Some(&app(true, "account")), &notice()).expect("a wish");
    let now = Instant::now();
    assert!(!Restarts::default().may_ask(&wish, 3, now));
    let mut restarts = Restarts::default();
    assert!(restarts.may_ask(&wish, 2, now));
    assert!(restarts.may_ask(&wish, 2, now), "one of the two that began was asked for here");
    assert!(!restarts.may_ask(&wish, 3, now));
}

/// What becomes of a wish that is answered so, and how long is waited in between, in seconds.
async fn persisting(answers: impl Fn(usize) -> Result<(), RestFailure>) -> (Result<(), RestFailure>, Vec<u64>) {
    let (asked, waited) = (Cell::new(0), RefCell::new(Vec::new()));
    let ask = || std::future::ready(answers(asked.replace(asked.get() + 1)));
    let pause = |pause: Duration| {
        waited.borrow_mut().push(pause.as_secs());
        std::future::ready(())
    };
    let outcome = persist(ask, pause).await;
    (outcome, waited.into_inner())
}

fn busy(seconds: u64) -> RestFailure {
    RestFailure::Refused(RestError::Busy { status: 503, after: Duration::from_secs(seconds), words: String::new() })
}

#[tokio::test]
async fn a_zoom_that_is_busy_is_asked_again_after_longer_and_longer_pauses() {
    let (outcome, waited) = persisting(|asked| if asked < 3 { Err(busy(1)) } else { Ok(()) }).await;
    assert_eq!(outcome, Ok(()));
    assert_eq!(waited, [2, 4, 8]);
}

#[tokio::test]
async fn after_three_minutes_nobody_is_asked_any_more() {
    let (outcome, waited) = persisting(|_| Err(busy(1))).await;
    assert_eq!(outcome, Err(busy(1)));
    assert_eq!(waited, [2, 4, 8, 16, 30, 30, 30, 30, 30]);
    assert!(waited.iter().sum::<u64>() <= 180);
}

#[tokio::test]
async fn zoom_is_left_alone_for_as_long_as_it_wants() {
    let (outcome, waited) = persisting(|asked| if asked < 2 { Err(busy(45)) } else { Ok(()) }).await;
    assert_eq!((outcome, waited), (Ok(()), vec![45, 45]));
}

#[tokio::test]
async fn a_refusal_for_good_is_not_asked_again() {
    for failure in [RestFailure::Refused(RestError::Unknown { words: String::new() }), RestFailure::NoAccount] {
        let (outcome, waited) = persisting(|_| Err(failure.clone())).await;
        assert_eq!((outcome, waited), (Err(failure), vec![]));
    }
}
