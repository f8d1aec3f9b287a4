//! Deaths at the points of the code that matter most: between a write and its sync, around a commit, at the end of a log, in a
//! render, between a rename and its directory, between a commit and its answer.

use std::thread;

use crate::{
    e2e::{
        holes, http,
        stage::{self, Played},
    },
    judge,
};

/// How much a death at a point may cost, in milliseconds of the meeting: what was not synced, and the way back.
const LONGEST_HOLE_MS: i64 = LOSS_MS + 5_000 + 250;
/// How much of what was received it may cost (fault matrix, loss budget), and how exactly that is known.
const LOSS_MS: i64 = 1_250 + 250;

/// Lets a daemon die when it comes to `point` for the `turn`-th time while a meeting runs or after it, starts it again, and
/// judges what comes out.
fn die_at(point: &str, turn: u64) -> Played {
    let (runtime, simulator, mut daemon) = stage::set_up(stage::options("flash-beep", 9, 1.0), &["127.0.0.1"]);
    // Nothing was announced yet, so this is its first start as far as meetings are concerned.
    daemon.kill();
    daemon.start_again(&[("HANSARD_DIE_AT", &format!("{point}={turn}"))]);
    let playing = runtime.spawn(simulator.run());
    daemon.wait_for_death(point);
    daemon.start_again(&[]);
    let played = stage::finish(daemon, runtime.block_on(playing).unwrap());
    let webhooks = &played.meeting().webhooks;
    assert!(webhooks.iter().all(|webhook| webhook.acknowledged()), "{point}: {webhooks:?}");
    let list = http::get_json(&played.daemon.url("/api/v1/meeting_direct_connect"));
    assert_eq!(list["results"].as_array().unwrap().len(), 1, "{point}: one stream is one capture: {list:#}");
    // What dies before anything is on disk takes second 0 with it.
    let unknown_ms = played.second_0_ms() - played.meeting().first_packet_ms;
    assert!((0..=LOSS_MS).contains(&unknown_ms), "{point}: {unknown_ms} ms");
    let found = holes::assert_declared_since_second_0(&played);
    assert!(found.iter().all(|hole| hole.ms() <= LONGEST_HOLE_MS), "{point}: {found:?}");
    judge::assert_whole_but_for_gaps(&played);
    played
}

/// Several at once: most of the time they wait for a meeting.
fn die_at_each(points: &[(&str, u64)]) {
    for some in points.chunks(3) {
        thread::scope(|scope| {
            for (point, turn) in some {
                scope.spawn(move || die_at(point, *turn));
            }
        });
    }
}

#[test]
fn a_death_around_a_write_of_the_log_costs_what_was_not_synced() {
    die_at_each(&[("journal::created", 1), ("journal::appended", 1), ("journal::appended", 4), ("journal::synced", 3)]);
}

#[test]
fn a_death_around_a_commit_of_the_catalogue_loses_nothing_that_was_acknowledged() {
    // The first commits are the start's own; then come the webhook, the claim, the status, the events.
    die_at_each(&[
        ("catalog::committing", 3),
        ("catalog::committing", 6),
        ("catalog::committed", 4),
        ("catalog::committed", 7),
    ]);
}

#[test]
fn a_death_between_a_webhook_and_its_answer_makes_it_come_again_and_count_once() {
    die_at_each(&[("api::recorded", 1), ("ingest::starting", 1)]);
}

#[test]
fn a_death_at_the_end_of_a_capture_leaves_the_end_to_the_next_start() {
    // Before the log was closed, what was not synced is gone; behind it, nothing is.
    die_at("ingest::ending", 1);
    assert_eq!(holes::assert_declared(&die_at("ingest::closed", 1)), []);
}

#[test]
fn a_death_in_a_render_makes_it_start_again() {
    die_at_each(&[
        ("studio::decoding", 3),
        ("studio::rendering", 5),
        ("studio::finished", 1),
        ("studio::verified", 1),
        ("store::written", 1),
        ("store::renamed", 1),
        ("store::published", 2),
        ("studio::announcing", 1),
        ("studio::announced", 1),
    ]);
}
