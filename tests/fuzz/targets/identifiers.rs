//! Target: every parser of an identifier.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::identifiers::all(data);
});
