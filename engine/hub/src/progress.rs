//! How far the artifacts are that are being made in this process. Who makes them is `studio`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use model::ArtifactId;

/// How far they are; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    made: Arc<Mutex<HashMap<ArtifactId, f64>>>,
}

impl Progress {
    /// Begins to tell of an artifact, until what is answered is dropped.
    pub fn begin(&self, id: ArtifactId) -> Making {
        self.made().insert(id, 0.0);
        Making { progress: self.clone(), id }
    }

    /// How much of an artifact is made, from 0 to 1; `None` if it is not being made here.
    pub fn of(&self, id: ArtifactId) -> Option<f64> {
        self.made().get(&id).copied()
    }

    fn made(&self) -> MutexGuard<'_, HashMap<ArtifactId, f64>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One artifact that is being made.
#[derive(Debug)]
pub struct Making {
    progress: Progress,
    id: ArtifactId,
}

impl Making {
    /// Tells how much of it is made, from 0 to 1.
    pub fn tell(&self, share: f64) {
        self.progress.made().insert(self.id, share.clamp(0.0, 1.0));
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        self.progress.made().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asks_hears_how_far_it_is_until_it_is_over() {
        let (progress, id) = (Progress::default(), ArtifactId::new(1, [1; 10]));
        let reader = progress.clone();
        assert_eq!(reader.of(id), None);
        let making = progress.begin(id);
        assert_eq!(reader.of(id), Some(0.0));
        making.tell(0.25);
        assert_eq!(reader.of(id), Some(0.25));
        making.tell(7.0);
        assert_eq!(reader.of(id), Some(1.0));
        drop(making);
        assert_eq!(reader.of(id), None);
    }
}
