//! Target: what the master takes for an answer to its request.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::relay::reply(data);
});
