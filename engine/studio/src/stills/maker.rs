//! Sees the still pictures of one meeting through: taps its frames, has those developed that `live` chooses, and shows what comes out,
//! for as long as somebody wants it.

use std::time::Duration;

use hub::{Drained, Hub, Still, Tapped};
use live::Stills;
use model::CaptureId;
use tokio::time::{MissedTickBehavior, interval};

use crate::{StudioError, laboratory::Laboratory, launch::Launch};

/// How often it is looked whether somebody still wants pictures.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long it may take for one frame.
const PATIENCE: Duration = Duration::from_secs(10);

/// Makes still pictures of a capture until nobody wants them or it is over.
///
/// # Errors
/// If its process cannot be started, or died.
pub(super) async fn make(launch: Launch, hub: Hub, capture: CaptureId) -> Result<(), StudioError> {
    let Some(mut tap) = hub.tap(capture, Tapped::Pictures) else { return Ok(()) };
    let mut laboratory = Laboratory::start(&launch, PATIENCE)?;
    let mut stills = Stills::new();
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let drained = tokio::select! {
            biased;
            _ = look.tick() => {
                if hub.wants_stills(capture) {
                    continue;
                }
                break;
            }
            drained = tap.next() => drained,
        };
        match drained {
            Drained::Frame(passing) => {
                let Some(exposure) = stills.handle_frame(&passing.frame) else { continue };
                if let Some(png) = laboratory.develop(&exposure).await? {
                    hub.show_still(capture, Still { track: passing.frame.track, at: passing.frame.at, png });
                }
            }
            Drained::Lagged(frames) => {
                metrics::counter!("hansard_realtime_dropped_total", "class" => "passing", "reason" => "lagged")
                    .increment(frames);
                // Of whose picture nobody knows, so each begins again.
                stills = Stills::new();
            }
            Drained::Closed => break,
        }
    }
    laboratory.end().await;
    Ok(())
}
