//! Target: changes, snapshot rows and calls.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::contract::feed(data);
});
