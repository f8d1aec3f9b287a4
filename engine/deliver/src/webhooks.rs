//! Sees to it that everybody hears of what happened: expands notices, finds what is due, has it brought a few at once.
//!
//! One message of those that concern one recording is on its way to a receiver at a time, unless that wants them unordered
//! (`catalog` answers no more). A receiver that fails, or takes long, gets one place, and all of those together get no place of the
//! others: so nobody waits for somebody else's receiver.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use catalog::{Catalog, CatalogError};
use model::{DeliveryId, DueDelivery, WebhookEndpoint, WebhookEndpointId};
use tokio::task::{Id, JoinSet};

use crate::{courier::Courier, expansion::messages, measure};

/// How many messages are on their way at once, those of which nobody knows yet that they take long among them.
const AT_ONCE: usize = 64;
/// How many of those to receivers that answer quickly, as far as is known.
const OF_ALL_QUICK: usize = 32;
/// How many of those to one receiver.
const OF_A_RECEIVER: usize = 4;
/// How many to one of which the latest attempt failed or took long.
const OF_A_FAILING_ONE: usize = 1;
/// How many to all of those.
const OF_ALL_FAILING: usize = 16;
/// How many notices are expanded in one transaction.
const NOTICES: u32 = 64;
/// How many times in a row, until it is looked what is due.
const EXPANSIONS: usize = 16;
/// How long what was delivered or given up is kept, in milliseconds.
const KEPT_MS: i64 = 30 * 24 * 3_600_000;
/// How much of that is forgotten in one go.
const PRUNED: u32 = 500;

/// One message on its way.
struct Brought {
    delivery: DeliveryId,
    to: WebhookEndpointId,
    /// Whether the latest attempt before it failed or took long.
    is_failing: bool,
    began: Instant,
}

/// What is on its way.
pub(crate) struct Webhooks {
    courier: Courier,
    running: JoinSet<()>,
    /// What each task brings.
    brought: HashMap<Id, Brought>,
    /// Who took long for the latest answer.
    slow: HashSet<WebhookEndpointId>,
    /// At whom the next look begins, so that places that become free go round.
    turn: usize,
}

impl Webhooks {
    pub(crate) fn new(courier: Courier) -> Self {
        Self { courier, running: JoinSet::new(), brought: HashMap::new(), slow: HashSet::new(), turn: 0 }
    }

    fn catalog(&self) -> &Catalog {
        &self.courier.catalog
    }

    /// Puts on its way what the outbox holds, as far as that is done soon; answers whether it held anything.
    pub(crate) async fn expand(&self) -> Result<bool, CatalogError> {
        for turn in 0..EXPANSIONS {
            let notices = self.catalog().notices(NOTICES).await?;
            if notices.is_empty() {
                return Ok(turn > 0);
            }
            let endpoints = self.catalog().all_webhooks().await?;
            let expanded = notices.into_iter().map(|notice| {
                let messages = messages(&notice, &endpoints);
                (notice, messages)
            });
            self.catalog().expand_notices(expanded.collect(), self.courier.clock.unix_ms()).await?;
        }
        Ok(true)
    }

    /// Puts on its way what the outbox holds, and has brought what is due if it held anything.
    pub(crate) async fn expand_and_launch(&mut self) -> Result<(), CatalogError> {
        if self.expand().await? { self.launch(None).await } else { Ok(()) }
    }

    /// Has brought what is due, as far as there are places; with `only`, of what is for that receiver.
    pub(crate) async fn launch(&mut self, only: Option<WebhookEndpointId>) -> Result<(), CatalogError> {
        let now_unix_ms = self.courier.clock.unix_ms();
        let mut endpoints = self.catalog().all_webhooks().await?;
        self.slow.retain(|slow| endpoints.iter().any(|endpoint| endpoint.id == *slow));
        endpoints.retain(|endpoint| endpoint.disabled.is_none() && only.is_none_or(|only| only == endpoint.id));
        if endpoints.is_empty() {
            return Ok(());
        }
        self.turn = self.turn.wrapping_add(1);
        let first = self.turn % endpoints.len();
        endpoints.rotate_left(first);
        for endpoint in endpoints {
            let running = self.brought.values().filter(|one| one.to == endpoint.id).count();
            let places = self.taken().places(self.is_failing(&endpoint), running);
            if places == 0 {
                continue;
            }
            let looked_at = u32::try_from(running.saturating_add(places)).unwrap_or(u32::MAX);
            let due = self.catalog().due_deliveries(endpoint.id, endpoint.wish.ordered, now_unix_ms, looked_at).await?;
            let is_running = |delivery: &DueDelivery| self.brought.values().any(|one| one.delivery == delivery.id);
            let due: Vec<DueDelivery> = due.into_iter().filter(|delivery| !is_running(delivery)).take(places).collect();
            for delivery in due {
                self.send_off(endpoint.clone(), delivery);
            }
        }
        Ok(())
    }

    /// Whether the latest attempt to reach a receiver failed or took long, or one that is under way does.
    fn is_failing(&self, endpoint: &WebhookEndpoint) -> bool {
        endpoint.failing_since_unix_ms.is_some()
            || self.slow.contains(&endpoint.id)
            || self.brought.values().any(|one| one.to == endpoint.id && self.takes_long(one))
    }

    fn takes_long(&self, one: &Brought) -> bool {
        one.began.elapsed() >= self.courier.slow
    }

    fn taken(&self) -> Taken {
        let failing = self.brought.values().filter(|one| one.is_failing || self.takes_long(one)).count();
        Taken { all: self.brought.len(), failing }
    }

    fn send_off(&mut self, endpoint: WebhookEndpoint, delivery: DueDelivery) {
        let is_failing = self.is_failing(&endpoint);
        let one = Brought { delivery: delivery.id, to: endpoint.id, is_failing, began: Instant::now() };
        let task = self.running.spawn(self.courier.clone().bring(endpoint, delivery));
        self.brought.insert(task.id(), one);
    }

    /// Completes once a message that was on its way is not any more, never while none is; answers who can have a place for it,
    /// nobody in particular if others wait for one as well.
    pub(crate) async fn returned(&mut self) -> Option<WebhookEndpointId> {
        let others_wait = self.taken().is_full();
        let task = match self.running.join_next_with_id().await {
            None => return std::future::pending().await,
            Some(Ok((task, ()))) => task,
            Some(Err(error)) => {
                tracing::error!(%error, "a message ended without a word; it is sent again");
                error.id()
            }
        };
        let one = self.brought.remove(&task)?;
        if self.takes_long(&one) {
            self.slow.insert(one.to);
        } else {
            self.slow.remove(&one.to);
        }
        (!others_wait).then_some(one.to)
    }

    /// Waits until everything that is on its way arrived or failed, but for no longer than `patience`; what is still under way
    /// then is broken off and sent again by the next process.
    pub(crate) async fn come_home(mut self, patience: Duration) {
        let all = async {
            while !self.running.is_empty() {
                self.returned().await;
            }
        };
        if tokio::time::timeout(patience, all).await.is_err() {
            tracing::warn!("webhooks were broken off; they are sent again at the next start");
        }
    }

    /// Tells how much is left to be delivered.
    pub(crate) async fn gauge(&self) -> Result<(), CatalogError> {
        measure::left(self.catalog().delivery_backlog().await?, self.courier.clock.unix_ms());
        Ok(())
    }

    /// Gives up what waits for receivers that are disabled, where the process before did not come to it.
    pub(crate) async fn give_up(&self) -> Result<(), CatalogError> {
        self.catalog().give_up_for_disabled(self.courier.clock.unix_ms()).await
    }

    /// Forgets a slice of what was delivered or given up long ago; answers whether there may be more.
    pub(crate) async fn prune(&self) -> Result<bool, CatalogError> {
        let before_unix_ms = self.courier.clock.unix_ms().saturating_sub(KEPT_MS);
        Ok(self.catalog().prune_deliveries(before_unix_ms, PRUNED).await? == u64::from(PRUNED))
    }
}

/// How many messages are on their way.
#[derive(Clone, Copy, Debug)]
struct Taken {
    all: usize,
    /// Of those to receivers that fail or take long.
    failing: usize,
}

impl Taken {
    /// Whether somebody may wait for a place.
    const fn is_full(self) -> bool {
        self.all >= AT_ONCE || self.failing >= OF_ALL_FAILING || self.all.saturating_sub(self.failing) >= OF_ALL_QUICK
    }

    /// How many more may be on their way to a receiver that has `running`.
    fn places(self, is_failing: bool, running: usize) -> usize {
        let (own, of_its_kind) = if is_failing {
            (OF_A_FAILING_ONE, OF_ALL_FAILING.saturating_sub(self.failing))
        } else {
            (OF_A_RECEIVER, OF_ALL_QUICK.saturating_sub(self.all.saturating_sub(self.failing)))
        };
        own.saturating_sub(running).min(of_its_kind).min(AT_ONCE.saturating_sub(self.all))
    }
}

#[cfg(test)]
mod tests;
