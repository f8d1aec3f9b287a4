//! WebSockets.

use std::{collections::BTreeMap, time::Duration};

use base64_turbo::STANDARD;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use hub::{Still, Wake};
use media::{SourceTime, Track, TrackKind};
use model::{EndpointState, EndpointWish, Retention, Topic, Transport};
use schema::signature::{SigningKey, headers};
use tokio_tungstenite::tungstenite::Message;

use super::{
    super::pace::Pace,
    receiver::Receiver,
    stage::{SECRET, Stage, quick, wish},
};

#[tokio::test]
async fn events_come_as_text_in_order_and_the_connection_is_closed_with_its_capture() {
    let receiver = Receiver::new().await;
    let mut stage = Stage::with(Transport::Websocket, &receiver.url("ws")).await;
    // Before anybody is connected nothing is lost.
    stage.say(70).await;
    let server = stage.serve(quick());
    let mut socket = receiver.socket().await;
    stage.say(5).await;
    let expected: Vec<(u64, u64)> = (1..=75).map(|number| (number, number)).collect();
    assert_eq!(socket.said(75).await, expected);
    stage.end().await;
    assert_eq!(socket.next().await, None);
    assert_eq!(stage.ended().await.state, EndpointState::Done);
    server.stop().await;
}

#[tokio::test]
async fn the_upgrade_is_signed_over_an_empty_body() {
    let receiver = Receiver::new().await;
    let stage = Stage::with(Transport::Websocket, &receiver.url("ws")).await;
    let server = stage.serve(quick());
    let socket = receiver.socket().await;
    let [id, at, signature] = &socket.head[..] else { panic!("three headers: {:?}", socket.head) };
    assert_eq!(*id, stage.endpoint().await.id.to_string());
    let key = SigningKey::parse(SECRET).expect("a secret");
    let signed = headers(&[key], id, at.parse().expect("seconds"), b"", false);
    assert_eq!(&signed[2].1, signature);
    server.stop().await;
}

#[tokio::test]
async fn what_happens_while_nobody_is_connected_is_lost_and_its_numbers_are_missing() {
    let receiver = Receiver::new().await;
    let mut stage = Stage::with(Transport::Websocket, &receiver.url("ws")).await;
    let server = stage.serve(quick());
    let mut socket = receiver.socket().await;
    stage.say(2).await;
    assert_eq!(socket.said(2).await, [(1, 1), (2, 2)]);
    drop(socket);
    // The connection that follows is not answered until this was said.
    let waiting = receiver.connection().await;
    stage.say(3).await;
    drop(waiting);
    let mut socket = receiver.socket().await;
    stage.say(1).await;
    let said = socket.said(1).await;
    let (seq, number) = said[0];
    assert!(number > 2 && seq >= number, "{said:?}");
    assert!(number <= 6);
    server.stop().await;
}

#[tokio::test]
async fn who_asks_for_replay_misses_nothing() {
    let receiver = Receiver::new().await;
    let wish = EndpointWish { replay: true, ..wish(Transport::Websocket, &receiver.url("ws")) };
    let mut stage = Stage::new(vec![wish], Retention::Forever).await;
    let mut server = stage.serve(quick());
    let mut said = Vec::new();
    for round in 0..4 {
        let mut socket = receiver.socket().await;
        stage.say(2).await;
        said.extend(socket.said(2).await);
        if round == 1 {
            // The process goes while it is connected.
            server.stop().await;
            server = stage.serve(quick());
        }
        drop(socket);
        stage.say(1).await;
    }
    let mut socket = receiver.socket().await;
    while said.last().is_none_or(|(_, number)| *number < 12) {
        said.extend(socket.said(1).await);
    }
    let seqs: Vec<u64> = said.iter().map(|(seq, _)| *seq).collect();
    assert!(seqs.is_sorted_by(|one, next| one < next), "{seqs:?}");
    let mut firsts: Vec<u64> = Vec::new();
    for (_, number) in said {
        if !firsts.contains(&number) {
            firsts.push(number);
        }
    }
    assert_eq!(firsts, (1..=12).collect::<Vec<_>>(), "what comes again was there before");
    server.stop().await;
}

#[tokio::test]
async fn after_thirty_attempts_the_endpoint_has_failed() {
    let receiver = Receiver::new().await;
    let stage = Stage::with(Transport::Websocket, &receiver.url("ws")).await;
    let server = stage.serve(quick());
    for _ in 0..30 {
        drop(receiver.connection().await);
    }
    let endpoint = stage.ended().await;
    assert_eq!((endpoint.state, endpoint.sub_code.as_deref()), (EndpointState::Failed, Some("receiver_unreachable")));
    server.stop().await;
}

#[tokio::test]
async fn pings_are_answered_and_what_a_receiver_says_is_ignored() {
    let receiver = Receiver::new().await;
    let mut stage = Stage::with(Transport::Websocket, &receiver.url("ws")).await;
    let server = stage.serve(quick());
    let mut socket = receiver.socket().await;
    for message in [Message::text("hello"), Message::binary(vec![0; 5]), Message::Ping("are you there".into())] {
        socket.stream.send(message).await.expect("sent");
    }
    let answer = socket.stream.next().await.expect("an answer").expect("whole");
    assert_eq!(answer, Message::Pong("are you there".into()));
    stage.say(1).await;
    assert_eq!(socket.said(1).await, [(1, 1)]);
    server.stop().await;
}

#[tokio::test]
async fn a_receiver_that_says_too_much_at_once_or_too_often_is_disconnected() {
    let receiver = Receiver::new().await;
    let stage = Stage::with(Transport::Websocket, &receiver.url("ws")).await;
    let server = stage.serve(quick());
    let mut large = receiver.socket().await;
    let _ = large.stream.send(Message::binary(vec![0; 1 << 20])).await;
    assert_eq!(large.next().await, None);
    for word in [Message::text("x"), Message::Pong(Default::default())] {
        let mut chatty = receiver.socket().await;
        while chatty.stream.send(word.clone()).await.is_ok() {}
    }
    let mut calm = receiver.socket().await;
    calm.stream.send(Message::text("x")).await.expect("it is connected again");
    server.stop().await;
}

#[tokio::test]
async fn a_receiver_that_does_not_read_is_disconnected_and_holds_nothing_up() {
    let receiver = Receiver::new().await;
    let mut stage = Stage::with(Transport::Websocket, &receiver.url("ws")).await;
    let pace = Pace { stalled: Duration::from_millis(50), ..quick() };
    let server = stage.serve(pace);
    let silent = receiver.socket().await;
    // More than the buffers of a connection take.
    for _ in 0..60 {
        stage.say(500).await;
    }
    let mut socket = receiver.socket().await;
    drop(silent);
    stage.say(1).await;
    socket.said(1).await;
    server.stop().await;
}

#[tokio::test]
async fn with_replay_what_was_not_confirmed_when_the_capture_ended_is_sent_again_before_the_endpoint_is_done() {
    let receiver = Receiver::new().await;
    let wish = EndpointWish { replay: true, ..wish(Transport::Websocket, &receiver.url("ws")) };
    let mut stage = Stage::new(vec![wish], Retention::Forever).await;
    let server = stage.serve(Pace { stalled: Duration::from_secs(1), ..quick() });
    // It takes what it is sent into its buffers, and never reads that.
    let _deaf = receiver.socket().await;
    stage.say(3).await;
    stage.end().await;
    let mut socket = tokio::select! {
        socket = receiver.socket() => socket,
        endpoint = stage.ended() => panic!("{:?} although nothing was confirmed", endpoint.state),
    };
    let numbers: Vec<u64> = socket.said(3).await.into_iter().map(|(_, number)| number).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(socket.next().await, None);
    assert_eq!(stage.ended().await.state, EndpointState::Done);
    server.stop().await;
}

#[tokio::test]
async fn a_receiver_that_answers_no_pings_is_dialled_anew_and_one_that_does_is_not() {
    let receiver = Receiver::new().await;
    let stage = Stage::with(Transport::Websocket, &receiver.url("ws")).await;
    let server = stage.serve(Pace { ping: Duration::from_millis(100), ..quick() });
    let _deaf = receiver.socket().await;
    let mut socket = receiver.socket().await;
    for _ in 0..5 {
        let message = socket.stream.next().await.expect("it is connected").expect("it is whole");
        assert!(message.is_ping(), "{message:?}");
        // The answer goes out with this.
        socket.stream.flush().await.expect("it is connected");
    }
    server.stop().await;
}

#[tokio::test]
async fn what_is_new_of_an_endpoint_counts_as_soon_as_somebody_tells() {
    let receiver = Receiver::new().await;
    let mut stage = Stage::with(Transport::Websocket, &receiver.url("ws")).await;
    let server = stage.serve(Pace { look: Duration::from_secs(36_000), ..quick() });
    let mut socket = receiver.socket().await;
    stage.say(1).await;
    assert_eq!(socket.next().await.expect("an event")["data"]["realtime_endpoint"]["metadata"], serde_json::json!({}));
    let labels = BTreeMap::from([("room".to_owned(), Some("7".to_owned()))]);
    stage.catalog.label_endpoint(stage.endpoint().await.id, labels).await.expect("labelled");
    stage.hub.wake(Wake::Endpoints);
    loop {
        stage.say(1).await;
        let event = socket.next().await.expect("an event");
        if event["data"]["realtime_endpoint"]["metadata"]["room"] == "7" {
            break;
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn still_pictures_are_made_while_somebody_is_connected_who_wants_them_and_sent_as_they_come() {
    let receiver = Receiver::new().await;
    let wish = EndpointWish { topics: vec![Topic::VideoPng], ..wish(Transport::Websocket, &receiver.url("ws")) };
    let stage = Stage::new(vec![wish], Retention::Nothing).await;
    let server = stage.serve(quick());
    assert!(!stage.hub.wants_stills(stage.capture));
    let mut socket = receiver.socket().await;
    while !stage.hub.wants_stills(stage.capture) {
        tokio::task::yield_now().await;
    }
    let at = SourceTime::from_unix_ms(super::stage::NOW_UNIX_MS + 1_500);
    for (kind, name) in [(TrackKind::Video, "webcam"), (TrackKind::Share, "screenshare")] {
        let still = Still { track: Track { kind, source: 7 }, at, png: Bytes::from_static(b"a picture") };
        stage.hub.show_still(stage.capture, still);
        let event = socket.next().await.expect("an event");
        assert_eq!(event["event"], "video_separate_png.data");
        let data = &event["data"]["data"];
        assert_eq!((&data["type"], &data["participant"]["id"]), (&name.into(), &7.into()));
        assert_eq!(data["timestamp"]["absolute"], "2026-01-01T00:00:01.500000Z");
        assert_eq!(STANDARD.decode(data["buffer"].as_str().expect("text")).expect("base64"), b"a picture");
    }
    drop(socket);
    // Nobody is connected, until the next attempt.
    let _refused = receiver.connection().await;
    while stage.hub.wants_stills(stage.capture) {
        tokio::task::yield_now().await;
    }
    server.stop().await;
}

#[tokio::test]
async fn media_waits_for_second_0_as_events_do() {
    let receiver = Receiver::new().await;
    let topics = vec![Topic::VideoPng, Topic::Transcript];
    let wish = EndpointWish { topics, ..wish(Transport::Websocket, &receiver.url("ws")) };
    let mut stage = Stage::before_second_0(vec![wish], Retention::Forever).await;
    let server = stage.serve(Pace { origin: Duration::from_secs(36_000), ..quick() });
    let mut socket = receiver.socket().await;
    while !stage.hub.wants_stills(stage.capture) {
        tokio::task::yield_now().await;
    }
    let at = SourceTime::from_unix_ms(super::stage::NOW_UNIX_MS + 1_500);
    for png in [b"one", b"two"] {
        let track = Track { kind: TrackKind::Video, source: 7 };
        stage.hub.show_still(stage.capture, Still { track, at, png: Bytes::from_static(png) });
    }
    // The server has every occasion to send them before.
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    stage.begin().await;
    stage.say(1).await;
    let mut names = Vec::new();
    while names.len() < 3 {
        let event = socket.next().await.expect("an event");
        let data = &event["data"]["data"];
        let timestamp =
            if data["words"].is_array() { &data["words"][0]["start_timestamp"] } else { &data["timestamp"] };
        assert!(timestamp["relative"].is_f64(), "{event}");
        names.push(event["event"].as_str().expect("a name").to_owned());
    }
    assert_eq!(names.iter().filter(|name| *name == "video_separate_png.data").count(), 2);
    server.stop().await;
}
