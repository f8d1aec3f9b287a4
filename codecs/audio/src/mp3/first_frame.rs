//! The first frame of an MP3 file: silence to a decoder, and to a player the length, the places to seek to, and how much
//! to leave out at both ends (Xing's header with LAME's extension, <http://gabriel.mp3-tech.org/mp3infotag.html>).

/// ISO 11172-3: a Layer III frame covers 1152 samples.
pub(super) const FRAME_SAMPLES: usize = 1152;
/// What every decoder of Layer III adds to an encoder's delay.
const DECODER_DELAY_SAMPLES: u32 = 528 + 1;
/// FFmpeg doubts that a file of fewer frames is an MP3. All of them fit into what the padding's twelve bits can tell.
pub(super) const FEWEST_FRAMES: u64 = 4;
/// MPEG-1 Layer III without a checksum.
const SYNC: [u8; 2] = [0xFF, 0xFB];
/// 48 kHz, no padding: every frame has the same length.
const RATE_48_KHZ: u8 = 0b0000_0100;
/// One channel.
const MONO: u8 = 0b1100_0000;
/// The side information of one channel, which stays zero: nothing is coded.
const SIDE_BYTES: usize = 17;
/// Frames, bytes, places and quality follow.
const ALL_FIELDS: u32 = 0b1111;
const CONSTANT_BIT_RATE: u8 = 1;

/// What the first frame tells of the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct FirstFrame {
    pub(super) kbps: u32,
    /// The bit rate as the header of a frame has it.
    pub(super) rate_index: u8,
    pub(super) encoder_delay_samples: u32,
    /// How many samples are to be heard.
    pub(super) total_samples: u64,
}

impl FirstFrame {
    /// The length of every frame, the first among them.
    pub(super) const fn frame_bytes(&self) -> usize {
        (FRAME_SAMPLES as u32 / 8 * self.kbps / 48) as usize
    }

    /// How many frames follow: as many as all samples and what decoders put before them need, and players to believe it.
    pub(super) const fn frames(&self) -> u64 {
        let delay = (self.encoder_delay_samples + DECODER_DELAY_SAMPLES) as u64;
        let needed = self.total_samples.saturating_add(delay).div_ceil(FRAME_SAMPLES as u64);
        if needed < FEWEST_FRAMES { FEWEST_FRAMES } else { needed }
    }

    /// How many samples follow the last that is to be heard, with the decoder's delay.
    const fn padding_samples(&self) -> u32 {
        (self.frames() * FRAME_SAMPLES as u64 - self.encoder_delay_samples as u64 - self.total_samples) as u32
    }

    pub(super) fn frame(&self) -> Vec<u8> {
        let frames = u32::try_from(self.frames()).unwrap_or(u32::MAX);
        let file_bytes = u32::try_from((self.frames() + 1) * self.frame_bytes() as u64).unwrap_or(u32::MAX);
        let mut frame = Vec::with_capacity(self.frame_bytes());
        frame.extend(SYNC);
        frame.extend([(self.rate_index << 4) | RATE_48_KHZ, MONO]);
        frame.resize(frame.len() + SIDE_BYTES, 0);
        frame.extend(b"Info");
        frame.extend(ALL_FIELDS.to_be_bytes());
        frame.extend(frames.to_be_bytes());
        frame.extend(file_bytes.to_be_bytes());
        // At a constant bit rate each hundredth of the time is a hundredth of the bytes.
        frame.extend((0..100_u32).map(|hundredth| (hundredth * 256 / 100) as u8));
        frame.extend(0_u32.to_be_bytes());
        frame.extend(b"LAME     ");
        frame.push(CONSTANT_BIT_RATE);
        // Lowpass, peak, two gains and flags: not told.
        frame.extend([0; 10]);
        frame.push(u8::try_from(self.kbps).unwrap_or(u8::MAX));
        // Twelve bits each.
        let both = (self.encoder_delay_samples << 12) | self.padding_samples();
        frame.extend(&both.to_be_bytes()[1..]);
        // Noise shaping, gain and preset: not told.
        frame.extend([0; 4]);
        frame.extend(file_bytes.to_be_bytes());
        // The checksum of the music is not told: it is not known yet.
        frame.extend([0; 2]);
        let told = checksum(&frame);
        frame.extend(told.to_be_bytes());
        frame.resize(self.frame_bytes(), 0);
        frame
    }
}

/// CRC-16 with the polynomial 0x8005, reflected, from 0.
fn checksum(bytes: &[u8]) -> u16 {
    let step = |crc: u16| if crc & 1 == 1 { (crc >> 1) ^ 0xA001 } else { crc >> 1 };
    bytes.iter().fold(0, |crc, byte| (0..8).fold(crc ^ u16::from(*byte), |crc, _| step(crc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_has_the_known_value() {
        // The check value of CRC-16/ARC.
        assert_eq!(checksum(b"123456789"), 0xBB3D);
    }

    #[test]
    fn what_is_left_out_at_both_ends_and_what_is_heard_are_all_frames() {
        for total_samples in [0, 1, 46, 47, 48, 1_151, 1_152, 1_153, 48_000, 172_800_000] {
            let first = FirstFrame { kbps: 96, rate_index: 7, encoder_delay_samples: 576, total_samples };
            let padding = u64::from(first.padding_samples());
            assert_eq!(576 + total_samples + padding, first.frames() * 1_152);
            let most = if total_samples < 1_152 * 2 { 4_096 } else { 529 + 1_152 };
            assert!((529..most).contains(&padding), "{total_samples}: {padding}");
            assert_eq!(first.frame().len(), 288);
        }
    }
}
