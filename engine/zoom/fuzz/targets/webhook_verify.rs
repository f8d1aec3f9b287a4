//! Only what was signed is verified: signature, timestamp and body, with newlines between.

#![no_main]

#[path = "../../tests/hostile/properties.rs"]
#[expect(dead_code, reason = "each target calls one of the properties")]
mod properties;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    properties::webhook_verify(bytes);
});
