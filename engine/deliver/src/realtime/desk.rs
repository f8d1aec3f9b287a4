//! What the task of one endpoint works with: its mailbox, and the catalogue, which is asked as often as it takes.

use std::{
    future::Future,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use catalog::{Catalog, CatalogError};
use dial::{Outward, Protocol};
use hub::Hub;
use model::{Endpoint, EndpointPlace};
use tokio::{sync::watch, time::sleep};

use super::{
    ending::Ending,
    mailbox::{Found, Mailbox},
    measure,
    pace::Pace,
    sampler::Sampler,
    sounds::Sounds,
};
use crate::Signing;

/// What every endpoint needs of the world.
pub(super) struct Around {
    pub(super) catalog: Catalog,
    pub(super) hub: Hub,
    pub(super) outward: Outward,
    pub(super) signing: Signing,
    /// Whether events name the capture as a bot as well.
    pub(super) has_alias: bool,
    pub(super) pace: Pace,
    pub(super) sounds: Arc<Sounds>,
}

/// What one endpoint's task works with.
pub(super) struct Desk {
    around: Arc<Around>,
    endpoint: Endpoint,
    latest: watch::Receiver<Endpoint>,
}

impl Desk {
    /// For an endpoint, of which `latest` tells what is new.
    pub(super) const fn new(around: Arc<Around>, endpoint: Endpoint, latest: watch::Receiver<Endpoint>) -> Self {
        Self { around, endpoint, latest }
    }

    pub(super) const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What makes the media that it wants; `None` if it wants none.
    pub(super) fn sampler(&self) -> Option<Sampler> {
        let Around { hub, sounds, .. } = &*self.around;
        Sampler::start(hub, sounds, self.endpoint.capture, &self.endpoint.wish)
    }

    pub(super) fn outward(&self) -> &Outward {
        &self.around.outward
    }

    /// Whether the operator's rules refuse the address as it is written. What a name leads to may be another tomorrow.
    pub(super) fn is_refused(&self, protocol: Protocol) -> bool {
        self.around.outward.check(self.endpoint.wish.url.expose(), protocol).is_err()
    }

    /// The headers that sign one attempt to send `body` as the message `id`.
    pub(super) async fn signed(&self, id: &str, body: &[u8]) -> Vec<(&'static str, String)> {
        let Around { catalog, signing, .. } = &*self.around;
        let (capture, now_unix_ms) = (self.endpoint.capture, unix_ms());
        let secrets = if signing.is_by_project() {
            self.persist("signed", || catalog.secrets_of_capture(capture, now_unix_ms)).await
        } else {
            Vec::new()
        };
        signing.headers(&secrets, id, now_unix_ms.div_euclid(1_000), body)
    }

    pub(super) fn pace(&self) -> &Pace {
        &self.around.pace
    }

    /// Its mailbox; `None` if its capture is gone.
    pub(super) async fn mailbox(&self) -> Option<Mailbox> {
        let Around { catalog, hub, pace, has_alias, .. } = &*self.around;
        self.persist("opened", || Mailbox::open(catalog, hub, &self.endpoint, pace.origin, *has_alias)).await
    }

    /// Takes in what is new of the endpoint.
    pub(super) fn refresh(&mut self, mailbox: &mut Mailbox) {
        // An endpoint of which nobody tells any more is about to be let go.
        if self.latest.has_changed().unwrap_or(false) {
            self.endpoint.wish.metadata.clone_from(&self.latest.borrow_and_update().wish.metadata);
            mailbox.note_endpoint(&self.endpoint);
        }
    }

    /// The next that the mailbox has, as soon as the catalogue can be read. Nothing is lost if the future is dropped.
    pub(super) async fn next(&self, mailbox: &mut Mailbox) -> Found {
        loop {
            match mailbox.next().await {
                Ok(found) => return found,
                Err(error) => self.note_trouble("read", &error).await,
            }
        }
    }

    /// Passes over what happened by now, and counts it.
    pub(super) async fn skip(&self, mailbox: &mut Mailbox) -> u64 {
        loop {
            match mailbox.skip().await {
                Ok(skipped) => return skipped,
                Err(error) => self.note_trouble("read", &error).await,
            }
        }
    }

    /// Writes down how far the endpoint came; false if it is running no more.
    pub(super) async fn came_to(&self, place: EndpointPlace) -> bool {
        let Around { catalog, .. } = &*self.around;
        self.persist("written", || catalog.endpoint_came_to(self.endpoint.id, place)).await
    }

    /// Writes down how the endpoint ended.
    pub(super) async fn end(&self, ending: Ending) {
        let Around { catalog, .. } = &*self.around;
        let (state, sub_code) = (ending.state(), ending.code());
        let end = || catalog.endpoint_ended(self.endpoint.id, state, sub_code, unix_ms());
        if self.persist("ended", end).await {
            measure::ended(self.endpoint.wish.transport, state.code(), sub_code.unwrap_or("over"));
            tracing::info!(endpoint = %self.endpoint.id, state = state.code(), sub_code, "a real-time endpoint ended");
        }
    }

    /// Does something with the catalogue, as often as it takes.
    async fn persist<T, F>(&self, what: &'static str, mut write: impl FnMut() -> F) -> T
    where
        F: Future<Output = Result<T, CatalogError>>,
    {
        loop {
            match write().await {
                Ok(written) => return written,
                Err(error) => self.note_trouble(what, &error).await,
            }
        }
    }

    async fn note_trouble(&self, what: &'static str, error: &CatalogError) {
        metrics::counter!("hansard_stage_errors_total", "stage" => "deliver").increment(1);
        tracing::warn!(endpoint = %self.endpoint.id, what, %error, "the catalogue refuses a real-time endpoint; trying again");
        sleep(self.around.pace.trouble).await;
    }
}

/// Now, in milliseconds of this machine's wall clock since the Unix epoch.
fn unix_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
