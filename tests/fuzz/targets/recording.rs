//! Target: recordings of a line.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::recording::recording(data);
});
