//! Whatever the envelope scanner takes of any bytes, the reference reads the same.

#![no_main]

#[path = "../../tests/hostile/properties.rs"]
#[expect(dead_code, reason = "each target calls one of the properties")]
mod properties;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    properties::scan_equals_serde(bytes);
});
