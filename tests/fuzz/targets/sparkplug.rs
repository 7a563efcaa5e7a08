//! Target: what goes upstream as Sparkplug.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::sparkplug::payload(data);
});
