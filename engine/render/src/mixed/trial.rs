//! A look at the pictures that are to be copied, before they are: the plan knows what they say of themselves, and only a decoder knows
//! whether anything is to be seen. Copying itself is in `copy`.

use picture::H264Decoder;
use timeline::{Timeline, VideoFrame};

use super::{feed::with_sets, joined::joined};
use crate::{Choice, Payloads, VideoChoice};

/// How many pictures that say that they can be decoded by themselves are tried: a damaged one is no reason to copy nothing.
const MOST_TRIED: usize = 4;

/// The choice as it was made, unless it is to copy pictures of which nobody can decode one: then they are composed, which shows
/// what can be shown and cards for the rest.
pub fn tried(timeline: &Timeline, choice: Choice, payloads: &mut dyn Payloads) -> Choice {
    let is_copied = choice.video == VideoChoice::Copy;
    let mut keys = timeline.video.frames.iter().filter(|frame| frame.idr).take(MOST_TRIED);
    if !is_copied || keys.any(|frame| decodes(timeline, frame, payloads)) {
        return choice;
    }
    let reason = "the pictures could be copied, but none of the first that should be decodable by themselves is";
    Choice { video: VideoChoice::Compose, reason: reason.to_owned(), ..choice }
}

/// Whether a decoder that has seen nothing makes a picture of it.
fn decodes(timeline: &Timeline, frame: &VideoFrame, payloads: &mut dyn Payloads) -> bool {
    let Ok(payload) = joined(&timeline.video, frame, payloads) else { return false };
    let Ok(mut decoder) = H264Decoder::new() else { return false };
    let whole = with_sets(&timeline.video, frame, &payload);
    match decoder.decode(whole.as_deref().unwrap_or(&payload)) {
        Ok(Some(_)) => true,
        Ok(None) => !decoder.flush().is_empty(),
        Err(_) => false,
    }
}
