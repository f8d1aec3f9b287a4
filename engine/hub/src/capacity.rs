//! What everybody in this process reads about how much more it can take. Who finds that out is `capacity`.

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicU8, Ordering},
};

use model::{Load, Room, Space};

/// How much more this host can take; clones share it. At first, as much as anybody wants.
#[derive(Clone, Debug, Default)]
pub struct Capacity {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// The place of the level in [`Space::ALL`].
    space: AtomicU8,
    room: RwLock<Room>,
    load: RwLock<Load>,
}

impl Capacity {
    /// How much room the data volume has. One load of an atom: it may be asked for each frame.
    pub fn space(&self) -> Space {
        let place = usize::from(self.shared.space.load(Ordering::Relaxed));
        Space::ALL.get(place).copied().unwrap_or_default()
    }

    /// How many captures may be open.
    pub fn room(&self) -> Room {
        *self.shared.room.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// How busy this process is.
    pub fn load(&self) -> Load {
        *self.shared.load.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells everybody how busy this process is.
    pub fn set_load(&self, load: Load) {
        *self.shared.load.write().unwrap_or_else(PoisonError::into_inner) = load;
    }

    /// Tells everybody how much room there is.
    pub fn set(&self, space: Space, room: Room) {
        let place = Space::ALL.iter().position(|level| *level == space).and_then(|place| u8::try_from(place).ok());
        self.shared.space.store(place.unwrap_or_default(), Ordering::Relaxed);
        *self.shared.room.write().unwrap_or_else(PoisonError::into_inner) = room;
    }
}

#[cfg(test)]
mod tests {
    use model::Shortage;

    use super::*;

    #[test]
    fn what_is_told_to_one_is_read_by_all() {
        let (teller, reader) = {
            let capacity = Capacity::default();
            (capacity.clone(), capacity)
        };
        assert_eq!((reader.space(), reader.room()), (Space::Ample, Room::UNBOUNDED));
        let room = Room { captures: 7, shortage: Shortage::Memory };
        for space in Space::ALL {
            teller.set(space, room);
            assert_eq!((reader.space(), reader.room()), (space, room));
        }
    }
}
