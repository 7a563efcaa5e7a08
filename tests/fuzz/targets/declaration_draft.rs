//! Target: a smart-gate record as a client sends it.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::draft::draft(data);
});
