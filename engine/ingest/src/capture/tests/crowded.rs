//! More events than may wait for the catalogue: facts about the capture itself reach it all the same.

use model::{Cursor, Pii, Utterance};

use super::{
    super::*,
    stage::{World, id},
};

/// So often something of so many letters is said at once, before the scribe has its turn; then the recording begins. Answers
/// how much of it is in the catalogue, whether that has a recording, and the status.
async fn told_behind(spoken: &[(usize, usize)]) -> (usize, bool, CaptureStatus) {
    let world = World::new().await.known().await;
    let scribe = Scribe::start(world.catalog.clone(), world.hub.clone(), id(), Epoch(1), true);
    let at = SourceTime::from_unix_ms(1_000);
    for letters in spoken.iter().flat_map(|&(times, letters)| std::iter::repeat_n(letters, times)) {
        let text = Pii::new("x".repeat(letters));
        let said = Utterance { speaker: None, text, start: at, end: at, language: None };
        scribe.note(Note::Event(Event { at, body: EventBody::Transcript(said) }));
    }
    scribe.note(Note::Origin(at));
    scribe.note(Note::Status { status: CaptureStatus::InCallRecording, sub_code: None, message: None });
    scribe.finish(&CancellationToken::new()).await;
    let seen = world.catalog.events_after(id(), Cursor::START, 20_000).await.unwrap();
    let words = seen.iter().filter(|event| matches!(event.event.body, EventBody::Transcript(_))).count();
    assert!(words < spoken.iter().map(|(times, _)| times).sum(), "the control: not every word found room");
    let capture = world.catalog.capture(id()).await.unwrap().expect("the capture");
    (words, capture.recording.is_some(), capture.latest().status)
}

#[tokio::test]
async fn second_0_and_the_status_find_room_when_no_more_words_may_wait() {
    let (words, is_begun, status) = told_behind(&[(17_000, 0)]).await;
    assert_eq!((is_begun, status), (true, CaptureStatus::InCallRecording));
    assert!(words > 16_000, "{words} words");
}

#[tokio::test]
async fn second_0_and_the_status_find_room_when_the_words_that_wait_take_all_memory() {
    let (words, is_begun, status) = told_behind(&[(100, 64 << 10), (1_000, 0)]).await;
    assert_eq!((is_begun, status), (true, CaptureStatus::InCallRecording));
    assert!(words > 60, "{words} words");
}
