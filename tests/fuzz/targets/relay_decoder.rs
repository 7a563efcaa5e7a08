//! Target: Modbus frames as slave and listener cut them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::relay::decoder(data);
});
