//! Target: frames of both sides of a UHF reader's line.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::uhf::decoder(data);
});
