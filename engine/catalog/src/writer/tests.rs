use sqlx::Row;
use tokio::{sync::oneshot, task::JoinSet};

use super::*;
use crate::{Catalog, fixture::fresh};

/// What an operation of these tests does.
#[derive(Clone, Copy)]
enum Act {
    /// Writes its number.
    Write,
    /// Writes its number, then fails.
    Fail,
    /// Writes something that SQLite refuses only at the commit.
    BreakCommit,
    /// Makes SQLite give the transaction up, then fails, as a full disk does.
    LoseTransaction,
}

async fn act(db: &mut SqliteConnection, n: usize, act: Act) -> Result<usize, CatalogError> {
    sqlx::query("INSERT INTO meta (name, value) VALUES (?, x'00')").bind(format!("n{n}")).execute(&mut *db).await?;
    match act {
        Act::Write => Ok(n),
        Act::Fail => Err(CatalogError::Seal),
        Act::BreakCommit => {
            sqlx::query("PRAGMA defer_foreign_keys = ON").execute(&mut *db).await?;
            sqlx::query("INSERT INTO command (capture, kind, body, taken) VALUES (x'00', '', '', 0)")
                .execute(db)
                .await?;
            Ok(n)
        }
        Act::LoseTransaction => {
            sqlx::query("ROLLBACK").execute(db).await?;
            Err(CatalogError::Seal)
        }
    }
}

/// Queues operations while the writer is held up by one before them, so that all are in one group; answers in order.
async fn group(catalog: &Catalog, acts: impl IntoIterator<Item = Act>) -> Vec<Result<usize, CatalogError>> {
    let writer = catalog.writer();
    let (begun, has_begun) = oneshot::channel::<()>();
    let (go, may_go) = oneshot::channel::<()>();
    let holder = tokio::spawn({
        let writer = writer.clone();
        async move {
            let held = writer.run(|_| {
                Box::pin(async move {
                    begun.send(()).expect("the test waits");
                    may_go.await.expect("the test lets go");
                    Ok(())
                })
            });
            held.await.expect("nothing to fail");
        }
    });
    has_begun.await.expect("the writer is held up");
    let mut waiting = JoinSet::new();
    let mut queued = 0;
    for (n, what) in acts.into_iter().enumerate() {
        let own = writer.clone();
        waiting.spawn(async move { (n, own.run(move |db| Box::pin(act(db, n, what))).await) });
        queued += 1;
        while writer.queue.max_capacity() - writer.queue.capacity() < queued {
            tokio::task::yield_now().await;
        }
    }
    go.send(()).expect("the writer waits");
    holder.await.expect("the holder ends");
    let mut answers = waiting.join_all().await;
    answers.sort_by_key(|(n, _)| *n);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

async fn written(catalog: &Catalog) -> Vec<String> {
    let mut db = catalog.read().await.expect("a read");
    let rows = sqlx::query("SELECT name FROM meta WHERE name LIKE 'n%' ORDER BY name").fetch_all(&mut *db).await;
    rows.expect("rows").iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn operations_that_wait_are_committed_together() {
    let (_dir, catalog) = fresh().await;
    let before = catalog.commits();
    let answers = group(&catalog, [Act::Write; 200]).await;
    assert!(answers.into_iter().enumerate().all(|(n, answer)| answer.expect("written") == n));
    assert_eq!(written(&catalog).await.len(), 200);
    // One for the operation that held the others up, one for all of them.
    assert_eq!(catalog.commits() - before, 2);
}

#[tokio::test]
async fn a_group_is_no_longer_than_its_limit() {
    let (_dir, catalog) = fresh().await;
    let before = catalog.commits();
    group(&catalog, [Act::Write; GROUP_OPERATIONS + 1]).await;
    assert_eq!(catalog.commits() - before, 3);
}

#[tokio::test]
async fn an_operation_that_fails_takes_only_itself_back() {
    let (_dir, catalog) = fresh().await;
    let answers = group(&catalog, [Act::Write, Act::Fail, Act::Write]).await;
    assert!(matches!(answers[..], [Ok(0), Err(CatalogError::Seal), Ok(2)]), "{answers:?}");
    assert_eq!(written(&catalog).await, ["n0", "n2"]);
}

#[tokio::test]
async fn nobody_is_told_of_success_when_the_commit_fails() {
    let (_dir, catalog) = fresh().await;
    let answers = group(&catalog, [Act::Write, Act::BreakCommit, Act::Fail]).await;
    assert!(
        matches!(answers[..], [Err(CatalogError::Commit(_)), Err(CatalogError::Commit(_)), Err(CatalogError::Seal)]),
        "{answers:?}"
    );
    assert!(written(&catalog).await.is_empty());
    assert!(catalog.healthy().await);
}

#[tokio::test]
async fn a_lost_transaction_fails_those_before_and_spares_those_after() {
    let (_dir, catalog) = fresh().await;
    let answers = group(&catalog, [Act::Write, Act::LoseTransaction, Act::Write]).await;
    assert!(matches!(answers[..], [Err(CatalogError::Commit(_)), Err(CatalogError::Seal), Ok(2)]), "{answers:?}");
    assert_eq!(written(&catalog).await, ["n2"]);
}

#[tokio::test]
async fn an_operation_happens_even_if_its_caller_stops_waiting() {
    let (_dir, catalog) = fresh().await;
    let writer = catalog.writer();
    let caller = tokio::spawn({
        let writer = writer.clone();
        async move { writer.run(move |db| Box::pin(act(db, 7, Act::Write))).await }
    });
    while writer.queue.capacity() == writer.queue.max_capacity() && catalog.commits() == 0 {
        tokio::task::yield_now().await;
    }
    caller.abort();
    assert!(catalog.healthy().await);
    assert_eq!(written(&catalog).await, ["n7"]);
}
