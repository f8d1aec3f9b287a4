//! Receivers that take long to answer, and those beside them.

use super::*;

/// Forty receivers that take long, and one that does not, whose turn is after theirs; whether that hears of a capture while all of them
/// still think.
async fn is_heard_beside_those_who_think(slow: Duration) -> bool {
    let mut stage = Stage::new().await;
    stage.webhooks.courier.patience = Duration::from_secs(3_600);
    stage.webhooks.courier.slow = slow;
    let (silent, well) =
        (Receiver::start(&[Manner::IsSilent]).await, Receiver::start(&[Manner::Answers(204, "")]).await);
    for _ in 0..40 {
        stage.endpoint(&silent.url()).await;
    }
    stage.endpoint(&well.url()).await;
    stage.begin(1).await;
    while stage.webhooks.expand().await.expect("expanded") {}
    for _ in 0..stage.endpoints {
        stage.webhooks.launch(None).await.expect("launched");
    }
    let is_on_its_way = stage.webhooks.brought.len() > OF_ALL_QUICK;
    if is_on_its_way {
        while well.heard().is_empty() {
            stage.webhooks.returned().await;
        }
    }
    assert!(silent.heard().len() <= AT_ONCE);
    is_on_its_way
}

#[tokio::test]
async fn receivers_that_take_long_take_no_place_of_one_that_does_not() {
    assert!(is_heard_beside_those_who_think(Duration::ZERO).await);
    // The control: if nobody counted as slow, they would have all places.
    assert!(!is_heard_beside_those_who_think(Duration::from_secs(3_600)).await);
}

#[tokio::test]
async fn a_receiver_that_took_long_has_one_place_until_it_answers_quickly() {
    let mut stage = Stage::new().await;
    let receiver = Receiver::start(&[Manner::Answers(200, "")]).await;
    let endpoint = stage.endpoint_that(&receiver.url(), |wish| wish.ordered = false).await;
    let on_their_way = async |stage: &mut Stage| {
        stage.webhooks.launch(None).await.expect("launched");
        stage.webhooks.brought.len()
    };
    stage.webhooks.courier.slow = Duration::ZERO;
    stage.begin(1).await;
    stage.settle().await;
    assert!(stage.webhooks.slow.contains(&endpoint));
    stage.webhooks.courier.slow = SLOW;
    stage.record(2).await;
    while stage.webhooks.expand().await.expect("expanded") {}
    assert_eq!(on_their_way(&mut stage).await, OF_A_FAILING_ONE);
    stage.webhooks.returned().await;
    assert_eq!(on_their_way(&mut stage).await, OF_A_RECEIVER);
}
