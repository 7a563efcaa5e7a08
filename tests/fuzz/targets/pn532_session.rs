//! Target: the conversation with a PN532 card reader.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::pn532_session::conversation(data);
});
