//! A capture of which nothing is stored: what is received is announced from memory, and neither the log nor the catalogue has it.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use hub::Heard;
use media::{Frame, Track, TrackKind};
use model::{Cursor, Pii, Retention, Room, Space, Utterance};

use super::{
    super::*,
    stage::{Patient, World, end, id},
};

/// What is said in these meetings.
const WORDS: &str = "three secret words";

async fn world(retention: Retention) -> World {
    World { retention, ..World::new().await }.known().await
}

/// A meeting in which somebody is heard, says something, and is seen, and which ends in this way.
fn meeting(kind: EndKind) -> Patient {
    let at = SourceTime::from_unix_ms(1_000);
    let frame = |kind| {
        let payload = Bytes::from_static(b"payload");
        Output::Record(Entry::Media(Frame { track: Track { kind, source: 7 }, at, payload }))
    };
    let said = Utterance { speaker: None, text: Pii::new(WORDS.to_owned()), start: at, end: at, language: None };
    let said = Output::Event(Event { at, body: EventBody::Transcript(said) });
    let outputs = vec![frame(TrackKind::Audio), said, frame(TrackKind::Video), Output::End(end(kind))];
    Patient { outputs, kind }
}

async fn play(world: &World, kind: EndKind) {
    world.task(meeting(kind), CancellationToken::new()).run("{}".to_owned(), None, []).await;
}

/// Everything below the world's directory in which the words stand.
fn files_with_words(world: &World) -> usize {
    let mut left = vec![world.dir.path().to_owned()];
    let mut found = 0;
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            let bytes = std::fs::read(path).unwrap();
            found += usize::from(bytes.windows(WORDS.len()).any(|window| window == WORDS.as_bytes()));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_stored_is_heard_and_is_in_no_file() {
    let world = world(Retention::Nothing).await;
    let mut heard = world.hub.subscribe(id());
    play(&world, EndKind::Ended).await;
    let mut words = Vec::new();
    let mut cursors = Vec::new();
    loop {
        // All that is to be heard was said.
        let next = tokio::select! {
            biased;
            next = heard.next() => next,
            () = std::future::ready(()) => panic!("the capture is over and is not closed"),
        };
        match next {
            Heard::Event(event) => {
                cursors.push(event.cursor);
                if let EventBody::Transcript(said) = &event.event.body {
                    words.push(said.text.expose().clone());
                }
            }
            Heard::Closed => break,
            Heard::Lagged(lost) => panic!("{lost} events were lost"),
        }
    }
    assert_eq!(words, [WORDS]);
    // The status that media brings, then what was said.
    assert_eq!(cursors, [1, 2].map(|seq| Cursor { epoch: Epoch(1), seq }));
    assert_eq!(world.catalog.events_after(id(), Cursor::START, 10).await.unwrap(), []);
    assert!(!world.dir.path().join("log").exists());
    assert_eq!(world.syncs.load(Ordering::Relaxed), 0);
    assert_eq!(files_with_words(&world), 0);
    assert_eq!(world.status().await, CaptureStatus::Done, "there is nothing to be made of it");
    assert!(!world.hub.live(id()), "and nobody to hear from");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_stored_is_found_in_log_and_catalogue() {
    let world = world(Retention::Forever).await;
    play(&world, EndKind::Ended).await;
    assert!(files_with_words(&world) >= 2, "the control: the log and the database");
    assert_eq!(world.status().await, CaptureStatus::CallEnded);
    assert!(!world.hub.memory(id()).has_begun(), "nothing is kept twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_takes_nothing_from_what_is_not_stored() {
    let world = world(Retention::Nothing).await;
    world.hub.capacity().set(Space::Exhausted, Room::UNBOUNDED);
    let mut task = world.task(meeting(EndKind::Ended), CancellationToken::new());
    task.drain();
    assert_eq!(task.ledger.next_tick(), None, "it waits for no disk");
    let ended = task.end.take().unwrap();
    task.finish(ended).await;
    assert_eq!(world.status().await, CaptureStatus::Done);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consent_withdrawn_or_a_stop_of_the_daemon_end_it_like_any_other() {
    let revoked = world(Retention::Nothing).await;
    play(&revoked, EndKind::Revoked).await;
    assert_eq!(revoked.status().await, CaptureStatus::CallEnded);
    assert!(revoked.catalog.claim_purge(i64::MAX / 2).await.unwrap().is_some(), "whose end is the proof");
    let suspended = world(Retention::Nothing).await;
    play(&suspended, EndKind::Suspended).await;
    assert_eq!(suspended.status().await, CaptureStatus::InCallRecording, "somebody else goes on");
}
