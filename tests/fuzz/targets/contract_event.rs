//! Target: events and their hash chain.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::contract::event(data);
});
