//! The one writer, with natural group commit: all operations that wait are executed in one transaction, and the next
//! group is whatever came while that one was being committed. What an operation does belongs to the aggregates.
//!
//! An operation that was answered is durable: all procedures of `docs/design/durability.md` build on that.
//!
//! Each operation runs in a savepoint, so that one that fails takes only itself back. Its caller hears of it after the
//! commit, never before. The queue holds [`QUEUE_OPERATIONS`]; when it is full, callers wait.

use std::{
    fs::File,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use sqlx::{Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use crate::{CatalogError, news::Messenger};

/// How many operations may wait.
const QUEUE_OPERATIONS: usize = 1024;

/// How many operations one transaction takes at most.
const GROUP_OPERATIONS: usize = 256;

/// A piece of work within a transaction.
pub(crate) type Work<'c, T> = Pin<Box<dyn Future<Output = Result<T, CatalogError>> + Send + 'c>>;

/// Tells the caller of an operation how it went, given how the commit went.
type Settle = Box<dyn FnOnce(Result<(), CatalogError>) + Send>;

/// Whether an operation succeeded, and how its caller is told.
type Ran = (bool, Settle);

/// An operation with the way back to its caller; without a connection it does nothing and only tells.
type Operation = Box<dyn for<'c> FnOnce(Option<&'c mut SqliteConnection>) -> Running<'c> + Send>;

type Running<'c> = Pin<Box<dyn Future<Output = Ran> + Send + 'c>>;

enum Message {
    Run(Operation),
    Close(oneshot::Sender<()>),
}

/// The way to the writer; clones share it. The writer ends, and frees the directory, once all are dropped.
#[derive(Clone)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Message>,
    commits: Arc<AtomicU64>,
}

impl Writer {
    /// Starts the writer on a connection of its own, to which `messenger` listens; it keeps `lock` for as long as it lives.
    pub(crate) fn start(db: SqliteConnection, lock: File, messenger: Messenger) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE_OPERATIONS);
        let commits = Arc::new(AtomicU64::new(0));
        tokio::spawn(write(db, waiting, Told { commits: Arc::clone(&commits), messenger }, lock));
        Self { queue, commits }
    }

    /// Whether it has ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }

    /// How many groups were committed.
    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Has `work` done in the next group and answers once that is durable. It happens even if the caller stops waiting.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, CatalogError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T> + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        let operation = erase(move |db| {
            let running = db.map(work);
            Box::pin(async move {
                let result = match running {
                    Some(running) => Some(running.await),
                    None => None,
                };
                let succeeded = matches!(result, Some(Ok(_)));
                let settle: Settle = Box::new(move |committed| {
                    let answer = match result {
                        Some(result) => result.and_then(|value| committed.map(|()| value)),
                        None => Err(committed.err().unwrap_or(CatalogError::Closed)),
                    };
                    // A caller that stopped waiting does not want to know.
                    let _ = tell.send(answer);
                });
                (succeeded, settle)
            })
        });
        self.queue.send(Message::Run(operation)).await.map_err(|_| CatalogError::Closed)?;
        told.await.map_err(|_| CatalogError::Closed)?
    }

    /// Commits what waits, closes the database and frees the directory. Later operations are refused.
    pub(crate) async fn close(&self) {
        let (tell, told) = oneshot::channel();
        if self.queue.send(Message::Close(tell)).await.is_ok() {
            // An error means that the writer is gone, which is what was wanted.
            let _ = told.await;
        }
    }
}

fn erase<F>(operation: F) -> Operation
where
    F: for<'c> FnOnce(Option<&'c mut SqliteConnection>) -> Running<'c> + Send + 'static,
{
    Box::new(operation)
}

/// Who hears of a commit besides those whose operations were in it.
struct Told {
    commits: Arc<AtomicU64>,
    messenger: Messenger,
}

async fn write(mut db: SqliteConnection, mut waiting: mpsc::Receiver<Message>, told: Told, lock: File) {
    let mut closer = None;
    while closer.is_none() {
        let Some(first) = waiting.recv().await else { break };
        let mut group = Vec::new();
        let mut next = Some(first);
        while let Some(message) = next.take() {
            match message {
                Message::Run(operation) => group.push(operation),
                Message::Close(tell) => {
                    closer = Some(tell);
                    break;
                }
            }
            if group.len() < GROUP_OPERATIONS {
                next = waiting.try_recv().ok();
            }
        }
        let mut rest = group.into_iter();
        while rest.len() > 0 {
            commit_group(&mut db, &mut rest, &told).await;
        }
    }
    if let Err(error) = db.close().await {
        tracing::warn!(%error, "the catalogue's database did not close cleanly");
    }
    drop(lock);
    if let Some(tell) = closer {
        let _ = tell.send(());
    }
}

/// Runs operations in one transaction until there are none left, or until SQLite gives the transaction up; the caller
/// comes back with those that were not run.
async fn commit_group(db: &mut SqliteConnection, operations: &mut std::vec::IntoIter<Operation>, told: &Told) {
    let mut settles = Vec::with_capacity(operations.len());
    let outcome = match run_group(db, operations, &mut settles).await {
        Ok(()) => {
            fail::fail_point!("catalog::committing");
            execute(db, "COMMIT").await
        }
        Err(error) => Err(error),
    };
    fail::fail_point!("catalog::committed");
    let outcome = outcome.map_err(Arc::new);
    match &outcome {
        // Counted before anybody is answered: whoever has an answer finds it counted.
        Ok(()) => {
            told.commits.fetch_add(1, Ordering::Relaxed);
            told.messenger.committed();
        }
        Err(error) => {
            tracing::error!(%error, operations = settles.len(), "a group of the catalogue was not committed");
            // Fails if SQLite rolled back by itself; either way no transaction is left open.
            let _ = execute(db, "ROLLBACK").await;
        }
    }
    for settle in settles {
        settle(outcome.clone().map_err(CatalogError::Commit));
    }
}

async fn run_group(
    db: &mut SqliteConnection,
    operations: &mut std::vec::IntoIter<Operation>,
    settles: &mut Vec<Settle>,
) -> Result<(), sqlx::Error> {
    // Each turn to the thread of the database and back wakes both sides, so there are as few as can be.
    if let Err(error) = execute(db, "BEGIN IMMEDIATE; SAVEPOINT operation").await {
        for operation in operations {
            settles.push(operation(None).await.1);
        }
        return Err(error);
    }
    while let Some(operation) = operations.next() {
        let (succeeded, settle) = operation(Some(db)).await;
        settles.push(settle);
        if !succeeded {
            // Fails if the fault was so grave that SQLite dropped the whole transaction: then nobody's work was kept.
            execute(db, "ROLLBACK TO operation").await?;
        }
        if operations.len() > 0 {
            execute(db, "RELEASE operation; SAVEPOINT operation").await?;
        }
    }
    // The last is released by the commit.
    Ok(())
}

async fn execute(db: &mut SqliteConnection, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(sql).execute(db).await.map(|_| ())
}

#[cfg(test)]
mod tests;
