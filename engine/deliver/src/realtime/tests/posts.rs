//! Webhooks.

use dial::Receivers;
use model::{EndpointState, Retention, Transport};

use super::{
    receiver::{Posted, Receiver},
    stage::{Stage, quick, wish},
};

#[tokio::test]
async fn each_event_is_posted_once_and_in_order_and_the_endpoint_is_done_with_its_capture() {
    let receiver = Receiver::new().await;
    let mut stage = Stage::with(Transport::Webhook, &receiver.url("http")).await;
    stage.say(70).await;
    let server = stage.serve(quick());
    let mut posted = Vec::new();
    for _ in 0..70 {
        posted.push(receiver.take(Some(204)).await);
    }
    stage.say(5).await;
    for _ in 0..5 {
        posted.push(receiver.take(Some(200)).await);
    }
    assert_eq!(posted.iter().map(Posted::said).collect::<Vec<_>>(), (1..=75).collect::<Vec<_>>());
    let seqs: Vec<u64> = posted.iter().map(|post| post.json()["seq"].as_u64().expect("a number")).collect();
    assert_eq!(seqs, (1..=75).collect::<Vec<_>>());
    assert!(posted.iter().all(|post| post.json()["event_id"] == post.id.as_str() && post.signature.starts_with("v1,")));
    let mut ids: Vec<&str> = posted.iter().map(|post| post.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 75);
    assert_eq!(stage.endpoint().await.state, EndpointState::Running, "while its capture lives");
    stage.end().await;
    let endpoint = stage.ended().await;
    assert_eq!((endpoint.state, endpoint.sub_code), (EndpointState::Done, None));
    server.stop().await;
}

#[tokio::test]
async fn what_is_not_taken_comes_again_byte_by_byte_under_the_same_id_before_anything_else() {
    let receiver = Receiver::new().await;
    let mut stage = Stage::with(Transport::Webhook, &receiver.url("http")).await;
    let server = stage.serve(quick());
    stage.say(2).await;
    let first = receiver.take(Some(500)).await;
    for status in [Some(302), Some(429), None, Some(404), Some(200)] {
        let again = receiver.take(status).await;
        assert_eq!((&again.id, &again.body), (&first.id, &first.body));
    }
    let second = receiver.take(Some(200)).await;
    assert_ne!(second.id, first.id);
    assert_eq!(second.said(), 2);
    server.stop().await;
}

#[tokio::test]
async fn after_sixty_attempts_the_endpoint_has_failed_and_nothing_more_is_posted() {
    let receiver = Receiver::new().await;
    let mut stage = Stage::with(Transport::Webhook, &receiver.url("http")).await;
    let server = stage.serve(quick());
    stage.say(2).await;
    for _ in 0..60 {
        assert_eq!(receiver.take(Some(503)).await.said(), 1);
    }
    let endpoint = stage.ended().await;
    assert_eq!(endpoint.state, EndpointState::Failed);
    assert_eq!(endpoint.sub_code.as_deref(), Some("receiver_unreachable"));
    server.stop().await;
}

#[tokio::test]
async fn one_receiver_that_does_not_answer_holds_up_no_other() {
    let (silent, quick_one) = (Receiver::new().await, Receiver::new().await);
    let urls = [silent.url("http"), quick_one.url("http")];
    let wishes = urls.iter().map(|url| wish(Transport::Webhook, url)).collect();
    let mut stage = Stage::new(wishes, Retention::Forever).await;
    let server = stage.serve(quick());
    stage.say(20).await;
    let _held = silent.connection().await;
    for expected in 1..=20 {
        assert_eq!(quick_one.take(Some(200)).await.said(), expected);
    }
    server.stop().await;
}

#[tokio::test]
async fn another_process_goes_on_where_the_last_one_came_to() {
    let receiver = Receiver::new().await;
    let mut stage = Stage::with(Transport::Webhook, &receiver.url("http")).await;
    stage.say(6).await;
    let mut said = Vec::new();
    for _ in 0..3 {
        let server = stage.serve(quick());
        for _ in 0..2 {
            said.push(receiver.take(Some(200)).await);
        }
        // It dies while the receiver has the next one, or before it asks.
        server.stop().await;
        let _ = tokio::time::timeout(std::time::Duration::ZERO, receiver.take(None)).await;
    }
    // What was delivered and not written down comes again, the same.
    let mut by_id = std::collections::BTreeMap::new();
    for post in &said {
        assert_eq!(by_id.entry(post.id.clone()).or_insert_with(|| post.body.clone()), &post.body);
    }
    let numbers: Vec<u64> = said.iter().map(Posted::said).collect();
    assert!(numbers.is_sorted() && numbers.windows(2).all(|pair| pair[1] - pair[0] <= 1), "{numbers:?}");
}

#[tokio::test]
async fn an_address_inside_is_given_up_at_once() {
    let receiver = Receiver::new().await;
    let mut stage = Stage::with(Transport::Webhook, &receiver.url("http")).await;
    let server = stage.serve_by(quick(), Receivers::default());
    stage.say(1).await;
    let endpoint = stage.ended().await;
    assert_eq!((endpoint.state, endpoint.sub_code.as_deref()), (EndpointState::Failed, Some("address_refused")));
    server.stop().await;
}

#[tokio::test]
async fn of_a_recording_that_was_deleted_nothing_is_posted() {
    let receiver = Receiver::new().await;
    let mut stage = Stage::with(Transport::Webhook, &receiver.url("http")).await;
    stage.say(3).await;
    stage.end().await;
    assert!(stage.catalog.revoke(stage.capture, 1).await.expect("revoked"));
    let server = stage.serve(quick());
    assert_eq!(stage.ended().await.state, EndpointState::Deleted);
    server.stop().await;
    assert!(tokio::time::timeout(std::time::Duration::ZERO, receiver.connection()).await.is_err());
}

#[tokio::test]
async fn where_nothing_is_stored_events_are_posted_from_memory() {
    let receiver = Receiver::new().await;
    let stage = Stage::new(vec![wish(Transport::Webhook, &receiver.url("http"))], Retention::Nothing).await;
    for seq in 1..=3 {
        stage.hub.publish(stage.capture, std::sync::Arc::new(super::stage::said(seq)));
    }
    let server = stage.serve(quick());
    for expected in 1..=3 {
        assert_eq!(receiver.take(Some(200)).await.said(), expected);
    }
    stage.end().await;
    assert_eq!(stage.ended().await.state, EndpointState::Done);
    server.stop().await;
}
