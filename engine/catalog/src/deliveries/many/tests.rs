//! Whatever moves many deliveries lets others write in between.

use model::{DeliveryState, Project};

use super::*;
use crate::fixture::{NOW, fresh, registered};

/// 2 600 deliveries of 200 recordings that wait for a receiver.
const BACKLOG: &str = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2599)
    INSERT INTO webhook_text (id, body) SELECT i, i FROM n;
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2599)
    INSERT INTO webhook_delivery (id, endpoint, recording, event, text, state, in_turn, attempts, log,
                                  created_at_unix_ms, next_at_unix_ms, behind)
    SELECT randomblob(16), endpoint.id, CAST(printf('%016d', i / 13) AS BLOB), 'recording.done', i, 'waiting', 1, 0, '[]',
           0, i, i % 13 > 0
    FROM n, webhook_endpoint AS endpoint;";

async fn run(catalog: &Catalog, script: &'static str) {
    let done = catalog.write(move |db| Box::pin(async move { Ok(sqlx::raw_sql(script).execute(db).await.map(drop)?) }));
    done.await.expect("a script");
}

#[tokio::test]
async fn many_deliveries_are_moved_a_slice_an_operation() {
    let (_dir, catalog) = fresh().await;
    let endpoint = registered(&catalog, 1).await;
    let small = registered(&catalog, 2).await;
    run(&catalog, BACKLOG).await;
    run(&catalog, "DELETE FROM webhook_delivery WHERE text > 0 AND endpoint = (SELECT max(id) FROM webhook_endpoint)")
        .await;
    let operations = async |work: std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>>| {
        let before = catalog.commits();
        work.await;
        catalog.commits() - before
    };
    let set = async |endpoint, disabled| {
        assert!(catalog.set_webhook_disabled(endpoint, disabled, NOW).await.expect("set"));
    };
    let replay = async |endpoint, expected| {
        let replayed = catalog.replay_deliveries(endpoint, 0, true, NOW).await.expect("replayed");
        assert_eq!(replayed, expected);
    };
    let remove = async |endpoint| assert!(catalog.remove_webhook(endpoint, NOW).await.expect("removed"));
    // One for the receiver, or none, and six slices; the control: of a receiver with one delivery, one.
    assert_eq!(operations(Box::pin(set(endpoint, true))).await, 7);
    assert_eq!(operations(Box::pin(set(small, true))).await, 2);
    set(endpoint, false).await;
    set(small, false).await;
    assert_eq!(operations(Box::pin(replay(endpoint, 2_600))).await, 6);
    assert_eq!(operations(Box::pin(replay(small, 1))).await, 1);
    assert_eq!(operations(Box::pin(remove(endpoint))).await, 8);
    assert_eq!(operations(Box::pin(remove(small))).await, 3);
    assert_eq!(catalog.delivery_backlog().await.expect("read"), crate::Backlog::default());
}

#[tokio::test]
async fn what_a_process_left_between_two_slices_is_given_up_and_nothing_of_others() {
    let (_dir, catalog) = fresh().await;
    let (endpoint, other) = (registered(&catalog, 1).await, registered(&catalog, 2).await);
    run(&catalog, BACKLOG).await;
    assert!(catalog.disable_webhook(endpoint, NOW).await.expect("disabled"));
    let waiting = async |endpoint| {
        let page = catalog.deliveries(endpoint, Some(DeliveryState::Waiting), None, 5_000).await;
        page.expect("read").deliveries.len()
    };
    assert_eq!((waiting(endpoint).await, waiting(other).await), (2_600, 2_600));
    catalog.give_up_for_disabled(NOW).await.expect("given up");
    assert_eq!((waiting(endpoint).await, waiting(other).await), (0, 2_600));
    assert_eq!(catalog.replay_deliveries(endpoint, 0, true, NOW).await.expect("none"), 0, "it is disabled still");
    assert!(catalog.webhook(&Project::default(), endpoint).await.expect("read").is_some());
}
