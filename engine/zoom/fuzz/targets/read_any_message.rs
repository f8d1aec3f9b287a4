//! Any bytes are a message or are refused, within bounds: every parser of messages, by the type that the bytes name.

#![no_main]

#[path = "../../tests/hostile/properties.rs"]
#[expect(dead_code, reason = "each target calls one of the properties")]
mod properties;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    properties::read_any_message(bytes);
});
