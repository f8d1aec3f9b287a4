//! Any bytes are a webhook or are refused, within bounds, and what is understood survives being stored.

#![no_main]

#[path = "../../tests/hostile/properties.rs"]
#[expect(dead_code, reason = "each target calls one of the properties")]
mod properties;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    properties::webhook_parse(bytes);
});
