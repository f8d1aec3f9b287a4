//! The scripts themselves: one that lacks an output or passes over a wake-up fails.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;

/// What a script that must fail says.
#[track_caller]
fn failure(run: impl FnOnce(&mut Script)) -> String {
    let mut script = Script::running(&[Leg::Audio]);
    let caught = catch_unwind(AssertUnwindSafe(|| run(&mut script))).expect_err("it fails");
    caught
        .downcast_ref::<String>()
        .cloned()
        .or(caught.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .expect("words")
}

#[test]
fn an_output_that_the_table_lacks_fails_the_script() {
    let broken = lost("audio", "connection_broken");
    let told = failure(|script| {
        script.play(&[Line(5_000, closed(Leg::Audio, Close::Broken), &[&broken], Wake::At(15_000))]);
    });
    assert!(told.starts_with("line 0 at 5000 ms") && told.contains(OPEN_AUDIO), "{told}");
}

#[test]
fn an_output_where_nothing_was_to_follow_fails_the_script() {
    let told = failure(|script| nothing(script.at(5_000).closed(Leg::Audio, Close::Broken)));
    assert!(told.contains(OPEN_AUDIO), "{told}");
}

#[test]
fn an_output_that_nobody_fetched_fails_the_script() {
    let told = failure(|_| {
        let mut script = Script::running(&[Leg::Audio]);
        let now = script.at(5_000).now();
        script.session.handle_input(Input::Closed(Leg::Audio, Close::Broken), now);
    });
    assert!(told.starts_with("nobody read") && told.contains(OPEN_AUDIO), "{told}");
}

#[test]
fn a_wake_up_that_is_jumped_over_fails_the_script() {
    let jumps: [fn(&mut Script); 3] = [
        |script| script.play(&[Line(15_001, said(Leg::Signaling, ALIVE), &[], Wake::At(15_000))]),
        |script| {
            script.at(15_001);
        },
        |script| whatever(script.timeout(15_001)),
    ];
    for jump in jumps {
        let told = failure(jump);
        assert!(told.contains("15000") && told.contains("wake-up"), "{told}");
    }
    Script::running(&[Leg::Audio]).at(15_000);
}
