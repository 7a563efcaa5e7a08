//! Target: what readers and cameras publish.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::mqtt::payload(data);
});
