//! A capture that the customer pauses: what is withheld reaches neither the log nor the catalogue nor whoever listens.

use bytes::Bytes;
use media::{Frame, Track, TrackKind};
use model::{Pii, Utterance};

use super::{
    super::*,
    stage::{Patient, World, end, id},
};

const WORDS: &str = "between us";

/// A meeting in which something is heard and said.
fn meeting() -> Patient {
    let at = SourceTime::from_unix_ms(1_000);
    let track = Track { kind: TrackKind::Audio, source: 7 };
    let heard = Entry::Media(Frame { track, at, payload: Bytes::from_static(b"payload") });
    let said = Utterance { speaker: None, text: Pii::new(WORDS.to_owned()), start: at, end: at, language: None };
    let said = Event { at, body: EventBody::Transcript(said) };
    let outputs = vec![Output::Record(heard), Output::Event(said), Output::End(end(EndKind::Ended))];
    Patient { outputs, kind: EndKind::Ended }
}

/// How many packets the log has, how many words the catalogue has, and how the capture ended.
async fn played(withholding: Withholding, origin: Option<SourceTime>) -> (usize, usize, CaptureStatus) {
    let world = World::new().await.known().await;
    let task = world.task(meeting(), CancellationToken::new()).withholding(withholding);
    task.run("{}".to_owned(), origin, []).await;
    let mut log = journal::LogReader::open(journal::LogDir::at(world.dir.path().join("log"))).unwrap();
    let mut packets = 0;
    while let Some(stored) = log.next_record().unwrap() {
        packets += usize::from(matches!(stored.record.entry, Entry::Media(_)));
    }
    let events = world.catalog.events_after(id(), model::Cursor::START, 100).await.unwrap();
    let words = events.iter().filter(|event| matches!(event.event.body, EventBody::Transcript(_))).count();
    (packets, words, world.status().await)
}

#[tokio::test]
async fn what_a_pause_withholds_is_kept_nowhere() {
    let origin = Some(SourceTime::from_unix_ms(500));
    assert_eq!(played(Withholding::new(true, false), origin).await, (0, 0, CaptureStatus::CallEnded));
    assert_eq!(played(Withholding::default(), origin).await, (1, 1, CaptureStatus::CallEnded), "the control");
}

#[tokio::test]
async fn a_capture_that_waits_to_be_started_has_no_recording_yet() {
    let world = World::new().await.known().await;
    world.catalog.withhold(id(), true).await.unwrap();
    let task = world.task(meeting(), CancellationToken::new()).withholding(Withholding::new(true, false));
    task.run("{}".to_owned(), None, []).await;
    let capture = world.catalog.capture(id()).await.unwrap().expect("the capture");
    assert_eq!((capture.recording, capture.changes.last().unwrap().status), (None, CaptureStatus::Done));
}

#[tokio::test]
async fn the_wish_of_a_customer_is_obeyed_and_told() {
    let world = World::new().await.known().await;
    world.catalog.withhold(id(), true).await.unwrap();
    let idle = Patient { outputs: Vec::new(), kind: EndKind::Suspended };
    let stop = CancellationToken::new();
    let running =
        tokio::spawn(world.task(idle, stop.clone()).run("{}".to_owned(), Some(SourceTime::from_unix_ms(500)), []));
    let mut heard = Box::pin(async {
        loop {
            let events = world.catalog.events_after(id(), model::Cursor::START, 100).await.unwrap();
            if events.iter().any(|event| event.event.body == EventBody::Paused) {
                return;
            }
            tokio::task::yield_now().await;
        }
    });
    tokio::time::timeout(Duration::from_secs(60), &mut heard).await.expect("the pause is told");
    assert_eq!(world.status().await, CaptureStatus::InCallNotRecording);
    stop.cancel();
    running.await.unwrap();
}
