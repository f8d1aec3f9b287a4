//! What SQLite does to find work among many captures: it never looks at all of them.

use sqlx::{AssertSqlSafe, Row};

use super::*;
use crate::{
    Catalog,
    fixture::{NOW, fresh, recorded},
    linked,
};

/// Ten thousand captures that are over, each with a start and a render that are done.
const HISTORY: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
    INSERT INTO capture (id, recording_id, app, meeting_uuid, stream_id, server_urls, notice, notice_unix_ms, config,
                         metadata, status, epoch, created_at_unix_ms, operator, recorded)
    SELECT randomblob(16), randomblob(16), 'default', 'old' || i, 's' || i, '', '{}', 0, '{}', '{}', 'done', 1, i, 'u', 1
    FROM n;
    INSERT INTO job (id, kind, capture, state, attempts, created_at_unix_ms, not_before_unix_ms)
    SELECT randomblob(16), 'start', id, 'done', 1, 1, 1 FROM capture;
    INSERT INTO job (id, kind, capture, state, attempts, created_at_unix_ms, not_before_unix_ms)
    SELECT randomblob(16), 'render', id, 'done', 1, 1, 1 FROM capture;";

async fn run(catalog: &Catalog, script: &'static str) {
    let done = catalog.write(move |db| Box::pin(async move { Ok(sqlx::raw_sql(script).execute(db).await.map(drop)?) }));
    done.await.expect("a script");
}

#[tokio::test]
async fn finding_work_among_ten_thousand_captures_takes_indexes_only() {
    let (_dir, catalog) = fresh().await;
    run(&catalog, HISTORY).await;
    let mut statements = vec![WAITS, CLAIM, RENDERS, RENEW];
    statements.extend(linked::STATEMENTS);
    statements.extend(crate::retention::STATEMENTS);
    statements.extend(crate::growing::STATEMENTS);
    statements.extend(crate::deliveries::STATEMENTS);
    statements.push(crate::artifacts::LOAD);
    for analysed in [false, true] {
        if analysed {
            run(&catalog, "ANALYZE").await;
        }
        for statement in &statements {
            let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
            let mut db = catalog.read().await.expect("a read");
            // Only what is executed notices that the schema, and with it what ANALYZE found, is another; what is only explained shows
            // the plan of what the connection knew before, for ever if it is kept.
            sqlx::query("SELECT 1 FROM capture LIMIT 1").persistent(false).execute(&mut *db).await.expect("a look");
            let rows = sqlx::query(explain).persistent(false).fetch_all(&mut *db).await.expect("a plan");
            let plan: Vec<String> = rows.iter().map(|row| row.try_get("detail").expect("a step")).collect();
            assert!(!plan.iter().any(|step| step.starts_with("SCAN")), "{statement}\n{plan:#?}");
        }
    }
    // The control of the control: a search without an index is recognised.
    let mut db = catalog.read().await.expect("a read");
    let plan = sqlx::query("EXPLAIN QUERY PLAN SELECT 1 FROM capture WHERE config = ?").fetch_all(&mut *db).await;
    let step: String = plan.expect("a plan").first().expect("a step").try_get("detail").expect("a text");
    assert!(step.starts_with("SCAN"), "{step}");
    drop(db);

    let id = recorded(&catalog, 1).await.capture.id;
    assert_eq!(catalog.claim_render(NOW + 1_000).await.expect("claimed").expect("a render waits").captures, [id]);
}
