//! Consent that is withdrawn: every road on which content leaves is closed at once, and what stays says nothing of the
//! meeting (fault-matrix C20).

use std::{sync::Arc, time::Duration};

use hub::LiveAnswer;
use media::SourceTime;
use model::{
    ArtifactKind, Command, Cursor, Epoch, Event, EventBody, Participant, ParticipantId, Pii, SequencedEvent, Utterance,
};
use store::ObjectKey;

use super::*;

const ORIGIN: SourceTime = SourceTime::from_unix_ms(NOW_UNIX_S * 1000);
const REVOKED: &str =
    r#"{"event":"meeting.rtms_stopped","event_ts":1767225660000,"payload":{"rtms_stream_id":"s1","stop_reason":8}}"#;
/// What only the meeting knows.
const WORDS: [&str; 3] = ["canary-word", "canary-name", "canary-operator"];
/// Larger than what is read of a file at once.
const FILM_BYTES: usize = 400_000;

fn said(seq: u64) -> SequencedEvent {
    let at = ORIGIN.plus_ms(i64::try_from(seq).expect("a small number") * 100);
    let body = EventBody::Transcript(Utterance {
        speaker: Some(Participant { id: ParticipantId(1), name: Some(Pii::new(WORDS[1].to_owned())) }),
        text: Pii::new(WORDS[0].to_owned()),
        start: at,
        end: at.plus_ms(50),
        language: None,
    });
    SequencedEvent { cursor: Cursor { epoch: Epoch(1), seq }, event: Event { at, body } }
}

struct Meeting {
    world: World,
    id: CaptureId,
    /// Where its files are fetched.
    links: Vec<String>,
}

/// A meeting with words, whose files are made if it is over.
async fn meeting(is_over: bool, keep_revoked: bool) -> Meeting {
    let limits = Limits { look_every: Duration::ZERO, ..Limits::default() };
    let world = World::with_limits(vec![AppConfig { keep_revoked, ..app("main", &[SECRET]) }], limits).await;
    let started = json!({ "event": "meeting.rtms_started", "event_ts": NOW_UNIX_S * 1000, "payload": {
        "meeting_uuid": "m", "rtms_stream_id": "s1", "operator_id": WORDS[2], "server_urls": "wss://zoomsjc1rtms.zoom.us",
    } });
    world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, &started.to_string()).await;
    let now_unix_ms = NOW_UNIX_S * 1000;
    let id = world.catalog.claim_start(now_unix_ms).await.expect("a claim").expect("a start").capture.id;
    world.hub.open(id);
    let recording = world.catalog.recording_started(id, ORIGIN, now_unix_ms).await.expect("a recording");
    world.catalog.append_events(id, (1..=3).map(said).collect()).await.expect("events");
    let mut links = Vec::new();
    if is_over {
        let over = catalog::Outcome::Ended { code: "over".to_owned(), message: None };
        world.catalog.capture_ended(id, None, over, now_unix_ms).await.expect("ended");
        world.hub.close(id);
        let job = world.catalog.claim_render(now_unix_ms).await.expect("a claim").expect("a render");
        let capture = world.catalog.capture(id).await.expect("a catalogue").expect("a capture");
        for artifact in capture.recording.expect("a recording").artifacts {
            let names: &[&str] = match artifact.kind {
                ArtifactKind::VideoMixed => &["video_mixed.mp4"],
                ArtifactKind::Transcript => &["transcript.json", "transcript.vtt"],
                ArtifactKind::ParticipantEvents => &["participant_events.json", "chat.json"],
                _ => &["meeting.json"],
            };
            let mut files = Vec::new();
            for name in names {
                let key = ObjectKey::new(recording, artifact.id, name).expect("a key");
                let bytes = vec![7; if name.ends_with("mp4") { FILM_BYTES } else { 10 }];
                files.push(world.store.put(&key, bytes, "video/mp4").await.expect("a file"));
            }
            world.catalog.artifact_done(artifact.id, files, now_unix_ms).await.expect("an artifact");
        }
        world.catalog.render_done(&job, now_unix_ms).await.expect("done");
        let object = world.ask(Method::GET, &format!("{MDC}/{id}"), None).await;
        links = links_of(&object.json());
        links.retain(|link| !link.starts_with("/live/"));
        assert!(links.len() >= 4, "{links:?}");
    }
    Meeting { world, id, links }
}

/// Every address of ours in an object.
fn links_of(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => text.strip_prefix("https://hansard.example").map(str::to_owned).into_iter().collect(),
        Value::Array(values) => values.iter().flat_map(links_of).collect(),
        Value::Object(fields) => fields.values().flat_map(links_of).collect(),
        _ => Vec::new(),
    }
}

impl Meeting {
    async fn revoke(&self) {
        self.world.advance_s(60);
        let answer = self.world.webhook("/zoom-webhook", SECRET, self.world.now_unix_s(), REVOKED).await;
        assert_eq!(answer.status, StatusCode::OK);
    }

    /// Everything that the API says of it to a customer, as one text.
    async fn told(&self) -> String {
        let mut all = String::new();
        for path in [MDC.to_owned(), format!("{MDC}/{}", self.id), format!("{MDC}/{}/events", self.id)] {
            let answer = self.world.ask(Method::GET, &path, None).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            all.push_str(&String::from_utf8_lossy(&answer.body));
        }
        all
    }
}

#[tokio::test]
async fn no_road_gives_content_out_any_more() {
    let meeting = meeting(true, false).await;
    let Meeting { world, id, links } = &meeting;
    for link in links {
        let answer = world.send(Method::GET, link, &[("range", "bytes=0-3")], "").await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::PARTIAL_CONTENT, 4), "the control: {link}");
    }
    let before = meeting.told().await;
    assert!(before.contains(WORDS[0]) && before.contains(WORDS[1]), "the control: it is told");
    let etag = world.send(Method::HEAD, &links[0], &[], "").await.header("etag").expect("a tag").to_owned();
    meeting.revoke().await;
    for link in links {
        for (method, headers) in [
            (Method::GET, vec![]),
            (Method::HEAD, vec![]),
            (Method::GET, vec![("range", "bytes=0-3")]),
            (Method::GET, vec![("range", "bytes=0-3"), ("if-range", etag.as_str())]),
            (Method::GET, vec![("if-none-match", etag.as_str())]),
        ] {
            let answer = world.send(method.clone(), link, &headers, "").await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {link} {headers:?}");
        }
    }
    let after = meeting.told().await;
    for word in WORDS {
        assert!(!after.contains(word), "{word} is in {after}");
    }
    let object = world.ask(Method::GET, &format!("{MDC}/{id}"), None).await.json();
    assert_eq!(object["recordings"][0]["status"]["code"], "deleted");
    assert_eq!(links_of(&object), Vec::<String>::new(), "no link is given out");
    let from = world.ask(Method::GET, &format!("{MDC}/{id}/events?cursor=1-1"), None).await;
    assert!(!String::from_utf8_lossy(&from.body).contains("transcript"), "nor from a cursor");
    let deletion = world.catalog.deletion(*id).await.expect("a catalogue").expect("an audit");
    assert_eq!((deletion.events, deletion.reason.as_str()), (3, "zoom_rtms_stream_revoked"));
}

#[tokio::test]
async fn what_is_kept_by_the_operators_word_goes_on_as_before() {
    let meeting = meeting(true, true).await;
    let before = meeting.told().await;
    meeting.revoke().await;
    for link in &meeting.links {
        assert_eq!(meeting.world.send(Method::GET, link, &[], "").await.status, StatusCode::OK, "{link}");
    }
    assert!(before.contains(WORDS[0]) && meeting.told().await.contains(WORDS[0]));
    assert_eq!(meeting.world.catalog.deletion(meeting.id).await.expect("a catalogue"), None);
}

#[tokio::test]
async fn nobody_watches_it_any_more() {
    for is_kept in [false, true] {
        let meeting = meeting(true, is_kept).await;
        let mut questions = meeting.world.hub.viewing().questions().expect("nobody answers so far");
        let answers = tokio::spawn(async move {
            while let Some(question) = questions.recv().await {
                let _ = question.answer.send(LiveAnswer::Piece(Bytes::from_static(b"#EXTM3U\n")));
            }
        });
        let object = meeting.world.ask(Method::GET, &format!("{MDC}/{}", meeting.id), None).await.json();
        let link = links_of(&object["live"]).remove(0);
        let keyed = format!("/live/{}/index.m3u8", meeting.id);
        for path in [&link, &keyed] {
            let answer = meeting.world.ask(Method::GET, path, None).await;
            assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &b"#EXTM3U\n"[..]), "the control: {path}");
        }
        meeting.revoke().await;
        let expected = if is_kept { StatusCode::OK } else { StatusCode::NOT_FOUND };
        for path in [&link, &keyed, &link.replace("index.m3u8", "segment-0.m4s")] {
            assert_eq!(meeting.world.ask(Method::GET, path, None).await.status, expected, "{path}");
        }
        answers.abort();
    }
}

#[tokio::test]
async fn a_download_that_runs_breaks_off() {
    for range in [None, Some(("range", "bytes=10-"))] {
        for is_revoked in [true, false] {
            let meeting = meeting(true, false).await;
            let object = meeting.world.ask(Method::GET, &format!("{MDC}/{}", meeting.id), None).await.json();
            let film = links_of(&object["recordings"][0]["media_shortcuts"]["video_mixed"]).remove(0);
            let request = range.iter().fold(Request::get(film), |request, (name, value)| request.header(*name, *value));
            let request = request.body(Body::empty()).expect("a request");
            let response = meeting.world.router.clone().oneshot(request).await.expect("an answer");
            let length: usize = response.headers()["content-length"].to_str().expect("text").parse().expect("a number");
            assert!(length >= FILM_BYTES - 10, "it is the film");
            let mut body = response.into_body();
            let mut got = body.frame().await.expect("a piece").expect("bytes").into_data().expect("data").len();
            if is_revoked {
                meeting.revoke().await;
            }
            let mut is_whole = true;
            while let Some(piece) = body.frame().await {
                match piece {
                    Ok(piece) => got += piece.into_data().expect("data").len(),
                    Err(_) => is_whole = false,
                }
            }
            assert_eq!((is_whole, got == length), (!is_revoked, !is_revoked), "{range:?}");
        }
    }
}

/// A reader that has fallen behind still has words waiting for it when consent is withdrawn.
#[tokio::test]
async fn words_that_wait_for_a_slow_reader_are_not_told() {
    for is_revoked in [true, false] {
        let meeting = meeting(true, false).await;
        let Meeting { world, id, .. } = &meeting;
        let request = Request::get(format!("{MDC}/{id}/events")).header("authorization", KEY);
        let request = request.body(Body::empty()).expect("a request");
        let mut body = world.router.clone().oneshot(request).await.expect("an answer").into_body();
        let mut text = String::new();
        while !text.contains(WORDS[0]) {
            let piece = body.frame().await.expect("a piece").expect("bytes").into_data().expect("data");
            text.push_str(std::str::from_utf8(&piece).expect("text"));
        }
        assert_eq!(text.matches("event: transcript.data").count(), 1);
        if is_revoked {
            meeting.revoke().await;
        }
        let rest = body.collect().await.expect("the rest").to_bytes();
        let rest = String::from_utf8_lossy(&rest);
        assert_eq!(rest.matches("event: transcript.data").count(), if is_revoked { 0 } else { 2 }, "{rest}");
        assert!(rest.contains("meeting_direct_connect.call_ended"), "statuses are told: {rest}");
    }
}

/// What an owner heard last lies in the hub, where the catalogue cannot erase it.
#[tokio::test]
async fn words_that_wait_in_the_hub_are_not_told() {
    let meeting = meeting(false, false).await;
    let Meeting { world, id, .. } = &meeting;
    let request = Request::get(format!("{MDC}/{id}/events")).header("authorization", KEY);
    let request = request.body(Body::empty()).expect("a request");
    let mut body = world.router.clone().oneshot(request).await.expect("an answer").into_body();
    let mut text = String::new();
    while text.matches("event: transcript.data").count() < 3 {
        let piece = body.frame().await.expect("a piece").expect("bytes").into_data().expect("data");
        text.push_str(std::str::from_utf8(&piece).expect("text"));
    }
    let last: Vec<SequencedEvent> = (4..=6).map(said).collect();
    world.catalog.append_events(*id, last.clone()).await.expect("events");
    for event in last {
        world.hub.publish(*id, Arc::new(event));
    }
    meeting.revoke().await;
    let commands = world.catalog.take_commands(*id).await.expect("commands");
    assert!(commands.contains(&Command::Stopped { reason: Some(8) }));
    let over = catalog::Outcome::Revoked { code: "zoom_rtms_stream_revoked".to_owned(), message: None };
    world.catalog.capture_ended(*id, None, over, world.now_unix_s() * 1000).await.expect("ended");
    world.hub.close(*id);
    let job = world.catalog.claim_purge(world.now_unix_s() * 1000 + 10_000).await.expect("a claim").expect("a purge");
    world.catalog.purge_done(&job, model::Purged::default(), world.now_unix_s() * 1000).await.expect("done");
    let rest = body.collect().await.expect("the rest").to_bytes();
    let rest = String::from_utf8_lossy(&rest);
    assert!(!rest.contains(WORDS[0]), "{rest}");
    assert!(rest.contains("meeting_direct_connect.done"), "{rest}");
}

/// The stop of the meeting is on its way to the owner when consent is withdrawn as well.
#[tokio::test]
async fn consent_that_is_withdrawn_after_another_stop_reaches_the_owner() {
    let meeting = meeting(false, false).await;
    let Meeting { world, id, .. } = &meeting;
    let stopped = REVOKED.replace("\"stop_reason\":8", "\"stop_reason\":6").replace("660000", "650000");
    for is_taken in [false, true] {
        world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, &stopped).await;
        if is_taken {
            world.catalog.take_commands(*id).await.expect("commands");
        }
        meeting.revoke().await;
        let commands = world.catalog.take_commands(*id).await.expect("commands");
        assert!(commands.contains(&Command::Stopped { reason: Some(8) }), "{commands:?}");
    }
}
