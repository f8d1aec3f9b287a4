//! The live feed of a capture of which nothing is stored: read from memory as far as that reaches, and never silently from
//! somewhere else.

use catalog::Outcome;
use model::{Cursor, Epoch, Event, EventBody, Participant, ParticipantId, Pii, SequencedEvent};

use super::{
    events::{ORIGIN, Reader, names, said, texts},
    *,
};

/// More than the memory of a capture holds, in bytes.
const TOO_MUCH: usize = 2 << 20;

impl World {
    /// A customer's capture of which nothing is stored.
    async fn wished(&self) -> CaptureId {
        let mut body = wish("s1");
        body["recording_config"] =
            json!({ "retention": null, "transcript": { "provider": { "meeting_captions": {} } } });
        let answer = self.ask(Method::POST, MDC, Some(&body)).await;
        assert_eq!(answer.status, StatusCode::CREATED);
        let object = answer.json();
        assert_eq!(
            (&object["durability"]["code"], &object["recording_config"]["retention"]),
            (&json!("none"), &Value::Null)
        );
        self.catalog.claim_start(NOW_UNIX_S * 1000).await.expect("a claim").expect("a start");
        object["id"].as_str().expect("an id").parse().expect("an id")
    }

    /// Such a capture with an owner.
    async fn streamed(&self) -> CaptureId {
        let id = self.wished().await;
        self.hub.open(id);
        self.hub.remember(id, Epoch(1));
        self.catalog.recording_started(id, ORIGIN, NOW_UNIX_S * 1000).await.expect("a recording");
        id
    }

    fn tell(&self, id: CaptureId, epoch: u32, seqs: std::ops::RangeInclusive<u64>) {
        seqs.for_each(|seq| self.hub.publish(id, Arc::new(said(epoch, seq))));
    }

    /// Says so much that everything before it is forgotten.
    fn drown(&self, id: CaptureId, seq: u64) {
        let mut event = said(1, seq);
        if let EventBody::Transcript(said) = &mut event.event.body {
            said.text = Pii::new("x".repeat(TOO_MUCH));
        }
        self.hub.publish(id, Arc::new(event));
    }

    async fn end(&self, id: CaptureId) {
        let outcome = Outcome::Ended { code: "call_ended_by_host".to_owned(), message: None };
        self.catalog.capture_ended(id, None, outcome, NOW_UNIX_S * 1000).await.expect("an end");
        self.hub.close(id);
    }

    async fn refused(&self, id: CaptureId, query: &str) -> bool {
        let response = self.events(id, query, &[]).await;
        let is_gone = response.status() == StatusCode::GONE;
        if is_gone {
            let body = response.into_body().collect().await.expect("a body").to_bytes();
            let problem: Value = serde_json::from_slice(&body).expect("JSON");
            assert_eq!(problem["code"], "cursor_gone");
        }
        is_gone
    }
}

#[tokio::test]
async fn a_reader_hears_from_memory_what_was_and_what_comes_up_to_the_end() {
    let world = World::new().await;
    let id = world.streamed().await;
    world.tell(id, 1, 1..=3);
    let reader = Reader::new(world.events(id, "", &[]).await);
    let later = Reader::new(world.events(id, "?cursor=1-2", &[]).await);
    world.tell(id, 1, 4..=6);
    world.end(id).await;
    let all = reader.rest().await;
    assert_eq!(texts(&all), ["1-1", "1-2", "1-3", "1-4", "1-5", "1-6"]);
    assert_eq!(names(&all), ["joining_call", "call_ended", "done"]);
    assert_eq!(texts(&later.rest().await), ["1-3", "1-4", "1-5", "1-6"]);
    assert_eq!(world.catalog.events_after(id, Cursor::START, 10).await.expect("read"), [], "none of it is stored");
}

#[tokio::test]
async fn a_reader_that_falls_behind_the_ring_goes_on_from_memory() {
    let world = World::new().await;
    let id = world.streamed().await;
    let mut reader = Reader::new(world.events(id, "", &[]).await);
    reader.next().await.expect("the first status");
    world.tell(id, 1, 1..=2_000);
    world.end(id).await;
    let expected: Vec<String> = (1..=2_000).map(|seq| format!("1-{seq}")).collect();
    assert_eq!(texts(&reader.rest().await), expected);
}

#[tokio::test]
async fn a_cursor_whose_next_event_is_gone_is_refused_and_no_cursor_begins_with_what_there_is() {
    let world = World::new().await;
    let id = world.streamed().await;
    world.tell(id, 1, 1..=5);
    for cursor in ["?cursor=0-0", "?cursor=1-1", "?cursor=1-5"] {
        assert!(!world.refused(id, cursor).await, "{cursor}: everything is here");
    }
    assert!(world.refused(id, "?cursor=1-6").await, "this was never told");
    world.drown(id, 6);
    for (cursor, is_gone) in
        [("?cursor=0-0", true), ("?cursor=1-4", true), ("?cursor=1-5", false), ("?cursor=1-6", false)]
    {
        assert_eq!(world.refused(id, cursor).await, is_gone, "{cursor}");
    }
    let mut reader = Reader::new(world.events(id, "", &[]).await);
    reader.next().await.expect("the first status");
    assert_eq!(reader.next().await.and_then(|got| got.id).as_deref(), Some("1-6"));
    world.end(id).await;
    assert!(world.refused(id, "?cursor=1-5").await, "after the end nothing is remembered");
    assert_eq!(
        names(&Reader::new(world.events(id, "", &[]).await).rest().await),
        ["joining_call", "call_ended", "done"]
    );
}

#[tokio::test]
async fn a_reader_that_falls_behind_memory_is_sent_away_and_told_when_it_comes_back() {
    let world = World::new().await;
    let id = world.streamed().await;
    world.tell(id, 1, 1..=1);
    let mut reader = Reader::new(world.events(id, "", &[]).await);
    while reader.next().await.expect("an event").text.is_none() {}
    world.tell(id, 1, 2..=1_999);
    world.drown(id, 2_000);
    world.tell(id, 1, 2_001..=3_100);
    // The ring begins with 2,077, and so much was lost that no memory leads there.
    assert_eq!(texts(&reader.rest().await), Vec::<&str>::new(), "nothing is told behind a gap");
    assert!(world.refused(id, "?cursor=1-1").await);
}

#[tokio::test]
async fn what_a_later_owner_says_is_not_told_as_if_it_followed() {
    let world = World::new().await;
    let id = world.streamed().await;
    world.tell(id, 1, 1..=2);
    let mut reader = Reader::new(world.events(id, "", &[]).await);
    while reader.next().await.expect("an event").text.as_deref() != Some("1-2") {}
    world.hub.remember(id, Epoch(2));
    world.tell(id, 2, 1..=1);
    assert_eq!(texts(&reader.rest().await), Vec::<&str>::new());
    assert!(world.refused(id, "?cursor=1-2").await);
    let mut anew = Reader::new(world.events(id, "", &[]).await);
    while anew.next().await.expect("an event").text.as_deref() != Some("2-1") {}
}

#[tokio::test]
async fn a_reader_may_wait_for_a_capture_that_has_no_owner_yet() {
    let world = World::new().await;
    let id = world.wished().await;
    assert!(world.refused(id, "?cursor=1-1").await, "whoever told that is gone");
    let reader = Reader::new(world.events(id, "?cursor=0-0", &[]).await);
    world.hub.open(id);
    world.hub.remember(id, Epoch(1));
    world.catalog.recording_started(id, ORIGIN, NOW_UNIX_S * 1000).await.expect("a recording");
    world.tell(id, 1, 1..=1);
    world.end(id).await;
    let all = reader.rest().await;
    assert_eq!((texts(&all), names(&all)), (vec!["1-1"], vec!["joining_call", "call_ended", "done"]));
}

#[tokio::test]
async fn who_came_before_the_oldest_event_is_known_by_name() {
    let world = World::new().await;
    let id = world.streamed().await;
    let who = |id| Participant { id: ParticipantId(id), name: Some(Pii::new("Grace".to_owned())) };
    let at = |seq| Cursor { epoch: Epoch(1), seq };
    let publish = |seq, body| {
        world.hub.publish(id, Arc::new(SequencedEvent { cursor: at(seq), event: Event { at: ORIGIN, body } }));
    };
    publish(1, EventBody::Joined { participant: who(7) });
    world.drown(id, 2);
    publish(3, EventBody::Left { id: ParticipantId(7) });
    let response = world.events(id, "", &[]).await;
    world.end(id).await;
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    let text = std::str::from_utf8(&body).expect("text");
    let leave = text.split("event: participant_events.leave").nth(1).expect("somebody left");
    assert!(leave.contains("Grace"), "{leave}");
    assert!(!text.contains("participant_events.join"), "the coming itself is not told: it was forgotten");
}

/// Stream `s1`, wanted with nothing stored `at_ms` after Zoom announced it.
fn unstored(at_ms: i64) -> Value {
    let mut body = wish("s1");
    body["recording_config"] = json!({ "retention": null });
    body["event_ts"] = json!(NOW_UNIX_S * 1000 + at_ms);
    body
}

/// What Zoom says of the start of a stream of that meeting.
fn started(stream: &str) -> String {
    json!({ "event": "meeting.rtms_started", "event_ts": NOW_UNIX_S * 1000, "payload": {
        "meeting_uuid": "a/B+cD0eFgHiJkLmNoPqRw==", "rtms_stream_id": stream, "operator_id": "u1",
        "server_urls": "wss://zoomsjc1rtms.zoom.us",
    } })
    .to_string()
}

impl World {
    /// What became of a stream that Zoom alone announced.
    async fn announced(&self, stream: &str) -> (CaptureId, Value) {
        let answer = self.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, &started(stream)).await;
        assert_eq!(answer.json()["result"], "accepted");
        let id = self.catalog.claim_start(NOW_UNIX_S * 1000).await.expect("a claim").expect("a start").capture.id;
        let object = self.ask(Method::GET, &format!("{MDC}/{id}"), None).await.json();
        (id, object["durability"]["code"].clone())
    }
}

#[tokio::test]
async fn a_wish_that_nothing_be_stored_is_refused_once_zooms_notice_has_the_stream_stored() {
    let world = World::new().await;
    let (id, durability) = world.announced("s1").await;
    assert_eq!(durability, "durable");
    let before = world.captures().await;
    for at_ms in [0, 1_000] {
        let answer = world.ask(Method::POST, MDC, Some(&unstored(at_ms))).await;
        assert_eq!((answer.status, answer.json()["code"].clone()), (StatusCode::CONFLICT, json!("already_stored")));
        let detail = answer.json()["detail"].to_string();
        assert!(detail.contains(&id.to_string()) && detail.contains("retention ="), "{detail}");
    }
    assert_eq!(world.captures().await, before);
    assert_eq!(world.ask(Method::POST, MDC, Some(&wish("s1"))).await.status, StatusCode::OK, "the control");

    // Once it broke off, what comes from here on is not stored, and what was stays where it is.
    let broken = Outcome::Failed { code: "connection_broken".to_owned(), message: None };
    world.catalog.recording_started(id, ORIGIN, NOW_UNIX_S * 1000).await.expect("a recording");
    world.catalog.capture_ended(id, None, broken, NOW_UNIX_S * 1000).await.expect("an end");
    for status in [StatusCode::CREATED, StatusCode::OK] {
        let answer = world.ask(Method::POST, MDC, Some(&unstored(2_000))).await;
        assert_eq!((answer.status, answer.json()["durability"]["code"].clone()), (status, json!("none")));
        assert_ne!(answer.json()["id"], json!(id.to_string()));
    }
}

#[tokio::test]
async fn a_stream_that_is_stopped_and_started_again_stays_unstored_unless_the_customer_wants_it() {
    let world = World::new().await;
    let id = world.streamed().await;
    world.end(id).await;
    assert_eq!(world.announced("s2").await.1, "none");
    let answer = world.ask(Method::POST, MDC, Some(&wish("s3"))).await;
    assert_eq!((answer.status, answer.json()["durability"]["code"].clone()), (StatusCode::CREATED, json!("durable")));
}
