//! The task that delivers until it is told to stop.

use std::time::Duration;

use catalog::{Catalog, CatalogError, News};
use dial::Outward;
use model::{ConfiguredWebhook, Fault, WebhookEndpointId};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    courier::{Courier, PATIENCE, SLOW},
    measure,
    webhooks::Webhooks,
};

/// How often the outbox is looked at although nobody told that something is in it.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often it is looked what is due although nothing happened.
const DUE_EVERY: Duration = Duration::from_secs(1);
/// How often it is told how much is left.
const GAUGE_EVERY: Duration = Duration::from_secs(5);
/// How often what is old is forgotten.
const PRUNE_EVERY: Duration = Duration::from_secs(3_600);
/// How long it rests after the catalogue refused.
const AFTER_ERROR: Duration = Duration::from_secs(1);
/// How long a stop waits for what is on its way.
const GOODBYE: Duration = Duration::from_secs(2);

/// Delivers status webhooks.
pub struct Deliver {
    catalog: Catalog,
    webhooks: Webhooks,
}

impl Deliver {
    /// Delivers along this way out. The receivers of the configuration are those that are given, from here on.
    ///
    /// # Errors
    /// If they cannot be written down.
    pub async fn open(
        catalog: Catalog,
        outward: Outward,
        configured: Vec<ConfiguredWebhook>,
    ) -> Result<Self, CatalogError> {
        let clock = Clock::system();
        let now_unix_ms = clock.unix_ms();
        let fresh = || WebhookEndpointId::new(now_unix_ms.max(0).unsigned_abs(), rand::random());
        let given = configured.into_iter().map(|endpoint| (fresh(), endpoint)).collect();
        catalog.configure_webhooks(given, now_unix_ms).await?;
        measure::describe();
        let webhooks =
            Webhooks::new(Courier { catalog: catalog.clone(), outward, clock, patience: PATIENCE, slow: SLOW });
        Ok(Self { catalog, webhooks })
    }

    /// Delivers until `stop` is cancelled. What is on its way then may be sent again by the next process.
    pub async fn run(mut self, stop: CancellationToken) {
        let every = |period| {
            let mut every = interval(period);
            every.set_missed_tick_behavior(MissedTickBehavior::Delay);
            every
        };
        let (mut look, mut due) = (every(LOOK_EVERY), every(DUE_EVERY));
        let (mut gauge, mut sweep, mut prune) = (every(GAUGE_EVERY), every(PRUNE_EVERY), every(PRUNE_EVERY));
        loop {
            let done = tokio::select! {
                () = stop.cancelled() => break,
                to = self.webhooks.returned() => self.webhooks.launch(to).await,
                () = self.catalog.news(News::Notices) => self.webhooks.expand_and_launch().await,
                // The safety net.
                _ = look.tick() => self.webhooks.expand_and_launch().await,
                _ = due.tick() => self.webhooks.launch(None).await,
                _ = gauge.tick() => self.webhooks.gauge().await,
                _ = sweep.tick() => self.webhooks.give_up().await,
                _ = prune.tick() => self.webhooks.prune().await.map(|is_more| {
                    // Others have their turn between two slices.
                    if is_more {
                        prune.reset_immediately();
                    }
                }),
            };
            if let Err(error) = done {
                tracing::error!(code = error.code(), %error, "what is to be delivered cannot be told; trying again");
                tokio::select! {
                    () = stop.cancelled() => break,
                    () = sleep(AFTER_ERROR) => {}
                }
            }
        }
        self.webhooks.come_home(GOODBYE).await;
    }
}
