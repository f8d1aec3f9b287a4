//! Where the events of a capture are read from: the catalogue, or, where nothing is stored, the memory of its owner. What is told
//! of them, and in which order, is in `follower`.

use std::sync::Arc;

use catalog::{Catalog, CatalogError};
use hub::{Hub, Memory};
use model::{Capture, CaptureId, Cursor, SequencedEvent};

/// How many events are read at once unless the reader wants fewer.
pub(crate) const PAGE: u32 = 500;

/// Reads the events of one capture.
pub(crate) enum Source {
    /// They are all in the catalogue, for as long as the capture.
    Catalogue(Box<Catalog>),
    /// The newest are in memory, for as long as the capture runs in this process.
    Memory {
        /// The memory, which outlives the capture for whoever reads in it.
        memory: Arc<Memory>,
        /// Where the reader comes from, if it said so.
        from: Option<Cursor>,
        /// Whether the capture was over when the reader came.
        is_over: bool,
    },
}

impl Source {
    /// Of a capture, for a reader that comes from a place, or from nowhere.
    pub(crate) fn of(capture: &Capture, catalog: &Catalog, hub: &Hub, from: Option<Cursor>) -> Self {
        if capture.config.retention.stores() {
            Self::Catalogue(Box::new(catalog.clone()))
        } else {
            Self::Memory { memory: hub.memory(capture.id), from, is_over: capture.latest().status.is_terminal() }
        }
    }

    /// Whether everything that came after the reader's place can be read, as far as that is known by now. Who comes from nowhere
    /// gets what there is.
    pub(crate) fn reaches_back(&self) -> bool {
        match self {
            // A capture that is over takes its memory with it.
            Self::Memory { memory, from: Some(from), is_over } => {
                memory.reaches(*from) && (memory.has_begun() || !is_over)
            }
            Self::Memory { from: None, .. } | Self::Catalogue(_) => true,
        }
    }

    /// At most `page` events after a place, in order. `None` if what came next is lost: it was in memory only.
    ///
    /// # Errors
    /// If the catalogue cannot be read.
    pub(crate) async fn after(
        &self,
        capture: CaptureId,
        place: Cursor,
        page: u32,
    ) -> Result<Option<Vec<Arc<SequencedEvent>>>, CatalogError> {
        match self {
            Self::Catalogue(catalog) => {
                let events = catalog.events_after(capture, place, page).await?;
                Ok(Some(events.into_iter().map(Arc::new).collect()))
            }
            // The reader has read nothing yet, so it matters where it comes from.
            Self::Memory { .. } if place == Cursor::START && !self.reaches_back() => Ok(None),
            Self::Memory { memory, .. } => Ok(memory.after(place, page as usize)),
        }
    }

    /// Events before the oldest that name people, for a reader who begins with that one.
    pub(crate) fn people(&self) -> Vec<Arc<SequencedEvent>> {
        match self {
            Self::Memory { memory, .. } => memory.people(),
            Self::Catalogue(_) => Vec::new(),
        }
    }
}
