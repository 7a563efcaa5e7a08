//! The golden frames at both ends, and what must hold for any bytes.

mod close;
mod golden;
mod golden_tcp;
mod mbap;
mod session;
mod tcp;

use super::wire::{Bits, Exception, ModbusDecoder, Request, RequestError, Response, Side};
use crate::check;
use crate::frame::Progress;
use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};
use golden::{REQUESTS, RESPONSES};
use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};

fn bytes(hex: &str) -> Vec<u8> {
    hex::decode(hex.replace(' ', "")).unwrap()
}

/// What a slave reads of these pieces and a gap behind each.
fn slave_reads(decoder: &mut ModbusDecoder, pieces: &[&[u8]]) -> Vec<String> {
    let mut out = Vec::new();
    let drain = |decoder: &mut ModbusDecoder, out: &mut Vec<String>| {
        loop {
            out.push(match decoder.pull() {
                Progress::NeedMore => return,
                Progress::Noise { skipped } => format!("noise {skipped}"),
                Progress::BadCheck(bad) => format!("bad check of {}", bad.len()),
                Progress::Frame(frame) => match Request::decode(frame) {
                    Ok((unit, request)) => format!("{unit} {request:?}"),
                    Err(error) => format!("{error:?}"),
                },
            });
        }
    };
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() {
            let taken = decoder.push(rest);
            rest = &rest[taken..];
            drain(decoder, &mut out);
        }
    }
    decoder.gap();
    drain(decoder, &mut out);
    out
}

/// fault D1: split and noisy, the same requests are read the same.
#[test]
fn golden_requests_are_read_whole_byte_by_byte_and_behind_noise_and_encode_to_the_same_bytes() {
    let mut decoder = ModbusDecoder::new(Side::Host);
    for (id, hex, want) in REQUESTS {
        let frame = bytes(hex);
        assert_eq!(slave_reads(&mut decoder, &[&frame]), [*want], "{id}");
        assert_eq!(
            slave_reads(&mut decoder, &frame.chunks(1).collect::<Vec<_>>()),
            [*want],
            "{id} byte by byte"
        );
        slave_reads(&mut decoder, &[&[0x01, 0x10, 0x55, 0xAA, 0x01, 0x05, 0x83]]);
        assert_eq!(slave_reads(&mut decoder, &[&frame]), [*want], "{id} behind noise and a gap");
        let glued = [&[0x77, 0x01, 0x85][..], &frame].concat();
        assert_eq!(slave_reads(&mut decoder, &[&glued]).last().unwrap(), want, "{id} right behind noise");
        let (unit, request) = Request::decode(&frame).unwrap();
        assert_eq!(request.encode(unit), frame, "{id}");
    }
}

#[test]
fn golden_responses_answer_their_requests_and_nothing_else_does() {
    for (id, request, response, want) in RESPONSES {
        let (unit, request) = Request::decode(&bytes(request)).unwrap();
        let frame = bytes(response);
        let decoded = Response::decode(&frame, unit, &request);
        assert_eq!(format!("{decoded:?}"), *want, "{id}");
        let Ok(Some(response)) = decoded else { continue };
        assert_eq!(response.encode(unit, &request), frame, "{id}");
        for cut in 0..frame.len() {
            assert_eq!(Response::decode(&frame[..cut], unit, &request), Ok(None), "{id} cut to {cut}");
        }
    }
}

#[test]
fn lengths_follow_from_the_request() {
    for (id, request, response, want) in RESPONSES {
        let (_, request) = Request::decode(&bytes(request)).unwrap();
        if want.starts_with("Ok(Some(Bits") || *want == "Ok(Some(Written))" {
            assert_eq!(request.response_len(), bytes(response).len(), "{id}");
        }
    }
}

#[test]
fn coils_are_packed_from_the_lowest_bit() {
    let coils = Bits::unpack(37, &bytes("CD6BB20E1B")).unwrap();
    assert_eq!([coils.get(0), coils.get(1), coils.get(2)], [Some(true), Some(false), Some(true)]);
    assert_eq!(coils.get(37), None);
    assert_eq!(Bits::of(8, 0x1FF).low(), 0xFF, "bits beyond the count are cut");
    assert_eq!(Bits::unpack(9, &[1]), None);
}

#[test]
fn a_sound_request_with_a_bad_count_is_told_apart_from_garbage() {
    let sealed = |hex: &str| {
        let mut frame = bytes(hex);
        check::append(&check::CRC_16_MODBUS, &mut frame);
        Request::decode(&frame)
    };
    for hex in [
        "0101 0000 0000",
        "0102 0000 07D1",
        "0103 0000 007E",
        "010F 0000 0009 01 FF",
        "0110 0000 0002 02 0001",
    ] {
        assert_eq!(sealed(hex), Err(RequestError::Count), "{hex}");
    }
    assert_eq!(Request::decode(&bytes("0101 0000 0008 3DCD")), Err(RequestError::Frame));
    assert_eq!(sealed("0141 0000 0008"), Err(RequestError::Frame));
    assert_eq!(Request::decode(&[]), Err(RequestError::Frame));
}

#[test]
fn the_black_box_tells_responses_bad_checks_and_noise_apart() {
    let mut decoder = ModbusDecoder::new(Side::Device);
    // M11, MX1, a stray byte.
    decoder.push(&bytes("01 02 01 05 618B 01 05 0200 0005 8DB0 01"));
    assert_eq!(decoder.pull(), Progress::Frame(&bytes("01 02 01 05 618B")));
    assert_eq!(decoder.pull(), Progress::BadCheck(&bytes("01 05 0200 0005 8DB0")));
    assert_eq!(decoder.pull(), Progress::NeedMore);
    decoder.gap();
    assert_eq!(decoder.pull(), Progress::Noise { skipped: 1 });
    assert_eq!(decoder.pull(), Progress::NeedMore);
}

proptest! {
    /// fault D1: any bytes are accounted for, on either side.
    #[test]
    fn every_byte_is_accounted_for(stream in prop::collection::vec(any::<u8>(), 0..1500), host in any::<bool>()) {
        let mut decoder = ModbusDecoder::new(if host { Side::Host } else { Side::Device });
        slave_reads(&mut decoder, &[&stream]);
        let tally = decoder.tally();
        prop_assert_eq!(tally.frame_bytes + tally.noise_bytes + tally.bad_bytes, stream.len() as u64);
    }

    /// fault D1: any bytes are no answer, or one whose length and CRC fit the request.
    #[test]
    fn any_bytes_are_judged(bytes in prop::collection::vec(any::<u8>(), 0..300), count in 0_u16..3000) {
        for request in [Request::ReadInputs { start: 0, count }, Request::ReadRegisters { start: 0, count }] {
            if let Ok(Some(_)) = Response::decode(&bytes, 1, &request) {
                prop_assert!(check::holds(&check::CRC_16_MODBUS, &bytes));
            }
        }
    }

    #[test]
    fn responses_come_back_as_written(bits in any::<u32>(), count in 1_u16..=32, words in prop::collection::vec(any::<u16>(), 1..=125)) {
        let reads = Request::ReadInputs { start: 0, count };
        let registers = Request::ReadRegisters { start: 0, count: words.len() as u16 };
        let refused = Response::Exception(Exception::BUSY);
        let cases = vec![(&reads, Response::Bits(Bits::of(count, bits))), (&registers, Response::Words(words.clone())), (&reads, refused)];
        for (request, response) in cases {
            let frame = response.encode(9, request);
            prop_assert_eq!(Response::decode(&frame, 9, request), Ok(Some(response)));
        }
    }
}
