//! Target: one weighbridge's conversation, and what a lane may use of it.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::scale_session::conversation(data);
});
