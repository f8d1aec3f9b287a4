//! The kinds of media and text, each by the leg that carries it where it has one of its own.

use media::TrackKind;
use model::platform::Leg;

use crate::video::PICTURE_MS;

/// Every kind.
pub(crate) const KINDS: [Leg; 5] = [Leg::Audio, Leg::Video, Leg::Share, Leg::Transcript, Leg::Chat];

/// How long one packet of sound stands for itself where its track is not known.
const PACKET_MS: i64 = 20;

/// The leg that carries a kind of media.
pub(crate) const fn leg_of(kind: TrackKind) -> Leg {
    match kind {
        TrackKind::Audio => Leg::Audio,
        TrackKind::Video => Leg::Video,
        TrackKind::Share => Leg::Share,
    }
}

/// How long one frame of a kind stands for itself, in milliseconds.
pub(crate) const fn frame_ms(kind: Leg) -> i64 {
    match kind {
        Leg::Audio => PACKET_MS,
        _ => PICTURE_MS,
    }
}
