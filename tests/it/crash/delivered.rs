//! Deaths between the arrival of a status webhook and the note of it (fault matrix F8): it comes again, under the same id, none is
//! lost, and each comes first where it belongs.

use crate::e2e::{
    receiver::Receiver,
    stage::{self, Setting},
};

/// What a meeting is told with where nobody dies.
const EVENTS: [&str; 14] = [
    "meeting_direct_connect.joining_call",
    "meeting_direct_connect.in_call_not_recording",
    "recording.processing",
    "video_mixed.processing",
    "transcript.processing",
    "participant_events.processing",
    "meeting_metadata.processing",
    "meeting_direct_connect.in_call_recording",
    "meeting_direct_connect.call_ended",
    "video_mixed.done",
    "transcript.done",
    "participant_events.done",
    "meeting_metadata.done",
    "recording.done",
];

/// Lets a daemon die after the `turn`-th webhook arrived, if there is a turn, starts it again, and answers how often each message
/// arrived.
fn arrived(turn: Option<u64>) -> Vec<(String, usize)> {
    let receiver = Receiver::start();
    let (runtime, simulator, mut daemon) = stage::set_up_with(stage::options("copyable", 6, 1.0), |_| Setting {
        environment: receiver.environment(),
        ..Setting::default()
    });
    let playing = match turn {
        None => runtime.spawn(simulator.run()),
        Some(turn) => {
            // Nothing was announced yet, so this is its first start as far as meetings are concerned.
            daemon.kill();
            daemon.start_again(&[("HANSARD_DIE_AT", &format!("deliver::delivered={turn}"))]);
            let playing = runtime.spawn(simulator.run());
            daemon.wait_for_death("deliver::delivered");
            daemon.start_again(&[]);
            playing
        }
    };
    let played = stage::finish(daemon, runtime.block_on(playing).unwrap());
    receiver.wait_for("meeting_direct_connect.done");
    drop(played);
    receiver.messages().into_iter().map(|(heard, times)| (heard.event(), times)).collect()
}

/// What of it is told in turn, by its first arrival: everything of one recording.
fn in_order(messages: &[(String, usize)]) -> Vec<&str> {
    messages.iter().map(|(event, _)| event.as_str()).filter(|event| EVENTS.contains(event)).collect()
}

#[test]
fn what_is_out_of_turn_would_be_seen() {
    let told = |events: [&str; 3]| events.map(|event| (event.to_owned(), 1));
    let right = told([EVENTS[0], EVENTS[1], "meeting_direct_connect.done"]);
    assert_eq!(in_order(&right), EVENTS[..2]);
    assert_ne!(in_order(&told([EVENTS[1], EVENTS[0], "meeting_direct_connect.done"])), in_order(&right));
}

#[test]
fn a_death_between_a_delivery_and_its_note_delivers_again_under_the_same_id_and_loses_nothing() {
    let control = arrived(None);
    assert!(control.iter().all(|(_, times)| *times == 1), "where nobody dies nothing comes twice: {control:?}");
    for turn in [1, 5] {
        let messages = arrived(Some(turn));
        for event in EVENTS {
            assert!(messages.iter().any(|(heard, _)| heard == event), "{event} is lost: {messages:?}");
        }
        // What came again did so later; by its first arrival everything is in the order of a meeting in which nobody dies.
        let (heard, expected) = (in_order(&messages), in_order(&control));
        assert_eq!(heard, expected, "turn {turn}");
        let again: Vec<_> = messages.iter().filter(|(_, times)| *times > 1).collect();
        assert!(again.iter().any(|(_, times)| *times == 2), "turn {turn}: nothing came again: {messages:?}");
        assert!(again.len() <= 4, "turn {turn}: more came again than was on its way: {messages:?}");
    }
}
