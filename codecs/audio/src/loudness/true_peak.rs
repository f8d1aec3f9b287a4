//! The highest true peak of a programme (ITU-R BS.1770-4, annex 2), looked for only where it can be.

use ebur128::{EbuR128, Mode};
use media::{Block, SampleRate};

use crate::level::peak;

/// How many samples before a point between two samples count for it, at 48 kHz.
const MEMORY_SAMPLES: usize = 12;
/// By how much what lies between samples may exceed the largest of them: the coefficients of no phase of the filter add up to
/// more than 1.865, and the rest is for rounding.
const OVERSHOOT: f32 = 1.9;
/// How many samples are looked at together: 5 ms, so that a block whose highest point is found is not interpolated as a whole.
const PIECE_SAMPLES: usize = 240;

/// Finds the highest true peak.
pub(super) struct TruePeak {
    meter: EbuR128,
    highest: f64,
    /// The last samples that came.
    last: [f32; MEMORY_SAMPLES],
    /// Whether the meter has heard them.
    is_heard: bool,
}

impl TruePeak {
    pub(super) fn new() -> Self {
        let meter = EbuR128::new(1, SampleRate::HZ_48000.hz(), Mode::TRUE_PEAK);
        let meter = meter.expect("one channel at 48 kHz can be measured");
        Self { meter, highest: 0.0, last: [0.0; MEMORY_SAMPLES], is_heard: true }
    }

    /// Takes the next 20 ms. Where nothing can lie above what was found so far, nothing is interpolated.
    pub(super) fn push(&mut self, block: &Block) {
        let (pieces, _) = block.0.as_chunks::<PIECE_SAMPLES>();
        pieces.iter().for_each(|piece| self.look(piece));
    }

    fn look(&mut self, piece: &[f32; PIECE_SAMPLES]) {
        let can_rise = f64::from(peak(piece).max(peak(&self.last)) * OVERSHOOT) > self.highest;
        if can_rise {
            if !self.is_heard {
                self.meter.seed_frames_f32(&self.last).expect("samples of one channel are whole frames");
            }
            self.meter.add_frames_f32(piece).expect("samples of one channel are whole frames");
            self.highest = self.meter.true_peak(0).expect("the first of one channel is asked for its true peak");
        }
        self.is_heard = can_rise;
        self.last = *piece.last_chunk().expect("a piece is longer than the memory");
    }

    /// The highest so far; 1.0 is full scale.
    pub(super) const fn highest(&self) -> f64 {
        self.highest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every order of signs that a filter can see at once.
    #[test]
    fn nothing_between_samples_exceeds_the_largest_of_them_by_more_than_is_thought() {
        let mut most = 0.0_f64;
        for signs in 0..1_u32 << MEMORY_SAMPLES {
            let samples: [f32; MEMORY_SAMPLES] = std::array::from_fn(|n| if signs >> n & 1 == 0 { 1.0 } else { -1.0 });
            let mut meter = EbuR128::new(1, SampleRate::HZ_48000.hz(), Mode::TRUE_PEAK).unwrap();
            meter.add_frames_f32(&samples).unwrap();
            most = most.max(meter.true_peak(0).unwrap());
        }
        assert!((1.86..1.865).contains(&most) && most < f64::from(OVERSHOOT), "{most}");
    }

    #[test]
    fn what_cannot_be_higher_is_not_interpolated() {
        let mut peak = TruePeak::new();
        peak.push(&Block(Box::new([0.5; 960])));
        assert!(peak.is_heard, "the first sound is");
        peak.push(&Block(Box::new([0.2; 960])));
        assert!(!peak.is_heard);
        peak.push(&Block(Box::new([0.4; 960])));
        assert!(peak.is_heard, "and what may be higher is again");
    }
}
