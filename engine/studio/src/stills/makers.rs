//! Which meetings have still pictures made: those that somebody wants them of, the ones that began first in front, as many as the
//! operator allows. Who has a process keeps it for as long as somebody wants that; the others wait until there is a place.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use hub::{Hub, Wake};
use model::{CaptureId, Fault};
use tokio::{
    task::{Id, JoinError, JoinSet},
    time::{MissedTickBehavior, interval},
};

use super::maker::make;
use crate::{StudioError, Workers, laboratory::Rests, launch::Launch, settings::Settings};

/// How often it is looked for what nobody told of: meetings that rested, and places that became free.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The meetings whose still pictures are made.
pub(crate) struct Makers {
    settings: Arc<Settings>,
    hub: Hub,
    tasks: JoinSet<Result<(), StudioError>>,
    running: HashMap<Id, Running>,
    rests: Rests,
}

struct Running {
    capture: CaptureId,
    since: Instant,
}

impl Makers {
    pub(crate) fn new(settings: Arc<Settings>, hub: Hub) -> Self {
        Self { settings, hub, tasks: JoinSet::new(), running: HashMap::new(), rests: Rests::default() }
    }

    /// Has pictures made until it is dropped.
    pub(crate) async fn run(mut self) {
        // What strangers sent is decoded in no process that does anything else.
        let Workers::Processes(launch) = self.settings.workers.clone() else { return };
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                Some(ended) = self.tasks.join_next_with_id() => self.bury(ended),
                () = self.hub.woken(Wake::Stills) => {}
                _ = look.tick() => self.rests.forget(Instant::now()),
            }
            self.admit(&launch, Instant::now());
        }
    }

    /// Gives places that are free to those who wait.
    fn admit(&mut self, launch: &Launch, now: Instant) {
        let mut waiting = self.hub.wanted_stills();
        waiting.retain(|capture| self.running.values().all(|running| running.capture != *capture));
        let mut left = waiting.len();
        for capture in waiting {
            if self.running.len() >= self.settings.pictures {
                break;
            }
            if !self.rests.holds(capture, now) {
                let task = self.tasks.spawn(make(launch.clone(), self.hub.clone(), capture));
                self.running.insert(task.id(), Running { capture, since: now });
                left -= 1;
            }
        }
        metrics::gauge!("hansard_picture_workers", "state" => "running").set(self.running.len() as f64);
        metrics::gauge!("hansard_picture_workers", "state" => "waiting").set(left as f64);
    }

    /// Takes note that pictures of a meeting are made no more.
    fn bury(&mut self, ended: Result<(Id, Result<(), StudioError>), JoinError>) {
        let (id, outcome) = match ended {
            Ok((id, outcome)) => (id, outcome),
            Err(error) => (error.id(), Err(StudioError::Panicked)),
        };
        let Some(Running { capture, since }) = self.running.remove(&id) else { return };
        let Err(error) = outcome else { return };
        let pause = self.rests.note_death(capture, since, Instant::now());
        metrics::counter!("hansard_stage_errors_total", "stage" => "pictures").increment(1);
        tracing::warn!(%capture, code = error.code(), %error, ?pause, "still pictures of a meeting broke off; they begin again");
    }
}

#[cfg(test)]
mod tests;
