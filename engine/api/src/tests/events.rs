//! The live feed: nothing lost and nothing doubled, from wherever a reader goes on.

use axum::response::Response;
use catalog::Outcome;
use media::SourceTime;
use model::{
    Capture, CaptureStatus, Cursor, Epoch, Event, EventBody, Participant, ParticipantId, Pii, SequencedEvent, Utterance,
};
use schema::event::EventFilter;

use super::*;
use crate::{
    feed::{Feed, Wanted},
    shared::Shared,
};

pub(super) const ORIGIN: SourceTime = SourceTime::from_unix_ms(NOW_UNIX_S * 1000);

pub(super) fn said(epoch: u32, seq: u64) -> SequencedEvent {
    let at = ORIGIN.plus_ms(i64::try_from(seq).expect("a small number") * 100);
    let body = EventBody::Transcript(Utterance {
        speaker: Some(Participant { id: ParticipantId(1), name: Some(Pii::new("Ada".to_owned())) }),
        text: Pii::new(format!("{epoch}-{seq}")),
        start: at,
        end: at.plus_ms(50),
        language: None,
    });
    SequencedEvent { cursor: Cursor { epoch: Epoch(epoch), seq }, event: Event { at, body } }
}

fn status(epoch: u32, seq: u64, status: CaptureStatus) -> SequencedEvent {
    let body = EventBody::Status { status, sub_code: None };
    SequencedEvent { cursor: Cursor { epoch: Epoch(epoch), seq }, event: Event { at: ORIGIN, body } }
}

/// One event as a reader gets it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Got {
    pub(super) id: Option<String>,
    event: String,
    pub(super) text: Option<String>,
}

/// Reads events off an answer, one at a time.
pub(super) struct Reader {
    body: Body,
    text: String,
}

impl Reader {
    pub(super) fn new(response: Response) -> Self {
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(
            response.headers().get("content-type").map(|value| value.as_bytes()),
            Some(&b"text/event-stream"[..])
        );
        Self { body: response.into_body(), text: String::new() }
    }

    pub(super) async fn next(&mut self) -> Option<Got> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let block = block.to_owned();
                self.text = rest.to_owned();
                if block.lines().all(|line| line.starts_with(':')) {
                    continue;
                }
                let field = |name: &str| {
                    block.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim_start().to_owned())
                };
                let data: Value = serde_json::from_str(&field("data:").expect("data")).expect("JSON");
                let event = field("event:").expect("a name");
                assert_eq!(data["event"], event.as_str());
                let text = data["data"]["data"]["words"][0]["text"].as_str().map(str::to_owned);
                return Some(Got { id: field("id:"), event, text });
            }
            let frame = self.body.frame().await?.expect("a frame");
            self.text.push_str(std::str::from_utf8(frame.data_ref().expect("data")).expect("text"));
        }
    }

    pub(super) async fn rest(mut self) -> Vec<Got> {
        let mut all = Vec::new();
        while let Some(got) = self.next().await {
            all.push(got);
        }
        all
    }
}

impl World {
    pub(super) async fn events(&self, id: CaptureId, query: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = Request::get(format!("{MDC}/{id}/events{query}")).header("authorization", KEY);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.router.clone().oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer")
    }

    async fn owned(&self) -> CaptureId {
        self.owned_of("s1").await
    }

    /// The same of that stream.
    async fn owned_of(&self, stream: &str) -> CaptureId {
        let id = self.created(stream).await;
        self.catalog.claim_start(NOW_UNIX_S * 1000).await.expect("a claim").expect("a start");
        self.hub.open(id);
        self.catalog.recording_started(id, ORIGIN, NOW_UNIX_S * 1000).await.expect("a recording");
        id
    }

    /// What is told of a capture from its beginning on, together with others.
    fn feed(&self, capture: &Capture, shared: &Shared) -> Feed {
        let wanted = Wanted { from: None, filter: EventFilter::default(), has_alias: true, shared: shared.clone() };
        let (catalog, hub) = (self.catalog.clone(), self.hub.clone());
        Feed::new(catalog, hub, capture, wanted, Limits::default().look_every).expect("a feed")
    }

    /// What an owner does: durable first, then published.
    async fn happen(&self, id: CaptureId, event: SequencedEvent) {
        self.catalog.append_events(id, vec![event.clone()]).await.expect("a durable event");
        self.hub.publish(id, Arc::new(event));
    }

    /// What the end of a capture and of its render leave behind.
    async fn finish(&self, id: CaptureId) {
        let outcome = Outcome::Ended { code: "call_ended_by_host".to_owned(), message: None };
        self.catalog.capture_ended(id, None, outcome, NOW_UNIX_S * 1000).await.expect("an end");
        let job = self.catalog.claim_render(NOW_UNIX_S * 1000).await.expect("a claim").expect("a render");
        self.catalog.render_done(&job, NOW_UNIX_S * 1000).await.expect("a render done");
        self.hub.close(id);
    }
}

pub(super) fn texts(all: &[Got]) -> Vec<&str> {
    all.iter().filter_map(|got| got.text.as_deref()).collect()
}

pub(super) fn names(all: &[Got]) -> Vec<&str> {
    let statuses = all.iter().filter_map(|got| got.event.strip_prefix("meeting_direct_connect."));
    statuses.collect()
}

#[tokio::test]
async fn a_reader_hears_what_was_and_what_comes_each_once_and_in_order() {
    let world = World::new().await;
    let id = world.owned().await;
    for seq in 1..=3 {
        world.happen(id, said(1, seq)).await;
    }
    let reader = Reader::new(world.events(id, "", &[]).await);
    assert_eq!(world.hub.subscribers(id), 1, "live events come through the hub, not by polling alone");
    for seq in 4..=6 {
        world.happen(id, said(1, seq)).await;
    }
    world.finish(id).await;
    let all = reader.rest().await;
    assert_eq!(texts(&all), ["1-1", "1-2", "1-3", "1-4", "1-5", "1-6"]);
    assert_eq!(names(&all), ["joining_call", "call_ended", "done"]);
    assert_eq!(all[3].id.as_deref(), Some("1-3"));
}

#[tokio::test]
async fn events_that_happen_while_a_reader_subscribes_are_neither_lost_nor_doubled() {
    let world = World::new().await;
    let id = world.owned().await;
    let count = 400;
    let writer = async {
        for seq in 1..=count {
            world.happen(id, said(1, seq)).await;
        }
        world.finish(id).await;
    };
    let readers = (0..16).map(|number| {
        let world = &world;
        async move {
            // Each begins at another moment of the writing.
            for _ in 0..number * 40 {
                tokio::task::yield_now().await;
            }
            Reader::new(world.events(id, "", &[]).await).rest().await
        }
    });
    let ((), all) = tokio::join!(writer, futures_util::future::join_all(readers));
    let expected: Vec<String> = (1..=count).map(|seq| format!("1-{seq}")).collect();
    for heard in all {
        assert_eq!(texts(&heard), expected);
    }
}

#[tokio::test]
async fn a_reader_that_falls_behind_the_ring_goes_on_from_the_catalogue() {
    let world = World::new().await;
    let id = world.owned().await;
    world.happen(id, said(1, 1)).await;
    let mut reader = Reader::new(world.events(id, "", &[]).await);
    reader.next().await.expect("the first status");
    assert_eq!(reader.next().await.and_then(|got| got.text).as_deref(), Some("1-1"));
    let events: Vec<SequencedEvent> = (2..=3_000).map(|seq| said(1, seq)).collect();
    world.catalog.append_events(id, events.clone()).await.expect("durable events");
    for event in events {
        world.hub.publish(id, Arc::new(event));
    }
    world.finish(id).await;
    let heard = reader.rest().await;
    let expected: Vec<String> = (2..=3_000).map(|seq| format!("1-{seq}")).collect();
    assert_eq!(texts(&heard), expected);
}

#[tokio::test]
async fn an_event_that_the_hub_was_not_told_of_is_not_passed_over() {
    let world = World::new().await;
    let id = world.owned().await;
    world.happen(id, said(1, 1)).await;
    let mut reader = Reader::new(world.events(id, "", &[]).await);
    reader.next().await.expect("the first status");
    reader.next().await.expect("the first event");
    world.catalog.append_events(id, vec![said(1, 2)]).await.expect("a durable event");
    world.happen(id, said(1, 3)).await;
    world.finish(id).await;
    assert_eq!(texts(&reader.rest().await), ["1-2", "1-3"]);
}

#[tokio::test]
async fn an_event_of_a_later_owner_follows_those_of_the_former() {
    let world = World::new().await;
    let id = world.owned().await;
    world.happen(id, said(1, 1)).await;
    let mut reader = Reader::new(world.events(id, "", &[]).await);
    reader.next().await.expect("the first status");
    reader.next().await.expect("the first event");
    world.catalog.note_crash(id, Epoch(1), NOW_UNIX_S * 1000).await.expect("noted");
    world.catalog.take_up(id, Epoch(1)).await.expect("a claim").expect("it has no owner");
    world.happen(id, said(2, 1)).await;
    world.happen(id, said(2, 2)).await;
    world.finish(id).await;
    assert_eq!(texts(&reader.rest().await), ["2-1", "2-2"]);
}

#[tokio::test]
async fn a_reader_goes_on_from_its_cursor() {
    let world = World::new().await;
    let id = world.owned().await;
    for seq in 1..=5 {
        world.happen(id, said(1, seq)).await;
    }
    world.finish(id).await;
    for (query, headers) in
        [("?cursor=1-3", vec![]), ("", vec![("last-event-id", "1-3")]), ("?cursor=1-1", vec![("last-event-id", "1-3")])]
    {
        let all = Reader::new(world.events(id, query, &headers).await).rest().await;
        assert_eq!(texts(&all), ["1-4", "1-5"]);
        assert_eq!(names(&all).last(), Some(&"done"));
    }
    for wrong in ["?cursor=x", "?cursor=1", "?cursor=-1-2", "?cursor=1-99999999999999999999999"] {
        assert_eq!(world.events(id, wrong, &[]).await.status(), StatusCode::BAD_REQUEST, "{wrong}");
    }
    let all = Reader::new(world.events(id, "?cursor=4000000000-18446744073709551615", &[]).await).rest().await;
    assert!(texts(&all).is_empty(), "a cursor beyond the end has nothing after it");
}

#[tokio::test]
async fn a_status_is_told_once_whether_its_event_is_in_the_log_or_not() {
    let world = World::new().await;
    let id = world.owned().await;
    let recording = CaptureStatus::InCallRecording;
    assert!(world.catalog.set_status(id, recording, None, None, NOW_UNIX_S * 1000).await.expect("a status"));
    // The reader looks between the status and its event.
    let mut reader = Reader::new(world.events(id, "", &[]).await);
    let mut early = vec![reader.next().await.expect("a status"), reader.next().await.expect("a status")];
    world.happen(id, status(1, 1, recording)).await;
    world.happen(id, said(1, 2)).await;
    world.finish(id).await;
    early.extend(reader.rest().await);
    let expected = ["joining_call", "in_call_recording", "call_ended", "done"];
    assert_eq!(names(&early), expected);
    let replayed = Reader::new(world.events(id, "", &[]).await).rest().await;
    assert_eq!(names(&replayed), expected);
    assert_eq!(texts(&replayed), ["1-2"]);
}

#[tokio::test]
async fn a_capture_that_was_read_before_a_change_that_was_told_has_none_told_again() {
    let world = World::new().await;
    let id = world.owned().await;
    let recording = CaptureStatus::InCallRecording;
    let mut reader = Reader::new(world.events(id, "", &[]).await);
    let mut all = vec![reader.next().await.expect("a status")];
    // The event is there before the capture says so; the reader looks at the capture between the two events.
    world.happen(id, status(1, 1, recording)).await;
    all.push(reader.next().await.expect("a status"));
    world.happen(id, said(1, 2)).await;
    all.push(reader.next().await.expect("an event"));
    assert!(world.catalog.set_status(id, recording, None, None, NOW_UNIX_S * 1000).await.expect("a status"));
    world.finish(id).await;
    all.extend(reader.rest().await);
    assert_eq!(names(&all), ["joining_call", "in_call_recording", "call_ended", "done"]);
    assert_eq!(texts(&all), ["1-2"]);
}

#[tokio::test]
async fn an_ended_capture_is_replayed_and_then_over() {
    let world = World::new().await;
    let id = world.created("s1").await;
    world.catalog.claim_start(NOW_UNIX_S * 1000).await.expect("a claim").expect("a start");
    let outcome = Outcome::Failed { code: "zoom_rtms_no_permission".to_owned(), message: None };
    world.catalog.capture_ended(id, None, outcome, NOW_UNIX_S * 1000).await.expect("an end");
    let all = Reader::new(world.events(id, "/", &[]).await).rest().await;
    assert_eq!(names(&all), ["joining_call", "fatal"]);
    assert_eq!(world.hub.subscribers(id), 0, "a reader that is gone does not stay subscribed");
}

#[tokio::test]
async fn a_live_feed_ends_when_nobody_is_let_in_any_more_and_not_before() {
    let world = World::new().await;
    let id = world.owned().await;
    let mut reader = Reader::new(world.events(id, "", &[]).await);
    world.happen(id, said(1, 1)).await;
    while reader.next().await.expect("an event").text.is_none() {}
    world.closing.drain();
    world.happen(id, said(1, 2)).await;
    assert_eq!(reader.next().await.expect("an event").text.as_deref(), Some("1-2"));
    world.closing.close();
    assert_eq!(texts(&reader.rest().await), Vec::<&str>::new());
}

#[tokio::test]
async fn a_reader_hears_how_far_artifacts_are_without_a_place_among_the_events() {
    let world = World::new().await;
    let id = world.owned().await;
    world.happen(id, said(1, 1)).await;
    let recording = world.catalog.capture(id).await.expect("read").expect("a capture").recording.expect("a recording");
    let artifact = recording.artifacts.first().expect("an artifact").id;
    let making = world.hub.progress().begin(artifact);
    making.tell(0.504);
    let mut reader = Reader::new(world.events(id, "", &[]).await);
    let progress = loop {
        let got = reader.next().await.expect("more");
        if got.event == "artifact.progress" {
            break got;
        }
    };
    assert_eq!(progress.id, None, "whoever comes back hears how far it is then");
    // Less than a hundredth more is not told again.
    making.tell(0.507);
    world.finish(id).await;
    let rest = reader.rest().await;
    assert_eq!(rest.iter().filter(|got| got.event == "artifact.progress").count(), 0);
    assert_eq!(names(&rest).last(), Some(&"done"));
    drop(making);
    // One that is over is not being made.
    let all = Reader::new(world.events(id, "", &[]).await).rest().await;
    assert!(all.iter().all(|got| got.event != "artifact.progress"));
}

#[tokio::test]
async fn a_reader_that_is_far_behind_holds_few_events_and_gets_them_all() {
    let world = World::new().await;
    let id = world.owned().await;
    let all: Vec<SequencedEvent> = (1..=300).map(|seq| said(1, seq)).collect();
    world.catalog.append_events(id, all.clone()).await.expect("appended");
    let capture = world.catalog.capture(id).await.expect("read").expect("it is there");
    let mut feed = world.feed(&capture, &Default::default());
    let mut told = 0;
    while told < all.len() {
        let next = feed.next().await.expect("an event");
        told += usize::from(next.event() == "transcript.data");
        assert!(feed.held() <= crate::feed::PAGE as usize, "{} are held after {told}", feed.held());
    }
    // The control: more are left than are ever held.
    assert!(all.len() > 2 * crate::feed::PAGE as usize);
}

#[tokio::test]
async fn what_many_are_told_of_a_meeting_is_made_once_and_what_is_told_of_another_is_not_theirs() {
    let world = World::new().await;
    let [id, other] = [world.owned().await, world.owned_of("s2").await];
    let read = async |id| world.catalog.capture(id).await.expect("read").expect("it is there");
    let (capture, elsewhere) = (read(id).await, read(other).await);
    let shared = Shared::default();
    let mut feeds = [world.feed(&capture, &shared), world.feed(&capture, &shared), world.feed(&capture, &shared)];
    let mut alone = world.feed(&elsewhere, &Shared::default());
    let words = async |feed: &mut Feed| loop {
        let next = feed.next().await.expect("an event");
        if next.event() == "transcript.data" {
            return next;
        }
    };
    for seq in 1..=3 {
        for of in [id, other] {
            world.happen(of, said(1, seq)).await;
        }
        let first = words(&mut feeds[0]).await;
        for feed in &mut feeds[1..] {
            assert!(Arc::ptr_eq(&first, &words(feed).await));
        }
        // The control: another meeting is told in other words.
        assert_ne!(words(&mut alone).await.frame(), first.frame());
    }
}
