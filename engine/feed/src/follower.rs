//! Follows the events of one capture: what its source holds, then what the hub publishes.
//!
//! The source is the truth, most often the catalogue. The hub only makes it quick: whatever does not follow directly on what was
//! heard last is read from the source, and it is looked at now and then even if the hub is silent.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use catalog::{Catalog, CatalogError};
use hub::{Heard, Hub, Subscription};
use model::{Capture, CaptureId, Cursor, SequencedEvent};

use crate::{
    glance::{Glance, Seen},
    source::{PAGE, Source},
};

/// How often the catalogue is looked at while the hub speaks.
const LOOK: Duration = Duration::from_secs(5);
/// How often it is looked at when no owner in this process publishes: while a recording is rendered, mostly.
const LOOK_ALONE: Duration = Duration::from_secs(1);

/// A reader of the events of one capture.
pub struct Follower {
    catalog: Catalog,
    hub: Hub,
    id: CaptureId,
    source: Source,
    hearing: Option<Subscription>,
    /// The last event that was handed out.
    last: Cursor,
    /// Whether the source may hold more than was handed out.
    behind: bool,
    /// How many events are read at once.
    page: u32,
    /// When the catalogue is looked at, if the hub says nothing until then.
    look_at: Option<Instant>,
    /// The capture as whoever else follows it saw it.
    glance: Arc<Glance>,
    /// When the capture was read that was seen last.
    seen: Option<Instant>,
    /// Whether it is looked at only because it is time: what somebody else saw a moment ago will do.
    is_due: bool,
}

/// What a follower comes across.
#[derive(Debug)]
pub enum Step {
    /// It looked at the catalogue.
    Read(Look),
    /// The hub told of an event, which is the next.
    Heard(Arc<SequencedEvent>),
    /// What comes next was in memory only, and is not there any more.
    Lost,
    /// There is no such capture any more.
    Gone,
}

/// What a look at the catalogue found.
#[derive(Debug)]
pub struct Look {
    /// The capture, read before the events: if it is over, every event of it is there.
    pub capture: Arc<Capture>,
    /// When that was about to be read.
    pub began: Instant,
    /// Events before the oldest that name people, for a reader who begins with that one; they are not to be told.
    pub people: Vec<Arc<SequencedEvent>>,
    /// The events that come next.
    pub events: Vec<Arc<SequencedEvent>>,
    /// Whether those are all that there were.
    pub is_level: bool,
}

impl Follower {
    /// Begins to hear, and to read with the first event that there is, whatever place the reader comes from; of what lies
    /// before that place it must learn only who is who. Subscribes before anything is read, so that no event can fall between.
    /// `None` if what came after `from` is lost.
    pub fn new(catalog: Catalog, hub: Hub, capture: &Capture, from: Option<Cursor>) -> Option<Self> {
        let hearing = hub.subscribe(capture.id);
        let source = Source::of(capture, &catalog, &hub, from);
        if !source.reaches_back() {
            return None;
        }
        Some(Self {
            hearing: Some(hearing),
            catalog,
            hub,
            id: capture.id,
            source,
            last: Cursor::START,
            behind: true,
            page: PAGE,
            look_at: None,
            glance: Arc::default(),
            seen: None,
            is_due: false,
        })
    }

    /// The same, which reads at most `page` events at once.
    #[must_use]
    pub const fn paged(mut self, page: u32) -> Self {
        self.page = page;
        self
    }

    /// The same, which looks at the capture together with others.
    #[must_use]
    pub fn beside(self, glance: Arc<Glance>) -> Self {
        Self { glance, ..self }
    }

    /// The last event that was handed out.
    pub const fn last(&self) -> Cursor {
        self.last
    }

    /// Has the catalogue looked at before anything else.
    pub const fn look_again(&mut self) {
        self.behind = true;
        self.is_due = false;
    }

    /// The capture as somebody saw it not more than `age` ago, and not before it was handed out here last; `None` if it is gone.
    ///
    /// # Errors
    /// If the catalogue cannot be read.
    pub async fn glance(&mut self, age: Duration) -> Result<Option<Seen>, CatalogError> {
        let seen = self.glance.recent(&self.catalog, self.id, self.seen, age).await?;
        self.seen = seen.as_ref().map_or(self.seen, |seen| Some(seen.ended));
        Ok(seen)
    }

    /// The next thing to know. With `is_curious` an event that the hub tells of is read from the catalogue, with the capture as it is
    /// then. Nothing is lost if the future is dropped.
    ///
    /// # Errors
    /// If the catalogue cannot be read.
    pub async fn next(&mut self, is_curious: bool) -> Result<Step, CatalogError> {
        loop {
            if self.behind {
                return self.read().await;
            }
            if let Some(event) = self.listen(is_curious).await {
                return Ok(Step::Heard(event));
            }
        }
    }

    /// One page from the source. The capture is read first.
    async fn read(&mut self) -> Result<Step, CatalogError> {
        let seen = if self.is_due {
            self.glance(LOOK_ALONE).await?
        } else {
            self.glance.fresh(&self.catalog, self.id).await?
        };
        let Some(Seen { capture, began, ended }) = seen else { return Ok(Step::Gone) };
        let Some(events) = self.source.after(self.id, self.last, self.page).await? else { return Ok(Step::Lost) };
        let people = if self.last == Cursor::START { self.source.people() } else { Vec::new() };
        self.look_at = None;
        self.is_due = false;
        self.seen = Some(ended);
        self.behind = u32::try_from(events.len()).is_ok_and(|len| len >= self.page);
        self.last = events.last().map_or(self.last, |event| event.cursor);
        Ok(Step::Read(Look { capture, began, people, events, is_level: !self.behind }))
    }

    /// Waits for the hub, or until it is time to look at the catalogue.
    async fn listen(&mut self, is_curious: bool) -> Option<Arc<SequencedEvent>> {
        let Some(hearing) = &mut self.hearing else {
            tokio::time::sleep(LOOK_ALONE).await;
            if self.hub.live(self.id) {
                self.hearing = Some(self.hub.subscribe(self.id));
            }
            (self.behind, self.is_due) = (true, true);
            return None;
        };
        let look = if self.hub.live(self.id) { LOOK } else { LOOK_ALONE };
        // Kept although the future may be dropped, or whoever drops it often would never look.
        let due = *self.look_at.get_or_insert_with(|| Instant::now() + look);
        match tokio::time::timeout_at(due.into(), hearing.next()).await {
            Err(_) => (self.behind, self.is_due) = (true, true),
            Ok(Heard::Lagged(_)) => self.behind = true,
            Ok(Heard::Closed) => {
                self.hearing = None;
                self.behind = true;
            }
            Ok(Heard::Event(event)) if event.cursor <= self.last => {}
            Ok(Heard::Event(event)) => {
                let follows =
                    event.cursor.epoch == self.last.epoch && Some(event.cursor.seq) == self.last.seq.checked_add(1);
                if follows && !is_curious {
                    self.last = event.cursor;
                    return Some(event);
                }
                self.behind = true;
            }
        }
        None
    }
}

#[cfg(test)]
pub(crate) mod tests;
