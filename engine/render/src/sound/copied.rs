//! Opus packets as they came, in a file that keeps them in time. Sound that did not come as Opus is encoded, see `file`.

use audio::{OggOpus, OpusHead};
use media::Position;
use timeline::{AudioFrame, Timeline};

use super::{
    parts::{Part, Run},
    voice::samples,
};
use crate::{Damage, Payloads};

/// Copies the packets of a part.
pub(super) struct Copied {
    file: OggOpus,
    /// Which packet is next: the run, and which of it.
    next: (usize, usize),
}

impl Copied {
    pub(super) fn new(part: &Part, serial: u32) -> Self {
        let (channels, rate) = (part.format.channels, part.format.rate);
        // A decoder that begins with the first packet gives its sound without delay, as the mix has it.
        let head = OpusHead { channels, pre_skip_samples: 0, rate, serial };
        Self { file: OggOpus::new(head), next: (0, 0) }
    }

    /// Copies the packets whose place is before `until`.
    ///
    /// Each lies at most 2.5 ms before its place, because silence is written in such steps, and never as late as it lasts
    /// itself: where packets overlap, the later is left out until the file has caught up.
    pub(super) fn advance(
        &mut self,
        timeline: &Timeline,
        part: &Part,
        until: Position,
        payloads: &mut dyn Payloads,
        damage: &mut Damage,
    ) {
        while let Some((place, frame)) = self.next(timeline, part).filter(|(place, _)| *place < until) {
            self.next.1 += 1;
            let Ok(payload) = payloads.read(frame.locator) else {
                damage.unreadable += 1;
                continue;
            };
            let Ok(packet_samples) = OggOpus::samples_of(&payload) else {
                damage.sound += 1;
                continue;
            };
            let place_samples = samples(place.micros_since(part.start));
            self.file.fill(place_samples);
            if self.file.samples() < place_samples.saturating_add(packet_samples) && self.file.push(payload).is_err() {
                damage.sound += 1;
            }
        }
    }

    /// The next packet and its place.
    fn next<'a>(&mut self, timeline: &'a Timeline, part: &Part) -> Option<(Position, &'a AudioFrame)> {
        loop {
            let found = packet(timeline, part.runs.get(self.next.0)?, self.next.1);
            if found.is_some() {
                return found;
            }
            self.next = (self.next.0 + 1, 0);
        }
    }

    /// Ends the file.
    pub(super) fn finish(&mut self, part: &Part) {
        let end_samples = samples(part.length().micros());
        self.file.fill(end_samples);
        self.file.finish(end_samples);
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        self.file.take()
    }
}

/// Packet `n` of a run, with the place at which it is played, which may lie before the end of another run.
fn packet<'a>(timeline: &'a Timeline, run: &Run, n: usize) -> Option<(Position, &'a AudioFrame)> {
    let track = timeline.audio.get(run.track)?;
    let frame = track.frames.get(run.packets.clone())?.get(n)?;
    let micros = track.packet_micros().saturating_mul(i64::try_from(n).unwrap_or(i64::MAX));
    Some((Position::from_micros(run.start.micros().saturating_add(micros)), frame))
}
