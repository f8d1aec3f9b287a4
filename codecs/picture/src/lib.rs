//! Pixels: decode, scale, compose, encode.
