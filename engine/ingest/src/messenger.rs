//! Tells captures that there are commands for them, although nobody else did: the safety net behind `hub`, one question to the
//! catalogue for all captures of this process. What a command asks for is obeyed in `capture`.

use std::time::Duration;

use catalog::Catalog;
use hub::{Hub, Wake};
use tokio::time::interval;

/// How often is looked: a stream that moved is followed within 2 s (fault matrix C5) even if nobody says so.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Looks for ever.
pub(crate) async fn run(catalog: Catalog, hub: Hub) {
    let mut looks = interval(LOOK_EVERY);
    loop {
        looks.tick().await;
        match catalog.commanded().await {
            // What waits to be taken up looks for commands when it is.
            Ok(captures) => captures
                .into_iter()
                .filter(|capture| hub.live(*capture))
                .for_each(|capture| hub.wake(Wake::Commands(capture))),
            Err(error) => tracing::warn!(%error, "commands cannot be read; trying again"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_that_moved_is_followed_within_two_seconds_even_if_nobody_says_so() {
        assert!(LOOK_EVERY < Duration::from_secs(2));
    }
}
