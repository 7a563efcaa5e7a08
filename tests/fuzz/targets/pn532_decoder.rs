//! Target: frames of both sides of a PN532's line.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::pn532::decoder(data);
});
