//! Target: the conversation with a bar-code scanner.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::barcode_session::conversation(data);
});
