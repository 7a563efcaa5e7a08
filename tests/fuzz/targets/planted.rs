//! Target with a defect planted behind a sound frame of one length and one EPC prefix: `scripts/fuzz` fails unless it is
//! found, so that a fuzzer which has gone blind shows.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for frame in kakou_fuzz::uhf::reader_frames(data) {
        let body = frame.split_last_chunk::<2>().map(|(body, _)| body).unwrap_or_default();
        if let [17, 0, 0xEE, 0, 0xE2, 0x80, 0x11, ..] = body {
            panic!("planted: {frame:02X?}");
        }
    }
});
