//! Target: frames of seal readers and padlocks.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::seal::decoder(data);
});
