//! Tells whoever waits for it that a transaction wrote something new, as soon as that is durable: so that it is not found by the next
//! look at the catalogue only. SQLite itself says which tables were written to, triggers included, so that no change can forget it.
//! Nothing here is kept: whoever was not there looks.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use sqlx::{SqliteConnection, sqlite::SqliteOperation};
use tokio::sync::Notify;

use crate::CatalogError;

/// What somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// A change of state is to be told.
    Notices,
}

impl News {
    const ALL: [Self; 1] = [Self::Notices];

    /// The table that has a new row then.
    const fn table(self) -> &'static str {
        match self {
            Self::Notices => "notice",
        }
    }
}

/// Who waits, and what was written since the last commit; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Messenger(Arc<[Desk; News::ALL.len()]>);

#[derive(Debug, Default)]
struct Desk {
    written: AtomicBool,
    waiting: Notify,
}

impl Messenger {
    /// Takes note of what this connection writes.
    ///
    /// # Errors
    /// If the connection broke.
    pub(crate) async fn listen(&self, db: &mut SqliteConnection) -> Result<(), CatalogError> {
        let desks = self.clone();
        db.lock_handle().await?.set_update_hook(move |change| {
            if change.operation == SqliteOperation::Insert
                && let Some(news) = News::ALL.into_iter().find(|news| news.table() == change.table)
            {
                desks.desk(news).written.store(true, Ordering::Relaxed);
            }
        });
        Ok(())
    }

    /// Tells of what was written, which is durable now; of what was taken back again as well, which costs a look.
    pub(crate) fn committed(&self) {
        for desk in self.0.iter() {
            if desk.written.swap(false, Ordering::Relaxed) {
                desk.waiting.notify_one();
            }
        }
    }

    /// Waits for news; what came since the last wait is remembered. Nothing is lost if the future is dropped.
    pub(crate) async fn wait(&self, news: News) {
        self.desk(news).waiting.notified().await;
    }

    fn desk(&self, news: News) -> &Desk {
        &self.0[news as usize]
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::Future,
        pin::pin,
        task::{Context, Waker},
    };

    use super::*;
    use crate::{
        Catalog,
        fixture::{fresh, new_capture, registered},
    };

    fn is_ready(future: impl Future) -> bool {
        pin!(future).poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    fn has_news(catalog: &Catalog) -> [bool; 1] {
        News::ALL.map(|news| is_ready(catalog.news(news)))
    }

    #[tokio::test]
    async fn whoever_waits_hears_of_a_row_that_a_trigger_wrote_and_of_no_other_commit() {
        let (_dir, catalog) = fresh().await;
        registered(&catalog, 1).await;
        assert_eq!(has_news(&catalog), [false], "a receiver is no news of these");
        catalog.start_capture(new_capture(1)).await.expect("admitted");
        assert_eq!(has_news(&catalog), [true]);
        assert_eq!(has_news(&catalog), [false], "it is told once");
        assert!(catalog.healthy().await);
        assert_eq!(has_news(&catalog), [false]);
    }
}
