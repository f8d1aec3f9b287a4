//! Which endpoints there are, and a task for each that is running. What the tasks do is in `posts` and `socket`.

use std::{
    collections::HashMap,
    future::Future,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use catalog::{Catalog, CatalogError};
use dial::Outward;
use hub::Hub;
use model::{Endpoint, EndpointId, EndpointPlace, Transport};
use tokio::{
    sync::watch,
    task::{AbortHandle, JoinSet},
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use super::{
    ending::Ending,
    mailbox::{Found, Mailbox},
    measure,
    pace::Pace,
    posts::post,
    sampler::Sampler,
    socket::stream,
};
use crate::Signing;

/// Serves every real-time endpoint that is running.
#[derive(Clone)]
pub struct Endpoints {
    around: Arc<Around>,
}

/// What every endpoint needs of the world.
struct Around {
    catalog: Catalog,
    hub: Hub,
    outward: Outward,
    signing: Signing,
    pace: Pace,
}

/// The task of one endpoint.
struct Served {
    transport: Transport,
    /// Tells it of new labels.
    news: watch::Sender<Endpoint>,
    task: AbortHandle,
}

impl Endpoints {
    /// Serves along this way out what happens according to `catalog` and `hub`, signed.
    pub fn new(catalog: Catalog, hub: Hub, outward: Outward, signing: Signing) -> Self {
        measure::describe();
        Self::at(Pace::default(), catalog, hub, outward, signing)
    }

    /// The same at another pace, which is for tests.
    pub(super) fn at(pace: Pace, catalog: Catalog, hub: Hub, outward: Outward, signing: Signing) -> Self {
        Self { around: Arc::new(Around { catalog, hub, outward, signing, pace }) }
    }

    /// Serves until `stop` is cancelled. Who is served then goes on with the next process.
    pub async fn run(self, stop: CancellationToken) {
        let mut served: HashMap<EndpointId, Served> = HashMap::new();
        let mut tasks: JoinSet<EndpointId> = JoinSet::new();
        loop {
            match self.around.catalog.running_endpoints().await {
                Ok(running) => self.match_up(&mut served, &mut tasks, running),
                Err(error) => {
                    metrics::counter!("hansard_stage_errors_total", "stage" => "deliver").increment(1);
                    tracing::warn!(%error, "it cannot be told which real-time endpoints there are; trying again");
                }
            }
            for transport in Transport::ALL {
                measure::served(transport, served.values().filter(|one| one.transport == transport).count());
            }
            let pause = sleep(self.around.pace.look);
            tokio::pin!(pause);
            loop {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => {
                        tasks.shutdown().await;
                        return;
                    }
                    Some(ended) = tasks.join_next_with_id(), if !tasks.is_empty() => forget(&mut served, ended),
                    () = &mut pause => break,
                }
            }
        }
    }

    /// Begins to serve who is new, tells the others what is new, and lets go of those that run no more.
    fn match_up(
        &self,
        served: &mut HashMap<EndpointId, Served>,
        tasks: &mut JoinSet<EndpointId>,
        running: Vec<Endpoint>,
    ) {
        served.retain(|id, one| {
            let is_running = running.iter().any(|endpoint| endpoint.id == *id);
            if !is_running {
                one.task.abort();
            }
            is_running
        });
        for endpoint in running {
            match served.get(&endpoint.id) {
                Some(one) => {
                    one.news.send_if_modified(|known| {
                        let is_new = known.wish.metadata != endpoint.wish.metadata;
                        known.wish.metadata.clone_from(&endpoint.wish.metadata);
                        is_new
                    });
                }
                None => {
                    let (id, transport) = (endpoint.id, endpoint.wish.transport);
                    let (news, latest) = watch::channel(endpoint.clone());
                    let desk = Desk { around: Arc::clone(&self.around), endpoint, latest };
                    let task = tasks.spawn(serve(desk));
                    served.insert(id, Served { transport, news, task });
                }
            }
        }
    }
}

/// Forgets an endpoint whose task ended. One that panicked is served again, from where it came to.
fn forget(
    served: &mut HashMap<EndpointId, Served>,
    ended: Result<(tokio::task::Id, EndpointId), tokio::task::JoinError>,
) {
    match ended {
        Ok((_, id)) => drop(served.remove(&id)),
        Err(error) => {
            if error.is_panic() {
                tracing::error!(%error, "a real-time endpoint is served again: its task broke off");
            }
            served.retain(|_, one| one.task.id() != error.id());
        }
    }
}

/// Serves one endpoint to its end, and writes down how it ended.
async fn serve(mut desk: Desk) -> EndpointId {
    let ending = match desk.endpoint.wish.transport {
        Transport::Webhook => post(&mut desk).await,
        Transport::Websocket => stream(&mut desk).await,
        // Has failed from the beginning, so it is never served.
        Transport::Rtmp => Ending::Refused,
    };
    desk.end(ending).await;
    desk.endpoint.id
}

/// What one endpoint's task works with.
pub(super) struct Desk {
    around: Arc<Around>,
    endpoint: Endpoint,
    latest: watch::Receiver<Endpoint>,
}

impl Desk {
    pub(super) const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What makes the media that it wants; `None` if it wants none.
    pub(super) fn sampler(&self) -> Option<Sampler> {
        Sampler::start(&self.around.hub, self.endpoint.capture, &self.endpoint.wish)
    }

    pub(super) fn outward(&self) -> &Outward {
        &self.around.outward
    }

    pub(super) fn signing(&self) -> &Signing {
        &self.around.signing
    }

    pub(super) fn pace(&self) -> &Pace {
        &self.around.pace
    }

    /// Its mailbox; `None` if its capture is gone.
    pub(super) async fn mailbox(&self) -> Option<Mailbox> {
        let Around { catalog, hub, pace, .. } = &*self.around;
        self.persist("opened", || Mailbox::open(catalog, hub, &self.endpoint, pace.origin)).await
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

    async fn end(&self, ending: Ending) {
        let Around { catalog, .. } = &*self.around;
        let (state, sub_code) = (ending.state(), ending.sub_code());
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
