//! Target: the conversations with panels, speech chips, locks and doors.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::display_session::conversation(data);
});
