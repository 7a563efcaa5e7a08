//! Target: the configuration of the gate agent.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    kakou_fuzz::text::agent_config(data);
});
