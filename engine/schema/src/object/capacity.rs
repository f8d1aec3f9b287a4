//! How much more this host can take, as administrators see it: our own addition.

use model::{Load, Room, Space};
use serde::Serialize;
use utoipa::ToSchema;

/// How much more this host can take.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Capacity)]
pub struct CapacityObject {
    captures: Captures,
    processor: Processor,
    storage: Storage,
    /// How many captures more there is room for, as far as everything here tells.
    more_captures: u32,
}

/// Captures of all projects.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = CapacityCaptures)]
struct Captures {
    /// How many run.
    running: u32,
    /// How many are open: those that run, wait for their turn, or are to be taken up again.
    open: u32,
    /// How many may be open at once; more are refused.
    limit: u32,
    /// What there is too little of for one more than that: storage, memory, descriptors or captures.
    limited_by: &'static str,
}

/// The processor, on the average of the last minute.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = CapacityProcessor)]
struct Processor {
    /// How many cores there are for this process.
    cores: f64,
    /// How many of them the daemon keeps busy; its render workers give way to captures and are not in it.
    busy_cores: f64,
    /// How many of them each capture takes; null while none runs.
    cores_per_capture: Option<f64>,
    /// How many captures more there is room for before four fifths of the cores are busy; null while none runs.
    more_captures: Option<u32>,
}

/// The data volume.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = CapacityStorage)]
struct Storage {
    /// ample, low, scarce, critical or exhausted.
    level: &'static str,
}

/// How much more this host can take while `running` captures run and `open` are open.
pub fn capacity(running: u32, open: u32, room: Room, space: Space, load: Load) -> CapacityObject {
    let by_processor = load.more_captures();
    CapacityObject {
        captures: Captures { running, open, limit: room.captures, limited_by: room.shortage.name() },
        processor: Processor {
            cores: load.cores,
            busy_cores: rounded(load.busy_cores),
            cores_per_capture: by_processor.map(|_| rounded(load.busy_cores / load.captures)),
            more_captures: by_processor,
        },
        storage: Storage { level: space.name() },
        more_captures: room.captures.saturating_sub(open).min(by_processor.unwrap_or(u32::MAX)),
    }
}

/// To a hundred-thousandth of a core.
fn rounded(cores: f64) -> f64 {
    (cores * 100_000.0).round() / 100_000.0
}

#[cfg(test)]
mod tests {
    use model::Shortage;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_smallest_room_counts() {
        let room = Room { captures: 1_869, shortage: Shortage::Descriptors };
        let load = Load { cores: 2.0, busy_cores: 0.123_456_7, captures: 120.0 };
        let object = serde_json::to_value(capacity(120, 121, room, Space::Ample, load)).unwrap();
        assert_eq!(
            object,
            json!({
                "captures": { "running": 120, "open": 121, "limit": 1869, "limited_by": "descriptors" },
                "processor": {
                    "cores": 2.0, "busy_cores": 0.12346, "cores_per_capture": 0.00103, "more_captures": 1435
                },
                "storage": { "level": "ample" },
                "more_captures": 1435,
            })
        );
        let none = capacity(0, 2, Room { captures: 7, ..room }, Space::Ample, Load { captures: 0.0, ..load });
        assert_eq!((none.more_captures, none.processor.more_captures), (5, None), "those that wait have their place");
    }
}
