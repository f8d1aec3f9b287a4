//! When somebody is seen in pictures that come. Whether a camera is on is told by events, which `attendance` knows.

use timeline::VideoTrack;

use super::strand::{Strip, frame_of};
use crate::stretch::{LONGEST_PICTURE_MICROS, Stretch};

/// From the first to the last picture of each run of pictures that are no more than 2 s apart, with none of somebody else between
/// them; the last may be looked at for 2 s more.
pub(super) fn runs(track: &VideoTrack, strand: &[Strip]) -> Vec<Stretch> {
    let mut runs: Vec<Stretch> = Vec::new();
    let mut cut = true;
    for strip in strand {
        cut |= strip.cut;
        let Some(frame) = frame_of(track, *strip).filter(|_| strip.shows) else { continue };
        let at = frame.at.micros();
        match runs.last_mut() {
            Some(run) if !cut && at - run.1 <= LONGEST_PICTURE_MICROS => run.1 = at,
            _ => runs.push((at, at)),
        }
        cut = false;
    }
    runs
}
