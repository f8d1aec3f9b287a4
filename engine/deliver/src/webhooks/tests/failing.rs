//! When a receiver that fails is disabled, and when not.

use super::*;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

#[tokio::test]
async fn a_receiver_that_fails_for_five_days_is_disabled_and_one_that_comes_back_is_not() {
    for comes_back in [false, true] {
        let mut stage = Stage::new().await;
        let receiver = Receiver::start(&[Manner::Answers(500, "")]).await;
        let endpoint = stage.endpoint(&receiver.url()).await;
        for day in 1..=5 {
            stage.begin(day).await;
            if day == 4 && comes_back {
                receiver.behave(&[Manner::Answers(200, ""), Manner::Answers(500, "")]);
            }
            for _ in 0..24 {
                stage.settle().await;
                assert_eq!(stage.disabled(endpoint).await, None, "day {day}");
                stage.pass(HOUR_MS);
            }
        }
        stage.begin(9).await;
        for _ in 0..24 {
            stage.settle().await;
            stage.pass(HOUR_MS);
        }
        assert_eq!(stage.disabled(endpoint).await, (!comes_back).then_some(WebhookDisabled::Failing));
    }
}

#[tokio::test]
async fn days_in_which_nothing_is_tried_disable_no_receiver_and_the_message_that_ends_them_is_tried_again() {
    // Between two messages this process is down, or there is nothing to tell: by `is_down` the first message still waits.
    for is_down in [true, false] {
        let mut stage = Stage::new().await;
        let receiver = Receiver::start(&[Manner::Answers(500, "")]).await;
        let endpoint = stage.endpoint(&receiver.url()).await;
        stage.begin(1).await;
        stage.settle().await;
        for _ in 0..if is_down { 0 } else { 36 } {
            stage.pass(HOUR_MS);
            stage.settle().await;
        }
        stage.pass(6 * DAY_MS);
        stage.begin(2).await;
        stage.settle().await;
        stage.pass(5_000);
        stage.settle().await;
        assert_eq!(stage.disabled(endpoint).await, None, "down: {is_down}");
        let newest = stage.log(endpoint).await.remove(1);
        assert_eq!((newest.state, newest.attempts.len()), (DeliveryState::Waiting, 2), "down: {is_down}");
    }
}
