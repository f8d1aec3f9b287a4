//! Which endpoints there are, and a task for each that is running. What the tasks do is in `posts` and `socket`.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use catalog::Catalog;
use dial::Outward;
use hub::{Hub, Wake};
use model::{Endpoint, EndpointId, Transport};
use tokio::{
    sync::watch,
    task::{AbortHandle, JoinSet},
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use super::{
    desk::{Around, Desk},
    ending::Ending,
    measure,
    pace::Pace,
    posts::post,
    socket::stream,
    sounds::Sounds,
};
use crate::Signing;

/// Serves every real-time endpoint that is running.
#[derive(Clone)]
pub struct Endpoints {
    around: Arc<Around>,
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
        let sounds = Arc::new(Sounds::new(hub.clone()));
        Self { around: Arc::new(Around { catalog, hub, outward, signing, has_alias: true, pace, sounds }) }
    }

    /// The same without naming captures as bots as well.
    #[must_use]
    pub fn without_alias(mut self) -> Self {
        Arc::get_mut(&mut self.around).expect("nobody is served yet").has_alias = false;
        self
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
                    () = self.around.hub.woken(Wake::Endpoints) => break,
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
        let ids: HashSet<EndpointId> = running.iter().map(|endpoint| endpoint.id).collect();
        served.retain(|id, one| {
            let is_running = ids.contains(id);
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
                    let desk = Desk::new(Arc::clone(&self.around), endpoint, latest);
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
    let ending = match desk.endpoint().wish.transport {
        Transport::Webhook => post(&mut desk).await,
        Transport::Websocket => stream(&mut desk).await,
        // Has failed from the beginning, so it is never served.
        Transport::Rtmp => Ending::Refused,
    };
    desk.end(ending).await;
    desk.endpoint().id
}
