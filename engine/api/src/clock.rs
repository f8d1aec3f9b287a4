//! The wall clock of this shell, read at its edge only; everything behind takes time as an argument.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

/// Where the API reads the time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// This machine's wall clock.
    pub fn system() -> Self {
        Self::from_fn(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
    }

    /// A clock that answers what `unix_ms` says: milliseconds since the Unix epoch.
    pub fn from_fn(unix_ms: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(unix_ms))
    }

    /// Now, in milliseconds since the Unix epoch.
    pub fn unix_ms(&self) -> i64 {
        (self.0)()
    }

    /// Now, in seconds since the Unix epoch.
    pub fn unix_s(&self) -> i64 {
        self.unix_ms().div_euclid(1000)
    }
}
