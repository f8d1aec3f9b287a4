//! How loud a packet of L16 is. What follows from that for speech is in `speaking`.

/// From here on a packet is loud enough to begin speech: the mean square of its samples is 2^15, -45 dBFS.
const LOUD_LEVEL: u8 = 15;
/// From here on it is loud enough to go on: 2^12, -54 dBFS. What is between the two neither begins nor ends a word.
const FAINT_LEVEL: u8 = 12;

/// What is known of the loudness of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Loudness {
    /// Nothing: its samples would have to be decoded first.
    Unknown,
    /// Nobody can be heard in it: below -54 dBFS.
    Quiet,
    /// Speech that has begun goes on in it, and none begins: from -54 dBFS.
    Faint,
    /// Somebody can be heard in it: from -45 dBFS.
    Loud,
}

impl Loudness {
    /// The loudness of a packet of L16: signed 16-bit little-endian samples, channels interleaved. No sample is quiet.
    pub fn of_l16(payload: &[u8]) -> Self {
        match level(payload) {
            LOUD_LEVEL.. => Self::Loud,
            FAINT_LEVEL.. => Self::Faint,
            _ => Self::Quiet,
        }
    }
}

/// Measures signed 16-bit little-endian samples: the binary logarithm of their mean square, rounded down, so that a step is
/// 3 dB and full scale is 30; 0 for silence and for nothing.
fn level(payload: &[u8]) -> u8 {
    let (samples, _) = payload.as_chunks::<2>();
    let square = |sample: &[u8; 2]| u64::from(i16::from_le_bytes(*sample).unsigned_abs()).pow(2);
    // Of 8 MiB at full scale the sum is below 2^53.
    let sum: u64 = samples.iter().map(square).sum();
    let mean = sum / (samples.len().max(1) as u64);
    mean.checked_ilog2().map_or(0, |log| u8::try_from(log).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn constant(amplitude: i16) -> Vec<u8> {
        amplitude.to_le_bytes().repeat(320)
    }

    #[test]
    fn full_scale_is_30_silence_and_nothing_are_0_and_a_half_is_6_db_less() {
        assert_eq!(level(&constant(i16::MIN)), 30);
        assert_eq!(level(&constant(16_384)), 28);
        assert_eq!((level(&constant(0)), level(&[]), level(&[7])), (0, 0, 0));
    }

    #[test]
    fn a_packet_is_loud_from_45_and_faint_from_54_db_below_full_scale() {
        let of = |amplitude| Loudness::of_l16(&constant(amplitude));
        assert_eq!((of(182), of(181)), (Loudness::Loud, Loudness::Faint));
        assert_eq!((of(64), of(63)), (Loudness::Faint, Loudness::Quiet));
        assert_eq!(Loudness::of_l16(&[]), Loudness::Quiet);
    }
}
