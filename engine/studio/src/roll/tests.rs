//! A meeting that is followed: what is made of it is what is made afterwards.

use std::{fs, path::Path};

use model::{ArtifactKind, CaptureId};
use tokio::runtime::Runtime;

use super::*;
use crate::{
    fixture::{self, Talk},
    make::Make,
    message::{Answer, Wanted},
};

/// How long the meeting is.
const MEETING_S: i64 = 24;

/// One who writes into a directory of that name.
fn assignment(dir: &Path, captures: &[CaptureId], staging: &str) -> Assignment {
    let staging = dir.join(staging);
    fs::create_dir_all(&staging).unwrap();
    Assignment { is_growing: true, ..fixture::assignment(dir, captures, &staging) }
}

/// Makes the mixed video; answers its bytes and how much of it was made while the meeting went on.
fn video(assignment: &Assignment, rolled: Option<Roll>) -> (Vec<u8>, u64) {
    let leash = Leash::default();
    let (mut make, ready) = Make::begin(assignment, rolled, &leash, &mut |_| {}).unwrap();
    let wanted = Wanted { kind: ArtifactKind::VideoMixed, format: None, edition: None };
    let answer = make.answer(&Request::Make { wanted, unmade: Vec::new() }, &mut |_| {});
    let Answer::Made(made) = answer else { panic!("{answer:?}") };
    assert_eq!(made.files.len(), 1);
    (fs::read(assignment.staging.join(&made.files[0].file)).unwrap(), ready.rolled_ms)
}

/// Follows a meeting of which two seconds come between one look and the next.
fn followed(runtime: &Runtime, dir: &Path, id: CaptureId, settled: Assignment) -> (Assignment, Option<Roll>) {
    let mut talk = Some(Talk::begin(dir, id));
    let mut reached_s = 0;
    let mut next = |patience: Option<Duration>| {
        assert!(patience.is_some(), "it looks again by itself");
        if patience == Some(Duration::ZERO) {
            return Asked::Nothing;
        }
        if reached_s < MEETING_S {
            runtime.block_on(talk.as_mut().unwrap().say(reached_s..reached_s + 2));
            reached_s += 2;
            return Asked::Nothing;
        }
        runtime.block_on(talk.take().unwrap().end(MEETING_S));
        Asked::This(Request::Settle(Box::new(settled.clone())))
    };
    follow(&assignment(dir, &[id], "followed"), &Leash::default(), &mut next).expect("it was told that it is over")
}

#[test]
fn a_meeting_that_was_followed_makes_the_file_of_one_that_is_read_when_it_is_over() {
    let (runtime, dir) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let id = CaptureId::new(1, [1; 10]);
    let (assignment, roll) = followed(&runtime, dir.path(), id, assignment(dir.path(), &[id], "followed"));
    let (rolled, rolled_ms) = video(&assignment, roll);
    // The last look is at most 5 s before the end, and what lies 6 s before a look is settled.
    assert!(rolled_ms >= (MEETING_S as u64 - 14) * 1_000, "{rolled_ms} ms of {MEETING_S} s");
    let (fresh, none_ms) = video(&self::assignment(dir.path(), &[id], "fresh"), None);
    assert_eq!(none_ms, 0);
    assert!(rolled == fresh, "{} and {} bytes", rolled.len(), fresh.len());
}

#[test]
fn what_was_followed_is_of_no_use_where_the_recording_has_other_captures_by_now() {
    let (runtime, dir) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let (id, earlier) = (CaptureId::new(2, [2; 10]), CaptureId::new(1, [1; 10]));
    runtime.block_on(async {
        let mut talk = Talk::begin(dir.path(), earlier);
        talk.say(0..2).await;
        talk.end(2).await;
    });
    let settled = assignment(dir.path(), &[earlier, id], "followed");
    let (assignment, roll) = followed(&runtime, dir.path(), id, settled);
    let (_, rolled_ms) = video(&assignment, roll);
    assert_eq!(rolled_ms, 0);
}

#[test]
fn a_follower_whose_asker_is_gone_ends_and_one_that_breaks_waits_to_be_told() {
    let dir = tempfile::tempdir().unwrap();
    let id = CaptureId::new(1, [1; 10]);
    let growing = assignment(dir.path(), &[id], "followed");
    assert!(follow(&growing, &Leash::default(), &mut |_| Asked::NoMore).is_none());
    let called_off = Leash::default();
    called_off.call_off();
    let mut looks = 0;
    let mut next = |_| {
        looks += 1;
        if looks < 3 { Asked::Nothing } else { Asked::This(Request::Settle(Box::new(growing.clone()))) }
    };
    let (_, roll) = follow(&growing, &called_off, &mut next).expect("it was told that it is over");
    assert!(roll.is_none());
}
