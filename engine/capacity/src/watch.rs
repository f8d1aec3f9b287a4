//! Looks once a second and tells everybody. What is made of a look is decided in `space`, `reserve` and `admission`.

use std::time::{Duration, Instant};

use catalog::Catalog;
use hub::{Hub, Wake};
use metrics::gauge;
use model::{Fault, Room, Space};
use tokio::{
    sync::watch,
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Bounds, CapacityError, Thresholds, Volume,
    admission::{Admission, Memory},
    files,
    load::Busy,
    memory, processor,
    reserve::{self, Step},
    space::{Level, Seen},
};

/// How often is looked: space that comes back must be noticed within 5 s (fault-matrix B2).
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long after it could not be made the reserve is tried again.
const RESERVE_AGAIN: Duration = Duration::from_secs(60);

/// What the operator decides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// When each level of the data volume begins.
    pub thresholds: Thresholds,
    /// How much is reserved at most, in bytes; 0 for nothing.
    pub reserve_bytes: u64,
    /// How much memory there is, in bytes; 0 to find out.
    pub memory_bytes: u64,
    /// What stays as it is while the process runs.
    pub bounds: Bounds,
}

/// What was found in one look.
struct Look {
    seen: Seen,
    held_bytes: u64,
    memory: Memory,
    open_files: u64,
    /// How much time of the processor this process has taken.
    taken: Duration,
}

/// Watches over a host.
pub struct Watch {
    volume: Volume,
    settings: watch::Receiver<Settings>,
    hub: Hub,
    level: Level,
    admission: Admission,
    busy: Busy,
    told: Option<(Space, Room)>,
    reserve_after: Option<Instant>,
}

impl Watch {
    /// Takes the first look, before anything else needs the disk: what a full one needs to begin with is let go here. Waits for
    /// the disk.
    ///
    /// # Errors
    /// [`CapacityError::Volume`] if the volume cannot be looked at.
    pub fn begin(volume: Volume, settings: watch::Receiver<Settings>, hub: Hub) -> Result<Self, CapacityError> {
        let mut watch = Self {
            volume,
            settings,
            hub,
            level: Level::default(),
            admission: Admission::default(),
            busy: Busy::default(),
            told: None,
            reserve_after: None,
        };
        let settings = *watch.settings.borrow();
        let look = look(&watch.volume, &settings)?;
        let step = watch.judge(&look, &settings, Instant::now());
        if let Err(error) = carry_out(&watch.volume, step) {
            watch.complain(&error);
        }
        Ok(watch)
    }

    /// Looks until `stop`, and holds the catalogue to the number of captures that there is room for.
    pub async fn run(mut self, catalog: Catalog, stop: CancellationToken) {
        let mut tick = interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if let Some((_, room)) = self.told {
                catalog.allow_open_captures(room.captures);
            }
            tokio::select! {
                () = stop.cancelled() => return,
                _ = tick.tick() => {}
            }
            if let Err(error) = self.again().await {
                self.complain(&error);
            }
        }
    }

    async fn again(&mut self) -> Result<(), CapacityError> {
        let (volume, settings) = (self.volume.clone(), *self.settings.borrow_and_update());
        let look = spawn_blocking(move || look(&volume, &settings)).await.expect("a look does not panic")?;
        let step = self.judge(&look, &settings, Instant::now());
        let volume = self.volume.clone();
        spawn_blocking(move || carry_out(&volume, step)).await.expect("a reserve does not panic")
    }

    /// Makes of a look what it means, tells everybody, and answers what is to be done with the reserve.
    fn judge(&mut self, look: &Look, settings: &Settings, now: Instant) -> Step {
        let Look { seen, held_bytes, memory, .. } = *look;
        let space = self.level.judge(seen, held_bytes, &settings.thresholds, now);
        let room = self.admission.room(space, memory, settings.bounds);
        let load = self.busy.note(look.taken, self.hub.live_captures(), processor::cores(), now);
        self.hub.capacity().set(space, room);
        self.hub.capacity().set_load(load);
        self.report(look, space, room, settings);
        if self.told.is_some_and(|(before, _)| before >= Space::Critical && space < Space::Critical) {
            self.hub.wake(Wake::Renders);
        }
        self.told = Some((space, room));
        let size = reserve::size_bytes(settings.reserve_bytes, seen.total_bytes);
        let critical = settings.thresholds.critical_bytes(seen.total_bytes);
        let step = reserve::step(held_bytes, size, seen.free_bytes, critical);
        if matches!(step, Step::Make(_)) {
            if self.reserve_after.is_some_and(|after| now < after) {
                return Step::Stay;
            }
            self.reserve_after = Some(now + RESERVE_AGAIN);
        }
        if step == Step::Release {
            tracing::warn!(bytes = held_bytes, "the data volume is full; the reserve is let go");
        }
        step
    }

    fn report(&self, look: &Look, space: Space, room: Room, settings: &Settings) {
        let Look { seen, held_bytes, memory, open_files, .. } = *look;
        let (before, room_before) = self.told.unzip();
        let Seen { free_bytes, total_bytes, free_inodes, .. } = seen;
        let level = space.name();
        if space > before.unwrap_or_default() {
            tracing::warn!(level, free_bytes, total_bytes, free_inodes, "the data volume fills up: {}", stops(space));
        } else if before.is_some_and(|before| space < before) {
            tracing::info!(level, free_bytes, total_bytes, "the data volume has room again: {}", stops(space));
        }
        if room.captures == 0 && room_before != Some(room) {
            tracing::warn!(shortage = room.shortage.name(), "no new capture is taken");
        }
        gauge!("hansard_storage_level").set(space as u8);
        gauge!("hansard_storage_free_bytes").set(free_bytes as f64);
        gauge!("hansard_storage_total_bytes").set(total_bytes as f64);
        gauge!("hansard_storage_free_inodes").set(free_inodes as f64);
        gauge!("hansard_storage_reserve_bytes").set(held_bytes as f64);
        gauge!("hansard_storage_write_bytes_per_second").set(self.level.bytes_per_s());
        gauge!("hansard_captures_limit").set(room.captures);
        gauge!("hansard_memory_used_bytes").set(memory.used_bytes as f64);
        gauge!("hansard_memory_limit_bytes").set(memory.limit_bytes as f64);
        gauge!("hansard_open_files").set(open_files as f64);
        gauge!("hansard_open_files_limit").set(settings.bounds.open_files as f64);
    }

    /// What could not be looked at stays as it was.
    fn complain(&self, error: &CapacityError) {
        metrics::counter!("hansard_stage_errors_total", "stage" => "capacity").increment(1);
        tracing::error!(code = error.code(), %error, "the data volume cannot be watched; what was known of it still counts");
    }
}

fn look(volume: &Volume, settings: &Settings) -> Result<Look, CapacityError> {
    Ok(Look {
        seen: volume.look()?,
        held_bytes: volume.held_bytes(),
        memory: memory::look(settings.memory_bytes),
        open_files: files::open_files(),
        taken: processor::taken(),
    })
}

fn carry_out(volume: &Volume, step: Step) -> Result<(), CapacityError> {
    match step {
        Step::Stay => Ok(()),
        Step::Release => volume.release(),
        Step::Make(bytes) => volume.hold(bytes),
    }
}

/// What an operator is told that a level means.
const fn stops(space: Space) -> &'static str {
    match space {
        Space::Ample => "everything goes on",
        Space::Low => "nothing stops yet; make room",
        Space::Scarce => "no new capture is taken; make room",
        Space::Critical => "nothing is rendered and no new capture is taken; make room",
        Space::Exhausted => "pictures are not kept, nothing is rendered and no new capture is taken; make room",
    }
}

#[cfg(test)]
mod tests;
