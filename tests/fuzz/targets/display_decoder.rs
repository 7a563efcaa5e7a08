//! Target: frames of panels, speech chips, locks and doors, and text for them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::display::decoder(data);
});
