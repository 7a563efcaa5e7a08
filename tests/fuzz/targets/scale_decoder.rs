//! Target: frames of weighbridge indicators, each format by itself, and captures of any.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::scale::decoder(data);
});
