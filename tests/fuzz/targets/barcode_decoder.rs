//! Target: records, replies and requests of a bar-code scanner's line.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::barcode::decoder(data);
});
