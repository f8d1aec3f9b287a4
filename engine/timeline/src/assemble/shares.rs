//! Puts the pictures of shared screens in order.

use media::{SourceTime, VideoCodec};
use model::{Locator, platform::Leg};

use super::assembly::Assembly;
use crate::{ShareFrame, clock::Admission, connection::Connections, place::Place};

/// One picture of a shared screen as it was collected.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    pub(crate) at: i64,
    pub(crate) source: i64,
    pub(crate) print: u32,
    /// What its first bytes say; the negotiated codec counts where they say nothing.
    pub(crate) codec: Option<VideoCodec>,
    pub(crate) locator: Locator,
}

impl Shown {
    pub(crate) fn place(&self) -> Place {
        self.locator.into()
    }

    /// Puts pictures in the order of the log; two at one place are one.
    pub(crate) fn order(shown: &mut Vec<Self>) {
        shown.sort_unstable_by_key(|picture| (picture.place(), picture.at));
        shown.dedup_by_key(|picture| picture.place());
    }
}

/// Makes the one list of all shared pictures, of which none is there twice.
pub(crate) fn shares(mut shown: Vec<Shown>, legs: &Connections, assembly: &mut Assembly<'_>) -> Vec<ShareFrame> {
    shown.sort_unstable_by_key(|picture| (picture.at, picture.source, picture.print, picture.place()));
    let before = shown.len();
    shown.dedup_by_key(|picture| (picture.at, picture.source, picture.print));
    assembly.counts.duplicates += (before - shown.len()) as u64;
    let mut frames = Vec::with_capacity(shown.len());
    for picture in shown {
        let at = SourceTime::from_unix_ms(picture.at);
        match assembly.clock.admit(at) {
            Admission::Inside => {
                assembly.note(Leg::Share, at, picture.place());
                let negotiated = legs.video_codec(legs.at(picture.place()));
                frames.push(ShareFrame {
                    at: assembly.clock.position(at),
                    source: picture.source,
                    codec: picture.codec.or(negotiated).unwrap_or(VideoCodec::Jpeg),
                    locator: picture.locator,
                });
            }
            Admission::Early => assembly.counts.early += 1,
            Admission::Absurd => assembly.counts.absurd += 1,
        }
    }
    frames
}
