//! Target: a scenario of the simulator.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::text::scenario(data);
});
