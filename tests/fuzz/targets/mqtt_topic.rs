//! Target: topics and filters of Kakou's own form.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::mqtt::topic(data);
});
