//! `mdat`: the header before payload (ISO/IEC 14496-12 §8.1.1). The payload itself is never touched.

/// The header of a box with `payload_bytes`, in 8 bytes where its size fits 32 bits, else in 16.
pub(crate) fn mdat_header(payload_bytes: u64) -> Vec<u8> {
    match u32::try_from(payload_bytes + 8) {
        Ok(size) => [&size.to_be_bytes()[..], b"mdat"].concat(),
        Err(_) => [&1u32.to_be_bytes()[..], b"mdat", &(payload_bytes + 16).to_be_bytes()].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_beyond_32_bits_takes_the_long_header() {
        assert_eq!(mdat_header(0), [0, 0, 0, 8, b'm', b'd', b'a', b't']);
        assert_eq!(mdat_header(0xFFFF_FFF7)[..4], [0xFF; 4]);
        assert_eq!(mdat_header(0xFFFF_FFF8), b"\0\0\0\x01mdat\0\0\0\x01\0\0\0\x08");
    }
}
