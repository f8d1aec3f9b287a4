//! A capture of which nothing is stored: what is received is announced from memory, and neither the log nor the catalogue has it.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use hub::{Heard, Subscription};
use media::{Frame, Track, TrackKind};
use model::{Cursor, Pii, Retention, Room, SequencedEvent, Space, Utterance};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{
    super::*,
    stage::{Patient, World, end, id},
};

/// How long a word may take on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);
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

/// What is told until the capture is closed; all of it was told already.
async fn rest_of(heard: &mut Subscription) -> Vec<Arc<SequencedEvent>> {
    let mut told = Vec::new();
    loop {
        let next = tokio::select! {
            biased;
            next = heard.next() => next,
            () = std::future::ready(()) => panic!("the capture is over and is not closed"),
        };
        match next {
            Heard::Event(event) => told.push(event),
            Heard::Closed => return told,
            Heard::Lagged(lost) => panic!("{lost} events were lost"),
        }
    }
}

/// What was said, if something was.
fn words_of(event: &SequencedEvent) -> Option<&str> {
    match &event.event.body {
        EventBody::Transcript(said) => Some(said.text.expose()),
        _ => None,
    }
}

/// Takes the database for itself, so that the catalogue commits nothing until this says `ROLLBACK`.
async fn seized(world: &World) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(world.dir.path().join("catalog.sqlite"));
    let mut db = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut db).await.unwrap();
    db
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_stored_is_heard_and_is_in_no_file() {
    let world = world(Retention::Nothing).await;
    let mut heard = world.hub.subscribe(id());
    play(&world, EndKind::Ended).await;
    let told = rest_of(&mut heard).await;
    let words: Vec<&str> = told.iter().filter_map(|event| words_of(event)).collect();
    let cursors: Vec<Cursor> = told.iter().map(|event| event.cursor).collect();
    assert_eq!(words, [WORDS]);
    // What was said, and the status that media brings, which waits for the catalogue.
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
async fn a_capture_that_is_not_stored_waits_for_no_room_on_the_disk() {
    let world = world(Retention::Nothing).await;
    world.hub.capacity().set(Space::Exhausted, Room::UNBOUNDED);
    let mut task = world.task(meeting(EndKind::Ended), CancellationToken::new());
    task.drain(Instant::now());
    assert_eq!(task.ledger.next_tick(), None, "it waits for no disk");
    let ended = task.end.take().unwrap();
    task.finish(ended).await;
    assert_eq!(world.status().await, CaptureStatus::Done);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_catalogue_that_commits_nothing_keeps_no_word_that_is_not_stored_from_whoever_listens() {
    let world = world(Retention::Nothing).await;
    let mut heard = world.hub.subscribe(id());
    let mut database = seized(&world).await;
    let task = world.task(meeting(EndKind::Ended), CancellationToken::new());
    let running = tokio::spawn(task.run("{}".to_owned(), None, []));
    let first = timeout(PATIENCE, heard.next()).await.expect("words while the catalogue commits nothing");
    let Heard::Event(first) = first else { panic!("{first:?}") };
    assert_eq!((words_of(&first), first.cursor.seq), (Some(WORDS), 1));
    let capture = world.catalog.capture(id()).await.unwrap().expect("the capture");
    assert_eq!((capture.latest().status, capture.recording), (CaptureStatus::JoiningCall, None));

    sqlx::query("ROLLBACK").execute(&mut database).await.unwrap();
    running.await.unwrap();
    // The status comes once it is in the catalogue, and continues the numbers.
    let told = rest_of(&mut heard).await;
    let expected = EventBody::Status { status: CaptureStatus::InCallRecording, sub_code: None };
    assert_eq!(told.iter().map(|told| (told.cursor.seq, &told.event.body)).collect::<Vec<_>>(), [(2, &expected)]);
    assert!(world.catalog.capture(id()).await.unwrap().is_some_and(|capture| capture.recording.is_some()));
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
