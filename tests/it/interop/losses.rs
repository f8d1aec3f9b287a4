//! Zoom's own SDK loses its connection and comes back, or is told to leave.

use serde_json::json;

use super::{
    ledger,
    plan::{self, Sound},
    sdk::{self, Joined},
};

/// What the SDK says when a connection was closed under it (official-sdk-wire-capture §6).
const CLOSED_BY_SERVER: i64 = 960;

/// Asserts that everything that was sent reached the app, over however many connections, and that nothing but pictures
/// was lost: those are not kept for whoever is not there.
fn assert_survived(joined: &Joined) {
    let meeting = joined.meeting();
    assert_eq!(joined.app["leave"], meeting.stop_reason, "{}", joined.app);
    let equal = ledger::assert_equal(joined, &["audio", "video", "transcript"]);
    assert!(equal >= 5, "{equal} tracks are equal");
    let unsent = |kind: &str| meeting.unsent.iter().filter(|unsent| unsent.kind == kind).map(|u| u.frames).sum::<u64>();
    assert_eq!(unsent("audio"), 0);
    assert!(unsent("video") >= 25, "{:?}", meeting.unsent);
    let joins = meeting.attempts.iter().filter(|attempt| attempt.connection == "signaling" && attempt.status == 0);
    assert!(joins.count() >= 2, "{:?}", meeting.attempts);
}

#[test]
fn a_signaling_connection_that_is_reset_is_joined_again_and_sound_is_delivered_late() {
    let options = sdk::scripted("scenario copyable\nduration 16s\n5s drop signaling rst");
    let joined = sdk::play(options.clone(), &plan::without_share(&options, Sound::OPUS));
    assert_survived(&joined);
    assert!(joined.app["webhooks"].as_array().unwrap().contains(&json!("meeting.rtms_interrupted")), "{}", joined.app);
}

/// The SDK repairs no connection by itself: it joins again with all of them.
#[test]
fn a_connection_of_media_that_is_lost_is_joined_again_and_sound_is_delivered_late() {
    std::thread::scope(|scope| {
        for cut in ["audio rst", "video 1006"] {
            scope.spawn(move || {
                let options = sdk::scripted(&format!("scenario copyable\nduration 16s\n5s drop {cut}"));
                assert_survived(&sdk::play(options.clone(), &plan::without_share(&options, Sound::OPUS)));
            });
        }
    });
}

/// The negative control: a close that says that all is said is the end for the SDK.
#[test]
fn a_connection_of_media_that_is_closed_is_not_joined_again() {
    let options = sdk::scripted("scenario copyable\nduration 14s\n5s drop audio 1000");
    let joined = sdk::play(options.clone(), &plan::without_share(&options, Sound::OPUS));
    assert_eq!(joined.app["leave"], CLOSED_BY_SERVER, "{}", joined.app);
    let attempts = &joined.meeting().attempts;
    assert_eq!(attempts.iter().filter(|attempt| attempt.connection == "signaling").count(), 1, "{attempts:?}");
    assert!(!joined.meeting().unsent.is_empty());
}

#[test]
fn the_reason_for_which_the_stream_ends_is_the_reason_for_which_the_sdk_leaves() {
    std::thread::scope(|scope| {
        for reason in [2, 8, 20, 23] {
            scope.spawn(move || {
                let options = sdk::scripted(&format!("scenario copyable\nduration 8s\n3s end {reason}"));
                let joined = sdk::play(options.clone(), &plan::without_share(&options, Sound::OPUS));
                assert_eq!(joined.meeting().stop_reason, reason);
                ledger::assert_joined_and_ended(&joined);
                ledger::assert_equal(&joined, &["audio", "video", "transcript"]);
            });
        }
    });
}
