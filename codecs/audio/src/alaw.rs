//! G.711 A-law (ITU-T G.711 §3), by table.

/// The sample of each A-law byte, between -1 and 1.
pub(crate) const SAMPLES: [f32; 256] = table();

const fn table() -> [f32; 256] {
    let mut samples = [0.0; 256];
    let mut byte = 0;
    while byte < 256 {
        samples[byte] = expand(byte as u8) as f32 / 32_768.0;
        byte += 1;
    }
    samples
}

/// Expands one byte to a 16-bit sample: every other bit is inverted on the wire, then sign, exponent, mantissa.
const fn expand(byte: u8) -> i16 {
    let bits = byte ^ 0x55;
    let exponent = (bits >> 4) & 7;
    let mantissa = ((bits & 0x0f) as i16) << 4;
    let magnitude = match exponent {
        0 => mantissa + 8,
        _ => (mantissa + 0x108) << (exponent - 1),
    };
    if bits & 0x80 != 0 { magnitude } else { -magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_bytes_expand_to_the_values_of_the_standard() {
        // Smallest and largest of either sign.
        assert_eq!((expand(0xd5), expand(0x55)), (8, -8));
        assert_eq!((expand(0xaa), expand(0x2a)), (32_256, -32_256));
    }

    #[test]
    fn the_table_is_odd() {
        for byte in 0..=255u8 {
            assert_eq!(expand(byte), -expand(byte ^ 0x80));
        }
    }
}
