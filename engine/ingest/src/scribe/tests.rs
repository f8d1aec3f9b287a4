use model::{EventBody, Pii, Utterance};

use super::*;

fn said(length: usize) -> Note {
    let at = SourceTime::from_unix_ms(1);
    let text = Pii::new("x".repeat(length));
    let utterance = Utterance { speaker: None, text, start: at, end: at, language: None };
    Note::Event(Event { at, body: EventBody::Transcript(utterance) })
}

#[tokio::test]
async fn what_waits_for_a_catalogue_is_bounded_by_what_it_takes_and_the_rest_is_left_to_the_log() {
    let dir = tempfile::tempdir().expect("a directory");
    let catalog = Catalog::open(dir.path()).await.expect("a catalogue");
    let scribe = Scribe::start(catalog.clone(), Hub::new(), CaptureId::new(1, [1; 10]), Epoch(1), true);
    // The scribe has no turn meanwhile.
    (0..1_000).for_each(|_| scribe.note(said(64 << 10)));
    let waiting_bytes = WAITING_BYTES - scribe.room.available_permits();
    assert!(waiting_bytes > WAITING_BYTES - FACT_BYTES - (65 << 10), "{waiting_bytes} bytes wait");
    (0..100_000).for_each(|_| scribe.note(said(0)));
    assert!(scribe.room.available_permits() < FACT_BYTES + (1 << 10));
    let room = Arc::clone(&scribe.room);
    scribe.finish(&CancellationToken::new()).await;
    assert_eq!(room.available_permits(), WAITING_BYTES, "it is given back");
    catalog.close().await;
}
