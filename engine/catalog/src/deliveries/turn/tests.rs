//! What waits behind another costs a search for what is due nothing.

use model::{Consequence, DeliveryAttempt};
use sqlx::{AssertSqlSafe, Row};

use crate::{
    Catalog,
    deliveries::{DUE, DUE_IN_TURN},
    fixture::{NOW, fresh, registered},
};

/// 1 000 recordings with fourteen messages each, those of one in a row, the first of them free.
const BACKLOG: &str = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 13999)
    INSERT INTO webhook_text (id, body) SELECT i, i FROM n;
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 13999)
    INSERT INTO webhook_delivery (id, endpoint, recording, event, text, state, in_turn, attempts, log,
                                  created_at_unix_ms, next_at_unix_ms, behind)
    SELECT randomblob(16), endpoint.id, CAST(printf('%016d', i / 14) AS BLOB), 'recording.done', i, 'waiting', 1, 0, '[]',
           0, i, i % 14 > 0
    FROM n, webhook_endpoint AS endpoint;";

async fn plan(catalog: &Catalog, statement: &str) -> Vec<String> {
    let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
    let mut db = catalog.read().await.expect("a read");
    let rows = sqlx::query(explain).fetch_all(&mut *db).await.expect("a plan");
    rows.iter().map(|row| row.try_get("detail").expect("a step")).collect()
}

async fn number(catalog: &Catalog, statement: &'static str) -> i64 {
    let mut db = catalog.read().await.expect("a read");
    sqlx::query_scalar(statement).fetch_one(&mut *db).await.expect("a number")
}

#[tokio::test]
async fn what_waits_behind_another_is_not_looked_at() {
    let (_dir, catalog) = fresh().await;
    let endpoint = registered(&catalog, 1).await;
    let backlog = catalog.write(|db| Box::pin(async move { Ok(sqlx::raw_sql(BACKLOG).execute(db).await.map(drop)?) }));
    backlog.await.expect("a backlog");

    // One search, in the order of an index that holds only what is free: it ends with the last row that is asked for; of each row
    // that is answered the text.
    let in_turn = "SEARCH webhook_delivery USING INDEX webhook_delivery_free (endpoint=? AND next_at_unix_ms<?)";
    let text = "SEARCH webhook_text USING INTEGER PRIMARY KEY (rowid=?)";
    assert_eq!(plan(&catalog, DUE_IN_TURN).await, [in_turn, text]);
    let unordered = "SEARCH webhook_delivery USING INDEX webhook_delivery_due (endpoint=? AND next_at_unix_ms<?)";
    assert_eq!(plan(&catalog, DUE).await, [unordered, text]);
    let free = "SELECT count(*) FROM webhook_delivery INDEXED BY webhook_delivery_free
                WHERE state = 'waiting' AND NOT behind";
    assert_eq!(number(&catalog, free).await, 1_000, "one for each recording");
    // The control: a plan that looks at those before each row, or sorts, has more steps.
    let walks = "SELECT 1 FROM webhook_delivery AS this WHERE endpoint = ? AND state = 'waiting' AND NOT EXISTS (
                 SELECT 1 FROM webhook_delivery AS earlier WHERE earlier.recording = this.recording
                     AND earlier.endpoint = this.endpoint AND earlier.n < this.n)";
    assert!(plan(&catalog, walks).await.iter().any(|step| step.contains("SUBQUERY")));

    let due = catalog.due_deliveries(endpoint, true, NOW, 3).await.expect("read");
    assert_eq!(due.iter().map(|of| of.body.as_str()).collect::<Vec<_>>(), ["0", "14", "28"]);
    let attempt = DeliveryAttempt { at_unix_ms: NOW, took_ms: 1, status: Some(200), code: None };
    catalog.delivery_tried(&due[0], attempt, Consequence::Delivered, None).await.expect("noted");
    let due = catalog.due_deliveries(endpoint, true, NOW, 3).await.expect("read");
    assert_eq!(due.iter().map(|of| of.body.as_str()).collect::<Vec<_>>(), ["1", "14", "28"], "the next one is free");
    assert_eq!(number(&catalog, free).await, 1_000);
}

/// After everything that moves deliveries about, exactly the first of each recording is free.
#[tokio::test]
async fn one_that_was_put_in_before_others_goes_first() {
    let wrong = "SELECT count(*) FROM webhook_delivery AS this
        WHERE state = 'waiting' AND behind <> (in_turn AND EXISTS (
            SELECT 1 FROM webhook_delivery AS earlier
            WHERE earlier.endpoint = this.endpoint AND earlier.recording = this.recording
                AND earlier.state = 'waiting' AND earlier.in_turn AND earlier.n < this.n))";
    let (_dir, catalog) = fresh().await;
    let endpoint = registered(&catalog, 1).await;
    let backlog = catalog.write(|db| Box::pin(async move { Ok(sqlx::raw_sql(BACKLOG).execute(db).await.map(drop)?) }));
    backlog.await.expect("a backlog");
    let first = async || catalog.due_deliveries(endpoint, true, NOW, 1).await.expect("read").remove(0);
    let attempt = |status| DeliveryAttempt { at_unix_ms: NOW, took_ms: 1, status: Some(status), code: None };

    let zero = first().await;
    catalog.delivery_tried(&zero, attempt(500), Consequence::Dead, None).await.expect("noted");
    assert_eq!((first().await.body.as_str(), number(&catalog, wrong).await), ("1", 0));
    assert!(catalog.resend_delivery(endpoint, first().await.id, NOW).await.expect("queued"));
    assert_eq!(
        (first().await.body.as_str(), number(&catalog, wrong).await),
        ("2", 0),
        "none waits for what is out of turn"
    );
    catalog.replay_deliveries(endpoint, 0, true, 0).await.expect("replayed");
    assert_eq!((first().await.id, number(&catalog, wrong).await), (zero.id, 0), "before what waited first");

    catalog.set_webhook_disabled(endpoint, true, NOW).await.expect("disabled");
    catalog.set_webhook_disabled(endpoint, false, NOW).await.expect("enabled");
    assert!(catalog.due_deliveries(endpoint, true, NOW, 1).await.expect("read").is_empty());
    assert_eq!(catalog.replay_deliveries(endpoint, 0, true, 0).await.expect("replayed"), 14_000);
    assert_eq!((first().await.body.as_str(), number(&catalog, wrong).await), ("0", 0));
    // The control: what is out of line is noticed.
    let spoil = "UPDATE webhook_delivery SET behind = 1 WHERE text = 0";
    let spoilt =
        catalog.write(move |db| Box::pin(async move { Ok(sqlx::raw_sql(spoil).execute(db).await.map(drop)?) }));
    spoilt.await.expect("spoilt");
    assert_eq!(number(&catalog, wrong).await, 1);
}
