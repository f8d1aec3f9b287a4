//! The one place where a payload stops being base64 (RFC 4648 §4, padded).

use base64_turbo::{Error, STANDARD};

/// How many bytes [`decode`] wants for `encoded_bytes` characters; up to 5 more than it fills.
pub(crate) const fn room(encoded_bytes: usize) -> usize {
    STANDARD.decoded_len_estimate(encoded_bytes)
}

/// Decodes into `space` and answers how many bytes it filled.
pub(crate) fn decode(encoded: &[u8], space: &mut [u8]) -> Result<usize, Error> {
    STANDARD.decode_slice(encoded, space)
}
