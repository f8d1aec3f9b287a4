//! Reading the bits of a NAL unit without its emulation prevention bytes (H.264 §7.4.1, §9.1). Which bits mean what is in
//! `sps` and `vui`.

use crate::error::VideoError;

/// A cursor over the raw byte sequence payload of a unit.
#[derive(Clone, Debug)]
pub(super) struct Bits<'a> {
    rest: std::slice::Iter<'a, u8>,
    zeros: u8,
    byte: u8,
    left: u8,
    read_bits: usize,
}

impl<'a> Bits<'a> {
    /// A cursor at the start of `payload`: a unit's bytes after its header.
    pub(super) fn new(payload: &'a [u8]) -> Self {
        Self { rest: payload.iter(), zeros: 0, byte: 0, left: 0, read_bits: 0 }
    }

    /// How many bits were read.
    pub(super) fn position(&self) -> usize {
        self.read_bits
    }

    fn next_byte(&mut self) -> Option<u8> {
        let mut byte = *self.rest.next()?;
        if self.zeros >= 2 && byte == 3 {
            self.zeros = 0;
            byte = *self.rest.next()?;
        }
        self.zeros = if byte == 0 { self.zeros.saturating_add(1) } else { 0 };
        Some(byte)
    }

    fn next_bit(&mut self) -> Option<u32> {
        if self.left == 0 {
            self.byte = self.next_byte()?;
            self.left = 8;
        }
        self.left -= 1;
        self.read_bits += 1;
        Some(u32::from(self.byte >> self.left & 1))
    }

    /// Reads one bit.
    pub(super) fn flag(&mut self) -> Result<bool, VideoError> {
        Ok(self.u(1)? == 1)
    }

    /// Reads `count` bits, at most 32, the most significant first: `u(n)`.
    pub(super) fn u(&mut self, count: u8) -> Result<u32, VideoError> {
        let bit = self.read_bits;
        let mut value = 0;
        for _ in 0..count {
            value = value << 1 | self.next_bit().ok_or(VideoError::SpsTruncated { bit })?;
        }
        Ok(value)
    }

    /// Reads an Exp-Golomb number: `ue(v)`. `field` names it in the error if it does not fit 32 bits.
    pub(super) fn ue(&mut self, field: &'static str) -> Result<u32, VideoError> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros == 32 {
                return Err(VideoError::SpsOutOfRange { field, bit: self.read_bits });
            }
        }
        Ok((1u32 << zeros) - 1 + self.u(zeros)?)
    }

    /// Reads a signed Exp-Golomb number: `se(v)`.
    pub(super) fn se(&mut self, field: &'static str) -> Result<i64, VideoError> {
        let code = i64::from(self.ue(field)?);
        Ok(if code % 2 == 0 { -(code / 2) } else { code / 2 + 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_golomb_numbers_are_read_as_in_table_9_2() {
        // 1 | 010 | 011 | 00100 | 00101 | stop
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_0010, 0b1100_0000]);
        assert_eq!((0..5).map(|_| bits.ue("n")).collect::<Vec<_>>(), (0..5).map(Ok).collect::<Vec<_>>());
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_0010, 0b1100_0000]);
        assert_eq!((0..5).map(|_| bits.se("n")).collect::<Vec<_>>(), [0, 1, -1, 2, -2].map(Ok));
    }

    #[test]
    fn a_3_after_two_zeros_is_no_payload() {
        let mut bits = Bits::new(&[0, 0, 3, 1, 0, 0, 3, 0, 0, 3, 3]);
        let bytes: Vec<_> = (0..8).map_while(|_| bits.u(8).ok()).collect();
        assert_eq!(bytes, [0, 0, 1, 0, 0, 0, 0, 3]);
    }

    #[test]
    fn the_end_and_an_endless_number_are_errors() {
        let mut bits = Bits::new(&[0xFF]);
        assert_eq!(bits.u(9), Err(VideoError::SpsTruncated { bit: 0 }));
        let mut bits = Bits::new(&[0, 4, 0, 4, 0, 4, 0, 4]);
        assert_eq!(bits.ue("n").map(|_| ()), Ok(()));
        let zeros = [0; 20];
        assert_eq!(Bits::new(&zeros).ue("n"), Err(VideoError::SpsOutOfRange { field: "n", bit: 32 }));
    }
}
