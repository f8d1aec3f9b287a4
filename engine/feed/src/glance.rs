//! A capture as it was read last, for all who follow it: that hundreds do costs the catalogue no more than that one does. Events are not
//! kept here; everybody reads their own.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use catalog::{Catalog, CatalogError};
use model::{Capture, CaptureId};
use tokio::sync::Mutex;

/// What was read last of one capture.
#[derive(Debug, Default)]
pub struct Glance(Mutex<Option<Seen>>);

/// A capture as it was at some moment of a span.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The capture.
    pub capture: Arc<Capture>,
    /// When it was about to be read.
    pub began: Instant,
    /// When it was read.
    pub ended: Instant,
}

impl Seen {
    /// Whether this is no older than `age` and certainly not older than what was seen until `known`.
    fn serves(&self, known: Option<Instant>, age: Duration, now: Instant) -> bool {
        now.saturating_duration_since(self.began) < age && known.is_none_or(|known| self.began >= known)
    }
}

impl Glance {
    /// The capture as it is; `None` if there is none any more.
    ///
    /// # Errors
    /// If the catalogue cannot be read.
    pub(crate) async fn fresh(&self, catalog: &Catalog, id: CaptureId) -> Result<Option<Seen>, CatalogError> {
        let seen = read(catalog, id).await?;
        // Whoever reads just now keeps what they find.
        if let Ok(mut kept) = self.0.try_lock() {
            kept.clone_from(&seen);
        }
        Ok(seen)
    }

    /// The capture as somebody saw it not more than `age` ago, and not before `known`; read, by one of those who want it, if nobody
    /// did.
    ///
    /// # Errors
    /// If the catalogue cannot be read.
    pub(crate) async fn recent(
        &self,
        catalog: &Catalog,
        id: CaptureId,
        known: Option<Instant>,
        age: Duration,
    ) -> Result<Option<Seen>, CatalogError> {
        let mut kept = self.0.lock().await;
        if let Some(seen) = kept.as_ref().filter(|seen| seen.serves(known, age, Instant::now())) {
            return Ok(Some(seen.clone()));
        }
        let seen = read(catalog, id).await?;
        kept.clone_from(&seen);
        Ok(seen)
    }
}

async fn read(catalog: &Catalog, id: CaptureId) -> Result<Option<Seen>, CatalogError> {
    let began = Instant::now();
    let capture = catalog.capture(id).await?;
    Ok(capture.map(|capture| Seen { capture: Arc::new(capture), began, ended: Instant::now() }))
}

#[cfg(test)]
mod tests {
    use model::Retention;

    use super::*;
    use crate::follower::tests::running;

    #[tokio::test]
    async fn many_see_what_one_read_and_nobody_what_is_older_than_what_they_saw() {
        let dir = tempfile::tempdir().expect("a directory");
        let catalog = Catalog::open(dir.path()).await.expect("a catalogue");
        let capture = running(&catalog, Retention::Forever).await;
        let (glance, age) = (Glance::default(), Duration::from_secs(3_600));
        let seen = async |known, age| {
            let seen = glance.recent(&catalog, capture.id, known, age).await.expect("read");
            seen.expect("it is there")
        };
        let first = seen(None, age).await;
        assert!(Arc::ptr_eq(&first.capture, &seen(None, age).await.capture));
        assert!(Arc::ptr_eq(&first.capture, &seen(Some(first.began), age).await.capture));
        let second = seen(Some(first.ended + Duration::from_nanos(1)), age).await;
        assert!(!Arc::ptr_eq(&first.capture, &second.capture), "it may be older than what they know");
        let third = seen(None, Duration::ZERO).await;
        assert!(!Arc::ptr_eq(&second.capture, &third.capture), "it is too old");
        let fresh = glance.fresh(&catalog, capture.id).await.expect("read").expect("it is there");
        assert!(Arc::ptr_eq(&fresh.capture, &seen(None, age).await.capture), "what anybody reads is seen by all");
        catalog.close().await;
    }
}
