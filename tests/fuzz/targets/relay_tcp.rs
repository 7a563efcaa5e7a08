//! Target: Modbus TCP frames as either end cuts them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::relay::tcp(data);
});
