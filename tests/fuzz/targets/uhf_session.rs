//! Target: the conversation with a UHF reader.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::uhf_session::conversation(data);
});
