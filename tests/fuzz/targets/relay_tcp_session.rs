//! Target: the master of a bus with two boards, on TCP.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::relay_session::conversation(kakou_fuzz::relay_session::Carrier::Tcp, data);
});
