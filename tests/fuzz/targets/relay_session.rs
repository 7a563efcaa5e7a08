//! Target: the master of a bus with two boards.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::relay_session::conversation(data);
});
